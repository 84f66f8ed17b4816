/* SPDX-License-Identifier: ISC */
/*
 * Two tables under one lock: windows by key, with what waits until the incident
 * has a number, and incidents by number, with what was written of them.
 */
#include "evidence.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/bounded_table.h"
#include "lib/base/hash.h"
#include "lib/base/hash_list.h"
#include "lib/base/json.h"
#include "event.h"

#define MINUTE_MS 60000
#define DAY_MS	  86400000

/* The newest of max samples. */
struct ring {
	struct evidence_sample samples[EVIDENCE_FIRST];
	size_t count, next;
};

struct sampled_window {
	struct bounded_entry head;
	struct ring before;
	struct evidence_sample first[EVIDENCE_FIRST];
	size_t first_count;
	uint64_t incident; /* 0: not known yet */
	uint64_t left_out; /* while it is not */
};

struct sampled_incident {
	struct bounded_entry head;
	uint64_t number;
	char *uid;
	size_t records, firsts;
	uint64_t sampled_ms;
	struct hash_list seen; /* sources, subjects and contents */
	struct ring last;
	json_t *held; /* queue ids that are not written yet */
	uint64_t left_out;
	/* since minute_ms */
	uint64_t minute_ms, stopped, let_in, held_count, bytes;
};

struct evidence {
	evidence_write *write;
	void *context;
	struct evidence_privacy privacy;
	struct bounded_table windows;	/* its lock is the one of all */
	struct bounded_table incidents; /* under the same lock */
	/* what the bounds of the process have let through */
	uint64_t second, day;
	size_t second_count, day_bytes;
	atomic_ullong left_out;
};

static void ring_clear(struct ring *ring)
{
	for (size_t i = 0; i < EVIDENCE_FIRST; i++)
		evidence_sample_clear(&ring->samples[i]);
	*ring = (struct ring){ 0 };
}

static struct evidence_sample *ring_next(struct ring *ring, size_t max)
{
	struct evidence_sample *sample = &ring->samples[ring->next];

	evidence_sample_clear(sample);
	ring->next = (ring->next + 1) % max;
	ring->count += ring->count < max;
	return sample;
}

static void window_clear(void *entry)
{
	struct sampled_window *window = entry;

	ring_clear(&window->before);
	for (size_t i = 0; i < window->first_count; i++)
		evidence_sample_clear(&window->first[i]);
}

static void incident_clear(void *entry)
{
	struct sampled_incident *incident = entry;

	free(incident->uid);
	hash_list_clear(&incident->seen);
	ring_clear(&incident->last);
	json_decref(incident->held);
}

struct evidence *evidence_new(evidence_write *write, void *context)
{
	struct evidence *evidence = alloc_zero(sizeof(*evidence));

	evidence->write = write;
	evidence->context = context;
	bounded_table_init(&evidence->windows, EVIDENCE_WINDOWS_MAX,
			   sizeof(struct sampled_window), window_clear);
	bounded_table_init(&evidence->incidents, EVIDENCE_INCIDENTS_MAX,
			   sizeof(struct sampled_incident), incident_clear);
	return evidence;
}

void evidence_free(struct evidence **evidence_r)
{
	struct evidence *evidence = *evidence_r;

	if (evidence == NULL)
		return;
	bounded_table_destroy(&evidence->windows);
	bounded_table_destroy(&evidence->incidents);
	free(evidence);
	*evidence_r = NULL;
}

static void lock(struct evidence *evidence)
{
	bounded_table_lock(&evidence->windows);
}

static void unlock(struct evidence *evidence)
{
	bounded_table_unlock(&evidence->windows);
}

void evidence_set_privacy(struct evidence *evidence,
			  const struct evidence_privacy *privacy)
{
	lock(evidence);
	evidence->privacy = *privacy;
	unlock(evidence);
}

bool evidence_is_wanted(const struct evidence *evidence)
{
	return !bounded_table_is_empty(&evidence->incidents);
}

uint64_t evidence_left_out(const struct evidence *evidence)
{
	return atomic_load(&evidence->left_out);
}

/* writing */

static void leave_out(struct evidence *evidence, uint64_t *count)
{
	(*count)++;
	evidence->left_out++;
}

static void add_incident(const struct sampled_incident *incident,
			 json_t *members)
{
	json_object_set_new(members, "incident",
			    document_number(incident->number));
	json_object_set_new(members, "uid", document_string(incident->uid));
}

/* Is there room for one record more, by the bounds of the incident and of the
 * process? */
