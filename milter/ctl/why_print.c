/* SPDX-License-Identifier: ISC */

/*
 * The same story twice: the message, the limits, the orders, then the answers
 * of the milter in their order.
 */
#include "why_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "order_print.h"
#include "milter/common/reply.h"
#include "terminal.h"
#include "window_text.h"

/* "451 4.7.1 ...", the reason of a quarantine, or "" */
static char *reply_of(const struct context *context,
		      const struct verdict *verdict)
{
	char reason[TEMPLATE_TEXT_MAX + 1];
	struct reply reply;

	switch (verdict->kind) {
	case VERDICT_TEMPFAIL:
	case VERDICT_REJECT:
		reply_write(verdict, context->settings, &reply);
		return alloc_format("%s %s %s", reply.code, reply.status,
				    reply.text);
	case VERDICT_QUARANTINE:
		reply_write_reason(verdict, reason);
		return alloc_text(reason);
	case VERDICT_ACCEPT:
	case VERDICT_MONITOR:
	case VERDICT_DISCARD:
		break;
	}
	return alloc_text("");
}

/* json */

static json_t *answer_json(const struct context *context, const struct why *why,
			   const struct simulation_answer *answer)
{
	const struct verdict *verdict = &answer->verdict;
	char *reply = reply_of(context, verdict);
	json_t *object = json_object();

	json_object_set_new(
		object, "stage",
		document_string(simulation_stage_name(answer->stage)));
	json_object_set_new(
		object, "recipient",
		answer->stage == SIMULATION_RCPT
			? document_string(why->options->recipients
						  .texts[answer->recipient])
			: json_null());
	json_object_set_new(object, "verdict",
			    document_string(verdict_name(verdict->kind)));
	json_object_set_new(object, "limit",
			    verdict->limit == NULL
				    ? json_null()
				    : document_string(verdict->limit->name));
	json_object_set_new(object, "order",
			    verdict->order == 0
				    ? json_null()
				    : document_number(verdict->order));
	json_object_set_new(object, "reply",
			    reply[0] == '\0' ? json_null()
					     : document_string(reply));
	free(reply);
	return object;
}

static json_t *line_json(const struct charge_list_line *line,
			 const struct charge *charge)
{
	json_t *object = json_object();

	json_object_set_new(object, "limit",
			    line->limit == NULL
				    ? json_null()
				    : document_string(line->limit->name));
	json_object_set_new(object, "permit",
			    line->permit == NULL
				    ? json_null()
				    : document_number(line->permit->id));
	json_object_set_new(object, "subject",
			    document_string(line->permit == NULL
						    ? line->subject
						    : line->permit->subject));
	json_object_set_new(object, "used", document_number(charge->used));
	json_object_set_new(object, "max", document_number(charge->max));
	json_object_set_new(object, "cost", document_number(charge->cost));
	json_object_set_new(object, "room_in_ms",
			    charge->wait_ms == WINDOW_NEVER
				    ? json_null()
				    : document_number(charge->wait_ms));
	return object;
}

static json_t *limits_json(const struct why_report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->bill.count; i++)
		json_array_append_new(array,
				      line_json(&report->bill.lines[i],
						&report->bill.charges[i]));
	return array;
}

