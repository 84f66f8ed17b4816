/* SPDX-License-Identifier: ISC */
#include "evidence_counts.h"

#include "lib/base/json.h"

static void add_id(struct evidence_counts *counts, const char *queue_id)
{
	if (queue_id[0] == '\0')
		return;
	if (counts->queue_ids == NULL)
		counts->queue_ids = json_array();
	if (json_array_size(counts->queue_ids) < EVIDENCE_IDS_MAX)
		json_array_append_new(counts->queue_ids,
				      document_string(queue_id));
	else
		counts->ids_left_out++;
}

void evidence_counts_add(struct evidence_counts *counts,
			 const struct event *event)
{
	if (counts->since_ms == 0)
		counts->since_ms = event->steady_ms;
	counts->bytes += event->bytes;
	if (event->verdict == VERDICT_QUARANTINE) {
		counts->held++;
		add_id(counts, event->queue_id);
	} else if (event->verdict != VERDICT_MONITOR) {
		counts->stopped++;
	}
}

void evidence_counts_merge(struct evidence_counts *counts,
			   const struct evidence_counts *other)
{
	if (counts->since_ms == 0 ||
	    (other->since_ms != 0 && other->since_ms < counts->since_ms))
		counts->since_ms = other->since_ms;
	counts->stopped += other->stopped;
	counts->held += other->held;
	counts->bytes += other->bytes;
	counts->ids_left_out += other->ids_left_out;
	if (other->queue_ids == NULL)
		return;
	if (counts->queue_ids == NULL)
		counts->queue_ids = json_array();
	json_array_extend(counts->queue_ids, other->queue_ids);
}

json_t *evidence_counts_take_held(struct evidence_counts *counts)
{
	json_t *members, *some;

	if (json_array_size(counts->queue_ids) == 0)
		return NULL;
	some = json_array();
	while (json_array_size(some) < EVIDENCE_HELD_MAX &&
	       json_array_size(counts->queue_ids) != 0) {
		json_array_append(some, json_array_get(counts->queue_ids, 0));
		json_array_remove(counts->queue_ids, 0);
	}
	members = document_make("role:s queue_ids:o", "held", some);
	if (counts->ids_left_out > 0)
		document_put_number(members, "ids_left_out",
				    counts->ids_left_out);
	counts->ids_left_out = 0;
	return members;
}

json_t *evidence_counts_take_minute(struct evidence_counts *counts)
{
	uint64_t let_in = counts->let_in < 0 ? 0 : (uint64_t)counts->let_in;
	json_t *members = document_make("stopped:n let_in:n held:n bytes:n",
					counts->stopped, let_in, counts->held,
					counts->bytes);

	counts->stopped = counts->held = counts->bytes = 0;
	counts->let_in -= (int64_t)let_in;
	return members;
}

void evidence_counts_clear(struct evidence_counts *counts)
{
	json_decref(counts->queue_ids);
	*counts = (struct evidence_counts){ 0 };
}
