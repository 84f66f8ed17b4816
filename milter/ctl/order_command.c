/* SPDX-License-Identifier: ISC */

/* Reads the book, makes the steps of one change, reports the result. */
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/fleet/milters.h"
#include "lib/base/clock.h"
#include "order_command.h"
#include "order_print.h"
#include "terminal.h"

#define AWAIT_MS      2000
#define AWAIT_STEP_MS 50
#define ORDERS_MAX    10000 /* in the book: each milter holds all of them */
#define REASON_MAX    500
#define STEPS_MORE    1

const char *order_command_who(const struct order_options *options)
{
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *account;
	const char *login;

	if (options->by != NULL)
		return options->by;
	if (sudo != NULL && sudo[0] != '\0')
		return sudo;
	login = getlogin();
	if (login != NULL && login[0] != '\0')
		return login;
	account = getpwuid(getuid());
	return account != NULL ? account->pw_name : "unknown";
}

static bool complain(const char *what)
{
	return terminal_error("weirctl: %s", what);
}

static bool set_times(const struct context *context,
		      const struct order_options *options, struct order *order)
{
	if (options->for_ms != 0 && options->until_ms != 0)
		return complain("found both --for and --until, only one of "
				"them is allowed");
	order->created_ms = context->now_ms;
	order->from_ms = options->from_ms != 0 ? options->from_ms
					       : context->now_ms;
	order->until_ms = options->until_ms;
	if (options->for_ms == ARGUMENT_EVER) {
		order->until_ms = ORDER_EVER_MS;
		return true;
	}
	if (options->until_ms == 0)
		order->until_ms = order->from_ms + (options->for_ms != 0
							    ? options->for_ms
							    : ORDER_SPAN_MS);
	if (order->until_ms <= order->from_ms ||
	    order->until_ms <= context->now_ms)
		return complain("--until: found a time in the past, allowed "
				"is one in the future");
	if (order->until_ms - order->from_ms > ORDER_SPAN_MAX_MS)
		return complain(
			"--until: more than 366 days, at most 366 days are "
			"allowed; --for ever lasts until the order is lifted");
	return true;
}

bool order_command_fill(const struct context *context,
			const struct order_options *options,
			const struct subject *subject, struct order *order_r)
{
	memset(order_r, 0, sizeof(*order_r));
	order_r->subject = (char *)(uintptr_t)subject->text;
	order_r->key = subject->key;
	order_r->by = (char *)(uintptr_t)order_command_who(options);
	order_r->owner = (char *)(uintptr_t)(options->owner == NULL
						     ? ""
						     : options->owner);
	order_r->reason = (char *)(uintptr_t)options->reason;
	if (strlen(options->reason) > REASON_MAX)
		return complain("--reason: longer than 500 bytes, at most 500 "
				"are allowed");
	return set_times(context, options, order_r);
}

/* Does the new one take the place of the old one? */
static bool replaces(const struct order *order, const struct order *old)
{
	return old->kind == order->kind && old->kind != ORDER_PERMIT &&
	       strcmp(old->subject, order->subject) == 0 &&
	       (old->kind != ORDER_OVERRIDE ||
		strcmp(old->limits[0], order->limits[0]) == 0);
}

/* The steps about what is in the book already. The log says of an order that
 * is replaced by whom it was replaced, and why. */
static size_t fill_steps(const struct order_list *list,
			 const struct order *order, struct order *notes,
			 struct order_step *steps)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct order *old = &list->orders[i];

		notes[i] = *old;
		notes[i].by = order->by;
		notes[i].reason = order->reason;
		if (replaces(order, old))
			steps[count++] = (struct order_step){
				ORDER_LIFT, "replaced", old->id, &notes[i], NULL
			};
		else if (old->until_ms <= list->now_ms)
			steps[count++] = (struct order_step){ ORDER_DROP, "",
							      old->id, NULL,
							      NULL };
	}
	return count;
}

static int give(struct context *context, const struct order_list *list,
		const struct order *order, struct order *order_r)
{
	struct order_step *steps = alloc_array(list->count + STEPS_MORE,
					       sizeof(*steps));
	struct order *notes = alloc_array(list->count, sizeof(*notes));
	size_t count = fill_steps(list, order, notes, steps);
	int code = EX_OK;

	*order_r = *order;
	steps[count++] = (struct order_step){ ORDER_GIVE,
					      order_kind_name(order->kind), 0,
					      order, NULL };
	if (list->count >= ORDERS_MAX && count == 1) {
		complain("there are 10,000 orders, the maximum: lift some "
			 "first");
		code = COMMAND_NOTHING;
	} else if (!order_book_change(context->redis, context->prefix, steps,
				      count)) {
		code = context_fail(context);
	} else {
		order_r->id = steps[count - 1].id;
	}
	free(steps);
	free(notes);
	return code;
}

int order_command_give(const struct globals *globals, struct context *context,
		       const struct order *order)
{
	struct order_list list;
	struct order given;
	int code;

	if (!order_book_read(context->redis, context->prefix, &list))
		return context_fail(context);
	code = give(context, &list, order, &given);
	order_list_clear(&list);
	if (code != EX_OK)
		return code;
	if (!globals->is_json)
		order_print(&given, 0, context->now_ms, stdout);
	return order_command_await(
		globals, context,
		globals->is_json ? order_text_json(&given, 0, context->now_ms)
				 : NULL);
}

/* Orders on their way out of the book. */
struct lifting {
	struct order_list list;
	struct order *notes; /* beside the list, for the log: who, and why */
	struct order_step *steps;
	size_t count; /* of steps */
};

