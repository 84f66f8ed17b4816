/* SPDX-License-Identifier: ISC */

/* Who gets an alert, what a reload changes, and what no channel could tell. */
#include "channels.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/settings/alert_rules.h"
#include "lib/base/clock.h"
#include "lib/base/thread.h"
#include "channel_curl.h"
#include "channels_parts.h"

#define END_MS 1000 /* a try that was broken off has so long */

const char *channel_result_name(enum channel_result result)
{
	static const char *const names[] = {
		[CHANNEL_TOLD] = "told",       [CHANNEL_FAILED] = "failed",
		[CHANNEL_GAVE_UP] = "gave up", [CHANNEL_REPLACED] = "replaced",
		[CHANNEL_DROPPED] = "dropped",
	};

	return names[result];
}

/* settings */

static struct channel *find(struct channel *const *list, size_t count,
			    const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] != NULL && strcmp(list[i]->state.name, name) == 0)
			return list[i];
	return NULL;
}

static void configure(struct channel *channel, struct settings *settings,
		      const struct settings_alert *rules)
{
	char *reason;

	settings_release(&channel->settings);
	channel->settings = settings_acquire(settings);
	channel->rules = rules;
	channel->kind = channel_kind_of(rules);
	channel->state.kind = channel->kind->name;
	alloc_wipe(&channel->secret);
	channel->secret = alert_rules_secret(settings, rules, &reason);
	if (reason != NULL)
		log_error("%s", reason);
	free(reason);
}

static struct channel *make(struct channels *set, struct settings *settings,
			    const struct settings_alert *rules)
{
	struct channel *channel = alloc_zero(sizeof(*channel));

	channel->set = set;
	channel->state.name = alloc_text(rules->name);
	channel->state.fault = alloc_text("");
	configure(channel, settings, rules);
	if (channel_start(channel))
		return channel;
	log_error("channel %s: no thread can be started", rules->name);
	channel_free(&channel);
	return NULL;
}

/* What waits was written for another kind of channel? */
static bool is_other_kind(const struct channel *channel,
			  const struct settings_alert *rules)
{
	return channel->kind != channel_kind_of(rules) ||
	       channel->rules->format != rules->format;
}

/* Under the lock. */
static void use_settings(struct channels *set, struct settings *settings)
{
	const struct settings_keeper *keeper = &settings->keeper;
	struct channel **old = set->list;
	size_t old_count = set->count;

	set->list = alloc_array(keeper->alert_count, sizeof(struct channel *));
	set->count = 0;
	for (size_t i = 0; i < keeper->alert_count; i++) {
		const struct settings_alert *rules = &keeper->alerts[i];
		struct channel *channel = find(old, old_count, rules->name);

		if (channel == NULL) {
			channel = make(set, settings, rules);
		} else {
			if (is_other_kind(channel, rules))
				channel_drop_all(channel,
						 "its channel has changed");
			configure(channel, settings, rules);
		}
		if (channel != NULL)
			set->list[set->count++] = channel;
	}
	for (size_t i = 0; i < old_count; i++)
		if (find(set->list, set->count, old[i]->state.name) == NULL) {
			old[i]->is_gone = true;
			channel_drop_all(old[i], "its channel is no more");
		}
	free(old);
	settings_release(&set->settings);
	set->settings = settings_acquire(settings);
}

struct channels *channels_new(const struct channels_options *options)
{
	struct channels *set = alloc_zero(sizeof(*set));

	channel_curl_begin();
	pthread_mutex_init(&set->outcome_lock, NULL);
	pthread_mutex_init(&set->lock, NULL);
	thread_condition_init(&set->changed);
	set->host = alloc_text(options->host);
	set->path = alloc_text(options->path);
	set->times = options->times != NULL ? options->times
					    : &channel_times_usual;
	set->outcome = options->outcome;
	set->context = options->context;
	channels_set_settings(set, options->settings);
	return set;
}

void channels_set_settings(struct channels *channels, struct settings *settings)
{
	pthread_mutex_lock(&channels->lock);
	use_settings(channels, settings);
	pthread_mutex_unlock(&channels->lock);
}

/* A thread that does not end, such as one that waits for a name server, still
 * needs the set: the process ends with both. */
