/* SPDX-License-Identifier: ISC */

/* weirctl orders: what is in force, or what was ever ordered. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/moment.h"
#include "lib/fleet/document.h"
#include "lib/fleet/order_book.h"
#include "lib/policy/subject_clients.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/order_print.h"
#include "milter/ctl/screen.h"

#define LOG_USUAL 100
#define LOG_MOST  100000

struct orders_words {
	bool wants_log;
	uint64_t last;
	const char *subject; /* NULL: all */
	struct subject parsed;
};

static bool is_wanted(const struct orders_words *words, const char *subject)
{
	return words->subject == NULL ||
	       strcmp(words->parsed.text, subject) == 0 ||
	       subject_lies_in(words->parsed.text, words->parsed.key, subject);
}

/* in force */

static int tell_list(const struct control *control, struct access *access,
		     const struct orders_words *words,
		     const struct order_list *list)
{
	json_t *array = json_array();
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct order *order = &list->orders[i];
		uint64_t used;

		if (order->until_ms <= list->now_ms ||
		    !is_wanted(words, order->subject))
			continue;
		if (!order_print_used(access, order, &used) &&
		    !redis_client_was_refused(access->redis)) {
			json_decref(array);
			return access_fail(access);
		}
		count++;
		if (control->is_json)
			json_array_append_new(
				array,
				order_print_json(order, used, list->now_ms));
		else
			order_print(order, used, list->now_ms, stdout);
	}
	if (control->is_json)
		document_print(array, stdout);
	else
		json_decref(array);
	if (count == 0 && !control->is_json)
		fputs("no orders are in force\n", stdout);
	return count == 0 ? COMMAND_NOTHING : EX_OK;
}

static int show_list(const struct control *control, struct access *access,
		     const struct orders_words *words)
{
	struct order_list list;
	int code;

	if (!order_book_read(access->redis, access->prefix, &list))
		return access_fail(access);
	if (list.unreadable != 0)
		fprintf(stderr,
			"weirctl: %zu orders cannot be read: of another "
			"version of weir?\n",
			list.unreadable);
	code = tell_list(control, access, words, &list);
	order_list_clear(&list);
	return code;
}

/* the log */

static json_t *act_json(const struct order_act *act)
{
	json_t *object = json_object();

	json_object_set_new(object, "time", document_moment(act->when_ms));
	json_object_set_new(object, "act", document_string(act->act));
	json_object_set_new(object, "number", document_number(act->order.id));
	json_object_set_new(object, "subject",
			    document_string(act->order.subject));
	json_object_set_new(object, "by", document_string(act->order.by));
	json_object_set_new(object, "account", document_string(act->account));
	json_object_set_new(object, "reason",
			    document_string(act->order.reason));
	if (act->order.id != 0)
		json_object_set_new(object, "order",
				    order_print_json(&act->order,
						     ORDER_USED_UNKNOWN,
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

	fputs(moment_format_local(act->when_ms, moment), stdout);
	fputc(' ', stdout);
	screen_put(stdout, act->act, strlen(act->act));
	if (order->id != 0)
		printf(" %" PRIu64, order->id);
	if (order->subject != NULL && order->subject[0] != '\0') {
		fputs(": ", stdout);
		screen_put_subject(stdout, order->subject);
	}
	if (is_given(act)) {
		order_print_effect(order, ORDER_USED_UNKNOWN, effect,
				   sizeof(effect));
		fputs(", ", stdout);
		screen_put(stdout, effect, strlen(effect));
		fputs("\n  ", stdout);
		order_print_until(order, stdout);
		fputc(',', stdout);
	} else {
		fputs("\n ", stdout);
	}
	fputs(" by ", stdout);
	screen_put(stdout, order->by, strlen(order->by));
	if (act->account[0] != '\0') {
		fputs(" (account ", stdout);
		screen_put(stdout, act->account, strlen(act->account));
		fputc(')', stdout);
	}
	if (order->reason[0] != '\0') {
		fputs(": ", stdout);
		screen_put(stdout, order->reason, strlen(order->reason));
	}
	fputc('\n', stdout);
}

static int show_log(const struct control *control, struct access *access,
		    const struct orders_words *words)
{
	json_t *array = json_array();
	struct order_act *acts;
	size_t count, found = 0;

	/* Of one subject, the last entries may be anywhere. */
	if (!order_book_log(access->redis, access->prefix,
			    words->subject == NULL ? words->last : LOG_MOST,
			    &acts, &count)) {
		json_decref(array);
		return access_fail(access);
	}
	for (size_t i = 0; i < count; i++)
		found += acts[i].order.subject != NULL &&
			 is_wanted(words, acts[i].order.subject);
	for (size_t i = 0, at = 0; i < count; i++) {
		if (acts[i].order.subject != NULL &&
		    is_wanted(words, acts[i].order.subject) &&
		    found - at++ <= words->last) {
			if (control->is_json)
				json_array_append_new(array,
						      act_json(&acts[i]));
			else
				print_act(&acts[i]);
		}
		order_act_clear(&acts[i]);
	}
	free(acts);
	if (control->is_json)
		document_print(array, stdout);
	else
		json_decref(array);
	if (found == 0 && !control->is_json)
		fputs("the log of orders has nothing about that\n", stdout);
	return found == 0 ? COMMAND_NOTHING : EX_OK;
}

static int orders(const struct control *control, struct access *access,
		  void *context)
{
	struct orders_words *words = context;

	if (words->subject != NULL &&
	    !access_subject(access, words->subject, &words->parsed))
		return EX_USAGE;
	return words->wants_log ? show_log(control, access, words)
				: show_list(control, access, words);
}

static int run(const struct control *control, int argc, char **argv)
{
	struct orders_words words = { .last = LOG_USUAL };
	const struct argument arguments[] = {
		{ .name = "log",
		  .kind = ARGUMENT_FLAG,
		  .target = &words.wants_log },
		{ .name = "last",
		  .kind = ARGUMENT_NUMBER,
		  .target = &words.last,
		  .least = 1,
		  .most = LOG_MOST },
	};

	argc = arguments_read(argc, argv, arguments, ARGUMENT_COUNT(arguments),
			      0, 1);
	if (argc == 0)
		return EX_USAGE;
	words.subject = argc == 2 ? argv[1] : NULL;
	return access_use(control, orders, &words);
}

const struct command command_orders = {
	.name = "orders",
	.arguments = "[SUBJECT] [--log [--last N]]",
	.purpose = "list the orders in force, or the log of all of them",
	.help = "Blocks, permits and overrides, with what is left of their "
		"time and budget.\n\n"
		"  --log            who did what, when and why, and the "
		"account\n"
		"                   that Redis knows; also what is over\n"
		"  --last N         that many entries of the log (default: "
		"100)\n\n"
		"example:\n  weirctl orders\n"
		"  weirctl orders sender:jake@example.com --log\n",
	.run = run,
};
