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
#include "evidence_ring.h"

#define MINUTE_MS 60000
#define DAY_MS	  86400000

_Static_assert(EVIDENCE_BEFORE <= EVIDENCE_RING_MAX &&
		       EVIDENCE_LAST <= EVIDENCE_RING_MAX,
	       "a ring has room for them");

struct sampled_window {
	struct bounded_entry head;
	struct evidence_ring before;
	struct evidence_sample first[EVIDENCE_FIRST];
	size_t first_count;
	struct evidence_counts counts; /* while the incident is not known */
	uint64_t incident;	       /* 0: not known yet */
	uint64_t left_out;	       /* while it is not */
};

struct sampled_incident {
	struct bounded_entry head;
	uint64_t number;
	char *uid;
	size_t records, firsts;
	uint64_t sampled_ms;
	struct hash_list seen; /* sources, subjects and contents */
	struct evidence_ring last;
	uint64_t last_ms; /* of the newest in it */
	uint64_t left_out;
	struct evidence_counts counts;
};

struct evidence {
	evidence_write *write; /* NULL: nothing is kept */
	void *context;
	struct evidence_privacy privacy;
	struct bounded_table windows;	/* its lock is the one of all */
	struct bounded_table incidents; /* under the same lock */
	/* what the bounds of the process have let through */
	uint64_t second, day;
	size_t second_count, day_bytes;
	atomic_ullong left_out;
};

static void window_clear(void *entry)
{
	struct sampled_window *window = entry;

	evidence_ring_clear(&window->before);
	for (size_t i = 0; i < window->first_count; i++)
		evidence_sample_clear(&window->first[i]);
	window->first_count = 0;
	evidence_counts_clear(&window->counts);
}

