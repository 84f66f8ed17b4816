/* SPDX-License-Identifier: ISC */

/* A function for each source, in the order of the manual page. */
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/fleet/watch_channel.h"
#include "lib/ledger/ledger.h"
#include "lib/policy/policy.h"
#include "lib/redis/redis_link.h"
#include "lib/store/store_redis.h"
#include "lib/watch/evidence.h"
#include "lib/watch/journal.h"
#include "lib/watch/metrics.h"
#include "lib/watch/verdict_log.h"
#include "lib/base/clock.h"
#include "metrics_page.h"
#include "service.h"

#define LABELS(...) ((const struct metrics_label[]){ __VA_ARGS__, { 0 } })
#define MS_A_SECOND 1000.0

static void put_moment(struct metrics_text *text, const char *name,
		       const char *help, uint64_t when_ms)
{
	metrics_family(text, METRICS_GAUGE, name, help);
	metrics_seconds(text, NULL, (double)when_ms / MS_A_SECOND);
}

static void put_process(struct metrics_text *text, struct service *service)
{
	metrics_family(text, METRICS_GAUGE, "weir_build_info",
		       "Always 1; its label is the version.");
	metrics_number(text, LABELS({ "version", WEIR_VERSION }), 1);
	put_moment(text, "weir_start_time_seconds",
		   "When this milter started, since the epoch.",
		   service->started_ms);
	metrics_gauge(text, "weir_config_generation",
		      "1 after the start, and 1 more after each reload.",
		      atomic_load(&service->generation));
	metrics_gauge(text, "weir_config_last_reload_successful",
		      "0: the last reload found errors, the configuration "
		      "before it is in force.",
		      !atomic_load(&service->has_failed_reload));
	put_moment(text, "weir_config_last_reload_success_timestamp_seconds",
		   "When the configuration in force was read.",
		   atomic_load(&service->reloaded_ms));
}

/* At MAIL and at RCPT a message can only be refused. */
static bool can_occur(int stage, enum verdict_kind verdict)
{
	return stage == EVENT_AT_DATA || stage == EVENT_AT_END ||
	       verdict == VERDICT_TEMPFAIL || verdict == VERDICT_REJECT;
}

static void put_verdicts(struct metrics_text *text,
			 const struct metrics_counts *counts)
{
	metrics_family(text, METRICS_COUNTER, "weir_verdicts_total",
		       "Messages, at rcpt recipients, by verdict and by the "
		       "stage of SMTP at which it was given.");
	for (int stage = 0; stage < EVENT_STAGES; stage++)
		for (int i = 0; i < VERDICT_KINDS; i++)
			if (can_occur(stage, (enum verdict_kind)i))
				metrics_number(
					text,
					LABELS({ "verdict",
						 verdict_name((
							 enum verdict_kind)i) },
					       { "stage",
						 event_stage_name(
							 (enum event_stage)
								 stage) }),
					counts->verdicts[stage][i]);
}

static void put_limit(struct metrics_text *text,
		      const struct metrics_limit *limit)
{
	const char *name = limit->name == NULL ? "other" : limit->name;

	for (int i = 0; i < VERDICT_KINDS; i++)
		metrics_number(text,
			       LABELS({ "limit", name },
				      { "verdict",
					verdict_name((enum verdict_kind)i) }),
			       limit->verdicts[i]);
}

/* The others are there when there can be any. */
static void put_limits(struct metrics_text *text,
		       const struct metrics_counts *counts)
{
	metrics_family(text, METRICS_COUNTER, "weir_limit_verdicts_total",
		       "Messages that a limit counted and let in, and those "
		       "over it, by its verdict.");
	for (size_t i = 1; i < counts->limit_count; i++)
		put_limit(text, &counts->limits[i]);
	if (counts->limit_count > METRICS_LIMITS_MAX)
		put_limit(text, &counts->limits[0]);
}

static void put_counts(struct metrics_text *text,
		       const struct metrics_counts *counts)
{
	put_verdicts(text, counts);
	put_limits(text, counts);
	metrics_counter(text, "weir_exempt_total",
			"Messages that an entry of exempt let in.",
			counts->exempt);
	metrics_family(text, METRICS_COUNTER, "weir_order_verdicts_total",
		       "Messages whose verdict is that of an order.");
	metrics_number(text, LABELS({ "kind", order_kind_name(ORDER_BLOCK) }),
		       counts->blocked);
	metrics_counter(text, "weir_refused_from_cache_total",
			"Refusals for which Redis was not asked.",
			counts->cached);
	metrics_counter(text, "weir_accepted_bytes_total",
			"Bytes of accepted messages whose size was seen.",
			counts->accepted_bytes);
	metrics_counter(text, "weir_quarantined_bytes_total",
			"Bytes of quarantined messages whose size was seen.",
			counts->quarantined_bytes);
	metrics_family(text, METRICS_HISTOGRAM, "weir_message_wait_seconds",
		       "How long the MTA waited for an answer, by stage.");
	for (int stage = 0; stage < EVENT_STAGES; stage++)
		metrics_waits(
			text,
			LABELS({ "stage",
				 event_stage_name((enum event_stage)stage) }),
			&counts->waits[stage]);
}

