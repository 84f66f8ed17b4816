/* SPDX-License-Identifier: ISC */

/* One function for each line, which adds its words to a text of its own: a line
 * without words is left out. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/moment.h"
#include "lib/base/span_text.h"
#include "lib/base/units.h"
#include "lib/fleet/incident_about.h"
#include "alert_parts.h"
#include "incident_sentence.h"

#define WORDS_SIZE  4096
#define INDENT	    10
#define WHO_SHOWN   3
#define ROWS_SHOWN  8 /* notes, orders, floods */
#define NAMES_SHOWN 10

static const char *separator(const struct text *words)
{
	return words->length == 0 ? "" : ", ";
}

/* who */

/* "(all)", or "(448 of 452)". */
static void add_share(struct text *words, const struct incident_who *who,
		      uint64_t all)
{
	if (who->messages >= all)
		text_add_string(words, " (all)");
	else
		text_add_format(words, " (%" PRIu64 " of %" PRIu64 ")",
				who->messages, all);
}

static uint64_t count_all(const struct incident_detail *detail,
			  enum flood_dimension dimension, size_t *values_r)
{
	uint64_t all = 0;

	*values_r = 0;
	for (size_t i = 0; i < detail->who_count; i++)
		if (detail->who[i].dimension == dimension) {
			all += detail->who[i].messages;
			++*values_r;
		}
	return all;
}

/* "sender a@x.test (448 of 452), b@x.test (4 of 452)"; false: there is none. */
static bool add_dimension(struct text *words,
			  const struct incident_detail *detail,
			  enum flood_dimension dimension, const char *title)
{
	size_t values, shown = 0;
	uint64_t all = count_all(detail, dimension, &values);

	for (size_t i = 0; i < detail->who_count && shown < WHO_SHOWN; i++) {
		const struct incident_who *who = &detail->who[i];

		if (who->dimension != dimension)
			continue;
		text_add_string(words, separator(words));
		if (shown++ == 0)
			text_add_string(words, title);
		alert_add_value(words, who->value);
		add_share(words, who, all);
	}
	if (values > shown)
		text_add_format(words, " and %zu more", values - shown);
	return values > 0;
}

static const struct alert_header *find_header(const struct alert *alert,
					      const char *name)
{
	for (size_t i = 0; i < alert->header_count; i++)
		if (strcmp(alert->headers[i].name, name) == 0 &&
		    alert->headers[i].value[0] != '\0')
			return &alert->headers[i];
	return NULL;
}

static void add_header(struct text *words, const struct alert *alert,
		       const char *name, const char *title)
{
	const struct alert_header *header = find_header(alert, name);

	if (header == NULL)
		return;
	text_add_format(words, "%s%s", separator(words), title);
	alert_add_value(words, header->value);
}

static void who(struct text *words, const struct alert *alert)
{
	const struct incident_detail *detail = alert->detail;

	add_dimension(words, detail, FLOOD_SENDER, "sender ");
	add_dimension(words, detail, FLOOD_CLIENT, "client ");
	if (words->length > 0 &&
	    !add_dimension(words, detail, FLOOD_LOGIN, "login "))
		text_add_string(words, ", no login");
	add_header(words, alert, "php_script", "script ");
	add_header(words, alert, "mailer", "mailer ");
}

static void to(struct text *words, const struct alert *alert)
{
	add_dimension(words, alert->detail, FLOOD_RECIPIENT, "");
}

static void header_subject(struct text *words, const struct alert *alert)
{
	const struct alert_header *header = find_header(alert, "subject");

	if (header == NULL)
		return;
	text_add_string(words, "\"");
	alert_add_value(words, header->value);
	text_add_format(words, "\" (%" PRIu64 " of %" PRIu64 " seen)",
			header->count, header->seen);
}

/* what stops it */

/* The windows of other limits, and how many. */
static void add_other_limits(struct text *words, const struct alert *alert)
{
	const struct incident_detail *detail = alert->detail;
	uint64_t windows = 0;

	for (size_t i = 0; i < detail->window_count; i++)
		windows += detail->windows[i].order == 0;
	if (windows > 1)
		text_add_format(words, "; %" PRIu64 " windows are over a limit",
				windows);
}

static void limit(struct text *words, const struct alert *alert)
{
	const struct incident *incident = &alert->detail->incident;
	const struct limit *found = settings_limit(alert->settings,
						   incident->limit);
	char *sentence = found == NULL ? NULL : limit_describe(found);
	char span[UNITS_TEXT_SIZE];

	if (sentence != NULL) {
		text_add_string(words, sentence);
	} else if (incident->limit[0] != '\0') {
		/* of another host's weir.conf, or not there any more */
		alert_add_value(words, incident->limit);
		text_add_format(words, ": above %" PRIu64 " in %s",
				incident->max,
				units_format_span(incident->per_ms, span));
	}
	free(sentence);
	add_other_limits(words, alert);
}

static void others(struct text *words, const struct alert *alert)
{
	const struct incident *incident = &alert->detail->incident;

	if (incident->others_hit > 0)
		text_add_format(words,
				"%" PRIu64
				" messages of others were stopped, too",
				incident->others_hit);
	else
		text_add_string(words, "no mail of others was stopped");
}

/* what is known from before */

static uint64_t opened_of(const struct alert *alert, uint64_t number)
{
	for (size_t i = 0; i < alert->before_count; i++)
		if (alert->before[i].number == number)
			return alert->before[i].opened_ms;
	return 0;
}

