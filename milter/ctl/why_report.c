/* SPDX-License-Identifier: ISC */

/* The bill of the end of the message, looked at and not charged. A limit that
 * is on no line of it is absent. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/policy/assess.h"
#include "lib/policy/exemption.h"
#include "lib/policy/match_message.h"
#include "lib/policy/apply_orders.h"
#include "lib/policy/subject.h"
#include "why_report.h"

/* why not? */

static const char exempt_fault[] = "all its recipients are exempt";

/* What the message lacks that the key has, with a recipient of the limit. */
static const char *missing_value(const struct limit *limit,
				 const struct why_question *question,
				 const struct message_recipient *recipient)
{
	static const char *const reasons[DIMENSION_COUNT] = {
		[DIMENSION_SENDER] = "it has the null sender",
		[DIMENSION_SENDER_DOMAIN] = "its sender has no domain",
		[DIMENSION_RECIPIENT] = "it has no recipient",
		[DIMENSION_RECIPIENT_DOMAIN] = "its recipient has no domain",
		[DIMENSION_CLIENT] = "it has no client address",
		[DIMENSION_AUTH] = "it has no login",
		[DIMENSION_HELO] = "it has no HELO name",
	};

	for (unsigned int d = 0; d < DIMENSION_COUNT; d++) {
		char buffer[SUBJECT_SIZE];
		struct text text;

		text_init(&text, buffer, sizeof(buffer));
		if ((limit->key & LIMIT_KEY_OF(d)) != 0 &&
		    !subject_add_value(&text, (enum dimension)d, false,
				       question->message, recipient,
				       question->settings->ipv6_prefix))
			return reasons[d];
	}
	return "it has no value for this key";
}

/* Of several recipients the one that comes nearest gives the reason. */
static const char *recipients_fault(const struct limit *limit,
				    const struct why_question *question)
{
	const struct message *message = question->message;
	const char *fault = "it has no recipient";

	for (size_t i = 0; i < message->recipient_count; i++) {
		const struct message_recipient *recipient =
			&message->recipients[i];
		const char *unlisted = match_fault_for(&limit->match,
						       recipient);

		if (unlisted == NULL &&
		    !exemption_of_recipient(question->settings, message,
					    recipient))
			return missing_value(limit, question, recipient);
		if (unlisted == NULL)
			fault = exempt_fault;
		else if (fault != exempt_fault)
			fault = unlisted;
	}
	return fault;
}

static bool is_on(const struct charge_list *bill, const struct limit *limit)
{
	for (size_t i = 0; i < bill->count; i++)
		if (bill->lines[i].limit == limit)
			return true;
	return false;
}

static void find_absent(const struct why_question *question,
			struct why_report *report)
{
	const struct settings *settings = question->settings;

	report->absent = alloc_array(settings->limit_count,
				     sizeof(*report->absent));
	for (size_t i = 0; i < settings->limit_count; i++) {
		const struct limit *limit = &settings->limits[i];
		const char *reason = "the message is exempt";

		if (is_on(&report->bill, limit))
			continue;
		if (report->exempt == NULL)
			reason = match_fault(&limit->match, question->message);
		if (reason == NULL)
			reason = recipients_fault(limit, question);
		report->absent[report->absent_count++] =
			(struct why_absent){ limit, reason };
	}
}

/* exemptions */

static const struct match *find_exemption(const struct why_question *question)
{
	const struct settings *settings = question->settings;
	const struct message *message = question->message;

	for (size_t i = 0; i < settings->exempt_count; i++) {
		const struct match *exempt = &settings->exempt[i];

		if (match_holds(exempt, message) &&
		    (!match_has_recipient(exempt) ||
		     (message->recipient_count != 0 &&
		      match_holds_for(exempt, &message->recipients[0]))))
			return exempt;
	}
	return NULL;
}

/* which orders? */

static void add_order(void *user_data, const struct order *order)
{
	struct why_report *report = user_data;

	for (size_t i = 0; i < report->order_count; i++)
		if (report->orders[i] == order)
			return;
	report->orders = alloc_resize(report->orders, report->order_count + 1,
				      sizeof(*report->orders));
	report->orders[report->order_count++] = order;
}

static void find_orders(const struct why_question *question,
			struct why_report *report)
{
	const struct message *message = question->message;

	for (int kind = ORDER_BLOCK; kind <= ORDER_OVERRIDE; kind++)
		for (size_t i = 0; i < message->recipient_count; i++)
			orders_of_message(question->orders,
					  (enum order_kind)kind, message,
					  &message->recipients[i],
					  question->now_ms, add_order, report);
}

bool why_report_make(const struct why_question *question,
		     struct why_report *report_r)
{
	const struct message *message = question->message;
	const struct order_scope scope = { message, message->recipients,
					   message->recipient_count };
	bool *is_exempt;

	memset(report_r, 0, sizeof(*report_r));
	arena_init(&report_r->arena, NULL, 0);
	is_exempt = arena_take(&report_r->arena, message->recipient_count);
	if (exemption_of_message(question->settings, message) ||
	    exemption_of_recipients(question->settings, message, is_exempt))
		report_r->exempt = find_exemption(question);
	find_orders(question, report_r);
	if (report_r->exempt == NULL) {
		assess_end(question->settings, message, is_exempt,
			   &report_r->arena, &report_r->bill);
		apply_orders(question->orders, &scope, question->now_ms,
			     &report_r->bill);
	}
	find_absent(question, report_r);
	return store_ask(question->store, STORE_PEEK, report_r->bill.charges,
			 report_r->bill.count,
			 question->now_ms) != STORE_UNAVAILABLE;
}

void why_report_clear(struct why_report *report)
{
	charge_list_clear(&report->bill);
	arena_clear(&report->arena);
	free(report->absent);
	free(report->orders);
	memset(report, 0, sizeof(*report));
}
