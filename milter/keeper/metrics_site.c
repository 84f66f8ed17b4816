/* SPDX-License-Identifier: ISC */

/*
 * Redis has how much each incident has stopped so far; incidents expire there,
 * so the counters are those of this process, from one reading to the next.
 */
#include "metrics_site.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/fleet/incident.h"
#include "lib/fleet/milters.h"
#include "lib/redis/redis_client.h"
#include "lib/redis/redis_health.h"
#include "lib/settings/settings.h"
#include "lib/watch/metrics_text.h"
#include "milter/common/redis_settings.h"

#define LABELS(...) ((const struct metrics_label[]){ __VA_ARGS__, { 0 } })
#define STATES	    3 /* an incident that is over is none of the site's */
#define LEVELS	    (INCIDENT_CRITICAL + 1)

/* What an incident had stopped when it was last read. */
struct seen {
	uint64_t number, stopped;
};

struct metrics_site {
	struct channels *channels;
	struct current_settings *settings;
	struct settings *used; /* those of redis */
	struct redis_client *redis;
	bool has_read; /* once: what was there before is not counted */
	struct seen *seen;
	size_t seen_count;
	uint64_t opened[LEVELS], stopped[LEVELS];
};

/* One reading of Redis. */
struct site {
	struct milters milters;
	struct redis_health redis;
	struct incident_list incidents;
};

struct metrics_site *metrics_site_new(struct current_settings *settings,
				      struct channels *channels)
{
	struct metrics_site *site = alloc_zero(sizeof(*site));

	site->settings = settings;
	site->channels = channels;
	return site;
}

void metrics_site_free(struct metrics_site **site_r)
{
	struct metrics_site *site = *site_r;

	if (site == NULL)
		return;
	redis_client_free(&site->redis);
	settings_release(&site->used);
	free(site->seen);
	free(site);
	*site_r = NULL;
}

/* reading */

static bool read_site(struct metrics_site *site, struct site *site_r)
{
	const char *prefix = site->used->redis.prefix;

	memset(site_r, 0, sizeof(*site_r));
	return milters_read(site->redis, prefix, &site_r->milters) &&
	       redis_health_read(site->redis, &site_r->redis) &&
	       incident_list_read(site->redis, prefix, UINT64_MAX,
				  &site_r->incidents);
}

static void site_clear(struct site *site)
{
	milters_clear(&site->milters);
	incident_list_clear(&site->incidents);
}

/* counting */

static const struct seen *find_seen(const struct metrics_site *site,
				    uint64_t number)
{
	for (size_t i = 0; i < site->seen_count; i++)
		if (site->seen[i].number == number)
			return &site->seen[i];
	return NULL;
}

static uint64_t stopped_of(const struct incident *incident)
{
	return incident->stopped + incident->held;
}

static void count_incident(struct metrics_site *site,
			   const struct incident *incident)
{
	const struct seen *seen = find_seen(site, incident->number);
	uint64_t before = seen == NULL ? 0 : seen->stopped;

	if (!site->has_read)
		return;
	if (seen == NULL)
		site->opened[incident->level]++;
	if (stopped_of(incident) > before)
		site->stopped[incident->level] += stopped_of(incident) - before;
}

static void count_incidents(struct metrics_site *site,
			    const struct incident_list *list)
{
	struct seen *seen = alloc_array(list->count, sizeof(*seen));

	for (size_t i = 0; i < list->count; i++) {
		const struct incident *incident = &list->incidents[i];

		count_incident(site, incident);
		seen[i] = (struct seen){ incident->number,
					 stopped_of(incident) };
	}
	free(site->seen);
	site->seen = seen;
	site->seen_count = list->count;
	site->has_read = true;
}

/* the page */

static void put_open(struct metrics_text *text,
		     const struct incident_list *list)
{
	uint64_t open[LEVELS][STATES] = { { 0 } };

	for (size_t i = 0; i < list->count; i++)
		if (list->incidents[i].state < STATES)
			open[list->incidents[i].level]
			    [list->incidents[i].state]++;
	metrics_family(text, METRICS_GAUGE, "weir_incidents_open",
		       "Incidents that are not over, by level and state.");
	for (int level = 0; level < LEVELS; level++)
		for (int state = 0; state < STATES; state++)
			metrics_number(
				text,
				LABELS({ "level",
					 incident_level_name(
						 (enum incident_level)level) },
				       { "state",
					 incident_state_name(
						 (enum incident_state)state) }),
				open[level][state]);
}