/* The log says who lifted the order, and why. */
static void lifting_add(struct lifting *lifting, size_t index, const char *act,
			const struct order_options *options)
{
	const char *reason = options->reason == NULL ? "" : options->reason;
	struct order *note = &lifting->notes[index];

	*note = lifting->list.orders[index];
	note->by = (char *)(uintptr_t)order_command_who(options);
	note->reason = (char *)(uintptr_t)reason;
	lifting->steps[lifting->count++] =
		(struct order_step){ ORDER_LIFT, act, note->id, note, NULL };
}

/* The orders that were lifted, unless another operator was faster. */
static size_t report_lifted(struct context *context,
			    const struct lifting *lifting, json_t *lifted)
{
	size_t done = 0;

	for (size_t i = 0; i < lifting->count; i++) {
		const struct order_step *step = &lifting->steps[i];

		if (step->id == 0)
			continue;
		done++;
		(void)order_print_asked(
			context,
			&lifting->list.orders[step->order - lifting->notes],
			lifting->list.now_ms, "lifted: ", lifted);
	}
	return done;
}

static int lift(const struct globals *globals, struct context *context,
		struct lifting *lifting)
{
	json_t *lifted = NULL;

	if (lifting->count != 0 &&
	    !order_book_change(context->redis, context->prefix, lifting->steps,
			       lifting->count))
		return context_fail(context);
	if (globals->is_json)
		lifted = json_array();
	if (report_lifted(context, lifting, lifted) != 0)
		return order_command_await(globals, context, lifted);
	if (globals->is_json)
		document_print(lifted, stdout);
	else
		terminal_error("weirctl: no matching order to lift");
	return COMMAND_NOTHING;
}

int order_command_lift(const struct globals *globals, struct context *context,
		       const char *act, const struct order_options *options,
		       order_filter *filter, const void *user_data)
{
	struct lifting lifting = { 0 };
	int code;

	if (!order_book_read(context->redis, context->prefix, &lifting.list))
		return context_fail(context);
	lifting.notes = alloc_array(lifting.list.count, sizeof(struct order));
	lifting.steps = alloc_array(lifting.list.count,
				    sizeof(struct order_step));
	for (size_t i = 0; i < lifting.list.count; i++)
		if (filter(&lifting.list.orders[i], user_data))
			lifting_add(&lifting, i, act, options);
	code = lift(globals, context, &lifting);
	free(lifting.notes);
	free(lifting.steps);
	order_list_clear(&lifting.list);
	return code;
}

int order_command_run_lift(const struct globals *globals, int argc, char **argv,
			   context_work *work)
{
	struct lift_options options = { 0 };
	const struct argument arguments[] = {
		ORDER_MAY_REASON(options.order),
		ORDER_BY(options.order),
	};

	if (ARGUMENTS_READ(argc, argv, arguments, 1, 1) == 0)
		return EX_USAGE;
	options.what = argv[1];
	return context_use(globals, work, &options);
}

/* do the milters follow? */

/* How many are alive, and how many of them know version or a newer one. */
static bool count_milters(struct context *context, uint64_t version,
			  size_t *alive_r, size_t *know_r)
{
	struct milters milters;

	*alive_r = *know_r = 0;
	if (!milters_read(context->redis, context->prefix, &milters))
		return false;
	for (size_t i = 0; i < milters.count; i++) {
		const struct milter *milter = &milters.list[i];

		if (milter->seen_ms + MILTERS_SILENCE_MS < milters.now_ms)
			continue;
		++*alive_r;
		*know_r += milter->orders >= version;
	}
	milters_clear(&milters);
	return true;
}

/* What came of waiting; null: it is not known. */
static void print_taken_json(json_t *document, json_t *milters)
{
	size_t index;
	json_t *object;

	if (json_is_object(document))
		json_object_set(document, "milters", milters);
	json_array_foreach(document, index, object)
		json_object_set(object, "milters", milters);
	json_decref(milters);
	document_print(document, stdout);
}

/* It was done, but perhaps in a Redis that is no more. */
static int report_doubt(const struct context *context, json_t *document)
{
	int code = context_fail(context);

	if (document != NULL)
		print_taken_json(document, json_null());
	if (redis_client_was_refused(context->redis))
		terminal_error(
			"weirctl: the change was made, but Redis refuses to "
			"show whether the milters have read it");
	else
		terminal_error(
			"weirctl: the change was made, but Redis went away "
			"before the milters read it; see weirctl orders");
	return code;
}

static void report_taken(size_t alive, size_t know)
{
	if (alive == 0)
		printf("  no milter is running: in force as soon as one is\n");
	else if (alive == 1 && know == 1)
		printf("  in force on the only running milter\n");
	else
		printf("  in force on %zu of %zu milters%s\n", know, alive,
		       know < alive ? "; see weirctl status" : "");
}

/* At most AWAIT_MS; false when Redis went away. */
static bool await(struct context *context, size_t *alive_r, size_t *know_r)
{
	uint64_t end_ms = clock_steady_ms() + AWAIT_MS, version;

	/* a command that fails ends it: the next would ask another Redis */
	if (!order_book_version(context->redis, context->prefix, &version))
		return false;
	for (;;) {
		if (!count_milters(context, version, alive_r, know_r))
			return false;
		if (*know_r == *alive_r || clock_steady_ms() >= end_ms)
			return true;
		poll(NULL, 0, AWAIT_STEP_MS);
	}
}

int order_command_await(const struct globals *globals, struct context *context,
			json_t *document)
{
	size_t alive, know;

	if (!await(context, &alive, &know))
		return report_doubt(context, document);
	if (globals->is_json)
		print_taken_json(document, json_pack("{s:I, s:I}", "alive",
						     (json_int_t)alive, "taken",
						     (json_int_t)know));
	else
		report_taken(alive, know);
	return EX_OK;
}