static void put_redis(struct metrics_text *text, const struct store *redis)
{
	struct redis_link_counts counts;

	store_redis_count(redis, &counts);
	metrics_family(text, METRICS_HISTOGRAM, "weir_redis_request_seconds",
		       "How long a question to Redis took, from the call to "
		       "the answer, or to the deadline.");
	metrics_waits(text, NULL, &counts.requests);
	metrics_gauge(text, "weir_redis_up",
		      "1: Redis is connected and answers.",
		      store_redis_is_up(redis));
	metrics_family(text, METRICS_GAUGE, "weir_redis_outage_seconds",
		       "For how long Redis has been away; 0: it is there.");
	metrics_seconds(text, NULL, (double)counts.down_ms / MS_A_SECOND);
	metrics_family(text, METRICS_COUNTER, "weir_redis_failures_total",
		       "Questions and connections that failed, by reason.");
	for (int i = 0; i < REDIS_FAILURES; i++)
		metrics_number(
			text,
			LABELS({ "reason",
				 redis_failure_name((enum redis_failure)i) }),
			counts.failures[i]);
}

static void put_ledger(struct metrics_text *text, struct ledger *ledger)
{
	struct ledger_totals totals;

	ledger_count(ledger, &totals);
	metrics_gauge(text, "weir_local_counting",
		      "1: this milter counts by itself, without Redis.",
		      ledger_is_counting(ledger));
	metrics_gauge(text, "weir_ledger_windows",
		      "Windows that this milter keeps for an outage of Redis.",
		      totals.windows);
	metrics_gauge(text, "weir_unsynced_windows",
		      "Of these, windows with charges that Redis lacks.",
		      totals.owed);
	metrics_counter(text, "weir_ledger_forgotten_total",
			"Windows dropped from the ledger to make room.",
			totals.forgotten);
	metrics_counter(text, "weir_unsynced_lost_total",
			"Of these, windows with charges that Redis lacked.",
			totals.unsynced_lost);
}

/* Of each kind, in force now. */
static void put_orders(struct metrics_text *text, struct policy *policy)
{
	static const enum order_kind kinds[] = { ORDER_BLOCK, ORDER_PERMIT,
						 ORDER_OVERRIDE };
	struct orders *orders = policy_orders(policy);
	size_t count = orders == NULL ? 0 : orders_count(orders);
	uint64_t now_ms = clock_steady_ms(), in_force[3] = { 0 };

	for (size_t i = 0; i < count; i++) {
		const struct order *order = orders_at(orders, i);

		in_force[order->kind] += order_is_in_force(order, now_ms);
	}
	orders_release(&orders);
	metrics_family(text, METRICS_GAUGE, "weir_orders_in_force",
		       "Orders of operators that this milter applies.");
	for (size_t i = 0; i < 3; i++)
		metrics_number(text,
			       LABELS({ "kind", order_kind_name(kinds[i]) }),
			       in_force[kinds[i]]);
}

static void put_now(struct metrics_text *text, struct service *service)
{
	/* closed first: there are never more of these */
	uint64_t closed = atomic_load(&service->sessions_closed);
	uint64_t opened = atomic_load(&service->sessions_opened);

	metrics_gauge(text, "weir_sessions",
		      "Sessions that MTAs have open now.", opened - closed);
	metrics_counter(text, "weir_sessions_opened_total",
			"Sessions that MTAs have opened.", opened);
	metrics_gauge(text, "weir_messages_in_progress",
		      "Messages between MAIL and their end.",
		      atomic_load(&service->messages));
	metrics_gauge(
		text, "weir_windows_near_limit",
		"Windows seen at half of their max or above, or refusing, "
		"in the last minute.",
		policy_count_near(service->policy, clock_steady_ms()));
	put_orders(text, service->policy);
	metrics_gauge(text, "weir_orders_version",
		      "Version of the order book that this milter has read.",
		      atomic_load(&service->orders_version));
}

static void put_journal(struct metrics_text *text, struct journal *journal)
{
	struct journal_counts counts;

	if (journal == NULL)
		return;
	journal_count(journal, &counts);
	metrics_family(text, METRICS_COUNTER, "weir_journal_records_total",
		       "Records written to the journal, by kind.");
	for (int i = 0; i < JOURNAL_KINDS; i++)
		metrics_number(text,
			       LABELS({ "kind", journal_kind_name((
							enum journal_kind)i) }),
			       counts.written[i]);
	metrics_counter(text, "weir_journal_lost_records_total",
			"Records that could not be written and were dropped.",
			counts.lost_acts + counts.lost_samples);
	metrics_family(text, METRICS_HISTOGRAM, "weir_journal_fsync_seconds",
		       "How long the disk took to confirm what was written.");
	metrics_waits(text, NULL, &counts.syncs);
	metrics_gauge(text, "weir_journal_writable",
		      "0: the last write to the journal failed.",
		      counts.is_written);
}

static void put_left_out(struct metrics_text *text, struct service *service)
{
	metrics_counter(text, "weir_log_lines_left_out_total",
			"Messages without a line of their own in the log, "
			"because a summary counts them.",
			verdict_log_left_out(service->verdict_log));
	metrics_counter(text, "weir_watch_left_out_total",
			"Events that weirctl watch did not show.",
			watch_channel_left_out(service->watch));
	metrics_counter(text, "weir_samples_left_out_total",
			"Samples that evidence had no room for.",
			evidence_left_out(service->evidence));
}

char *metrics_page(struct service *service, enum metrics_format format,
		   size_t *length_r)
{
	struct metrics_text *text = metrics_text_new(format);
	struct metrics_counts *counts = alloc_zero(sizeof(*counts));

	metrics_count(service->metrics, counts);
	put_process(text, service);
	put_counts(text, counts);
	put_redis(text, service->redis);
	put_ledger(text, service->ledger);
	put_now(text, service);
	put_journal(text, service->journal.journal);
	put_left_out(text, service);
	metrics_process(text);
	free(counts);
	return metrics_text_end(&text, length_r);
}
