/* SPDX-License-Identifier: ISC */

/*
 * A file is read twice: once for itself and for the heads that it knows of
 * others, once more when all heads are known, if there are any of it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/base/json.h"
#include "journal_anchors.h"
#include "journal_audit.h"
#include "journal_files.h"
#include "journal_reader.h"

struct hash {
	char *text;
	bool is_found;
};

/* Growing arrays of one kind each. */
struct strings {
	char **texts;
	size_t count, room;
};

struct journal_audit {
	struct journal_file_report *files;
	size_t file_count, file_room;
	struct journal_anchors anchors;
	struct hash *hashes;
	size_t hash_count, hash_room;
	struct strings texts;  /* names of sources */
	struct strings pruned; /* names of files */
	struct strings findings;
	struct journal_anchor_counts counts[JOURNAL_SOURCES];
};

/* Room for one more element behind count. */
static void *grow(void *array, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return array;
	*room = *room == 0 ? 16 : 2 * *room;
	return alloc_resize(array, *room, size);
}

static const char *strings_add(struct strings *strings, char *text)
{
	strings->texts = grow(strings->texts, strings->count, &strings->room,
			      sizeof(*strings->texts));
	return strings->texts[strings->count++] = text;
}

static void strings_clear(struct strings *strings)
{
	alloc_free_texts(strings->texts, strings->count);
}

struct journal_audit *journal_audit_new(void)
{
	return alloc_zero(sizeof(struct journal_audit));
}

void journal_audit_free(struct journal_audit **audit_r)
{
	struct journal_audit *audit = *audit_r;

	*audit_r = NULL;
	if (audit == NULL)
		return;
	for (size_t i = 0; i < audit->file_count; i++)
		free(audit->files[i].path);
	for (size_t i = 0; i < audit->hash_count; i++)
		free(audit->hashes[i].text);
	strings_clear(&audit->texts);
	strings_clear(&audit->pruned);
	strings_clear(&audit->findings);
	free(audit->files);
	free(audit->hashes);
	journal_anchors_clear(&audit->anchors);
	free(audit);
}

/* heads */

void journal_audit_add_head(struct journal_audit *audit,
			    const struct journal_head *head, const char *source)
{
	const struct strings *texts = &audit->texts;
	const char *last = texts->count == 0 ? ""
					     : texts->texts[texts->count - 1];

	/* the heads of a log come one after the other */
	if (strcmp(last, source) != 0)
		last = strings_add(&audit->texts, alloc_text(source));
	journal_anchors_add(&audit->anchors, head, JOURNAL_FROM_LOG, last);
}

void journal_audit_add_hash(struct journal_audit *audit, const char *hash)
{
	audit->hashes = grow(audit->hashes, audit->hash_count,
			     &audit->hash_room, sizeof(*audit->hashes));
	audit->hashes[audit->hash_count++] = (struct hash){ alloc_text(hash),
							    false };
}

/* A head as members of a record; false: they are none. */
static bool read_head(const json_t *json, const char *name, const char *number,
		      const char *hash, struct journal_head *head_r)
{
	const char *text = document_get_text(json, name);

	memset(head_r, 0, sizeof(*head_r));
	if (!journal_name_is_good(text) || strlen(hash) != SHA256_TEXT_SIZE - 1)
		return false;
	memcpy(head_r->name, text, strlen(text) + 1);
	memcpy(head_r->hash, hash, SHA256_TEXT_SIZE);
	head_r->n = document_get_number(json, number);
	return true;
}

/* a file by itself */

/* A file that says another name than it has would have the heads of that one,
 * perhaps none. One that a person has named is what it says. */
static void read_name(struct journal_audit *audit,
		      struct journal_file_report *file, const char *name)
{
	if (!journal_name_is_good(name))
		return;
	if (journal_name_is_good(file->name) && strcmp(file->name, name) != 0)
		strings_add(&audit->findings,
			    alloc_format("%s: it was written as %s.jsonl",
					 file->path, name));
	else
		memcpy(file->name, name, strlen(name) + 1);
}

static void read_begin(struct journal_audit *audit,
		       struct journal_file_report *file,
		       const struct journal_line *line)
{
	struct journal_head head;

	read_name(audit, file, document_get_text(line->json, "file"));
	if (read_head(line->json, "after", "after_n", line->prev, &head))
		journal_anchors_add(&audit->anchors, &head, JOURNAL_FROM_NEXT,
				    file->path);
}

static void read_witness(struct journal_audit *audit,
			 struct journal_file_report *file,
			 const struct journal_line *line)
{
	struct journal_head head;

	if (read_head(line->json, "file", "record",
		      document_get_text(line->json, "head"), &head))
		journal_anchors_add(&audit->anchors, &head,
				    JOURNAL_FROM_WITNESS, file->path);
}