static void incident_clear(void *entry)
{
	struct sampled_incident *incident = entry;

	free(incident->uid);
	hash_list_clear(&incident->seen);
	evidence_ring_clear(&incident->last);
	evidence_counts_clear(&incident->counts);
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

void evidence_set_privacy(struct evidence *evidence,
			  const struct evidence_privacy *privacy)
{
	bounded_table_lock(&evidence->windows);
	evidence->privacy = *privacy;
	bounded_table_unlock(&evidence->windows);
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
	document_put_number(members, "incident", incident->number);
	document_put_text(members, "uid", incident->uid);
}

/* A sample may be of an earlier second than the one before. */
static void move_bounds(struct evidence *evidence, uint64_t now_ms)
{
	if (evidence->second < now_ms / 1000) {
		evidence->second = now_ms / 1000;
		evidence->second_count = 0;
	}
	if (evidence->day < now_ms / DAY_MS) {
		evidence->day = now_ms / DAY_MS;
		evidence->day_bytes = 0;
	}
}

/* Is there room for one record more, by the bounds of the incident and of the
 * process? */
static bool has_room(const struct evidence *evidence,
		     const struct sampled_incident *incident, const char *role)
{
	size_t reserved = strcmp(role, "last") == 0 ? 0 : EVIDENCE_LAST;

	return incident->records < EVIDENCE_INCIDENT_MAX - reserved &&
	       evidence->second_count < EVIDENCE_SECOND_MAX &&
	       evidence->day_bytes < EVIDENCE_DAY_MAX;
}

/* What has no record of its own since the last one. */
static void add_left_out(struct sampled_incident *incident, json_t *members)
{
	if (incident->left_out > 0)
		document_put_number(members, "left_out", incident->left_out);
	incident->left_out = 0;
}

static void write_sample(struct evidence *evidence,
			 struct sampled_incident *incident,
			 const struct evidence_sample *sample, const char *role)
{
	json_t *members;

	move_bounds(evidence, sample->event->steady_ms);
	if (!has_room(evidence, incident, role)) {
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
		       const struct evidence_ring *ring, size_t max,
		       const char *role)
{
	for (size_t i = 0; i < ring->count; i++)
		write_sample(evidence, incident, evidence_ring_at(ring, max, i),
			     role);
}

static void write_held(struct evidence *evidence,
		       struct sampled_incident *incident)
{
	json_t *members;

	while ((members = evidence_counts_take_held(&incident->counts)) !=
	       NULL) {
		add_incident(incident, members);
		evidence->write(evidence->context, JOURNAL_MESSAGE, members);
	}
}

static void write_minute(struct evidence *evidence,
			 struct sampled_incident *incident)
{
	const struct evidence_counts *counts = &incident->counts;
	json_t *members;

	if (counts->let_in <= 0 &&
	    counts->stopped + counts->held + incident->left_out == 0)
		return;
	members = evidence_counts_take_minute(&incident->counts);
	add_incident(incident, members);
	add_left_out(incident, members);
	evidence->write(evidence->context, JOURNAL_MINUTE, members);
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

/* It costs a copy: not each message of a flood, which could be the last one, is
 * worth it. */
static void keep_as_last(struct evidence *evidence,
			 struct sampled_incident *incident,
			 const struct event *event)
{
	struct evidence_sample sample;

	leave_out(evidence, &incident->left_out);
	if (incident->last.count != 0 &&
	    event->steady_ms - incident->last_ms < EVIDENCE_LAST_MS)
		return;
	incident->last_ms = event->steady_ms;
	evidence_sample_make(&sample, event, &evidence->privacy);
	evidence_ring_add(&incident->last, EVIDENCE_LAST, &sample);
}

static void add_to_incident(struct evidence *evidence,
			    struct sampled_incident *incident,
			    const struct event *event)
{
	struct evidence_sample sample;
	const char *role;

	if (event->verdict == VERDICT_ACCEPT)
		return;
	evidence_counts_add(&incident->counts, event);
	if (json_array_size(incident->counts.queue_ids) >= EVIDENCE_HELD_MAX)
		write_held(evidence, incident);
	role = role_of(incident, event);
	if (role == NULL) {
		keep_as_last(evidence, incident, event);
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
	struct evidence_sample sample;
	bool is_let_in = event->verdict == VERDICT_ACCEPT;

	if (!is_let_in)
		evidence_counts_add(&window->counts, event);
	if (!is_let_in && window->first_count == EVIDENCE_FIRST) {
		leave_out(evidence, &window->left_out);
		return;
	}
	evidence_sample_make(&sample, event, &evidence->privacy);
	if (is_let_in)
		evidence_ring_add(&window->before, EVIDENCE_BEFORE, &sample);
	else
		window->first[window->first_count++] = sample;
}

static struct sampled_window *window_of(struct evidence *evidence,
					const char *key)
{
	struct sampled_window *window;

	window = bounded_table_renew(&evidence->windows, key, strlen(key));
	if (window == NULL)
		window = bounded_table_add(&evidence->windows, key,
					   strlen(key));
	return window;
}

void evidence_add(void *context, const struct event *event)
{
	struct evidence *evidence = context;
	struct sampled_incident *incident;
	struct sampled_window *window;

	if (event->window == NULL || evidence->write == NULL)
		return;
	bounded_table_lock(&evidence->windows);
	window = window_of(evidence, event->window->key);
	incident = window->incident == 0
			   ? NULL
			   : find_incident(evidence, window->incident);
	if (incident != NULL)
		add_to_incident(evidence, incident, event);
	else
		add_to_window(evidence, window, event);
	bounded_table_unlock(&evidence->windows);
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

		if (role == NULL) {
			leave_out(evidence, &incident->left_out);
			continue;
		}
		incident->sampled_ms = sample->event->steady_ms;
		write_sample(evidence, incident, sample, role);
	}
	incident->left_out += window->left_out;
	window->left_out = 0;
	evidence_counts_merge(&incident->counts, &window->counts);
	window_clear(window);
}

void evidence_assign(struct evidence *evidence, const char *key,
		     uint64_t number, const char *uid)
{
	struct sampled_incident *incident;
	struct sampled_window *window;

	bounded_table_lock(&evidence->windows);
	window = bounded_table_find(&evidence->windows, key, strlen(key));
	if (evidence->write == NULL)
		incident_of(evidence, number, uid);
	if (window != NULL &&
	    (window->incident != number || window->first_count > 0)) {
		incident = incident_of(evidence, number, uid);
		window->incident = number;
		hand_over(evidence, window, incident);
	}
	bounded_table_unlock(&evidence->windows);
}

void evidence_count_let_in(struct evidence *evidence, uint64_t number,
			   int64_t more)
{
	struct sampled_incident *incident;

	if (more == 0 || evidence->write == NULL)
		return;
	bounded_table_lock(&evidence->windows);
	incident = find_incident(evidence, number);
	if (incident != NULL)
		incident->counts.let_in += more;
	bounded_table_unlock(&evidence->windows);
}

static void end(struct evidence *evidence, struct sampled_incident *incident)
{
	write_held(evidence, incident);
	write_minute(evidence, incident);
	write_ring(evidence, incident, &incident->last, EVIDENCE_LAST, "last");
	write_minute(evidence, incident); /* what that left out */
	bounded_table_drop(&evidence->incidents, incident);
}

void evidence_end(struct evidence *evidence, uint64_t number)
{
	struct sampled_incident *incident;

	bounded_table_lock(&evidence->windows);
	incident = find_incident(evidence, number);
	if (incident != NULL)
		end(evidence, incident);
	bounded_table_unlock(&evidence->windows);
}

void evidence_end_all(struct evidence *evidence)
{
	bounded_table_lock(&evidence->windows);
	while (!bounded_table_is_empty(&evidence->incidents))
		end(evidence, bounded_table_first(&evidence->incidents));
	bounded_table_unlock(&evidence->windows);
}

void evidence_tick(struct evidence *evidence, uint64_t now_ms)
{
	bounded_table_lock(&evidence->windows);
	for (struct sampled_incident *incident =
		     bounded_table_first(&evidence->incidents);
	     incident != NULL; incident = bounded_table_next(incident)) {
		write_held(evidence, incident);
		if (incident->counts.since_ms + MINUTE_MS > now_ms)
			continue;
		write_minute(evidence, incident);
		incident->counts.since_ms = now_ms;
	}
	bounded_table_unlock(&evidence->windows);
}
