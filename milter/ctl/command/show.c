/* SPDX-License-Identifier: ISC */

/* weirctl show: all that is known of one subject. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/moment.h"
#include "lib/base/units.h"
#include "lib/base/json.h"
#include "lib/policy/subject_clients.h"
#include "lib/fleet/order_book.h"
#include "lib/store/window_value.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/incident_find.h"
#include "milter/ctl/incident_print.h"
#include "milter/ctl/order_print.h"
#include "milter/ctl/terminal.h"
#include "milter/ctl/subject_windows.h"
#include "milter/ctl/window_chart.h"

#define CHART_WIDTH WINDOW_SLOTS_MAX

/* What is shown: windows, and the book of orders. */
struct view {
	struct subject subject;
	struct subject_windows windows;
	struct order_list list;
	struct incident incident; /* number 0: none */
};

static bool is_about(const struct view *view, const struct order *order)
{
	return order->until_ms > view->list.now_ms &&
	       subject_lies_in(view->subject.text, view->subject.key,
			       order->subject);
}

/* The override of this limit that is in force, or NULL; of several that of
 * the narrowest network. */
static const struct order *find_override(const struct view *view,
					 const struct limit *limit)
{
	const struct order *found = NULL;

	for (size_t i = 0; i < view->list.count; i++) {
		const struct order *order = &view->list.orders[i];

		if (order->kind == ORDER_OVERRIDE && is_about(view, order) &&
		    order_is_in_force(order, view->list.now_ms) &&
		    order_names(order, limit->name) &&
		    (found == NULL ||
		     subject_lies_in(order->subject, order->key,
				     found->subject)))
			found = order;
	}
	return found;
}

/* What a limit has counted before it was changed is shown, too. */
static bool is_shown(const struct subject_window *window)
{
	return window->is_counted || window->is_there || window->last_ms != 0;
}

static uint64_t max_of(const struct limit *limit, const struct order *override)
{
	return override == NULL ? limit->max : override->max;
}

static uint64_t wait_of(const struct context *context,
			const struct subject_window *window, uint64_t max)
{
	return window_wait(&window->window, &window->shape, context->now_ms, 1,
			   max);
}

/* Is it a limit of this key that has no window? */
static bool is_ceiling(const struct view *view, const struct limit *limit)
{
	return limit_is_ceiling(limit) && limit->key == view->subject.key;
}

/* json */

static json_t *override_json(const struct order *override)
{
	return override == NULL ? json_null() : document_number(override->id);
}

static json_t *window_json(const struct context *context,
			   const struct view *view,
			   const struct subject_window *window)
{
	const struct limit *limit = window->limit;
	const struct order *override = find_override(view, limit);
	uint64_t max = max_of(limit, override), used = window->window.used;

	return document_make(
		"limit:s unit:s action:s per_ms:n used:n max:n percent:n "
		"override:o room_in_ms:n bucket_ms:n buckets:o refused:n "
		"since:m last:m",
		limit->name, limit_unit_name(limit->unit),
		limit_action_name(limit->action), limit->per_ms, used, max,
		(uint64_t)window_text_percent(used, max),
		override_json(override), wait_of(context, window, max),
		window->shape.width_ms,
		window_text_buckets(&window->window, &window->shape),
		window->refused, window->since_ms, window->last_ms);
}

static json_t *ceilings_json(const struct context *context,
			     const struct view *view)
{
	json_t *array = json_array();

	for (size_t i = 0; i < context->settings->limit_count; i++) {
		const struct limit *limit = &context->settings->limits[i];
		const struct order *override = find_override(view, limit);

		if (is_ceiling(view, limit))
			json_array_append_new(
				array,
				document_make("limit:s unit:s action:s max:n "
					      "override:o",
					      limit->name,
					      limit_unit_name(limit->unit),
					      limit_action_name(limit->action),
					      max_of(limit, override),
					      override_json(override)));
	}
	return array;
}