static void read_gap(struct journal_audit *audit,
		     struct journal_file_report *file,
		     const struct journal_line *line)
{
	(void)audit;
	file->gaps++;
	file->lost += document_get_number(line->json, "lost");
}

static void read_pruned(struct journal_audit *audit,
			struct journal_file_report *file,
			const struct journal_line *line)
{
	(void)file;
	strings_add(&audit->pruned,
		    alloc_text(document_get_text(line->json, "file")));
}

static const struct {
	enum journal_kind kind;
	void (*read)(struct journal_audit *audit,
		     struct journal_file_report *file,
		     const struct journal_line *line);
} readers[] = {
	{ JOURNAL_BEGIN, read_begin },
	{ JOURNAL_WITNESS, read_witness },
	{ JOURNAL_GAP, read_gap },
	{ JOURNAL_PRUNED, read_pruned },
};

static void read_record(struct journal_audit *audit,
			struct journal_file_report *file,
			const struct journal_line *line)
{
	snprintf(file->last, sizeof(file->last), "%s", line->when);
	if (file->first[0] == '\0')
		memcpy(file->first, file->last, sizeof(file->first));
	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (strcmp(line->kind, journal_kind_name(readers[i].kind)) == 0)
			readers[i].read(audit, file, line);
}

static void note_fault(struct journal_file_report *file,
		       const struct journal_read_line *line)
{
	if (file->broken++ != 0)
		return;
	file->broken_line = line->number;
	file->fault = line->fault;
}

static void find_hash(struct journal_audit *audit, const char *hash)
{
	for (size_t i = 0; i < audit->hash_count; i++)
		if (strncmp(audit->hashes[i].text, hash,
			    strlen(audit->hashes[i].text)) == 0)
			audit->hashes[i].is_found = true;
}

static void read_lines(struct journal_audit *audit,
		       struct journal_file_report *file,
		       struct journal_reader *reader)
{
	struct journal_read_line line;
	enum journal_read read;
	bool has_end = false;

	while ((read = journal_reader_next(reader, &line)) <=
	       JOURNAL_READ_BROKEN) {
		file->records++;
		file->head.n = journal_reader_number(&line);
		memcpy(file->head.hash, line.line.hash, SHA256_TEXT_SIZE);
		find_hash(audit, line.line.hash);
		if (read == JOURNAL_READ_BROKEN)
			note_fault(file, &line);
		else
			read_record(audit, file, &line.line);
		has_end = read == JOURNAL_READ_RECORD &&
			  strcmp(line.line.kind, "end") == 0;
	}
	file->is_torn = read == JOURNAL_READ_CUT;
	if (file->broken != 0 || (has_end && file->is_torn))
		file->state = JOURNAL_CHANGED;
	else if (has_end)
		file->state = JOURNAL_WHOLE;
	else if (journal_reader_is_written(reader))
		file->state = JOURNAL_OPEN;
	else
		file->state = JOURNAL_CUT;
	if (file->state == JOURNAL_CHANGED && file->broken == 0) {
		file->broken_line = line.number;
		file->fault = "it comes after the end";
	}
}

bool journal_audit_read(struct journal_audit *audit, const char *path)
{
	struct journal_reader *reader = journal_reader_open(path);
	struct journal_file_report *file;

	if (reader == NULL)
		return false;
	audit->files = grow(audit->files, audit->file_count, &audit->file_room,
			    sizeof(*audit->files));
	file = &audit->files[audit->file_count++];
	memset(file, 0, sizeof(*file));
	file->path = alloc_text(path);
	/* until it says its own */
	journal_files_name(file->path, file->name);
	read_lines(audit, file, reader);
	memcpy(file->head.name, file->name, sizeof(file->name));
	journal_reader_close(&reader);
	return true;
}

/* the heads of a file */

static void find(struct journal_audit *audit, char *text)
{
	strings_add(&audit->findings, text);
}

static void judge_anchors(struct journal_audit *audit,
			  const struct journal_file_report *file,
			  const struct journal_anchor *anchors, size_t count)
{
	const struct journal_anchor *ahead = NULL, *differs = NULL;
	size_t differ = 0;

	for (size_t i = 0; i < count; i++) {
		struct journal_anchor_counts *counts =
			&audit->counts[anchors[i].source];

		counts->checked++;
		counts->matched += anchors[i].state == JOURNAL_ANCHOR_MATCHED;
		if (anchors[i].state == JOURNAL_ANCHOR_OPEN)
			ahead = &anchors[i]; /* the last is the farthest */
		if (anchors[i].state == JOURNAL_ANCHOR_DIFFERS && differ++ == 0)
			differs = &anchors[i];
	}
	if (differs != NULL)
		find(audit,
		     alloc_format("%s: record %" PRIu64 " is not the one that "
				  "%s knows%s",
				  file->path, differs->head.n,
				  differs->source_name,
				  differ > 1 ? ", nor are later ones" : ""));
	if (ahead == NULL)
		return;
	if (ahead->head.n > file->head.n || file->records == 0)
		find(audit,
		     alloc_format("%s: records %" PRIu64 " to %" PRIu64
				  " are missing: %s knows of them",
				  file->path,
				  file->records == 0 ? 0 : file->head.n + 1,
				  ahead->head.n, ahead->source_name));
	else
		find(audit, alloc_format("%s: record %" PRIu64 " is missing: "
					 "%s knows of it",
					 file->path, ahead->head.n,
					 ahead->source_name));
}