static void put_levels(struct metrics_text *text, const char *name,
		       const char *help, const uint64_t numbers[LEVELS])
{
	metrics_family(text, METRICS_COUNTER, name, help);
	for (int level = 0; level < LEVELS; level++)
		metrics_number(
			text,
			LABELS({ "level", incident_level_name((
						  enum incident_level)level) }),
			numbers[level]);
}

static uint64_t count_alive(const struct milters *milters)
{
	uint64_t alive = 0;

	for (size_t i = 0; i < milters->count; i++)
		alive += milters->list[i].seen_ms + MILTERS_SILENCE_MS >=
			 milters->now_ms;
	return alive;
}

static void put_site(struct metrics_text *text, const struct site *site)
{
	put_open(text, &site->incidents);
	metrics_gauge(text, "weir_milters_alive",
		      "Milters of this site that Redis has heard of in the "
		      "last seconds.",
		      count_alive(&site->milters));
	metrics_gauge(text, "weir_redis_memory_bytes",
		      "Memory that Redis uses.", site->redis.used_bytes);
	metrics_counter(text, "weir_redis_evicted_keys_total",
			"Keys that Redis dropped to make room.",
			site->redis.evicted);
	metrics_gauge(text, "weir_redis_eviction_policy_ok",
		      "0: Redis may drop counters when its memory is full.",
		      !redis_health_can_evict(&site->redis));
}

static void put_alerts(struct metrics_text *text,
		       const struct channels_state *state)
{
	metrics_family(text, METRICS_COUNTER, "weir_alerts_total",
		       "Alerts by channel: told, dropped, and tries that "
		       "failed.");
	for (size_t i = 0; i < state->count; i++) {
		const struct channel_state *channel = &state->list[i];
		const struct {
			const char *name;
			uint64_t count;
		} results[] = { { "told", channel->told },
				{ "failed", channel->failed },
				{ "dropped", channel->dropped } };

		for (size_t j = 0; j < sizeof(results) / sizeof(results[0]);
		     j++)
			metrics_number(text,
				       LABELS({ "channel", channel->name },
					      { "result", results[j].name }),
				       results[j].count);
	}
}

static void put_channels(struct metrics_text *text, struct channels *channels)
{
	struct channels_state state;

	channels_read(channels, &state);
	put_alerts(text, &state);
	metrics_family(text, METRICS_GAUGE, "weir_alerts_failing",
		       "1: the channel has failed for five minutes.");
	for (size_t i = 0; i < state.count; i++)
		metrics_number(text, LABELS({ "channel", state.list[i].name }),
			       state.list[i].is_failing);
	metrics_family(text, METRICS_GAUGE,
		       "weir_alert_last_success_timestamp_seconds",
		       "When the channel last told an alert; 0: never.");
	for (size_t i = 0; i < state.count; i++)
		metrics_seconds(text, LABELS({ "channel", state.list[i].name }),
				(double)state.list[i].told_ms / 1000);
	channels_state_clear(&state);
}

void metrics_site_answer(void *context, const struct http_request *request,
			 struct http_answer *answer_r)
{
	struct metrics_site *site = context;
	enum metrics_format format = metrics_format_wanted(request->accept);
	struct metrics_text *text = metrics_text_new(format);
	struct site read;
	bool is_up;

	redis_settings_follow(site->settings, &site->used, &site->redis, 0);
	is_up = read_site(site, &read);
	if (is_up)
		count_incidents(site, &read.incidents);
	metrics_family(text, METRICS_GAUGE, "weir_build_info",
		       "Always 1; its label is the version.");
	metrics_number(text, LABELS({ "version", WEIR_VERSION }), 1);
	metrics_gauge(text, "weir_redis_up", "1: Redis answers.", is_up);
	if (is_up)
		put_site(text, &read);
	site_clear(&read);
	put_levels(text, "weir_incidents_opened_total",
		   "Incidents that opened, by their first level.",
		   site->opened);
	put_levels(text, "weir_incident_stopped_messages_total",
		   "Messages that incidents stopped or held, by level.",
		   site->stopped);
	put_channels(text, site->channels);
	metrics_process(text);
	answer_r->type = metrics_format_type(format);
	answer_r->body = metrics_text_end(&text, &answer_r->length);
}
