/* SPDX-License-Identifier: ISC */

/*
 * The thread of one channel: picks what is due, tries it without the lock, and
 * settles what came of it with both.
 */
#include <stdlib.h>
#include <sys/random.h>

#include <utlist.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/base/span_text.h"
#include "lib/base/clock.h"
#include "lib/base/thread.h"
#include "channels_parts.h"

#define TICK_MS 1000 /* what waits is looked at */

/* waiting */

void channel_add(struct channel *channel, const struct alert *alert,
		 uint64_t token)
{
	const struct channel_try way = { .settings = channel->settings,
					 .rules = channel->rules,
					 .secret = channel->secret,
					 .host = channel->set->host };
	struct channel_item *item = channel_item_new(alert, token,
						     clock_steady_ms());
	struct channel_item *gone;

	channel->kind->write(&way, alert, &item->load);
	gone = channel_queue_add(&channel->queue, item);
	if (gone != NULL)
		LL_APPEND(channel->ended, gone);
	pthread_cond_broadcast(&channel->set->changed);
}

void channel_drop_all(struct channel *channel, const char *detail)
{
	for (struct channel_item *item = channel->queue.first, *next;
	     item != NULL; item = next) {
		next = item->next;
		item->stale = detail;
		if (item->is_running)
			continue;
		channel_queue_remove(&channel->queue, item);
		LL_APPEND(channel->ended, item);
	}
	pthread_cond_broadcast(&channel->set->changed);
}

static void free_items(struct channel_item *first)
{
	while (first != NULL) {
		struct channel_item *item = first;

		first = item->next;
		channel_item_free(&item);
	}
}

void channel_free(struct channel **channel)
{
	struct channel *old = *channel;

	if (old == NULL)
		return;
	free_items(old->queue.first);
	free_items(old->ended);
	alloc_wipe(&old->secret);
	settings_release(&old->settings);
	free(old->state.name);
	free(old->state.fault);
	free(old);
	*channel = NULL;
}

/* what came of a try */

static void succeed(struct channel *channel)
{
	struct channel_state *state = &channel->state;

	state->told++;
	state->told_ms = clock_wall_ms();
	state->failing_since_ms = channel->failing_steady_ms = 0;
	channel->set->all_failing = false;
	if (!state->is_failing)
		return;
	state->is_failing = false;
	log_notice("channel %s: it works again", state->name);
	channels_tell_others(channel, ALERT_CHANNEL_WORKS);
}

static void fail(struct channel *channel, const struct channel_item *item,
		 const char *fault, bool gave_up)
{
	struct channel_state *state = &channel->state;
	uint64_t now_ms = clock_steady_ms();
	uint64_t failing_ms = channel->set->times->failing_ms;

	state->failed++;
	state->failed_ms = clock_wall_ms();
	free(state->fault);
	state->fault = alloc_text(fault);
	if (channel->failing_steady_ms == 0) {
		channel->failing_steady_ms = now_ms;
		state->failing_since_ms = state->failed_ms;
	}
	/* whoever tries it by hand sees what happens */
	if (state->is_failing || item->act == ALERT_TEST ||
	    (!gave_up && now_ms - channel->failing_steady_ms < failing_ms))
		return;
	state->is_failing = true;
	channels_tell_others(channel, ALERT_CHANNEL_FAILING);
}

/* What the outcome is, after a try. An item that is done is taken out. */
static enum channel_result settle(struct channel *channel,
				  struct channel_item *item,
				  const struct channel_try *way,
				  uint64_t *again_ms_r)
{
	struct channel_queue *queue = &channel->queue;
	uint32_t number = 0;

	*again_ms_r = 0;
	item->is_running = false;
	if (way->verdict == CHANNEL_DONE) {
		channel_queue_remove(queue, item);
		succeed(channel);
		return CHANNEL_TOLD;
	}
	if (way->verdict == CHANNEL_LATER && item->act != ALERT_TEST) {
		if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
			number = (uint32_t)clock_steady_ms();
		*again_ms_r = channel_queue_delay(queue, item, way,
						  clock_steady_ms(), number);
	}
	fail(channel, item, way->detail, *again_ms_r == 0);
	if (item->tries == 1)
		channel_rounds_fail(&channel->set->rounds, item->token);
	if (channel_queue_has_newer(queue, item)) {
		channel_queue_remove(queue, item);
		return CHANNEL_REPLACED;
	}
	if (*again_ms_r > 0 && item->stale == NULL)
		return CHANNEL_FAILED;
	channel_queue_remove(queue, item);
	return item->stale != NULL ? CHANNEL_DROPPED : CHANNEL_GAVE_UP;
}

static void log_outcome(const struct channel_outcome *outcome)
{
	static const struct {
		enum log_gravity gravity;
		const char *words;
	} rows[] = {
		[CHANNEL_TOLD] = { LOG_GRAVITY_INFO, "sent" },
		[CHANNEL_FAILED] = { LOG_GRAVITY_WARNING, "could not send" },
		[CHANNEL_GAVE_UP] = { LOG_GRAVITY_ERROR, "gave up" },
		[CHANNEL_REPLACED] = { LOG_GRAVITY_INFO, "did not send" },
		[CHANNEL_DROPPED] = { LOG_GRAVITY_ERROR, "dropped" },
	};
	bool is_failed = outcome->result == CHANNEL_FAILED;
	char again[SPAN_TEXT_SIZE];

	log_at(rows[outcome->result].gravity, "channel %s: %s %s %s: %s%s%s",
	       outcome->channel, rows[outcome->result].words, outcome->uid,
	       alert_act_name(outcome->act),
	       outcome->result == CHANNEL_REPLACED
		       ? "replaced by a newer alert of it"
		       : outcome->detail,
	       is_failed ? "; retries in " : "",
	       is_failed ? span_text(outcome->again_ms, again) : "");
}

