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
#include "incident_print.h"
#include "order_print.h"
#include "milter/common/reply.h"
#include "output.h"
#include "milter/common/window_text.h"

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
	const char *recipient =
		answer->stage == SIMULATION_RCPT
			? why->options->recipients.texts[answer->recipient]
			: NULL;
	char *reply = reply_of(context, verdict);
	json_t *object = document_make(
		"stage:s recipient:s verdict:s limit:s order:o reply:s",
		simulation_stage_names[answer->stage], recipient,
		verdict_name(verdict->kind),
		verdict->limit == NULL ? NULL : verdict->limit->name,
		verdict->order == 0 ? json_null()
				    : document_number(verdict->order),
		reply[0] == '\0' ? NULL : reply);

	free(reply);
	return object;
}

static void add_line(struct output *output, const struct charge_list_line *line,
		     const struct charge *charge)
{
	const struct limit *limit = line->limit;
	const struct order *permit = line->permit;
	enum limit_unit unit = limit == NULL ? LIMIT_MESSAGES : limit->unit;
	char wait[WINDOW_TEXT_SIZE];

	output_row(output);
	output_json(output, "limit",
		    document_string(limit == NULL ? NULL : limit->name));
	output_json(output, "permit",
		    permit == NULL ? json_null() : document_number(permit->id));
	if (permit != NULL)
		output_cell(output, "LIMIT", OUTPUT_LONG, "permit %" PRIu64,
			    permit->id);
	else
		output_text(output, NULL, "LIMIT",
			    limit == NULL ? NULL : limit->name);
	output_subject(output, "subject", "SUBJECT",
		       permit == NULL ? line->subject : permit->subject);
	output_amount(output, "used", "USED", unit, charge->used);
	output_amount(output, "max", "MAX", unit, charge->max);
	output_amount(output, "cost", "COST", unit, charge->cost);
	output_value(output, "room_in_ms",
		     charge->wait_ms == WINDOW_NEVER
			     ? json_null()
			     : document_number(charge->wait_ms),
		     "ROOM",
		     charge->wait_ms == 0 ? TERMINAL_GOOD : TERMINAL_BAD, "%s",
		     window_text_wait(charge->wait_ms, wait));
	output_cell(output, "ACTION", 0, "%s",
		    limit == NULL ? "-" : limit_action_name(limit->action));
}

static struct output *limits(const struct why_report *report, bool is_json)
{
	struct output *output = output_new(is_json, NULL);

	for (size_t i = 0; i < report->bill.count; i++)
		add_line(output, &report->bill.lines[i],
			 &report->bill.charges[i]);
	return output;
}

static json_t *absent_json(const struct why_report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->absent_count; i++) {
		const struct why_absent *absent = &report->absent[i];

		json_array_append_new(array, document_make("limit:s reason:s",
							   absent->limit->name,
							   absent->reason));
	}
	return array;
}

static json_t *message_json(const struct message *message)
{
	json_t *recipients = json_array();

	for (size_t i = 0; i < message->recipient_count; i++)
		json_array_append_new(
			recipients,
			document_text(message->recipients[i].address.data,
				      message->recipients[i].address.length));
	return document_make(
		"sender:o recipients:o client:s auth:o bytes:n",
		document_text(message->sender.data, message->sender.length),
		recipients, message->client_text,
		document_text(message->auth.data, message->auth.length),
		message->bytes);
}

static json_t *incidents_json(const struct why *why)
{
	json_t *array = json_array();

	for (size_t i = 0; i < why->incident_count; i++)
		json_array_append_new(
			array, document_number(why->incidents[i].number));
	return array;
}

/* Into array, or printed where that is NULL. */
static void report_orders(struct context *context, const struct why *why,
			  json_t *array)
{
	for (size_t i = 0; i < why->report.order_count; i++)
		(void)order_print_asked(context, why->report.orders[i],
					why->list.now_ms, i == 0 ? "\n" : "",
					array);
}

void why_print_json(struct context *context, const struct why *why)
{
	struct output *rows = limits(&why->report, true);
	json_t *answers = json_array(), *orders = json_array();

	for (size_t i = 0; i < why->simulation.count; i++)
		json_array_append_new(
			answers,
			answer_json(context, why, &why->simulation.answers[i]));
	report_orders(context, why, orders);
	document_print(
		document_make(
			"incidents:o message:o exempt_by_line:o limits:o "
			"not_looking:o orders:o answers:o verdict:s",
			incidents_json(why), message_json(&why->message),
			why->report.exempt == NULL
				? json_null()
				: json_integer(why->report.exempt->line),
			output_take(&rows), absent_json(&why->report), orders,
			answers,
			verdict_name(
				simulation_verdict(&why->simulation)->kind)),
		stdout);
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

static void print_limits(const struct why_report *report)
{
	struct output *output = limits(report, false);

	putchar('\n');
	output_print(output, stdout);
	output_free(&output);
	for (size_t i = 0; i < report->absent_count; i++)
		printf("%s does not apply: %s\n", report->absent[i].limit->name,
		       report->absent[i].reason);
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
		fputs(", because Redis does not answer", stdout);
		break;
	}
}

static void print_answer(const struct context *context, const struct why *why,
			 const struct simulation_answer *answer)
{
	const struct verdict *verdict = &answer->verdict;
	char *reply = reply_of(context, verdict);

	printf("%s", simulation_stage_names[answer->stage]);
	if (answer->stage == SIMULATION_RCPT)
		terminal_print(
			" %s",
			why->options->recipients.texts[answer->recipient]);
	fputs(": ", stdout);
	terminal_begin(stdout, TERMINAL_HEAD);
	fputs(verdict_name(verdict->kind), stdout);
	terminal_end(stdout, TERMINAL_HEAD);
	print_cause(verdict);
	putchar('\n');
	if (reply[0] != '\0')
		terminal_print("  %s\n", reply);
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
	report_orders(context, why, NULL);
	for (size_t i = 0; i < why->incident_count; i++) {
		if (i == 0)
			putchar('\n');
		incident_print_line(&why->incidents[i], stdout);
	}
	putchar('\n');
	for (size_t i = 0; i < why->simulation.count; i++)
		print_answer(context, why, &why->simulation.answers[i]);
}