void channels_free(struct channels **channels)
{
	struct channels *set = *channels;
	uint64_t until_ms = clock_steady_ms() + END_MS;
	bool is_unused;

	if (set == NULL)
		return;
	*channels = NULL;
	atomic_store(&set->must_stop, true);
	pthread_mutex_lock(&set->lock);
	pthread_cond_broadcast(&set->changed);
	while (set->threads > 0 &&
	       thread_wait(&set->changed, &set->lock, until_ms))
		;
	is_unused = set->threads == 0;
	pthread_mutex_unlock(&set->lock);
	if (!is_unused)
		return;
	for (size_t i = 0; i < set->count; i++)
		channel_free(&set->list[i]);
	free(set->list);
	channel_rounds_clear(&set->rounds);
	settings_release(&set->settings);
	pthread_cond_destroy(&set->changed);
	pthread_mutex_destroy(&set->lock);
	pthread_mutex_destroy(&set->outcome_lock);
	free(set->host);
	free(set->path);
	free(set);
}

/* alerts */

static bool wants(const struct channel *channel, const char *name,
		  const struct alert *alert)
{
	if (name != NULL)
		return strcmp(channel->state.name, name) == 0;
	return alert->act == ALERT_TEST || alert->level >= channel->rules->from;
}

size_t channels_give(struct channels *set, const char *name,
		     const struct alert *alert, uint64_t token)
{
	size_t count = 0;

	pthread_mutex_lock(&set->lock);
	for (size_t i = 0; i < set->count; i++)
		count += wants(set->list[i], name, alert);
	if (count > 0)
		channel_rounds_add(&set->rounds, token, count,
				   clock_steady_ms(), alert->act == ALERT_TEST);
	for (size_t i = 0; i < set->count; i++)
		if (wants(set->list[i], name, alert))
			channel_add(set->list[i], alert, token);
	pthread_mutex_unlock(&set->lock);
	return count;
}

void channels_tell_others(const struct channel *channel, enum alert_act act)
{
	struct channels *set = channel->set;
	const struct channel_state *state = &channel->state;
	char *uid = alloc_format("channel-%s-%s", state->name, set->host);
	char *text = act == ALERT_CHANNEL_FAILING
			     ? alloc_format("%s: %s", state->name, state->fault)
			     : alloc_text(state->name);
	const struct alert alert = { .act = act,
				     .level = INCIDENT_SERIOUS,
				     .when_ms = clock_wall_ms(),
				     .uid = uid,
				     .prefix = set->settings->redis.prefix,
				     .host = set->host,
				     .text = text,
				     .settings = set->settings,
				     .path = set->path };

	for (size_t i = 0; i < set->count; i++)
		if (set->list[i] != channel &&
		    wants(set->list[i], NULL, &alert))
			channel_add(set->list[i], &alert, 0);
	free(text);
	free(uid);
}

/* Once for each alert: then it is for people to look. */
void channels_look(struct channels *set)
{
	const struct channel_round *round;

	while ((round = channel_rounds_untold(&set->rounds, clock_steady_ms(),
					      set->times->failing_ms)) !=
	       NULL) {
		set->all_failing = true;
		log_at(LOG_GRAVITY_CRITICAL,
		       "no channel of keeper.alerts could send an alert (%zu "
		       "tried): see weirctl status",
		       round->channels);
	}
}

/* state */

void channels_read(struct channels *channels, struct channels_state *state_r)
{
	pthread_mutex_lock(&channels->lock);
	state_r->list = alloc_array(channels->count, sizeof(*state_r->list));
	state_r->count = channels->count;
	state_r->all_failing = channels->all_failing;
	for (size_t i = 0; i < channels->count; i++) {
		const struct channel *channel = channels->list[i];
		struct channel_state *state = &state_r->list[i];

		*state = channel->state;
		state->name = alloc_text(channel->state.name);
		state->fault = alloc_text(channel->state.fault);
		state->waiting = channel->queue.count;
	}
	pthread_mutex_unlock(&channels->lock);
}

void channels_state_clear(struct channels_state *state)
{
	for (size_t i = 0; i < state->count; i++) {
		free(state->list[i].name);
		free(state->list[i].fault);
	}
	free(state->list);
	memset(state, 0, sizeof(*state));
}
