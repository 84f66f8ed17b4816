/* SPDX-License-Identifier: ISC */

/*
 * What is known of heads is asked before the files are read: so no head is
 * ahead of its file.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/moment.h"
#include "lib/watch/journal_merge.h"
#include "report_journal_parts.h"
#include "report_section.h"

#define BACK_FILES  60 /* earlier ones that are searched for settings */
#define SOURCE_SIZE 300

void reading_add_fault(struct reading *reading, char *fault)
{
	struct report_journal *journal = reading->journal;

	journal->faults = alloc_resize(journal->faults,
				       journal->fault_count + 1,
				       sizeof(*journal->faults));
	journal->faults[journal->fault_count++] = fault;
}

/* which files */

static const char *fault_text(int number)
{
	return number == EACCES ? "only its owner, its group and root may "
				  "read it: try sudo"
				: strerror(number);
}

/* What cannot be read is no file of the report: its copy may do. */
static void drop_unreadable(struct reading *reading)
{
	size_t kept = 0;

	for (size_t i = 0; i < reading->all.count; i++) {
		char *path = reading->all.paths[i];

		if (access(path, R_OK) == 0) {
			reading->all.paths[kept++] = path;
			continue;
		}
		reading_add_fault(reading, alloc_format("%s: %s", path,
							fault_text(errno)));
		free(path);
	}
	reading->all.count = kept;
}

static void find_own(struct reading *reading)
{
	const char *directory = reading->options->directory;

	if (directory[0] == '\0')
		reading_add_fault(reading,
				  alloc_text("this host keeps no journal: "
					     "journal.directory is \"\""));
	else if (!journal_files_add_directory(&reading->all, directory))
		reading_add_fault(reading, alloc_format("%s: %s", directory,
							fault_text(errno)));
}

static bool add_more(struct reading *reading, const char *path, char **error_r)
{
	struct stat status;
	bool is_added = false;

	if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
		is_added = journal_files_add_directory(&reading->all, path);
	} else if (access(path, R_OK) == 0) {
		journal_files_add(&reading->all, alloc_text(path));
		is_added = true;
	}
	if (!is_added)
		*error_r = alloc_format("%s: %s", path, fault_text(errno));
	return is_added;
}

static bool find_files(struct reading *reading, char **error_r)
{
	find_own(reading);
	for (size_t i = 0; i < reading->options->more_count; i++)
		if (!add_more(reading, reading->options->more[i], error_r))
			return false;
	drop_unreadable(reading);
	journal_files_sort(&reading->all);
	return true;
}

/* which records */

bool journal_line_is(const struct journal_line *line, enum journal_kind kind)
{
	return strcmp(line->kind, journal_kind_name(kind)) == 0;
}

/* The uid decides: a number may have been given before. */
static bool is_of(const struct reading *reading, const json_t *record)
{
	const char *uid = document_get_text(record, "uid");

	if (uid[0] != '\0' && reading->uid[0] != '\0')
		return strcmp(uid, reading->uid) == 0;
	return document_get_number(record, "incident") ==
	       reading->options->number;
}

/* Opened by one milter while Redis was away: whether it became this one is said
 * by a later record. */
static bool is_local(const json_t *record)
{
	return json_object_get(record, "incident") == NULL &&
	       document_get_text(record, "name")[0] != '\0';
}

static bool is_wanted(const struct reading *reading, const json_t *record,
		      enum journal_kind kind)
{
	switch (kind) {
	case JOURNAL_INCIDENT:
		return is_of(reading, record) || is_local(record);
	case JOURNAL_MESSAGE:
	case JOURNAL_MINUTE:
		return is_of(reading, record);
	case JOURNAL_ALERT:
		return json_object_get(record, "incident") == NULL ||
		       is_of(reading, record);
	case JOURNAL_WITNESS:
		return false;
	default:
		return true;
	}
}

static void add_record(struct report_journal *journal, struct report_file *file,
		       const struct journal_line *line, enum journal_kind kind)
{
	struct report_record record = { .json = json_incref(line->json),
					.file = file,
					.kind = kind,
					.n = line->n };

	if (!moment_parse(line->when, 0, &record.when_ms))
		record.when_ms = 0;
	journal->records = alloc_resize(journal->records,
					journal->record_count + 1,
					sizeof(*journal->records));
	journal->records[journal->record_count++] = record;
}

