/* SPDX-License-Identifier: ISC */

/* Section 3: who sent it, to whom, with what. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/watch/fingerprint.h"
#include "report_section.h"
#include "report_sections.h"

#define VALUES_MAX 20 /* of one header */

static uint64_t total_of(const struct incident_detail *detail,
			 enum flood_dimension dimension)
{
	uint64_t total = 0;

	for (size_t i = 0; i < detail->who_count; i++)
		if (detail->who[i].dimension == dimension)
			total += detail->who[i].messages;
	return total;
}

static uint64_t share_of(uint64_t part, uint64_t all)
{
	return all == 0 ? REPORT_NOT_KNOWN : (part * 100 + all / 2) / all;
}

static void add_who(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "dimension", "What", REPORT_WORDS },
		{ "value", "Who", REPORT_WORDS },
		{ "messages", "Messages", REPORT_COUNT },
		{ "share", "Share", REPORT_SHARE },
		{ 0 },
	};
	const struct incident_detail *detail = &facts->detail;
	json_t *table = report_section_table(
		section, "who",
		facts->is_in_redis
			? "Who has most of it; shares are of the "
			  "messages whose sender, login ... is known"
			: "Who has most of the messages that were recorded",
		columns);

	for (size_t i = 0; i < detail->who_count; i++) {
		const struct incident_who *who = &detail->who[i];

		report_row_add(table,
			       report_facts_redis_or(facts, "message records"),
			       "ssnn", flood_dimension_name(who->dimension),
			       who->value, who->messages,
			       share_of(who->messages,
					total_of(detail, who->dimension)));
	}
}

/* what headers say */

struct header_value {
	char *value;
	uint64_t count;
	const struct report_record *first;
};

/* A subject without what differs from one message to the next. */
static char *value_of(const json_t *headers, const char *member)
{
	const char *value = document_get_text(headers, member);
	char folded[FINGERPRINT_FOLD_MAX + 1];

	if (strcmp(member, "subject") != 0)
		return alloc_text(value);
	return alloc_text(fingerprint_fold(value, strlen(value), folded));
}

/* Takes the value over. */
static void count_value(struct header_value *values, size_t *count, char *value,
			const struct report_record *record)
{
	struct header_value *found = NULL;

	for (size_t i = 0; i < *count; i++)
		if (strcmp(values[i].value, value) == 0)
			found = &values[i];
	if (found != NULL)
		found->count++;
	else if (value[0] != '\0')
		values[(*count)++] = (struct header_value){ value, 1, record };
	if (found != NULL || value[0] == '\0')
		free(value);
}

static int by_count(const void *a, const void *b)
{
	const struct header_value *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->value, y->value);
}

/* member: of headers_json() */
static void add_header(const struct report_facts *facts, json_t *table,
		       const char *member, const char *title)
{
	const struct report_journal *journal = &facts->journal;
	struct header_value *values = alloc_array(journal->record_count,
						  sizeof(*values));
	size_t count = 0;
	uint64_t seen = 0;

	report_records_foreach(journal, record) {
		const json_t *headers = json_object_get(record->json,
							"headers");

		if (record->kind != JOURNAL_MESSAGE || headers == NULL)
			continue;
		seen++;
		count_value(values, &count, value_of(headers, member), record);
	}
	if (count != 0)
		qsort(values, count, sizeof(*values), by_count);
	for (size_t i = 0; i < count && i < VALUES_MAX; i++)
		report_row_add(table, report_record_source(values[i].first),
			       "ssnn", title, values[i].value, values[i].count,
			       seen);
	if (count > VALUES_MAX)
		report_row_add(table, json_null(), "ssnn", title,
			       "(other values)", (uint64_t)count - VALUES_MAX,
			       seen);
	for (size_t i = 0; i < count; i++)
		free(values[i].value);
	free(values);
}

static void add_headers(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "header", "What", REPORT_WORDS },
		{ "value", "Value", REPORT_WORDS },
		{ "records", "Messages", REPORT_COUNT },
		{ "of", "Of those seen", REPORT_COUNT },
		{ 0 },
	};
	static const struct {
		const char *member, *title;
	} headers[] = {
		{ "php_script", "script (X-PHP-Originating-Script)" },
		{ "php_url", "script (X-PHP-Script)" },
		{ "source_directory", "directory (X-Source-Dir)" },
		{ "source_args", "arguments (X-Source-Args)" },
		{ "mailer", "mailer" },
		{ "subject", "subject (digits as #)" },
		{ "originating_ip", "X-Originating-IP" },
		{ "list_id", "List-Id" },
	};
	json_t *table = report_section_table(
		section, "headers",
		"What the headers of the recorded messages say; senders write them",
		columns);

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		add_header(facts, table, headers[i].member, headers[i].title);
	if (json_array_size(report_table_rows(table)) == 0)
		report_section_gap(section,
				   "no recorded message shows its headers: "
				   "what comes first on a connection that was "
				   "open before is seen without them, and "
				   "evidence.headers may say never");
}

static size_t count_of(const struct incident_detail *detail,
		       enum flood_dimension dimension)
{
	size_t count = 0;

	for (size_t i = 0; i < detail->who_count; i++)
		count += detail->who[i].dimension == dimension;
	return count;
}

static void add_figures(const struct report_facts *facts, json_t *section)
{
	const struct incident_detail *detail = &facts->detail;
	const struct incident *incident = &detail->incident;

	report_facts_add(facts, section, "source",
			 "Source: has half of it, or more", REPORT_WORDS,
			 document_string(incident->source[0] == '\0'
						 ? NULL
						 : incident->source));
	report_facts_add(facts, section, "windows", "Windows that stopped mail",
			 REPORT_COUNT, document_number(incident->windows));
	report_section_add(
		section,
		&(struct report_figure){
			"recipients", "Recipients that are known, at least",
			REPORT_COUNT,
			document_number(count_of(detail, FLOOD_RECIPIENT)),
			report_facts_redis_or(facts, "message records") });
}

/* what the mail logs say */

static void add_origins(json_t *table, const char *what,
			const struct report_log_counts *origins)
{
	for (size_t i = 0; i < origins->count; i++) {
		const struct report_log_count *origin = &origins->list[i];

		report_row_add(table,
			       report_facts_line(origin->path, origin->line),
			       "ssn", what, origin->value, origin->messages);
	}
}

static void add_local(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "what", "What", REPORT_WORDS },
		{ "value", "Value", REPORT_WORDS },
		{ "messages", "Messages", REPORT_COUNT },
		{ 0 },
	};
	json_t *table;

	if (!facts->has_log) {
		report_section_gap(section,
				   "which local account called sendmail(1): "
				   "only the mail log of that host says so "
				   "(--log)");
		return;
	}
	table = report_section_table(section, "local",
				     "Local accounts and scripts, by the mail "
				     "logs; the source is the first line",
				     columns);
	add_origins(table, "account", &facts->log.accounts);
	add_origins(table, "script", &facts->log.scripts);
}

json_t *report_who(struct report_facts *facts)
{
	json_t *section = report_section_new(3, "Who");

	if (count_of(&facts->detail, FLOOD_LOGIN) == 0)
		report_section_say(section, "No login was seen.");
	add_figures(facts, section);
	add_who(facts, section);
	add_headers(facts, section);
	add_local(facts, section);
	report_facts_field(facts, section, "owner", "Owner of the machine");
	return section;
}