static json_t *absent_json(const struct why_report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->absent_count; i++) {
		json_t *object = json_object();

		json_object_set_new(
			object, "limit",
			document_string(report->absent[i].limit->name));
		json_object_set_new(object, "reason",
				    document_string(report->absent[i].reason));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *message_json(const struct message *message)
{
	json_t *object = json_object(), *recipients = json_array();

	for (size_t i = 0; i < message->recipient_count; i++)
		json_array_append_new(
			recipients,
			document_text(message->recipients[i].address.data,
				      message->recipients[i].address.length));
	json_object_set_new(
		object, "sender",
		document_text(message->sender.data, message->sender.length));
	json_object_set_new(object, "recipients", recipients);
	json_object_set_new(object, "client",
			    document_string(message->client_text));
	json_object_set_new(
		object, "auth",
		document_text(message->auth.data, message->auth.length));
	json_object_set_new(object, "bytes", document_number(message->bytes));
	return object;
}

void why_print_json(struct context *context, const struct why *why)
{
	json_t *object = json_object(), *answers = json_array(),
	       *orders = json_array();

	for (size_t i = 0; i < why->simulation.count; i++)
		json_array_append_new(
			answers,
			answer_json(context, why, &why->simulation.answers[i]));
	for (size_t i = 0; i < why->report.order_count; i++) {
		uint64_t used = 0;

		order_print_used(context, why->report.orders[i], &used);
		json_array_append_new(orders,
				      order_print_json(why->report.orders[i],
						       used, why->list.now_ms));
	}
	json_object_set_new(object, "message", message_json(&why->message));
	json_object_set_new(object, "exempt_by_line",
			    why->report.exempt == NULL
				    ? json_null()
				    : json_integer(why->report.exempt->line));
	json_object_set_new(object, "limits", limits_json(&why->report));
	json_object_set_new(object, "not_looking", absent_json(&why->report));
	json_object_set_new(object, "orders", orders);
	json_object_set_new(object, "answers", answers);
	json_object_set_new(
		object, "verdict",
		document_string(verdict_name(
			simulation_verdict(&why->simulation)->kind)));
	document_print(object, stdout);
}

/* for people */

static void put_value(const char *name, const char *data, size_t length)
{
	printf("%-10s ", name);
	if (length == 0)
		fputs("-", stdout);
	terminal_put(stdout, data, length);
	putchar('\n');
}

static void print_message(const struct message *message)
{
	char size[WINDOW_TEXT_SIZE];

	put_value("sender",
		  message->sender.length == 0 ? "<>" : message->sender.data,
		  message->sender.length == 0 ? 2 : message->sender.length);
	for (size_t i = 0; i < message->recipient_count; i++)
		put_value("recipient", message->recipients[i].address.data,
			  message->recipients[i].address.length);
	put_value("client", message->client_text, strlen(message->client_text));
	put_value("login", message->auth.data, message->auth.length);
	printf("%-10s %s\n", "size",
	       window_text_amount(LIMIT_BYTES, message->bytes, size));
}

static void add_line(struct table *table, const struct charge_list_line *line,
		     const struct charge *charge)
{
	enum limit_unit unit = line->limit == NULL ? LIMIT_MESSAGES
						   : line->limit->unit;
	enum terminal_colour colour = charge->wait_ms == 0 ? TERMINAL_GOOD
							   : TERMINAL_BAD;
	char text[WINDOW_TEXT_SIZE];

	if (line->limit == NULL)
		table_add_format(table, TERMINAL_PLAIN, "permit %" PRIu64,
				 line->permit->id);
	else
		table_add(table, line->limit->name);
	table_add_subject(table, line->limit == NULL ? line->permit->subject
						     : line->subject);
	table_add(table, window_text_amount(unit, charge->used, text));
	table_add(table, window_text_amount(unit, charge->cost, text));
	table_add(table, window_text_amount(unit, charge->max, text));
	table_add_format(table, colour, "%s",
			 window_text_wait(charge->wait_ms, text));
	table_add(table, line->limit == NULL
				 ? "-"
				 : limit_action_name(line->limit->action));
}

static void print_limits(const struct why_report *report)
{
	static const struct table_column columns[] = {
		{ .title = "LIMIT", .least_width = 10 },
		{ .title = "SUBJECT", .least_width = 16 },
		{ .title = "USED", .align = TABLE_RIGHT },
		{ .title = "COST", .align = TABLE_RIGHT },
		{ .title = "MAX", .align = TABLE_RIGHT },
		{ .title = "ROOM" },
		{ .title = "ACTION" },
	};
	struct table *table = table_new(columns,
					sizeof(columns) / sizeof(columns[0]));

	for (size_t i = 0; i < report->bill.count; i++)
		add_line(table, &report->bill.lines[i],
			 &report->bill.charges[i]);
	putchar('\n');
	table_print(table, stdout, 0);
	table_free(&table);
	for (size_t i = 0; i < report->absent_count; i++)
		printf("%s does not look: %s\n", report->absent[i].limit->name,
		       report->absent[i].reason);
}

static void print_orders(struct context *context, const struct why *why)
{
	for (size_t i = 0; i < why->report.order_count; i++) {
		uint64_t used = 0;

		order_print_used(context, why->report.orders[i], &used);
		if (i == 0)
			putchar('\n');
		order_print(why->report.orders[i], used, why->list.now_ms,
			    stdout);
	}
}

/* "by limit own-sender", "by block 17" ... */
static void print_cause(const struct verdict *verdict)
{
	switch (verdict->cause) {
	case VERDICT_BY_NOTHING:
		break;
	case VERDICT_BY_EXEMPTION:
		fputs(", exempt", stdout);
		break;
	case VERDICT_BY_LIMIT:
		printf(", by limit %s", verdict->limit->name);
		break;
	case VERDICT_BY_BLOCK:
		printf(", by block %" PRIu64, verdict->order);
		break;
	case VERDICT_BY_FAILURE:
		fputs(", because Redis did not answer", stdout);
		break;
	}
}

static void print_answer(const struct context *context, const struct why *why,
			 const struct simulation_answer *answer)
{
	const struct verdict *verdict = &answer->verdict;
	char *reply = reply_of(context, verdict);

	printf("%s", simulation_stage_name(answer->stage));
	if (answer->stage == SIMULATION_RCPT) {
		const char *raw =
			why->options->recipients.texts[answer->recipient];

		putchar(' ');
		terminal_put(stdout, raw, strlen(raw));
	}
	fputs(": ", stdout);
	terminal_begin(stdout, TERMINAL_HEAD);
	fputs(verdict_name(verdict->kind), stdout);
	terminal_end(stdout, TERMINAL_HEAD);
	print_cause(verdict);
	putchar('\n');
	if (reply[0] != '\0') {
		fputs("  ", stdout);
		terminal_put(stdout, reply, strlen(reply));
		putchar('\n');
	}
	free(reply);
}

void why_print(struct context *context, const struct why *why)
{
	print_message(&why->message);
	if (why->report.exempt != NULL)
		printf("\nexempt by %s:%d\n", context->settings->path,
		       why->report.exempt->line);
	else
		print_limits(&why->report);
	print_orders(context, why);
	putchar('\n');
	for (size_t i = 0; i < why->simulation.count; i++)
		print_answer(context, why, &why->simulation.answers[i]);
}
