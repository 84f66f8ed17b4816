/* SPDX-License-Identifier: ISC */

/* The uid of an incident decides: its number may have been given before. */
#include "incident_evidence.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/json.h"
#include "lib/watch/journal_files.h"
#include "lib/watch/journal_merge.h"

static bool is_of(const json_t *record, const struct incident *incident)
{
	const char *uid = document_get_text(record, "uid");

	if (uid[0] != '\0')
		return strcmp(uid, incident->uid) == 0;
	return document_get_number(record, "incident") == incident->number;
}

static void take(struct incident_evidence *evidence,
		 const struct journal_line *line)
{
	const json_t *ids = json_object_get(line->json, "queue_ids");

	evidence->records++;
	evidence->left_out += document_get_number(line->json, "left_out");
	evidence->held += json_array_size(ids);
	if (strcmp(line->kind, "message") == 0 && ids == NULL &&
	    json_array_size(evidence->samples) < INCIDENT_SAMPLES_MAX)
		json_array_append(evidence->samples, line->json);
}

static void read_all(const struct journal_files *files, size_t first,
		     const struct incident *incident,
		     struct incident_evidence *evidence)
{
	struct journal_merge *merge = journal_merge_new(files->paths + first,
							files->count - first);
	struct journal_read_line line;
	const char *path;

	while (journal_merge_next(merge, &line, &path))
		if (is_of(line.line.json, incident))
			take(evidence, &line.line);
	evidence->broken = journal_merge_broken(merge);
	evidence->unreadable = journal_merge_unreadable(merge);
	journal_merge_free(&merge);
}

void incident_evidence_read(const struct settings *settings,
			    const struct incident *incident,
			    struct incident_evidence *evidence_r)
{
	const char *directory = settings->journal.directory;
	struct journal_files files = { 0 };

	memset(evidence_r, 0, sizeof(*evidence_r));
	evidence_r->directory = directory;
	evidence_r->samples = json_array();
	if (directory[0] == '\0') {
		evidence_r->fault = "the configuration keeps no journal";
		return;
	}
	if (access(directory, R_OK | X_OK) != 0) {
		evidence_r->fault = errno == EACCES
					    ? "only its owner, its group and "
					      "root may read it: try sudo"
					    : strerror(errno);
		return;
	}
	if (journal_files_add_directory(&files, directory)) {
		journal_files_sort(&files);
		read_all(&files,
			 journal_files_before(&files, incident->opened_ms),
			 incident, evidence_r);
	}
	journal_files_clear(&files);
}

void incident_evidence_clear(struct incident_evidence *evidence)
{
	json_decref(evidence->samples);
	memset(evidence, 0, sizeof(*evidence));
}

static const char *header_of(const struct incident_evidence *evidence,
			     size_t index, const char *header)
{
	const json_t *sample = json_array_get(evidence->samples, index);

	return document_get_text(json_object_get(sample, "headers"), header);
}

static size_t count_value(const struct incident_evidence *evidence,
			  const char *header, const char *value)
{
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(evidence->samples); i++)
		count += strcmp(header_of(evidence, i, header), value) == 0;
	return count;
}

const char *incident_evidence_top(const struct incident_evidence *evidence,
				  const char *header, size_t *count_r,
				  size_t *seen_r)
{
	const char *top = "";

	*count_r = *seen_r = 0;
	for (size_t i = 0; i < json_array_size(evidence->samples); i++) {
		const json_t *sample = json_array_get(evidence->samples, i);
		const char *value = header_of(evidence, i, header);
		size_t count;

		*seen_r += json_object_get(sample, "headers") != NULL;
		if (value[0] == '\0' || strcmp(value, top) == 0)
			continue;
		count = count_value(evidence, header, value);
		if (count > *count_r) {
			*count_r = count;
			top = value;
		}
	}
	return top;
}