/* files that are not here */

static const struct journal_file_report *
find_file(const struct journal_audit *audit, const char *name)
{
	for (size_t i = 0; i < audit->file_count; i++)
		if (strcmp(audit->files[i].name, name) == 0)
			return &audit->files[i];
	return NULL;
}

/* Is a file of the same host here that is not newer? Then this one, too, has
 * to be. */
static bool is_expected(const struct journal_audit *audit,
			const struct journal_anchor *anchor)
{
	for (size_t i = 0; i < audit->file_count; i++) {
		const char *name = audit->files[i].name;

		if (journal_name_is_good(name) &&
		    journal_name_same_host(name, anchor->head.name) &&
		    strcmp(journal_name_time(name),
			   journal_name_time(anchor->head.name)) <= 0)
			return true;
	}
	return false;
}

/* One name, all its heads. */
static void judge_absent(struct journal_audit *audit,
			 const struct journal_anchor *anchors, size_t count,
			 bool is_all)
{
	const struct journal_anchor *last = &anchors[count - 1];
	bool is_missing = false;

	for (size_t i = 0; i < count; i++) {
		is_missing |= anchors[i].source == JOURNAL_FROM_NEXT;
		audit->counts[anchors[i].source].elsewhere++;
	}
	is_missing |= is_expected(audit, last);
	if (is_all && is_missing &&
	    !text_is_among(audit->pruned.texts, audit->pruned.count,
			   last->head.name))
		find(audit, alloc_format("%s.jsonl is missing, records 0 to "
					 "%" PRIu64 ": %s knows of it",
					 last->head.name, last->head.n,
					 last->source_name));
}

static void look_for_absent(struct journal_audit *audit, bool is_all)
{
	for (size_t i = 0; i < audit->anchors.count;) {
		const char *name = audit->anchors.all[i].head.name;
		size_t end = i;

		while (end < audit->anchors.count &&
		       strcmp(audit->anchors.all[end].head.name, name) == 0)
			end++;
		if (find_file(audit, name) == NULL)
			judge_absent(audit, audit->anchors.all + i, end - i,
				     is_all);
		i = end;
	}
}

void journal_audit_finish(struct journal_audit *audit, bool is_all)
{
	journal_anchors_sort(&audit->anchors);
	for (size_t i = 0; i < audit->file_count; i++) {
		const struct journal_file_report *file = &audit->files[i];
		size_t count;
		struct journal_anchor *anchors = journal_anchors_of(
			&audit->anchors, file->name, &count);

		if (count == 0)
			continue;
		journal_anchors_compare(anchors, count, file->path);
		judge_anchors(audit, file, anchors, count);
	}
	look_for_absent(audit, is_all);
	for (size_t i = 0; i < audit->hash_count; i++) {
		audit->counts[JOURNAL_FROM_LOG].checked++;
		audit->counts[JOURNAL_FROM_LOG].matched +=
			audit->hashes[i].is_found;
		if (!audit->hashes[i].is_found)
			find(audit, alloc_format("no record has the hash %s",
						 audit->hashes[i].text));
	}
}

/* what came of it */

size_t journal_audit_count(const struct journal_audit *audit)
{
	return audit->file_count;
}

const struct journal_file_report *
journal_audit_file(const struct journal_audit *audit, size_t index)
{
	return &audit->files[index];
}

struct journal_anchor_counts
journal_audit_anchors(const struct journal_audit *audit,
		      enum journal_source source)
{
	return audit->counts[source];
}

size_t journal_audit_findings(const struct journal_audit *audit)
{
	return audit->findings.count;
}

const char *journal_audit_finding(const struct journal_audit *audit,
				  size_t index)
{
	return audit->findings.texts[index];
}

enum journal_verdict journal_audit_verdict(const struct journal_audit *audit)
{
	bool is_cut = false;

	for (size_t i = 0; i < audit->file_count; i++) {
		if (audit->files[i].state == JOURNAL_CHANGED)
			return JOURNAL_IS_CHANGED;
		is_cut |= audit->files[i].state == JOURNAL_CUT;
	}
	if (audit->findings.count != 0)
		return JOURNAL_DIFFERS;
	return is_cut ? JOURNAL_IS_CUT : JOURNAL_IS_WHOLE;
}