void reading_take_line(struct reading *reading, struct report_file *file,
		       const struct journal_line *line)
{
	struct report_journal *journal = reading->journal;
	enum journal_kind kind;

	file->records++;
	snprintf(file->last, sizeof(file->last), "%s", line->when);
	if (file->first[0] == '\0')
		memcpy(file->first, file->last, sizeof(file->first));
	if (!journal_kind_find(line->kind, &kind) ||
	    !is_wanted(reading, line->json, kind))
		return;
	if (journal->record_count == REPORT_RECORDS_MAX)
		journal->is_cut = true;
	else
		add_record(journal, file, line, kind);
}

struct report_file *reading_add_source(struct reading *reading,
				       const char *path, const char *name)
{
	struct report_journal *journal = reading->journal;
	struct report_file *file = alloc_zero(sizeof(*file));

	file->path = alloc_text(path);
	snprintf(file->name, sizeof(file->name), "%s", name);
	file->host = journal_name_host(file->name);
	journal->sources = alloc_resize(journal->sources,
					journal->source_count + 1,
					sizeof(struct report_file *));
	journal->sources[journal->source_count++] = file;
	return file;
}

/* the files */

static struct report_file *add_file(struct reading *reading, const char *path)
{
	char name[JOURNAL_NAME_SIZE];

	journal_files_name(path, name);
	return reading_add_source(reading, path, name);
}
/* Where Redis does not know it: the newest one of that number. */
static void find_incident(struct reading *reading)
{
	struct journal_merge *merge = journal_merge_new(reading->all.paths,
							reading->all.count);
	struct journal_read_line line;
	const char *path;

	while (journal_merge_next(merge, &line, &path)) {
		if (!journal_line_is(&line.line, JOURNAL_INCIDENT) ||
		    document_get_number(line.line.json, "incident") !=
			    reading->options->number)
			continue;
		snprintf(reading->uid, sizeof(reading->uid), "%s",
			 document_get_text(line.line.json, "uid"));
		reading->opened_ms = report_moment_of(line.line.json, "opened");
	}
	journal_merge_free(&merge);
}

static void read_files(struct reading *reading)
{
	struct report_journal *journal = reading->journal;
	const struct journal_files *all = &reading->all;
	size_t base = journal->source_count, last = 0;
	struct journal_merge *merge;
	struct journal_read_line line;
	const char *path;

	reading->first = journal_files_before(all, reading->opened_ms);
	for (size_t i = reading->first; i < all->count; i++)
		add_file(reading, all->paths[i]);
	merge = journal_merge_new(all->paths + reading->first,
				  all->count - reading->first);
	while (journal_merge_next(merge, &line, &path)) {
		if (all->paths[reading->first + last] != path)
			for (last = 0;
			     all->paths[reading->first + last] != path; last++)
				;
		reading_take_line(reading, journal->sources[base + last],
				  &line.line);
	}
	journal->broken = journal_merge_broken(merge);
	journal->unreadable = journal_merge_unreadable(merge);
	journal_merge_free(&merge);
	for (size_t i = reading->first; i < all->count; i++)
		journal_audit_read(journal->audit, all->paths[i]);
}

/* settings of before */

static bool has_limits(const json_t *record)
{
	return json_object_get(record, "limits") != NULL;
}

static bool knows_settings(const struct report_journal *journal,
			   const char *name)
{
	report_records_foreach(journal, record)
		if (has_limits(record->json) &&
		    journal_name_same_process(name, record->file->name))
			return true;
	return false;
}

static bool is_process_of(const struct report_journal *journal,
			  const char *name)
{
	for (size_t i = 0; i < journal->source_count; i++)
		if (journal_name_same_process(name, journal->sources[i]->name))
			return true;
	return false;
}

static void take_settings(struct reading *reading, const char *path)
{
	struct report_file *file = add_file(reading, path);
	struct journal_reader *reader = journal_reader_open(path);
	struct journal_read_line line;

	while (reader != NULL &&
	       journal_reader_next(reader, &line) <= JOURNAL_READ_BROKEN)
		if (line.line.json != NULL && has_limits(line.line.json))
			reading_take_line(reading, file, &line.line);
	journal_reader_close(&reader);
	journal_audit_read(reading->journal->audit, path);
}

/* A file of a new day does not repeat the settings of its process. */
static void look_back(struct reading *reading)
{
	struct report_journal *journal = reading->journal;
	char name[JOURNAL_NAME_SIZE];

	for (size_t i = reading->first, tries = 0;
	     i-- > 0 && tries < BACK_FILES; tries++) {
		journal_files_name(reading->all.paths[i], name);
		if (is_process_of(journal, name) &&
		    !knows_settings(journal, name))
			take_settings(reading, reading->all.paths[i]);
	}
}

/* when all is read */

