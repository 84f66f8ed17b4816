/* SPDX-License-Identifier: ISC */

/* weirctl reset: empties the windows of one subject. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/alloc.h"
#include "lib/base/units.h"
#include "lib/fleet/top.h"
#include "lib/base/json.h"
#include "milter/ctl/order_command.h"
#include "milter/ctl/terminal.h"
#include "milter/ctl/subject_windows.h"
#include "milter/common/window_text.h"

struct reset_options {
	struct order_options order;
	const char *subject, *limit;
};

static json_t *emptied_json(const struct subject_windows *windows,
			    const struct subject *subject)
{
	json_t *list = json_array();

	for (size_t i = 0; i < windows->count; i++) {
		const struct subject_window *window = &windows->windows[i];

		if (window->is_there)
			json_array_append_new(
				list, document_make("limit:s per_ms:n used:n",
						    window->limit->name,
						    window->limit->per_ms,
						    window->window.used));
	}
	return document_make("subject:s emptied:o", subject->text, list);
}

static void tell(const struct subject_windows *windows,
		 const struct subject *subject)
{
	for (size_t i = 0; i < windows->count; i++) {
		const struct subject_window *window = &windows->windows[i];
		const struct limit *limit = window->limit;
		char amount[WINDOW_TEXT_SIZE], per[UNITS_TEXT_SIZE];

		if (!window->is_there)
			continue;
		printf("emptied: ");
		terminal_put_subject(stdout, subject->text);
		printf(", limit %s: had counted %s%s%s in %s\n", limit->name,
		       window_text_amount(limit->unit, window->window.used,
					  amount),
		       limit->unit == LIMIT_BYTES ? "" : " ",
		       limit->unit == LIMIT_BYTES
			       ? ""
			       : limit_unit_name(limit->unit),
		       limit_format_per(limit, per));
	}
}

/* The log keeps what was emptied; milters read which window it was, and forget
 * what they refused and what they know of the window. */
static bool note(struct context *context, const struct reset_options *options,
		 const struct subject *subject,
		 const struct subject_window *window)
{
	char amount[WINDOW_TEXT_SIZE];
	char *reason = alloc_format(
		"%s%slimit %s had counted %s",
		options->order.reason == NULL ? "" : options->order.reason,
		options->order.reason == NULL ? "" : "; ", window->limit->name,
		window_text_amount(window->limit->unit, window->window.used,
				   amount));
	char *limits[] = { window->limit->name };
	const struct order order = {
		.subject = (char *)(uintptr_t)subject->text,
		.key = subject->key,
		.created_ms = context->now_ms,
		.by = (char *)(uintptr_t)order_command_who(&options->order),
		.reason = reason,
		.owner = (char *)(uintptr_t) "",
		.action = LIMIT_REJECT,
		.limits = limits,
		.limit_count = 1,
	};
	struct order_step step = {
		.verb = ORDER_RESET,
		.act = "reset",
		.order = &order,
		.window = window->key + strlen(context->prefix) + 1,
	};
	bool is_noted = order_book_change(context->redis, context->prefix,
					  &step, 1);

	free(reason);
	return is_noted;
}

static bool empty(struct context *context, const struct reset_options *options,
		  const struct subject *subject,
		  const struct subject_window *window)
{
	return redis_value_drop(redis_client_say(context->redis, "DEL",
						 window->key, NULL)) &&
	       top_forget(context->redis, context->prefix, subject->text,
			  window->limit->name, window->limit->per_ms) &&
	       note(context, options, subject, window);
}

static int empty_all(const struct globals *globals, struct context *context,
		     const struct reset_options *options,
		     const struct subject *subject,
		     struct subject_windows *windows)
{
	json_t *document = NULL;
	size_t count = 0;

	if (!subject_windows_read(context, subject, windows))
		return context_fail(context);
	for (size_t i = 0; i < windows->count; i++) {
		if (!windows->windows[i].is_there)
			continue;
		if (!empty(context, options, subject, &windows->windows[i]))
			return context_fail(context);
		count++;
	}
	if (globals->is_json)
		document = emptied_json(windows, subject);
	else
		tell(windows, subject);
	if (count != 0)
		return order_command_await(globals, context, document);
	if (globals->is_json)
		document_print(document, stdout);
	else
		terminal_error("weirctl: no window to empty");
	return COMMAND_NOTHING;
}

static int reset(const struct globals *globals, struct context *context,
		 void *user_data)
{
	const struct reset_options *options = user_data;
	const struct limit *limit = NULL;
	struct subject_windows windows;
	struct subject subject;
	int code;

	if (!context_subject(context, options->subject, &subject))
		return EX_USAGE;
	if (subject_is_network(&subject, context->settings->ipv6_prefix)) {
		terminal_error(
			"weirctl: a network has no windows of its own; reset "
			"one of its clients");
		return EX_USAGE;
	}
	if (options->limit != NULL) {
		limit = context_limit(context, options->limit);
		if (limit == NULL || !context_counts(limit, &subject))
			return EX_USAGE;
	}
	subject_windows_make(context, &subject, limit, &windows);
	code = empty_all(globals, context, options, &subject, &windows);
	subject_windows_clear(&windows);
	return code;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	struct reset_options options = { 0 };
	const struct argument arguments[] = {
		ARGUMENT(TEXT, "limit", &options.limit),
		ORDER_MAY_REASON(options.order),
		ORDER_BY(options.order),
	};

	if (ARGUMENTS_READ(argc, argv, arguments, 1, 1) == 0)
		return EX_USAGE;
	options.subject = argv[1];
	return context_use(globals, reset, &options);
}

const struct command command_reset = {
	.name = "reset",
	.arguments = "SUBJECT [--limit NAME] [--reason TEXT] [--by WHO]",
	.purpose = "empty the windows of a subject",
	.help = "The subject can send as if it had sent nothing yet. Prints what its windows had\n"
		"counted. Blocks, permits and overrides stay.\n\n"
		"  --limit NAME     only the window of this limit\n"
		"  --reason TEXT    recorded in the log of orders\n"
		"  --by WHO         the operator (default: the user behind sudo, or the login)\n\n"
		"example:\n"
		"  weirctl reset sender:jake@example.com --limit own-sender\n",
	.run = run,
};
