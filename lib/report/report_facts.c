/* SPDX-License-Identifier: ISC */

/* Redis first, because it knows the uid; then the journal by that. */
#include "report_facts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/fleet/incident_flood.h"
#include "lib/redis/redis_client.h"
#include "report_detail.h"

/* Redis */

static void fail_redis(struct report_facts *facts)
{
	if (facts->redis_fault == NULL)
		facts->redis_fault = alloc_text(
			redis_client_error(facts->options->redis));
}

static struct redis_client *redis_of(const struct report_facts *facts)
{
	return facts->redis_fault == NULL ? facts->options->redis : NULL;
}

static void read_redis(struct report_facts *facts)
{
	const struct report_options *options = facts->options;
	const char *prefix = options->settings->redis.prefix;

	if (options->redis == NULL) {
		facts->redis_fault = alloc_text("it was not asked");
		return;
	}
	if (!incident_read(options->redis, prefix, options->number,
			   &facts->detail)) {
		memset(&facts->detail, 0, sizeof(facts->detail));
		fail_redis(facts);
		return;
	}
	facts->is_in_redis = facts->detail.incident.number != 0;
	if (!facts->is_in_redis)
		incident_detail_clear(&facts->detail);
	facts->has_orders = order_book_read(options->redis, prefix,
					    &facts->orders);
	if (!facts->has_orders ||
	    !milters_read(options->redis, prefix, &facts->milters))
		fail_redis(facts);
}

/* the journal */

static bool read_journal(struct report_facts *facts, char **error_r)
{
	const struct report_options *options = facts->options;
	const struct incident *incident = &facts->detail.incident;
	const struct report_journal_options wanted = {
		.number = options->number,
		.uid = facts->is_in_redis ? incident->uid : "",
		.opened_ms = incident->opened_ms,
		.directory = options->settings->journal.directory,
		.more = options->journals,
		.more_count = options->journal_count,
		.redis = redis_of(facts),
		.prefix = options->settings->redis.prefix,
	};

	return report_journal_read(&wanted, &facts->journal, error_r);
}

static void find_last(struct report_facts *facts)
{
	report_records_foreach(&facts->journal, record)
		if (record->kind == JOURNAL_INCIDENT &&
		    document_get_number(record->json, "incident") ==
			    facts->options->number)
			facts->last = record;
}

const struct report_record *report_facts_act(const struct report_facts *facts,
					     const char *act)
{
	report_records_foreach(&facts->journal, record)
		if (report_record_is(record, JOURNAL_INCIDENT, act))
			return record;
	return NULL;
}

static json_t *source_of(const struct report_facts *facts, const char *member,
			 const json_t *value)
{
	if (facts->last != NULL &&
	    (!facts->is_in_redis ||
	     json_equal(json_object_get(facts->last->json, member), value)))
		return report_record_source(facts->last);
	return facts->is_in_redis ? document_string("redis") : json_null();
}

json_t *report_facts_redis_or(const struct report_facts *facts,
			      const char *otherwise)
{
	return document_string(facts->is_in_redis ? "redis" : otherwise);
}

void report_facts_add(const struct report_facts *facts, json_t *section,
		      const char *name, const char *label,
		      enum report_unit unit, json_t *value)
{
	report_section_add(section, &(struct report_figure){
					    name, label, unit, value,
					    source_of(facts, name, value) });
}

/* notes */

static void add_note(struct report_facts *facts, const struct report_note *note)
{
	facts->notes = alloc_resize(facts->notes, facts->note_count + 1,
				    sizeof(*facts->notes));
	facts->notes[facts->note_count++] = *note;
}

/* "ann: text", as it is in a record. */
static const struct report_record *find_note(const struct report_facts *facts,
					     const struct incident_note *note)
{
	char *wanted = alloc_format("%s: %s", note->by, note->text);
	const struct report_record *found = NULL;

	report_records_foreach(&facts->journal, record)
		if (found == NULL &&
		    report_record_is(record, JOURNAL_INCIDENT, "note") &&
		    strcmp(document_get_text(record->json, "text"), wanted) ==
			    0)
			found = record;
	free(wanted);
	return found;
}

static void take_notes_of_redis(struct report_facts *facts)
{
	for (size_t i = 0; i < facts->detail.note_count; i++) {
		const struct incident_note *note = &facts->detail.notes[i];
		const struct report_record *record = find_note(facts, note);

		add_note(facts,
			 &(struct report_note){
				 note->when_ms, alloc_text(note->by),
				 alloc_text(note->text),
				 record == NULL
					 ? document_string("redis")
					 : report_record_source(record) });
	}
}

static void take_notes_of_journal(struct report_facts *facts)
{
	report_records_foreach(&facts->journal, record) {
		const char *text = document_get_text(record->json, "text");
		size_t length = strcspn(text, ":");

		if (!report_record_is(record, JOURNAL_INCIDENT, "note") ||
		    strncmp(text + length, ": ", 2) != 0)
			continue;
		add_note(facts,
			 &(struct report_note){ record->when_ms,
						alloc_copy(text, length),
						alloc_text(text + length + 2),
						report_record_source(record) });
	}
}