/* With the lock of the outcomes, and without the other. Alerts of the channels
 * themselves are nobody's. */
static void report(const struct channel *channel,
		   const struct channel_outcome *outcome)
{
	log_outcome(outcome);
	if (outcome->token != 0 && channel->set->outcome != NULL)
		channel->set->outcome(channel->set->context, outcome);
}

/* Under both locks. */
static bool finish(struct channels *set, const struct channel_item *item,
		   enum channel_result result)
{
	return result != CHANNEL_FAILED &&
	       channel_rounds_finish(&set->rounds, item->token,
				     result == CHANNEL_TOLD ||
					     result == CHANNEL_REPLACED);
}

static struct channel_outcome outcome_of(const struct channel *channel,
					 const struct channel_item *item)
{
	return (struct channel_outcome){
		.channel = channel->state.name,
		.result = item->is_replaced ? CHANNEL_REPLACED
					    : CHANNEL_DROPPED,
		.token = item->token,
		.act = item->act,
		.uid = item->uid,
		.tries = item->tries,
		.detail = item->stale,
	};
}

static void conclude(struct channel *channel, struct channel_item *item,
		     const struct channel_try *way, uint64_t took_ms)
{
	struct channels *set = channel->set;
	struct channel_outcome outcome;

	pthread_mutex_lock(&set->outcome_lock);
	pthread_mutex_lock(&set->lock);
	outcome = outcome_of(channel, item);
	outcome.took_ms = took_ms;
	outcome.result = settle(channel, item, way, &outcome.again_ms);
	outcome.is_last = finish(set, item, outcome.result);
	if (outcome.result == CHANNEL_DROPPED)
		channel->state.dropped++;
	else
		outcome.detail = way->detail;
	channels_look(set);
	pthread_mutex_unlock(&set->lock);
	report(channel, &outcome);
	pthread_mutex_unlock(&set->outcome_lock);
	if (outcome.result != CHANNEL_FAILED)
		channel_item_free(&item);
}

/* Those that were taken out without a try. Called and returns with the lock. */
static void report_ended(struct channel *channel)
{
	struct channels *set = channel->set;
	struct channel_item *item;

	while ((item = channel->ended) != NULL) {
		struct channel_outcome outcome = outcome_of(channel, item);

		LL_DELETE(channel->ended, item);
		channel->state.dropped += outcome.result == CHANNEL_DROPPED;
		pthread_mutex_unlock(&set->lock);
		pthread_mutex_lock(&set->outcome_lock);
		pthread_mutex_lock(&set->lock);
		outcome.is_last = finish(set, item, outcome.result);
		pthread_mutex_unlock(&set->lock);
		report(channel, &outcome);
		pthread_mutex_unlock(&set->outcome_lock);
		channel_item_free(&item);
		pthread_mutex_lock(&set->lock);
	}
}

/* the thread */

/* Called and returns with the lock. */
static void try_item(struct channel *channel, struct channel_item *item)
{
	struct channels *set = channel->set;
	struct settings *settings = settings_acquire(channel->settings);
	char *secret = alloc_text(channel->secret);
	struct channel_try way = { .settings = settings,
				   .rules = channel->rules,
				   .secret = secret,
				   .host = set->host,
				   .times = set->times,
				   .must_stop = &set->must_stop,
				   .load = &item->load,
				   .verdict = CHANNEL_LATER };
	const struct channel_kind *kind = channel->kind;
	uint64_t began_ms = clock_steady_ms();

	item->is_running = true;
	item->tries++;
	if (item->first_try_ms == 0)
		item->first_try_ms = began_ms;
	pthread_mutex_unlock(&set->lock);
	log_at(LOG_GRAVITY_DEBUG, "channel %s: try %u to send %s %s",
	       channel->state.name, item->tries, item->uid,
	       alert_act_name(item->act));
	kind->run(&way);
	if (!atomic_load(&set->must_stop))
		conclude(channel, item, &way, clock_steady_ms() - began_ms);
	alloc_wipe(&secret);
	settings_release(&settings);
	pthread_mutex_lock(&set->lock);
}

static void *run_channel(void *context)
{
	struct channel *channel = context;
	struct channels *set = channel->set;

	pthread_mutex_lock(&set->lock);
	while (!atomic_load(&set->must_stop)) {
		uint64_t wait_ms;
		struct channel_item *item;

		report_ended(channel);
		if (channel->is_gone)
			break;
		item = channel_queue_pick(&channel->queue, clock_steady_ms(),
					  &wait_ms);
		if (item != NULL) {
			try_item(channel, item);
			continue;
		}
		channels_look(set);
		if (channel->ended == NULL && !channel->is_gone)
			thread_wait(&set->changed, &set->lock,
				    clock_steady_ms() + (wait_ms < TICK_MS
								 ? wait_ms
								 : TICK_MS));
	}
	if (channel->is_gone)
		channel_free(&channel);
	set->threads--;
	pthread_cond_broadcast(&set->changed);
	pthread_mutex_unlock(&set->lock);
	return NULL;
}

bool channel_start(struct channel *channel)
{
	bool is_started = thread_start(NULL, run_channel, channel);

	channel->set->threads += is_started;
	return is_started;
}