/* Into array, or printed where that is NULL. */
static bool report_orders(struct context *context, const struct view *view,
			  json_t *array)
{
	bool is_good = true;

	for (size_t i = 0; i < view->list.count && is_good; i++)
		if (is_about(view, &view->list.orders[i]))
			is_good = order_print_asked(
				context, &view->list.orders[i],
				view->list.now_ms, "", array);
	return is_good;
}

static bool report_json(struct context *context, const struct view *view)
{
	json_t *windows = json_array(), *ignored = json_array(),
	       *orders = json_array(), *object;
	bool is_good = report_orders(context, view, orders);

	for (size_t i = 0; i < view->windows.count; i++) {
		const struct subject_window *window = &view->windows.windows[i];

		if (is_shown(window))
			json_array_append_new(
				windows, window_json(context, view, window));
		if (!window->is_counted)
			json_array_append_new(
				ignored, document_string(window->limit->name));
	}
	object = document_make(
		"subject:s time:m windows:o not_counted_by:o ceilings:o "
		"orders:o incident:o",
		view->subject.text, context->now_ms, windows, ignored,
		ceilings_json(context, view), orders,
		view->incident.number == 0
			? json_null()
			: document_number(view->incident.number));
	if (is_good)
		document_print(object, stdout);
	else
		json_decref(object);
	return is_good;
}

/* for people */

static void print_chart(const struct subject_window *window)
{
	char *chart = window_chart(&window->window, &window->shape,
				   CHART_WIDTH);
	char per[UNITS_TEXT_SIZE];

	printf("  |%s| %s\n", chart, limit_format_per(window->limit, per));
	free(chart);
}

static void print_history(const struct subject_window *window)
{
	char moment[MOMENT_TEXT_SIZE];

	if (window->since_ms != 0)
		printf("  at half or above since %s",
		       moment_format_local(window->since_ms, moment));
	if (window->refused != 0)
		printf("%s%" PRIu64 " refused, the last one at %s",
		       window->since_ms != 0 ? "\n  " : "  ", window->refused,
		       moment_format_local(window->last_ms, moment));
	if (window->since_ms != 0 || window->refused != 0)
		putchar('\n');
}

static void print_window(const struct context *context, const struct view *view,
			 const struct subject_window *window)
{
	const struct limit *limit = window->limit;
	const struct order *override = find_override(view, limit);
	uint64_t max = max_of(limit, override), used = window->window.used;
	char text[WINDOW_TEXT_SIZE], max_text[WINDOW_TEXT_SIZE],
		per[UNITS_TEXT_SIZE], wait[WINDOW_TEXT_SIZE];
	enum terminal_colour colour = window_chart_colour(used, max);

	printf("%s (%s): ", limit->name, limit_action_name(limit->action));
	terminal_begin(stdout, colour);
	printf("%s of %s%s%s (%u%%)",
	       window_text_amount(limit->unit, used, text),
	       window_text_amount(limit->unit, max, max_text),
	       limit->unit == LIMIT_BYTES ? "" : " ",
	       limit->unit == LIMIT_BYTES ? "" : limit_unit_name(limit->unit),
	       window_text_percent(used, max));
	terminal_end(stdout, colour);
	printf(" in %s, room %s", limit_format_per(limit, per),
	       window_text_wait(wait_of(context, window, max), wait));
	if (override != NULL)
		printf(", override %" PRIu64, override->id);
	putchar('\n');
	if (window->is_there)
		print_chart(window);
	print_history(window);
}

/* "2 recipients", "1 recipient", and nothing behind "1 KB" */
static int unit_length(const struct limit *limit, uint64_t max)
{
	return limit->unit == LIMIT_BYTES
		       ? 0
		       : (int)strlen(limit_unit_name(limit->unit)) - (max == 1);
}

static bool print_ceilings(const struct context *context,
			   const struct view *view)
{
	bool is_any = false;

	for (size_t i = 0; i < context->settings->limit_count; i++) {
		const struct limit *limit = &context->settings->limits[i];
		const struct order *override = find_override(view, limit);
		char max_text[WINDOW_TEXT_SIZE];

		if (!is_ceiling(view, limit))
			continue;
		printf("%s (%s): at most %s%s%.*s in one message", limit->name,
		       limit_action_name(limit->action),
		       window_text_amount(limit->unit, max_of(limit, override),
					  max_text),
		       limit->unit == LIMIT_BYTES ? "" : " ",
		       unit_length(limit, max_of(limit, override)),
		       limit_unit_name(limit->unit));
		if (override != NULL)
			printf(", override %" PRIu64, override->id);
		putchar('\n');
		is_any = true;
	}
	return is_any;
}