/* "owner: web team" fills the field owner; the newest one counts. */
static const struct report_note *find_field(const struct report_facts *facts,
					    const char *name)
{
	const struct report_note *found = NULL;
	size_t length = strlen(name);

	for (size_t i = 0; i < facts->note_count; i++)
		if (strncasecmp(facts->notes[i].text, name, length) == 0 &&
		    facts->notes[i].text[length] == ':')
			found = &facts->notes[i];
	return found;
}

static json_t *filled_field(const struct report_note *note, const char *name,
			    const char *label)
{
	const char *text = note->text + strlen(name) + 1;

	text += strspn(text, " ");
	return document_make("label:s value:s by:s time:m source:o", label,
			     text, note->by, note->when_ms,
			     json_incref(note->source));
}

void report_facts_field(const struct report_facts *facts, json_t *section,
			const char *name, const char *label)
{
	const struct report_note *note = find_field(facts, name);
	json_t *fields = json_object_get(section, "fields");

	if (fields == NULL) {
		fields = json_object();
		json_object_set_new(section, "fields", fields);
	}
	json_object_set_new(fields, name,
			    note != NULL
				    ? filled_field(note, name, label)
				    : json_pack("{s:s, s:n, s:n, s:n, s:n}",
						"label", label, "value", "by",
						"time", "source"));
}

/* all of it */

static void set_end(struct report_facts *facts)
{
	const struct incident *incident = &facts->detail.incident;

	facts->end_ms = incident->state == INCIDENT_OPEN ||
					incident->state == INCIDENT_CONTAINED
				? facts->options->now_ms
				: incident->last_ms;
	if (facts->end_ms < incident->opened_ms)
		facts->end_ms = incident->opened_ms;
}

/* mail logs */

static bool read_logs(struct report_facts *facts, char **error_r)
{
	const struct report_options *options = facts->options;
	struct incident_flood flood;
	const struct report_log_options wanted = {
		.paths = options->logs,
		.path_count = options->log_count,
		.settings = options->settings,
		.flood = &flood,
		.opened_ms = facts->detail.incident.opened_ms,
		.end_ms = facts->end_ms,
		.now_ms = options->now_ms,
	};
	bool is_read;

	if (options->log_count == 0)
		return true;
	incident_flood_make(options->settings, &facts->detail, &flood);
	is_read = report_log_read(&wanted, &facts->log, error_r);
	incident_flood_clear(&flood);
	facts->has_log = is_read;
	return is_read;
}

json_t *report_facts_log_source(const struct report_facts *facts)
{
	const struct report_log *log = &facts->log;

	if (log->file_count == 0)
		return json_null();
	if (log->file_count == 1)
		return document_string(log->files[0].path);
	return document_format("%s and %zu more", log->files[0].path,
			       log->file_count - 1);
}

json_t *report_facts_line(const char *path, uint64_t line)
{
	return document_format("%s line %" PRIu64, path, line);
}

json_t *report_facts_setting(const struct report_facts *facts, const char *file,
			     int line)
{
	return report_facts_line(file == NULL ? facts->options->settings->path
					      : file,
				 (uint64_t)line);
}

json_t *report_facts_order(const struct order *order)
{
	return document_format("%s %" PRIu64, order_kind_name(order->kind),
			       order->id);
}

static enum report_result fail_unknown(const struct report_facts *facts,
				       char **error_r)
{
	*error_r = alloc_format(
		"there is no incident %" PRIu64 "%s%s", facts->options->number,
		facts->redis_fault == NULL
			? "; weirctl incidents --all lists them"
			: " in the journal, and Redis does not say: ",
		facts->redis_fault == NULL ? "" : facts->redis_fault);
	return REPORT_UNKNOWN;
}

enum report_result report_facts_read(const struct report_options *options,
				     struct report_facts *facts_r,
				     char **error_r)
{
	struct report_facts *facts = facts_r;

	memset(facts, 0, sizeof(*facts));
	facts->options = options;
	read_redis(facts);
	if (!read_journal(facts, error_r))
		return REPORT_FAILED;
	find_last(facts);
	if (!facts->is_in_redis && facts->last == NULL)
		return fail_unknown(facts, error_r);
	if (facts->is_in_redis) {
		take_notes_of_redis(facts);
	} else {
		report_detail_make(&facts->journal, facts->last,
				   &facts->detail);
		take_notes_of_journal(facts);
	}
	set_end(facts);
	report_acts_read(&facts->journal, &facts->detail, redis_of(facts),
			 options->settings->redis.prefix, &facts->acts);
	return read_logs(facts, error_r) ? REPORT_MADE : REPORT_FAILED;
}

void report_facts_clear(struct report_facts *facts)
{
	for (size_t i = 0; i < facts->note_count; i++) {
		free(facts->notes[i].by);
		free(facts->notes[i].text);
		json_decref(facts->notes[i].source);
	}
	free(facts->notes);
	report_log_clear(&facts->log);
	report_acts_clear(&facts->acts);
	report_journal_clear(&facts->journal);
	order_list_clear(&facts->orders);
	milters_clear(&facts->milters);
	incident_detail_clear(&facts->detail);
	free(facts->redis_fault);
	memset(facts, 0, sizeof(*facts));
}