static int by_time(const void *a, const void *b)
{
	const struct report_record *x = a, *y = b;
	int order;

	if (x->when_ms != y->when_ms)
		return x->when_ms < y->when_ms ? -1 : 1;
	order = strcmp(x->file->name, y->file->name);
	if (order != 0)
		return order;
	return x->n < y->n ? -1 : x->n > y->n;
}

static bool was_adopted(const struct reading *reading, const char *name)
{
	report_records_foreach(reading->journal, record)
		if (is_of(reading, record->json) &&
		    strcmp(document_get_text(record->json, "act"), "adopted") ==
			    0 &&
		    strcmp(document_get_text(record->json, "text"), name) == 0)
			return true;
	return false;
}

/* Those that one milter had opened, and that became another incident. */
static void drop_locals(struct reading *reading)
{
	struct report_journal *journal = reading->journal;
	size_t kept = 0;

	for (size_t i = 0; i < journal->record_count; i++) {
		struct report_record record = journal->records[i];
		const json_t *json = record.json;

		if (record.kind == JOURNAL_INCIDENT && is_local(json) &&
		    !is_of(reading, json) &&
		    !was_adopted(reading, document_get_text(json, "name")))
			json_decref(record.json);
		else
			journal->records[kept++] = record;
	}
	journal->record_count = kept;
}

static size_t count_host(const struct report_journal *journal, const char *host)
{
	size_t count = 0;

	for (size_t i = 0; i < journal->source_count; i++)
		count += strcmp(journal->sources[i]->host, host) == 0;
	return count;
}

static void name_sources(struct report_journal *journal)
{
	for (size_t i = 0; i < journal->source_count; i++) {
		struct report_file *file = journal->sources[i];
		size_t place = 1;

		for (size_t j = 0; j < i; j++)
			place += strcmp(journal->sources[j]->host,
					file->host) == 0;
		file->tag = count_host(journal, file->host) == 1
				    ? alloc_text(file->host)
				    : alloc_format("%s/%zu", file->host, place);
	}
}

bool report_journal_read(const struct report_journal_options *options,
			 struct report_journal *journal_r, char **error_r)
{
	struct reading reading = { .options = options,
				   .journal = journal_r,
				   .opened_ms = options->opened_ms };
	bool is_read;

	memset(journal_r, 0, sizeof(*journal_r));
	journal_r->audit = journal_audit_new();
	snprintf(reading.uid, sizeof(reading.uid), "%s", options->uid);
	is_read = find_files(&reading, error_r);
	if (is_read) {
		if (reading.uid[0] == '\0')
			find_incident(&reading);
		report_journal_read_copy(&reading);
		read_files(&reading);
		look_back(&reading);
		drop_locals(&reading);
		if (journal_r->record_count != 0)
			qsort(journal_r->records, journal_r->record_count,
			      sizeof(*journal_r->records), by_time);
		name_sources(journal_r);
		journal_audit_finish(journal_r->audit, false);
	}
	journal_files_clear(&reading.all);
	return is_read;
}

void report_journal_clear(struct report_journal *journal)
{
	for (size_t i = 0; i < journal->record_count; i++)
		json_decref(journal->records[i].json);
	for (size_t i = 0; i < journal->source_count; i++) {
		struct report_file *file = journal->sources[i];

		free(file->path);
		free(file->host);
		free(file->tag);
		free(file);
	}
	for (size_t i = 0; i < journal->fault_count; i++)
		free(journal->faults[i]);
	free(journal->faults);
	free(journal->sources);
	free(journal->records);
	journal_audit_free(&journal->audit);
	memset(journal, 0, sizeof(*journal));
}

const struct report_record *
report_records_end(const struct report_journal *journal)
{
	return journal->records == NULL
		       ? NULL
		       : journal->records + journal->record_count;
}

bool report_record_is(const struct report_record *record,
		      enum journal_kind kind, const char *act)
{
	return record->kind == kind &&
	       strcmp(document_get_text(record->json, "act"), act) == 0;
}

bool report_record_is_alert(const struct report_record *record)
{
	return record->kind == JOURNAL_ALERT &&
	       json_object_get(record->json, "incident") != NULL;
}

bool report_record_is_sample(const struct report_record *record)
{
	return record->kind == JOURNAL_MESSAGE &&
	       json_object_get(record->json, "queue_ids") == NULL;
}

json_t *report_record_source(const struct report_record *record)
{
	char source[SOURCE_SIZE];

	if (record == NULL)
		return json_null();
	record->file->is_cited = true;
	snprintf(source, sizeof(source), "%s %" PRIu64, record->file->tag,
		 record->n);
	return document_string(source);
}
