/* SPDX-License-Identifier: ISC */

/* weirctl orders: what is in force, or what was ever ordered. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/moment.h"
#include "lib/base/json.h"
#include "lib/fleet/order_book.h"
#include "lib/policy/subject_clients.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/order_print.h"
#include "milter/ctl/terminal.h"

#define LOG_USUAL 100
#define LOG_MAX	  100000

struct orders_options {
	bool wants_log;
	uint64_t last;
	const char *subject; /* NULL: all */
	struct subject parsed;
};

static bool is_wanted(const struct orders_options *options, const char *subject)
{
	return options->subject == NULL ||
	       strcmp(options->parsed.text, subject) == 0 ||
	       subject_lies_in(options->parsed.text, options->parsed.key,
			       subject);
}

static int finish(const struct globals *globals, json_t *array, size_t count,
		  const char *nothing)
{
	if (globals->is_json) {
		document_print(array, stdout);
	} else {
		json_decref(array);
		if (count == 0)
			fputs(nothing, stdout);
	}
	return count == 0 ? COMMAND_NOTHING : EX_OK;
}

/* in force */

static int report_list(const struct globals *globals, struct context *context,
		       const struct orders_options *options,
		       const struct order_list *list)
{
	json_t *array = json_array();
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct order *order = &list->orders[i];

		if (order->until_ms <= list->now_ms ||
		    !is_wanted(options, order->subject))
			continue;
		if (!order_print_asked(context, order, list->now_ms, "",
				       globals->is_json ? array : NULL) &&
		    !redis_client_was_refused(context->redis)) {
			json_decref(array);
			return context_fail(context);
		}
		count++;
	}
	return finish(globals, array, count, "no orders are in force\n");
}

static int show_list(const struct globals *globals, struct context *context,
		     const struct orders_options *options)
{
	struct order_list list;
	int code;

	if (!order_book_read(context->redis, context->prefix, &list))
		return context_fail(context);
	if (list.unreadable != 0)
		terminal_error(
			"weirctl: %zu orders cannot be read; are they from "
			"another version of weir?",
			list.unreadable);
	code = report_list(globals, context, options, &list);
	order_list_clear(&list);
	return code;
}

/* the log */

static json_t *act_json(const struct order_act *act)
{
	const struct order *order = &act->order;
	json_t *object = document_make(
		"time:m act:s number:n subject:s by:s account:s reason:s",
		act->when_ms, act->act, order->id, order->subject, order->by,
		act->account, order->reason);

	if (order->id != 0)
		json_object_set_new(object, "order",
				    order_text_json(order, ORDER_USED_UNKNOWN,
						    act->when_ms));
	return object;
}

static bool is_given(const struct order_act *act)
{
	return act->order.id != 0 &&
	       strcmp(act->act, order_kind_name(act->order.kind)) == 0;
}

/* "2026-05-01 18:00:03 +0200 block 17: sender:jake@example.com, reject" */
static void print_act(const struct order_act *act)
{
	const struct order *order = &act->order;
	char moment[MOMENT_TEXT_SIZE], effect[400];

	terminal_print("%s %s", moment_format_local(act->when_ms, moment),
		       act->act);
	if (order->id != 0)
		printf(" %" PRIu64, order->id);
	if (order->subject != NULL && order->subject[0] != '\0') {
		fputs(": ", stdout);
		terminal_put_subject(stdout, order->subject);
	}
	if (is_given(act)) {
		order_text_effect(order, ORDER_USED_UNKNOWN, effect,
				  sizeof(effect));
		terminal_print(", %s\n", effect);
		fputs("  ", stdout);
		order_print_until(order, stdout);
		fputc(',', stdout);
	} else {
		fputs("\n ", stdout);
	}
	terminal_print(" by %s", order->by);
	if (act->account[0] != '\0')
		terminal_print(" (account %s)", act->account);
	terminal_print("%s%s\n", order->reason[0] != '\0' ? ": " : "",
		       order->reason);
}

static int show_log(const struct globals *globals, struct context *context,
		    const struct orders_options *options)
{
	json_t *array = json_array();
	struct order_act *acts;
	size_t count, found = 0;

	/* Of one subject, the last entries may be anywhere. */
	if (!order_book_log(context->redis, context->prefix,
			    options->subject == NULL ? options->last : LOG_MAX,
			    &acts, &count)) {
		json_decref(array);
		return context_fail(context);
	}
	for (size_t i = 0; i < count; i++)
		found += acts[i].order.subject != NULL &&
			 is_wanted(options, acts[i].order.subject);
	for (size_t i = 0, at = 0; i < count; i++) {
		if (acts[i].order.subject != NULL &&
		    is_wanted(options, acts[i].order.subject) &&
		    found - at++ <= options->last) {
			if (globals->is_json)
				json_array_append_new(array,
						      act_json(&acts[i]));
			else
				print_act(&acts[i]);
		}
		order_act_clear(&acts[i]);
	}
	free(acts);
	return finish(globals, array, found,
		      "the log of orders has no such entry\n");
}

static int orders(const struct globals *globals, struct context *context,
		  void *user_data)
{
	struct orders_options *options = user_data;

	if (options->subject != NULL &&
	    !context_subject(context, options->subject, &options->parsed))
		return EX_USAGE;
	return options->wants_log ? show_log(globals, context, options)
				  : show_list(globals, context, options);
}

static int run(const struct globals *globals, int argc, char **argv)
{
	struct orders_options options = { .last = LOG_USUAL };
	const struct argument arguments[] = {
		ARGUMENT(FLAG, "log", &options.wants_log),
		ARGUMENT(NUMBER, "last", &options.last, .min = 1,
			 .max = LOG_MAX),
	};

	if (ARGUMENTS_READ(argc, argv, arguments, 0, 1) == 0)
		return EX_USAGE;
	options.subject = argv[1];
	return context_use(globals, orders, &options);
}

const struct command command_orders = {
	.name = "orders",
	.arguments = "[SUBJECT] [--log [--last N]]",
	.purpose = "list the orders in force, or the log of orders",
	.help = "Lists blocks, permits and overrides, with their remaining time and budget.\n\n"
		"  --log            what was done, when, by whom and why, and the Redis\n"
		"                   account; also orders that have ended\n"
		"  --last N         the last N entries of the log (default: 100)\n\n"
		"example:\n"
		"  weirctl orders\n"
		"  weirctl orders sender:jake@example.com --log\n",
	.run = run,
};