static bool has_room(struct evidence *evidence,
		     const struct sampled_incident *incident, uint64_t now_ms)
{
	if (evidence->second != now_ms / 1000)
		evidence->second_count = 0;
	if (evidence->day != now_ms / DAY_MS)
		evidence->day_bytes = 0;
	evidence->second = now_ms / 1000;
	evidence->day = now_ms / DAY_MS;
	return incident->records < EVIDENCE_INCIDENT_MAX &&
	       evidence->second_count < EVIDENCE_SECOND_MAX &&
	       evidence->day_bytes < EVIDENCE_DAY_MAX;
}

/* What has no record of its own since the last one. */
static void add_left_out(struct sampled_incident *incident, json_t *members)
{
	if (incident->left_out > 0)
		json_object_set_new(members, "left_out",
				    document_number(incident->left_out));
	incident->left_out = 0;
}

static void write_sample(struct evidence *evidence,
			 struct sampled_incident *incident,
			 const struct evidence_sample *sample, const char *role)
{
	json_t *members;

	if (!has_room(evidence, incident, sample->event->steady_ms)) {
		leave_out(evidence, &incident->left_out);
		return;
	}
	members = evidence_sample_json(sample, role, &evidence->privacy);
	add_incident(incident, members);
	add_left_out(incident, members);
	incident->records++;
	evidence->second_count++;
	evidence->day_bytes += json_dumpb(members, NULL, 0, JSON_COMPACT);
	evidence->write(evidence->context, JOURNAL_MESSAGE, members);
}

static void write_ring(struct evidence *evidence,
		       struct sampled_incident *incident,
		       const struct ring *ring, size_t max, const char *role)
{
	size_t first = ring->count < max ? 0 : ring->next;

	for (size_t i = 0; i < ring->count; i++)
		write_sample(evidence, incident,
			     &ring->samples[(first + i) % max], role);
}

static void write_held(struct evidence *evidence,
		       struct sampled_incident *incident)
{
	json_t *members;

	if (json_array_size(incident->held) == 0)
		return;
	members = json_pack("{s:s, s:o}", "role", "held", "queue_ids",
			    incident->held);
	incident->held = NULL;
	add_incident(incident, members);
	evidence->write(evidence->context, JOURNAL_MESSAGE, members);
}

static void write_minute(struct evidence *evidence,
			 struct sampled_incident *incident)
{
	json_t *members;

	if (incident->stopped + incident->let_in + incident->held_count +
		    incident->left_out ==
	    0)
		return;
	members = json_pack("{s:o, s:o, s:o, s:o}", "stopped",
			    document_number(incident->stopped), "let_in",
			    document_number(incident->let_in), "held",
			    document_number(incident->held_count), "bytes",
			    document_number(incident->bytes));
	add_incident(incident, members);
	add_left_out(incident, members);
	evidence->write(evidence->context, JOURNAL_MINUTE, members);
	incident->stopped = incident->let_in = incident->held_count = 0;
	incident->bytes = 0;
}

/* choosing */

static struct sampled_incident *find_incident(struct evidence *evidence,
					      uint64_t number)
{
	return bounded_table_find(&evidence->incidents, (const char *)&number,
				  sizeof(number));
}

/* Is one of source, subject and content seen for the first time? */
static bool is_new(struct sampled_incident *incident, const struct event *event)
{
	const char *source = event->login[0] != '\0'	? event->login
			     : event->client[0] != '\0' ? event->client
							: event->sender;
	const char *values[] = { source, event->subject, event->content };
	bool is_first = false;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		uint64_t hash = hash_of(values[i], strlen(values[i])) + i;

		if (values[i][0] != '\0' &&
		    incident->seen.count < EVIDENCE_NEW_MAX &&
		    hash_list_add(&incident->seen, hash))
			is_first = true;
	}
	return is_first;
}

/* NULL: it is only one of many. */
static const char *role_of(struct sampled_incident *incident,
			   const struct event *event)
{
	bool is_first_of = is_new(incident, event);

	if (incident->firsts < EVIDENCE_FIRST) {
		incident->firsts++;
		return "first";
	}
	if (is_first_of)
		return "new";
	return event->steady_ms - incident->sampled_ms >= EVIDENCE_EVERY_MS
		       ? "sampled"
		       : NULL;
}

static void count(struct evidence *evidence, struct sampled_incident *incident,
		  const struct event *event)
{
	bool is_held = event->verdict == VERDICT_QUARANTINE;

	if (incident->minute_ms == 0)
		incident->minute_ms = event->steady_ms;
	if (event->verdict == VERDICT_ACCEPT)
		incident->let_in++;
	else if (is_held)
		incident->held_count++;
	else if (event->verdict != VERDICT_MONITOR)
		incident->stopped++;
	incident->bytes += event->bytes;
	if (!is_held || event->queue_id[0] == '\0')
		return;
	if (incident->held == NULL)
		incident->held = json_array();
	json_array_append_new(incident->held, document_string(event->queue_id));
	if (json_array_size(incident->held) == EVIDENCE_HELD_MAX)
		write_held(evidence, incident);
}

