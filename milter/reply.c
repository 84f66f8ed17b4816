/* SPDX-License-Identifier: ISC */

/*
 * The reply of the limit, or the default one of its case; values are made
 * printable before they get into either.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../lib/base/text.h"
#include "../lib/base/units.h"
#include "../lib/store/window.h"
#include "reply.h"

#define SUBJECT_MOST 200 /* bytes of a subject in a reply */
#define NUMBER_SIZE  48

/* What the templates name, as text. */
struct values {
	char subject[SUBJECT_MOST + 1];
	char used[NUMBER_SIZE], max[NUMBER_SIZE];
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

static void write_count(enum limit_unit unit, uint64_t count,
			char text[NUMBER_SIZE])
{
	char size[UNITS_TEXT_SIZE];

	if (unit == LIMIT_BYTES)
		snprintf(text, NUMBER_SIZE, "%s",
			 units_format_size(count, size));
	else
		snprintf(text, NUMBER_SIZE, "%" PRIu64, count);
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

static void values_fill(struct values *values, const struct verdict *verdict,
			const struct settings *settings)
{
	const struct limit *limit = verdict->limit;

	snprintf(values->subject, sizeof(values->subject), "%.*s", SUBJECT_MOST,
		 verdict->subject);
	make_ascii(values->subject);
	write_count(limit->unit, verdict->used, values->used);
	write_count(limit->unit, limit->max, values->max);
	units_format_span(limit->per_ms, values->per);
	write_retry(verdict->wait_ms, values->retry);
	values->texts[TEMPLATE_LIMIT] = limit->name;
	values->texts[TEMPLATE_SUBJECT] = values->subject;
	values->texts[TEMPLATE_USED] = values->used;
	values->texts[TEMPLATE_MAX] = values->max;
	values->texts[TEMPLATE_PER] = values->per;
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
static void write_failure(struct reply *reply)
{
	reply_set_codes(reply, "451", "4.3.2");
	snprintf(reply->text, sizeof(reply->text),
		 "Sending limits cannot be checked now, try again later");
}

/* The message alone is above the limit. */
static void write_never(const struct verdict *verdict,
			const struct values *values, struct reply *reply)
{
	char cost[NUMBER_SIZE];

	write_count(verdict->limit->unit, verdict->cost, cost);
	if (verdict->limit->unit == LIMIT_BYTES) {
		reply_set_codes(reply, "552", "5.3.4");
		snprintf(reply->text, sizeof(reply->text),
			 "Message too large: %s, but %s may have %s in %s",
			 cost, values->subject, values->max, values->per);
	} else {
		reply_set_codes(reply, "550", "5.5.3");
		snprintf(reply->text, sizeof(reply->text),
			 "Too many recipients: %s, but %s may have %s in %s",
			 cost, values->subject, values->max, values->per);
	}
}

static void write_default(const struct verdict *verdict,
			  const struct values *values, struct reply *reply)
{
	bool is_reject = verdict->kind == VERDICT_REJECT;
	const char *const *texts = values->texts;

	if (is_reject)
		reply_set_codes(reply, "550", "5.7.1");
	else
		reply_set_codes(reply, "451", "4.7.1");
	snprintf(reply->text, sizeof(reply->text),
		 "Too much mail: %s has reached its limit of %s in %s; "
		 "%s in %s; questions to %s",
		 texts[TEMPLATE_SUBJECT], texts[TEMPLATE_MAX],
		 texts[TEMPLATE_PER], is_reject ? "room again" : "try again",
		 texts[TEMPLATE_RETRY], texts[TEMPLATE_CONTACT]);
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

	if (verdict->limit == NULL) {
		write_failure(reply_r);
		return;
	}
	values_fill(&values, verdict, settings);
	if (template_fits(verdict)) {
		const struct template *template = verdict->limit->reply;

		reply_set_codes(reply_r, template_code(template),
				template_status(template));
		text_init(&text, reply_r->text, sizeof(reply_r->text));
		template_expand(template, values.texts, &text);
	} else if (verdict->wait_ms == WINDOW_NEVER) {
		write_never(verdict, &values, reply_r);
	} else {
		write_default(verdict, &values, reply_r);
	}
	make_ascii(reply_r->text);
}

void reply_write_reason(const struct verdict *verdict,
			char reason_r[TEMPLATE_TEXT_MAX + 1])
{
	char used[NUMBER_SIZE], max[NUMBER_SIZE], per[UNITS_TEXT_SIZE];
	const struct limit *limit = verdict->limit;

	write_count(limit->unit, verdict->used, used);
	write_count(limit->unit, limit->max, max);
	snprintf(reason_r, TEMPLATE_TEXT_MAX + 1,
		 "weir: limit %s: %.*s has %s of %s in %s", limit->name,
		 SUBJECT_MOST, verdict->subject, used, max,
		 units_format_span(limit->per_ms, per));
	make_ascii(reason_r);
}