/* The match of these limits, or an exemption, leaves the subject out. */
static void print_ignored(const struct subject_windows *windows)
{
	const char *separator = "not counted by: ";

	for (size_t i = 0; i < windows->count; i++) {
		if (windows->windows[i].is_counted)
			continue;
		printf("%s%s", separator, windows->windows[i].limit->name);
		separator = ", ";
	}
	if (separator[0] == ',')
		puts(" (excluded by match or exempt)");
}

static bool tell(struct context *context, const struct view *view)
{
	char moment[MOMENT_TEXT_SIZE], key[LIMIT_KEY_TEXT_SIZE];

	terminal_begin(stdout, TERMINAL_HEAD);
	terminal_put_subject(stdout, view->subject.text);
	terminal_end(stdout, TERMINAL_HEAD);
	printf(", %s\n", moment_format_local(context->now_ms, moment));
	if (subject_is_network(&view->subject, context->settings->ipv6_prefix))
		puts("a network has no windows of its own: its clients have");
	else if (view->windows.count == 0 && !print_ceilings(context, view))
		printf("no limit counts by %s\n",
		       limit_format_key(view->subject.key, key));
	for (size_t i = 0; i < view->windows.count; i++)
		if (is_shown(&view->windows.windows[i]))
			print_window(context, view, &view->windows.windows[i]);
	if (view->windows.count != 0)
		print_ceilings(context, view);
	print_ignored(&view->windows);
	if (view->incident.number != 0)
		incident_print_line(&view->incident, stdout);
	return report_orders(context, view, NULL);
}

static bool is_empty(const struct view *view)
{
	for (size_t i = 0; i < view->windows.count; i++)
		if (view->windows.windows[i].is_there ||
		    view->windows.windows[i].last_ms != 0)
			return false;
	for (size_t i = 0; i < view->list.count; i++)
		if (is_about(view, &view->list.orders[i]))
			return false;
	return view->incident.number == 0;
}

static int show_view(const struct globals *globals, struct context *context,
		     struct view *view)
{
	if (!subject_windows_read(context, &view->subject, &view->windows) ||
	    !order_book_read(context->redis, context->prefix, &view->list) ||
	    !incident_find_of(context, view->subject.text, &view->incident))
		return context_fail(context);
	if (!(globals->is_json ? report_json(context, view)
			       : tell(context, view)))
		return context_fail(context);
	return is_empty(view) ? COMMAND_NOTHING : EX_OK;
}

static int show(const struct globals *globals, struct context *context,
		void *user_data)
{
	struct view view = { 0 };
	int code;

	if (!context_subject(context, user_data, &view.subject))
		return EX_USAGE;
	subject_windows_make(context, &view.subject, NULL, &view.windows);
	code = show_view(globals, context, &view);
	order_list_clear(&view.list);
	incident_clear(&view.incident);
	subject_windows_clear(&view.windows);
	return code;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	if (arguments_read(argc, argv, NULL, 0, 1, 1) == 0)
		return EX_USAGE;
	return context_use(globals, show, argv[1]);
}

const struct command command_show = {
	.name = "show",
	.arguments = "SUBJECT",
	.purpose = "show the windows and orders of one subject",
	.help = "For each limit that counts by it: used, max, when there will be room, a chart\n"
		"of the window, since when it has been at half or above, and how much was\n"
		"refused. Then the orders on it. Exit code 1: nothing is known about it.\n\n"
		"example:\n"
		"  weirctl show sender:jake@example.com\n"
		"  weirctl show client:10.20.0.7\n"
		"  weirctl show sender+recipient:jake@example.com+ann@example.org\n",
	.run = run,
};