static void add_to_incident(struct evidence *evidence,
			    struct sampled_incident *incident,
			    const struct event *event)
{
	struct evidence_sample sample;
	const char *role;

	count(evidence, incident, event);
	if (event->verdict == VERDICT_ACCEPT)
		return;
	role = role_of(incident, event);
	if (role == NULL) {
		leave_out(evidence, &incident->left_out);
		evidence_sample_make(ring_next(&incident->last, EVIDENCE_LAST),
				     event, &evidence->privacy);
		return;
	}
	incident->sampled_ms = event->steady_ms;
	evidence_sample_make(&sample, event, &evidence->privacy);
	write_sample(evidence, incident, &sample, role);
	evidence_sample_clear(&sample);
}

/* The incident has no number yet. */
static void add_to_window(struct evidence *evidence,
			  struct sampled_window *window,
			  const struct event *event)
{
	struct evidence_sample *sample;

	if (event->verdict == VERDICT_ACCEPT)
		sample = ring_next(&window->before, EVIDENCE_BEFORE);
	else if (window->first_count < EVIDENCE_FIRST)
		sample = &window->first[window->first_count++];
	else {
		leave_out(evidence, &window->left_out);
		return;
	}
	evidence_sample_make(sample, event, &evidence->privacy);
}

void evidence_add(void *context, const struct event *event)
{
	struct evidence *evidence = context;
	struct sampled_incident *incident;
	struct event_window id;
	struct sampled_window *window;

	if (!event_window(event, &id))
		return;
	lock(evidence);
	window = bounded_table_renew(&evidence->windows, id.key,
				     strlen(id.key));
	if (window == NULL)
		window = bounded_table_add(&evidence->windows, id.key,
					   strlen(id.key));
	incident = window->incident == 0
			   ? NULL
			   : find_incident(evidence, window->incident);
	if (incident != NULL)
		add_to_incident(evidence, incident, event);
	else
		add_to_window(evidence, window, event);
	unlock(evidence);
}

/* what becomes of incidents */

static struct sampled_incident *incident_of(struct evidence *evidence,
					    uint64_t number, const char *uid)
{
	struct sampled_incident *incident = find_incident(evidence, number);

	if (incident != NULL)
		return incident;
	incident = bounded_table_add(&evidence->incidents,
				     (const char *)&number, sizeof(number));
	incident->number = number;
	incident->uid = alloc_text(uid);
	return incident;
}

/* What waited goes to the incident. */
static void hand_over(struct evidence *evidence, struct sampled_window *window,
		      struct sampled_incident *incident)
{
	write_ring(evidence, incident, &window->before, EVIDENCE_BEFORE,
		   "before");
	for (size_t i = 0; i < window->first_count; i++) {
		const struct evidence_sample *sample = &window->first[i];
		const char *role = role_of(incident, sample->event);

		count(evidence, incident, sample->event);
		if (role == NULL) {
			leave_out(evidence, &incident->left_out);
			continue;
		}
		incident->sampled_ms = sample->event->steady_ms;
		write_sample(evidence, incident, sample, role);
	}
	incident->left_out += window->left_out;
	window->left_out = 0;
	window_clear(window);
	window->first_count = 0;
}

void evidence_assign(struct evidence *evidence, const char *key,
		     uint64_t incident, const char *uid)
{
	struct sampled_window *window;

	lock(evidence);
	window = bounded_table_find(&evidence->windows, key, strlen(key));
	if (window != NULL &&
	    (window->incident != incident || window->first_count > 0)) {
		window->incident = incident;
		hand_over(evidence, window,
			  incident_of(evidence, incident, uid));
	}
	unlock(evidence);
}

void evidence_end(struct evidence *evidence, uint64_t number)
{
	struct sampled_incident *incident;

	lock(evidence);
	incident = find_incident(evidence, number);
	if (incident != NULL) {
		write_held(evidence, incident);
		write_minute(evidence, incident);
		write_ring(evidence, incident, &incident->last, EVIDENCE_LAST,
			   "last");
		write_minute(evidence, incident); /* what that left out */
		bounded_table_drop(&evidence->incidents, incident);
	}
	unlock(evidence);
}

void evidence_tick(struct evidence *evidence, uint64_t now_ms)
{
	lock(evidence);
	for (struct sampled_incident *incident =
		     bounded_table_first(&evidence->incidents);
	     incident != NULL; incident = bounded_table_next(incident)) {
		write_held(evidence, incident);
		if (incident->minute_ms + MINUTE_MS > now_ms)
			continue;
		write_minute(evidence, incident);
		incident->minute_ms = now_ms;
	}
	unlock(evidence);
}
