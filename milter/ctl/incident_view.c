/* SPDX-License-Identifier: ISC */

/* The incident first, then the orders that may be about it. */
#include "incident_view.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/json.h"
#include "lib/fleet/incident_about.h"
#include "lib/fleet/incident_json.h"
#include "lib/watch/journal_files.h"
#include "lib/watch/journal_merge.h"
#include "milter/common/order_text.h"

/* the evidence */

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

static void read_evidence(const struct settings *settings,
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

/* all of it */

bool incident_view_read(const struct globals *globals, struct context *context,
			uint64_t number, struct incident_view *view_r)
{
	struct incident_view *view = view_r;

	memset(view, 0, sizeof(*view));
	view->settings = context->settings;
	view->path = globals->path == globals->chosen ? NULL : globals->path;
	if (!incident_read(context->redis, context->prefix, number,
			   &view->detail))
		return false;
	if (!order_book_read(context->redis, context->prefix, &view->orders)) {
		incident_detail_clear(&view->detail);
		return false;
	}
	if (view->detail.incident.number != 0)
		read_evidence(view->settings, &view->detail.incident,
			      &view->evidence);
	return true;
}

void incident_view_clear(struct incident_view *view)
{
	json_decref(view->evidence.samples);
	order_list_clear(&view->orders);
	incident_detail_clear(&view->detail);
	memset(view, 0, sizeof(*view));
}

/* json */

static json_t *orders_json(const struct incident_view *view)
{
	json_t *array = json_array();
	uint64_t now_ms = view->orders.now_ms;

	for (size_t i = 0; i < view->orders.count; i++) {
		const struct order *order = &view->orders.orders[i];

		if (incident_has_order(&view->detail, order, now_ms))
			json_array_append_new(
				array,
				order_text_json(order, ORDER_USED_UNKNOWN,
						now_ms));
	}
	return array;
}

static json_t *evidence_json(const struct incident_evidence *evidence)
{
	const char *directory = evidence->directory;

	return document_make(
		"directory:s fault:s records:n messages:n held_ids:n "
		"left_out:n broken:n",
		directory[0] == '\0' ? NULL : directory, evidence->fault,
		(uint64_t)evidence->records,
		(uint64_t)json_array_size(evidence->samples), evidence->held,
		evidence->left_out,
		(uint64_t)(evidence->broken + evidence->unreadable));
}

json_t *incident_view_json(const struct incident_view *view)
{
	json_t *object = incident_json_detail(view->settings, &view->detail);

	json_object_set_new(object, "orders", orders_json(view));
	json_object_set_new(object, "evidence", evidence_json(&view->evidence));
	return object;
}
