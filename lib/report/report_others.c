/* SPDX-License-Identifier: ISC */

/*
 * A delivery is of the period in which it was logged. Queues are swept: each
 * message comes and goes, in the order of time.
 */
#include "report_others.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "report_mail.h"

struct delays {
	uint64_t *list;
	size_t count, room;
};

struct step {
	uint64_t when_ms;
	int change; /* of the messages in the queue; 0: a period begins */
	bool is_of_flood;
};

struct sweep {
	const struct report_others_options *options;
	struct report_others *others;
	struct delays delays[REPORT_PERIODS];
	struct step *steps;
	size_t step_count, step_room;
};

static uint64_t begin_of(const struct report_others_options *options)
{
	return options->opened_ms > REPORT_OTHERS_EDGE_MS
		       ? options->opened_ms - REPORT_OTHERS_EDGE_MS
		       : 0;
}

/* REPORT_PERIODS: none. */
static enum report_period period_of(const struct report_others_options *options,
				    uint64_t when_ms)
{
	if (when_ms < begin_of(options) ||
	    when_ms > options->end_ms + REPORT_OTHERS_EDGE_MS)
		return REPORT_PERIODS;
	if (when_ms < options->opened_ms)
		return REPORT_BEFORE;
	return when_ms <= options->end_ms ? REPORT_DURING : REPORT_AFTER;
}

/* deliveries */

static void add_delay(struct delays *delays, uint64_t delay_ms)
{
	if (delays->count == delays->room) {
		delays->room = delays->room == 0 ? 256 : 2 * delays->room;
		delays->list = alloc_resize(delays->list, delays->room,
					    sizeof(*delays->list));
	}
	delays->list[delays->count++] = delay_ms;
}

static void add_delivered(struct sweep *sweep, enum report_period period,
			  const struct report_delivery *delivery)
{
	struct report_others *others = &sweep->others[period];

	others->delivered++;
	if (!delivery->has_delay) {
		others->unknown++;
		return;
	}
	add_delay(&sweep->delays[period], delivery->delay_ms);
	if (others->worst_path != NULL &&
	    delivery->delay_ms <= others->worst_ms)
		return;
	others->worst_ms = delivery->delay_ms;
	others->worst_path = delivery->path;
	others->worst_line = delivery->line;
}

static void add_deliveries(struct sweep *sweep, const struct report_mail *mail)
{
	for (size_t i = 0; i < mail->delivery_count; i++) {
		const struct report_delivery *delivery = &mail->deliveries[i];
		enum report_period period = period_of(sweep->options,
						      delivery->when_ms);

		if (delivery->is_followed || period == REPORT_PERIODS)
			continue;
		if (delivery->last == LOG_DELIVERY_SENT)
			add_delivered(sweep, period, delivery);
		else if (delivery->last == LOG_DELIVERY_DEFERRED)
			sweep->others[period].deferred++;
	}
}

static int by_size(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The least that so many percent are not above. */
static uint64_t percentile(const struct delays *delays, size_t percent)
{
	return delays->list[(delays->count * percent + 99) / 100 - 1];
}

static void sum_delays(struct sweep *sweep)
{
	for (size_t i = 0; i < REPORT_PERIODS; i++) {
		struct delays *delays = &sweep->delays[i];

		if (delays->count == 0)
			continue;
		qsort(delays->list, delays->count, sizeof(*delays->list),
		      by_size);
		sweep->others[i].median_ms = percentile(delays, 50);
		sweep->others[i].p95_ms = percentile(delays, 95);
		free(delays->list);
	}
}

/* queues */

static void add_step(struct sweep *sweep, uint64_t when_ms, int change,
		     bool is_of_flood)
{
	if (sweep->step_count == sweep->step_room) {
		sweep->step_room = sweep->step_room == 0 ? 256
							 : 2 * sweep->step_room;
		sweep->steps = alloc_resize(sweep->steps, sweep->step_room,
					    sizeof(*sweep->steps));
	}
	sweep->steps[sweep->step_count++] = (struct step){ when_ms, change,
							   is_of_flood };
}

/* The clock of a log may have whole seconds only: what comes and goes in one
 * was in no queue that a log could show. */
static void add_stay(struct sweep *sweep, const struct report_mail *mail)
{
	bool is_gone = !report_mail_is_queued(mail);

	if (is_gone && mail->last_ms <= mail->came_ms)
		return;
	add_step(sweep, mail->came_ms, 1, mail->is_of);
	if (is_gone)
		add_step(sweep, mail->last_ms, -1, mail->is_of);
}

/* Of one moment those that go first. */
static int by_time(const void *a, const void *b)
{
	const struct step *x = a, *y = b;

	if (x->when_ms != y->when_ms)
		return x->when_ms < y->when_ms ? -1 : 1;
	return x->change - y->change;
}

static void note_queue(struct report_queue *queue, int64_t messages,
		       uint64_t when_ms)
{
	if (messages < 0 || (uint64_t)messages <= queue->messages)
		return;
	queue->messages = (uint64_t)messages;
	queue->when_ms = when_ms;
}

static void sweep_queues(struct sweep *sweep)
{
	int64_t flood = 0, others = 0;

	add_step(sweep, begin_of(sweep->options), 0, false);
	add_step(sweep, sweep->options->opened_ms, 0, false);
	add_step(sweep, sweep->options->end_ms + 1, 0, false);
	qsort(sweep->steps, sweep->step_count, sizeof(*sweep->steps), by_time);
	for (size_t i = 0; i < sweep->step_count; i++) {
		const struct step *step = &sweep->steps[i];
		enum report_period period = period_of(sweep->options,
						      step->when_ms);

		if (step->is_of_flood)
			flood += step->change;
		else
			others += step->change;
		if (period == REPORT_PERIODS)
			continue;
		note_queue(&sweep->others[period].flood, flood, step->when_ms);
		note_queue(&sweep->others[period].others, others,
			   step->when_ms);
	}
	free(sweep->steps);
}

static void set_times(const struct report_others_options *options,
		      struct report_others *others)
{
	const uint64_t bounds[REPORT_PERIODS + 1] = {
		begin_of(options), options->opened_ms, options->end_ms,
		options->end_ms + REPORT_OTHERS_EDGE_MS
	};

	for (size_t i = 0; i < REPORT_PERIODS; i++) {
		others[i].from_ms = bounds[i];
		if (options->from_ms > others[i].from_ms)
			others[i].from_ms = options->from_ms;
		others[i].until_ms = bounds[i + 1];
		if (options->until_ms < others[i].until_ms)
			others[i].until_ms = options->until_ms;
		if (others[i].until_ms < others[i].from_ms)
			others[i].from_ms = others[i].until_ms = 0;
	}
}

void report_others_make(const struct report_others_options *options,
			struct report_others others_r[REPORT_PERIODS])
{
	struct sweep sweep = { .options = options, .others = others_r };

	memset(others_r, 0, REPORT_PERIODS * sizeof(*others_r));
	set_times(options, others_r);
	for (const struct report_mail *mail = options->first; mail != NULL;
	     mail = mail->next) {
		if (!report_mail_is_in(mail))
			continue;
		add_stay(&sweep, mail);
		if (!mail->is_of)
			add_deliveries(&sweep, mail);
	}
	sum_delays(&sweep);
	sweep_queues(&sweep);
}