static void add_numbers(struct text *words, const struct alert *alert,
			const struct incident_numbers *numbers)
{
	for (size_t i = 0; i < numbers->count && i < NAMES_SHOWN; i++) {
		uint64_t opened_ms = opened_of(alert, numbers->numbers[i]);
		char day[MOMENT_TEXT_SIZE];

		text_add_format(words, "%s%s%" PRIu64, separator(words),
				i == 0 ? "incident " : "", numbers->numbers[i]);
		if (opened_ms != 0)
			text_add_format(words, " (%s)",
					moment_format_day(opened_ms, day));
	}
	if (numbers->count > NAMES_SHOWN)
		text_add_format(words, " and %zu more",
				numbers->count - NAMES_SHOWN);
}

static void before(struct text *words, const struct alert *alert)
{
	add_numbers(words, alert, &alert->detail->incident.before);
}

static void related(struct text *words, const struct alert *alert)
{
	add_numbers(words, alert, &alert->detail->incident.related);
}

static void seen_by(struct text *words, const struct alert *alert)
{
	for (size_t i = 0; i < alert->milter_count && i < NAMES_SHOWN; i++) {
		text_add_string(words, separator(words));
		alert_add_value(words, alert->milters[i]);
	}
	if (alert->milter_count > NAMES_SHOWN)
		text_add_format(words, " and %zu more",
				alert->milter_count - NAMES_SHOWN);
}

static void report(struct text *words, const struct alert *alert)
{
	if (alert->report != NULL)
		alert_add_value(words, alert->report);
}

/* what was done */

static void add_row(struct text *text, const char *title, size_t shown,
		    const struct text *words)
{
	alert_add_wrapped(text, shown == 0 ? title : "", INDENT, words->data);
}

static void add_more(struct text *text, size_t count)
{
	if (count > ROWS_SHOWN)
		text_add_format(text, "%*sand %zu more\n", INDENT, "",
				count - ROWS_SHOWN);
}

static void add_orders(struct text *text, const struct alert *alert)
{
	size_t shown = 0;

	for (size_t i = 0; alert->orders != NULL && i < alert->orders->count;
	     i++) {
		const struct order *order = &alert->orders->orders[i];
		uint64_t now_ms = alert->orders->now_ms;
		char buffer[WORDS_SIZE], span[SPAN_TEXT_SIZE];
		struct text words;

		if (!incident_has_order(alert->detail, order, now_ms))
			continue;
		if (shown++ >= ROWS_SHOWN)
			continue;
		text_init(&words, buffer, sizeof(buffer));
		text_add_format(&words, "%s %" PRIu64 " of ",
				order_kind_name(order->kind), order->id);
		text_add_subject(&words, order->subject, strlen(order->subject),
				 INCIDENT_VALUE_MAX);
		if (order->until_ms == ORDER_EVER_MS)
			text_add_string(&words, " for ever");
		else
			text_add_format(
				&words, ", %s left",
				span_text(order->until_ms - now_ms, span));
		text_add_string(&words, ", by ");
		alert_add_value(&words, order->by);
		add_row(text, "In force", shown - 1, &words);
	}
	add_more(text, shown);
}

/* "10:46:00 UTC ann: script removed" */
static void add_notes(struct text *text, const struct alert *alert)
{
	const struct incident_detail *detail = alert->detail;

	for (size_t i = 0; i < detail->note_count && i < ROWS_SHOWN; i++) {
		const struct incident_note *note = &detail->notes[i];
		char buffer[WORDS_SIZE];
		struct text words;

		text_init(&words, buffer, sizeof(buffer));
		alert_add_time(&words, note->when_ms, alert->when_ms);
		text_add_string(&words, " ");
		alert_add_value(&words, note->by);
		text_add_string(&words, ": ");
		alert_add_value(&words, note->text);
		add_row(text, "Notes", i, &words);
	}
	add_more(text, detail->note_count);
}

static void taken(struct text *words, const struct alert *alert)
{
	const struct incident *incident = &alert->detail->incident;

	if (incident->taken_by[0] == '\0')
		return;
	text_add_string(words, "by ");
	alert_add_value(words, incident->taken_by);
	text_add_string(words, " at ");
	alert_add_time(words, incident->taken_ms, alert->when_ms);
}

void alert_add_facts(struct text *text, const struct alert *alert)
{
	static const struct {
		const char *title;
		void (*add)(struct text *words, const struct alert *alert);
	} rows[] = {
		{ "Who", who },
		{ "To", to },
		{ "Subject", header_subject },
		{ "Limit", limit },
		{ "Others", others },
		{ "Before", before },
		{ "Related", related },
		{ "Seen by", seen_by },
		{ "Taken", taken },
		{ "Report", report },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char buffer[WORDS_SIZE];
		struct text words;

		text_init(&words, buffer, sizeof(buffer));
		rows[i].add(&words, alert);
		if (words.length > 0)
			alert_add_wrapped(text, rows[i].title, INDENT, buffer);
	}
	add_notes(text, alert);
	add_orders(text, alert);
}

void alert_add_floods(struct text *text, const struct alert *alert)
{
	for (size_t i = 0; i < alert->flood_count && i < ROWS_SHOWN; i++) {
		const struct incident *incident = &alert->floods[i];
		char buffer[WORDS_SIZE], title[40];
		struct text words;

		text_init(&words, buffer, sizeof(buffer));
		incident_sentence_add_name(&words, incident);
		text_add_string(&words, ": ");
		alert_add_counts(&words, incident);
		(void)snprintf(title, sizeof(title), "%5" PRIu64 "  %-9s",
			       incident->number,
			       incident_level_name(incident->level));
		alert_add_wrapped(text, title, 17, buffer);
	}
	add_more(text, alert->flood_count);
}
