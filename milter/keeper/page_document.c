/* SPDX-License-Identifier: ISC */

/* The frame of the document: the sentence on top, the warnings, the mood. */
#include "page_document.h"

#include <stdarg.h>
#include <string.h>

#include "lib/alert/incident_sentence.h"
#include "lib/base/count_text.h"
#include "lib/base/json.h"
#include "lib/base/text.h"
#include "page_rows.h"

#define SENTENCE_SIZE 600

__attribute__((format(printf, 2, 3))) static void warn(json_t *warnings,
						       const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	json_array_append_new(warnings, document_vformat(format, arguments));
	va_end(arguments);
}

static json_t *warnings_of(const struct page_facts *facts)
{
	const struct status *status = &facts->status;
	json_t *warnings = json_array();
	size_t silent = 0;

	for (size_t i = 0; i < status->milters.count; i++)
		silent += status_is_silent(status, &status->milters.list[i]);
	if (!status_has_milter(status))
		warn(warnings, "No milter is running: mail is not counted.");
	else if (silent != 0)
		warn(warnings, "%zu milter%s silent, see System.", silent,
		     silent == 1 ? " is" : "s are");
	if (redis_health_can_evict(&status->redis))
		warn(warnings, "When its memory is full this Redis evicts "
			       "counters and orders: set maxmemory-policy to "
			       "noeviction.");
	if (facts->channels.all_failing)
		warn(warnings, "No alert could be sent for 5 minutes: every "
			       "channel fails, see System.");
	if (status->orders.unreadable != 0)
		warn(warnings,
		     "%zu orders cannot be read: are they from "
		     "another version of weir?",
		     status->orders.unreadable);
	return warnings;
}

static uint64_t messages_of_hour(const struct page_facts *facts)
{
	uint64_t messages = 0;

	for (int i = 0; i < VERDICT_KINDS; i++)
		messages += facts->status.totals.windows[i][TOTALS_HOUR].used;
	return messages;
}

/* The gravest flood is the first row. */
static void say_flood(const struct page_facts *facts, struct text *text)
{
	const struct incident *first = &facts->incidents[0].incident;
	char count[COUNT_TEXT_SIZE];

	if (facts->open == 1)
		text_add_string(text, "1 flood is being stopped: ");
	else
		text_add_format(text, "%zu floods are being stopped, now ",
				facts->open);
	incident_sentence_add_name(text, first);
	text_add_format(text, ", %s messages%s",
			count_text(facts->open_stopped, count),
			facts->open == 1 ? "" : " in all");
}

static void say_calm(const struct page_facts *facts, struct text *text)
{
	char count[COUNT_TEXT_SIZE];

	if (facts->contained == 1)
		text_add_string(text, "No open flood, 1 is contained by a "
				      "block. ");
	else if (facts->contained != 0)
		text_add_format(text,
				"No open flood, %zu are contained by blocks. ",
				facts->contained);
	else
		text_add_string(text, "No flood. ");
	text_add_format(text, "%s messages in the last hour.",
			count_text(messages_of_hour(facts), count));
}

static json_t *sentence_of(const struct page_facts *facts)
{
	char buffer[SENTENCE_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	if (facts->open != 0 && facts->incident_count != 0)
		say_flood(facts, &text);
	else
		say_calm(facts, &text);
	return document_string(buffer);
}

/* "weir on gw1, gw2": hosts with a milter that is alive, each once. */
static json_t *bar_of(const struct status *status)
{
	char buffer[SENTENCE_SIZE];
	const char *last = "";
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_add_string(&text, "weir");
	for (size_t i = 0; i < status->milters.count; i++) {
		const struct milter *milter = &status->milters.list[i];

		if (status_is_silent(status, milter) ||
		    strcmp(milter->host, last) == 0)
			continue;
		text_add_string(&text, last[0] == '\0' ? " on " : ", ");
		text_add_line(&text, milter->host, strlen(milter->host), 64);
		last = milter->host;
	}
	return document_string(buffer);
}

json_t *page_document_make(const struct page_frame *frame,
			   const struct page_facts *facts)
{
	json_t *warnings = warnings_of(facts), *document;
	const char *mood = facts->open != 0		   ? "flood"
			   : json_array_size(warnings) > 0 ? "warn"
							   : "calm";
	json_t *title = facts->open == 0
				? json_string("weir")
				: document_format("(%zu) weir", facts->open);

	document = document_make(
		"weir:s host:s made:m stale:b mood:s sentence:o title:o bar:o "
		"warnings:o status:o",
		WEIR_VERSION, frame->host, facts->status.now_ms, false, mood,
		sentence_of(facts), title, bar_of(&facts->status), warnings,
		status_json(&facts->status));
	json_object_update_new(document, page_rows_make(frame, facts));
	return document;
}

json_t *page_document_empty(const char *host)
{
	return document_make("weir:s host:s made:m stale:b mood:s sentence:s "
			     "title:s bar:s warnings:o",
			     WEIR_VERSION, host, UINT64_C(0), false, "warn",
			     "Nothing is known yet.", "weir", "weir",
			     json_array());
}

json_t *page_document_stale(const json_t *document, const char *why)
{
	json_t *copy = json_copy((json_t *)(uintptr_t)document);
	json_t *warnings = json_copy(json_object_get(document, "warnings"));
	json_t *since = json_object_get(document, "made");

	if (json_is_string(since))
		warn(warnings,
		     "Redis does not answer: what is shown is of %s, "
		     "and old. %s",
		     json_string_value(since), why);
	else
		warn(warnings, "Redis does not answer. %s", why);
	json_object_set_new(copy, "warnings", warnings);
	json_object_set_new(copy, "stale", json_true());
	json_object_set_new(copy, "title", json_string("(stale) weir"));
	if (strcmp(document_get_text(document, "mood"), "calm") == 0)
		json_object_set_new(copy, "mood", json_string("warn"));
	return copy;
}

json_t *page_document_short(const json_t *document)
{
	json_t *copy = json_copy((json_t *)(uintptr_t)document);
	const json_t *near = json_object_get(document, "near");
	json_t *rows = json_array();

	for (size_t i = 0; i < json_array_size(near) && i < PAGE_NEAR_USUAL;
	     i++)
		json_array_append(rows, json_array_get(near, i));
	json_object_set_new(copy, "near", rows);
	return copy;
}
