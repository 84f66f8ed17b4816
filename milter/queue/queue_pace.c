/* SPDX-License-Identifier: ISC */

/*
 * How many may be out by now is asked of the clock, not counted in steps: a
 * batch that took long, or a machine that slept, does not shift those behind
 * it, and what was missed comes with the next.
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "queue_pace.h"

#define MINUTE_MS    UINT64_C(60000)
#define STEP_MS	     UINT64_C(1000) /* between two batches, at least */
#define AT_ONCE	     500	    /* of a batch without a pace */
#define DELIVER_ONCE 50		    /* with a look at Ctrl-C in between */

static volatile sig_atomic_t is_stopped;

static void stop(int number)
{
	(void)number;
	is_stopped = 1;
}

uint64_t queue_pace_due(uint64_t per_minute, uint64_t elapsed_ms,
			uint64_t total)
{
	uint64_t due = 1 + elapsed_ms / MINUTE_MS * per_minute +
		       elapsed_ms % MINUTE_MS * per_minute / MINUTE_MS;

	return due < total ? due : total;
}

uint64_t queue_pace_when_ms(uint64_t per_minute, uint64_t count)
{
	if (count < 2)
		return 0;
	return ((count - 1) * MINUTE_MS + per_minute - 1) / per_minute;
}

struct pace {
	struct queue *queue;
	enum queue_act act;
	const char **ids;
	size_t count;
	uint64_t per_minute, began_ms;
	struct queue_outcome *outcome;
	const struct queue_pace *wanted;
};

static void report(const struct pace *pace, uint64_t done)
{
	if (pace->wanted->progress != NULL)
		pace->wanted->progress(pace->wanted->context, done);
}

static void deliver(struct pace *pace, const char *const *ids, size_t count)
{
	if (pace->per_minute == 0 && pace->count > QUEUE_DELIVER_MAX) {
		pace->outcome->is_waiting = true;
		return;
	}
	for (size_t done = 0; done < count && !pace->outcome->is_waiting;) {
		size_t some = count - done < DELIVER_ONCE ? count - done
							  : DELIVER_ONCE;

		if (is_stopped || !queue_deliver(pace->queue, ids + done, some))
			pace->outcome->is_waiting = true;
		done += some;
		report(pace, pace->outcome->tried - count + done);
	}
}

static bool do_batch(struct pace *pace, size_t count)
{
	struct queue_outcome *outcome = pace->outcome;
	const char *const *ids = pace->ids + outcome->tried;
	uint64_t done;

	if (!queue_act(pace->queue, pace->act, ids, count, &done))
		outcome->is_failed = true;
	outcome->done += done;
	if (outcome->is_failed)
		return false;
	outcome->tried += count;
	if (pace->act == QUEUE_RELEASE && done != 0)
		deliver(pace, ids, count);
	report(pace, outcome->tried);
	return true;
}

/* How many may go now; waits until there is one. 0: stopped. */
static size_t await_batch(const struct pace *pace)
{
	uint64_t tried = pace->outcome->tried;
	uint64_t when_ms, now_ms, due;

	if (pace->per_minute == 0)
		return pace->count - tried < AT_ONCE ? pace->count - tried
						     : AT_ONCE;
	when_ms = queue_pace_when_ms(pace->per_minute, tried + 1);
	now_ms = clock_steady_ms() - pace->began_ms;
	if (tried != 0 && when_ms < now_ms + STEP_MS)
		when_ms = now_ms + STEP_MS;
	while (now_ms < when_ms && !is_stopped) {
		uint64_t wait_ms = when_ms - now_ms;

		poll(NULL, 0, wait_ms < MINUTE_MS ? (int)wait_ms : 60000);
		now_ms = clock_steady_ms() - pace->began_ms;
	}
	due = queue_pace_due(pace->per_minute, now_ms, pace->count);
	return is_stopped ? 0 : (size_t)(due - tried);
}

static void run(struct pace *pace)
{
	while (pace->outcome->tried < pace->count && !is_stopped) {
		size_t count = await_batch(pace);

		if (count != 0 && !do_batch(pace, count))
			break;
	}
	pace->outcome->is_stopped = pace->outcome->tried < pace->count &&
				    !pace->outcome->is_failed;
}

void queue_pace_run(struct queue *queue, enum queue_act act,
		    const struct queue_list *list,
		    const struct queue_pace *wanted,
		    struct queue_outcome *outcome_r)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction old[3], action = { .sa_handler = stop };
	struct pace pace = {
		.queue = queue,
		.act = act,
		.ids = alloc_array(list->count, sizeof(*pace.ids)),
		.count = list->count,
		.per_minute = wanted->per_minute,
		.began_ms = clock_steady_ms(),
		.outcome = outcome_r,
		.wanted = wanted,
	};

	memset(outcome_r, 0, sizeof(*outcome_r));
	is_stopped = 0;
	for (size_t i = 0; i < list->count; i++)
		pace.ids[i] = list->messages[i].id;
	sigemptyset(&action.sa_mask);
	for (int i = 0; i < 3; i++)
		sigaction(signals[i], &action, &old[i]);
	report(&pace, 0);
	run(&pace);
	for (int i = 0; i < 3; i++)
		sigaction(signals[i], &old[i], NULL);
	free(pace.ids);
}
