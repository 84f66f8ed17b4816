/* SPDX-License-Identifier: ISC */

/* The stream and the hash that lib/watch/journal.h's mirror keeps in Redis. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/moment.h"
#include "lib/redis/redis_client.h"
#include "report_journal_parts.h"

#define DAY_MS	     UINT64_C(86400000)
#define COPY_AT_ONCE 1000

static struct report_file *find_source(const struct report_journal *journal,
				       const char *name)
{
	for (size_t i = 0; i < journal->source_count; i++)
		if (strcmp(journal->sources[i]->name, name) == 0)
			return journal->sources[i];
	return NULL;
}

static bool is_here(const struct reading *reading, const char *wanted)
{
	char name[JOURNAL_NAME_SIZE];

	for (size_t i = 0; i < reading->all.count; i++) {
		journal_files_name(reading->all.paths[i], name);
		if (strcmp(name, wanted) == 0)
			return true;
	}
	return false;
}

static void follow_chain(struct report_file *file,
			 const struct journal_line *line)
{
	if (file->head.name[0] != '\0' &&
	    (line->n != file->head.n + 1 ||
	     strcmp(line->prev, file->head.hash) != 0))
		file->is_broken = true;
	memcpy(file->head.name, file->name, sizeof(file->head.name));
	memcpy(file->head.hash, line->hash, sizeof(file->head.hash));
	file->head.n = line->n;
}

/* Long before the incident only the settings are of interest. */
static bool is_in_time(const struct reading *reading,
		       const struct journal_line *line)
{
	uint64_t when_ms;

	return journal_line_is(line, JOURNAL_PROCESS) ||
	       journal_line_is(line, JOURNAL_BEGIN) ||
	       !moment_parse(line->when, 0, &when_ms) ||
	       when_ms + DAY_MS >= reading->opened_ms;
}

static void take_entry(struct reading *reading, const struct redis_value *entry)
{
	size_t length;
	const char *name = redis_value_field(entry, "file", NULL);
	const char *text = redis_value_field(entry, "line", &length);
	struct report_file *file;
	struct journal_line line;

	if (!journal_name_is_good(name) || is_here(reading, name))
		return;
	file = find_source(reading->journal, name);
	if (file == NULL)
		file = reading_add_source(reading, NULL, name);
	if (!journal_line_read(text, length, &line)) {
		file->is_broken = true;
		return;
	}
	follow_chain(file, &line);
	if (is_in_time(reading, &line))
		reading_take_line(reading, file, &line);
	journal_line_clear(&line);
}

/* All of it, a page at a time; false: Redis did not answer. */
static bool read_records(struct reading *reading)
{
	uint64_t ms = 0, sequence = 0;
	size_t count;

	do {
		struct redis_value *page = redis_client_command(
			reading->options->redis,
			"XRANGE %s:{journal}:records %" PRIu64 "-%" PRIu64
			" + COUNT %d",
			reading->options->prefix, ms, sequence, COPY_AT_ONCE);

		if (page == NULL)
			return false;
		count = redis_value_count(page);
		for (size_t i = 0; i < count; i++)
			take_entry(reading, redis_value_at(page, i));
		if (count != 0 &&
		    sscanf(redis_value_text_at(redis_value_at(page, count - 1),
					       0),
			   "%" SCNu64 "-%" SCNu64, &ms, &sequence) != 2)
			count = 0;
		sequence++;
		redis_value_free(&page);
	} while (count != 0);
	return true;
}

static bool read_heads(struct reading *reading)
{
	struct redis_value *heads = redis_client_command(
		reading->options->redis, "HGETALL %s:{journal}:heads",
		reading->options->prefix);
	struct journal_head head;

	for (size_t i = 1; i < redis_value_count(heads); i += 2)
		if (journal_head_parse(redis_value_text_at(heads, i), &head))
			journal_audit_add_head(reading->journal->audit, &head,
					       "the heads in Redis");
	return redis_value_drop(heads);
}

void report_journal_read_copy(struct reading *reading)
{
	struct redis_client *redis = reading->options->redis;

	if (redis != NULL && (!read_heads(reading) || !read_records(reading)))
		reading_add_fault(
			reading,
			alloc_format("the copy of the journal in Redis: %s",
				     redis_client_error(redis)));
}
