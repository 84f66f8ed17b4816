/* SPDX-License-Identifier: ISC */

/*
 * The reply of the limit, or the default one of its case; values are made
 * printable before they get into either.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/store/window.h"
#include "reply.h"

#define SUBJECT_MAX 120 /* so that the longest contact fits behind it */

/* What the templates name, as text. */
struct values {
	char subject[SUBJECT_MAX + sizeof("...")];
	char used[UNITS_TEXT_SIZE], max[UNITS_TEXT_SIZE];
	char per[UNITS_TEXT_SIZE], retry[UNITS_TEXT_SIZE];
	const char *texts[TEMPLATE_NAMES];
};

/* SMTP replies are ASCII: what is not becomes '?'. */
static void make_ascii(char *text)
{
	for (; *text != '\0'; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static void write_number(enum limit_unit unit, uint64_t number,
			 char text[UNITS_TEXT_SIZE])
{
	if (unit == LIMIT_BYTES)
		units_format_size(number, text);
	else
		snprintf(text, UNITS_TEXT_SIZE, "%" PRIu64, number);
}

/* What was counted is rounded up: "61234567 bytes" is hard to read. What the
 * operator wrote is shown exactly. */
static void write_count(const struct limit *limit, uint64_t count,
			char text[UNITS_TEXT_SIZE])
{
	uint64_t step = 1;

	while (limit->unit == LIMIT_BYTES &&
	       count / step >= UINT64_C(10) * 1024)
		step *= 1024;
	write_number(limit->unit, (count + step - 1) / step * step, text);
}

/* A time to wait, rounded up to what a person can use. */
static void write_retry(uint64_t wait_ms, char text[UNITS_TEXT_SIZE])
{
	static const struct {
		uint64_t below_ms, unit_ms;
	} steps[] = {
		{ 2 * 60 * 1000, 1000 },
		{ 2 * 3600 * 1000, 60 * 1000 },
		{ UINT64_MAX, 3600 * 1000 },
	};
	size_t i = 0;

	if (wait_ms == WINDOW_NEVER) {
		snprintf(text, UNITS_TEXT_SIZE, "never");
		return;
	}
	while (wait_ms >= steps[i].below_ms)
		i++;
	units_format_span((wait_ms + steps[i].unit_ms - 1) / steps[i].unit_ms *
				  steps[i].unit_ms,
			  text);
}

/* The subject in a line of ASCII; a long one ends in dots. */
static void write_subject(const char *subject,
			  char text[SUBJECT_MAX + sizeof("...")])
{
	snprintf(text, SUBJECT_MAX + sizeof("..."), "%.*s%s", SUBJECT_MAX,
		 subject, strlen(subject) > SUBJECT_MAX ? "..." : "");
	make_ascii(text);
}

static void values_fill(struct values *values, const struct verdict *verdict,
			const struct settings *settings)
{
	const struct limit *limit = verdict->limit;

	write_subject(verdict->subject, values->subject);
	write_count(limit, verdict->used, values->used);
	write_number(limit->unit, verdict->max, values->max);
	values->texts[TEMPLATE_PER] = limit_format_per(limit, values->per);
	write_retry(verdict->wait_ms, values->retry);
	values->texts[TEMPLATE_LIMIT] = limit->name;
	values->texts[TEMPLATE_SUBJECT] = values->subject;
	values->texts[TEMPLATE_USED] = values->used;
	values->texts[TEMPLATE_MAX] = values->max;
	values->texts[TEMPLATE_RETRY] = values->retry;
	values->texts[TEMPLATE_CONTACT] = settings->contact;
}

static void reply_set_codes(struct reply *reply, const char *code,
			    const char *status)
{
	snprintf(reply->code, sizeof(reply->code), "%s", code);
	snprintf(reply->status, sizeof(reply->status), "%s", status);
}

/* No limit is at fault: Redis is away, and on_failure is "tempfail". */
static void write_failure(const struct settings *settings, struct reply *reply)
{
	reply_set_codes(reply, "451", "4.3.2");
	snprintf(
		reply->text, sizeof(reply->text),
		"Temporary failure: this server cannot check mail limits at the "
		"moment. Your message is not at fault. Try again in a few "
		"minutes. Questions: %s",
		settings->contact);
}

/* Is all that is counted there received, not sent? */
static bool is_of_recipients(const char *subject)
{
	return strncmp(subject, "recipient", strlen("recipient")) == 0;
}

/* The operator's reason is not for strangers. A block that lasts until it is
 * lifted has no time left to show. */
static void write_block(const struct verdict *verdict,
			const struct settings *settings, struct reply *reply)
{
	char subject[SUBJECT_MAX + sizeof("...")], retry[UNITS_TEXT_SIZE];
	bool is_reject = verdict->kind == VERDICT_REJECT;
	struct text text;

	write_subject(verdict->subject, subject);
	reply_set_codes(reply, is_reject ? "550" : "451",
			is_reject ? "5.7.1" : "4.7.1");
	text_init(&text, reply->text, sizeof(reply->text));
	text_add_format(&text, "%s: mail %s %s is blocked by the administrator",
			is_reject ? "Rejected" : "Temporarily rejected",
			is_of_recipients(subject) ? "for" : "from", subject);
	if (verdict->wait_ms < LIMIT_PER_MAX) {
		write_retry(verdict->wait_ms, retry);
		text_add_format(&text, " for another %s", retry);
	}
	text_add_format(&text, ". Questions: %s", settings->contact);
}

/* "sender:jake@example.com may send 100 messages per 1m. " */
static void add_limit(struct text *text, const struct limit *limit,
		      const struct values *values)
{
	static const char *const units[][2] = {
		[LIMIT_MESSAGES] = { " messages", " message" },
		[LIMIT_RECIPIENTS] = { " recipients", " recipient" },
		[LIMIT_BYTES] = { "", "" }, /* a size has its own */
	};

	if (limit->key == 0)
		text_add_string(text, "This server accepts ");
	else
		text_add_format(text, "%s may %s ", values->subject,
				is_of_recipients(values->subject) ? "receive"
				: limit->unit == LIMIT_RECIPIENTS ? "send to"
								  : "send");
	text_add_format(text, "%s%s per %s. ", values->max,
			units[limit->unit][strcmp(values->max, "1") == 0],
			limit_is_ceiling(limit) ? "message"
						: values->texts[TEMPLATE_PER]);
}

/* The message alone is above the limit, so waiting does not help. A
 * tempfail is for an MTA that cannot quarantine, or for one recipient too many:
 * the others get the message. */
static void write_never(const struct verdict *verdict,
			const struct values *values, struct reply *reply)
{
	static const struct {
		const char *code, *status, *fault, *advice;
	} cases[] = {
		[false] = { "550", "5.5.3", "Too many recipients",
			    "Send it to fewer at a time" },
		[true] = { "552", "5.3.4", "Message too large",
			   "Send a smaller one" },
	};
	bool is_size = verdict->limit->unit == LIMIT_BYTES;
	char cost[UNITS_TEXT_SIZE];
	struct text text;

	reply_set_codes(reply, cases[is_size].code, cases[is_size].status);
	if (verdict->kind == VERDICT_TEMPFAIL)
		reply->code[0] = reply->status[0] = '4';
	write_count(verdict->limit, verdict->cost, cost);
	text_init(&text, reply->text, sizeof(reply->text));
	text_add_format(&text, "%s: %s. ", cases[is_size].fault, cost);
	add_limit(&text, verdict->limit, values);
	text_add_format(&text, "%s. Questions: %s", cases[is_size].advice,
			values->texts[TEMPLATE_CONTACT]);
}

/* A limit on attempts has room again only after a silence. */
static void write_default(const struct verdict *verdict,
			  const struct values *values, struct reply *reply)
{
	bool is_reject = verdict->kind == VERDICT_REJECT;
	const struct limit *limit = verdict->limit;
	struct text text;

	reply_set_codes(reply, is_reject ? "550" : "451",
			is_reject ? "5.7.1" : "4.7.1");
	text_init(&text, reply->text, sizeof(reply->text));
	text_add_string(&text, "Rate limit exceeded: ");
	add_limit(&text, limit, values);
	text_add_format(&text, "%s in %s%s. Questions: %s",
			is_reject ? "Mail is accepted again" : "Try again",
			values->retry,
			limit->count == LIMIT_COUNT_ATTEMPTS
				? ", and send nothing until then"
				: "",
			values->texts[TEMPLATE_CONTACT]);
}

/* Does the limit's own reply speak of this verdict? A reject that was turned
 * into a tempfail, or the other way round, needs another class. */
static bool template_fits(const struct verdict *verdict)
{
	const struct template *template = verdict->limit->reply;
	char class = verdict->kind == VERDICT_REJECT ? '5' : '4';

	return template != NULL && template_code(template)[0] == class;
}

void reply_write(const struct verdict *verdict, const struct settings *settings,
		 struct reply *reply_r)
{
	struct values values;
	struct text text;

	if (verdict->cause == VERDICT_BY_BLOCK) {
		write_block(verdict, settings, reply_r);
		return;
	}
	if (verdict->limit == NULL) {
		write_failure(settings, reply_r);
		return;
	}
	values_fill(&values, verdict, settings);
	if (template_fits(verdict)) {
		const struct template *template = verdict->limit->reply;

		reply_set_codes(reply_r, template_code(template),
				template_status(template));
		text_init(&text, reply_r->text, sizeof(reply_r->text));
		template_expand(template, values.texts, &text);
	} else if (verdict->wait_ms == WINDOW_NEVER ||
		   limit_is_ceiling(verdict->limit)) {
		write_never(verdict, &values, reply_r);
	} else {
		write_default(verdict, &values, reply_r);
	}
}

void reply_write_reason(const struct verdict *verdict,
			char reason_r[TEMPLATE_TEXT_MAX + 1])
{
	char used[UNITS_TEXT_SIZE], max[UNITS_TEXT_SIZE], per[UNITS_TEXT_SIZE];
	char subject[SUBJECT_MAX + sizeof("...")];
	const struct limit *limit = verdict->limit;

	write_subject(verdict->subject, subject);
	if (limit == NULL) {
		snprintf(reason_r, TEMPLATE_TEXT_MAX + 1,
			 "weir: block %" PRIu64 ": %s", verdict->order,
			 subject);
		return;
	}
	write_count(limit, verdict->used, used);
	write_number(limit->unit, verdict->max, max);
	snprintf(reason_r, TEMPLATE_TEXT_MAX + 1,
		 "weir: limit %s: %s has %s of %s in %s", limit->name, subject,
		 used, max, limit_format_per(limit, per));
}
