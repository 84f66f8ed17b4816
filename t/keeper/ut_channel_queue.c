/* SPDX-License-Identifier: ISC */

/* What waits on a channel: which is tried, when, and what becomes of the rest.
 * Time is an argument, so no test waits. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "milter/keeper/channel_queue.h"
#include "milter/keeper/channel_rounds.h"

#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define NOW_MS (100 * HOUR)
#define MIDDLE 512 /* no jitter: a pause as it is */

static struct channel_queue queue;
static const struct channel_try later = { .times = &channel_times_usual };

static void stop(void)
{
	while (queue.first != NULL) {
		struct channel_item *item = queue.first;

		channel_queue_remove(&queue, item);
		channel_item_free(&item);
	}
	memset(&queue, 0, sizeof(queue));
}

static struct channel_item *item_of(const char *uid, uint64_t token,
				    uint64_t now_ms)
{
	const struct alert alert = { .act = ALERT_OPENED,
				     .uid = uid,
				     .prefix = "weir" };

	return channel_item_new(&alert, token, now_ms);
}

/* The token of what had to go; 0: nothing. */
static uint64_t add(const char *uid, uint64_t token, uint64_t now_ms,
		    bool *is_replaced_r)
{
	struct channel_item *gone = channel_queue_add(
		&queue, item_of(uid, token, now_ms));
	uint64_t gone_token = gone == NULL ? 0 : gone->token;

	*is_replaced_r = gone != NULL && gone->is_replaced;
	channel_item_free(&gone);
	return gone_token;
}

static uint64_t pick(uint64_t now_ms, uint64_t *wait_ms_r)
{
	struct channel_item *item = channel_queue_pick(&queue, now_ms,
						       wait_ms_r);

	return item == NULL ? 0 : item->token;
}

START_TEST(newest_state)
{
	bool is_replaced;
	uint64_t wait_ms;

	ck_assert_uint_eq(add("1-17", 1, NOW_MS, &is_replaced), 0);
	ck_assert_uint_eq(add("1-18", 2, NOW_MS, &is_replaced), 0);
	ck_assert_uint_eq(add("1-17", 3, NOW_MS, &is_replaced), 1);
	ck_assert(is_replaced);
	ck_assert_uint_eq(queue.count, 2);
	ck_assert_uint_eq(pick(NOW_MS, &wait_ms), 2);
}
END_TEST

/* What is tried just now cannot be replaced; then it is seen that it is old. */
START_TEST(newer_while_it_runs)
{
	struct channel_item *item;
	bool is_replaced;
	uint64_t wait_ms;

	add("1-17", 1, NOW_MS, &is_replaced);
	item = channel_queue_pick(&queue, NOW_MS, &wait_ms);
	item->is_running = true;
	ck_assert(!channel_queue_has_newer(&queue, item));
	ck_assert_uint_eq(add("1-17", 2, NOW_MS, &is_replaced), 0);
	item->is_running = false;
	ck_assert(channel_queue_has_newer(&queue, item));
}
END_TEST

/* 5 s, 15 s, 45 s, 2, 5, 15 min, and every 15 min until a day is over. */
START_TEST(pauses)
{
	static const uint64_t wanted[] = { 5 * SECOND, 15 * SECOND, 45 * SECOND,
					   2 * MINUTE, 5 * MINUTE,  15 * MINUTE,
					   15 * MINUTE };
	struct channel_item *item;
	uint64_t now_ms = NOW_MS, wait_ms, pause_ms;
	bool is_replaced;

	add("1-17", 1, NOW_MS, &is_replaced);
	item = queue.first;
	item->first_try_ms = NOW_MS;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		item->tries++;
		pause_ms = channel_queue_delay(&queue, item, &later, now_ms,
					       MIDDLE);
		ck_assert_uint_eq(pause_ms, wanted[i]);
		ck_assert_uint_eq(pick(now_ms + pause_ms - 1, &wait_ms), 0);
		ck_assert_uint_eq(wait_ms, 1);
		now_ms += pause_ms;
		ck_assert_uint_eq(pick(now_ms, &wait_ms), 1);
	}
	ck_assert_uint_eq(channel_queue_delay(&queue, item, &later,
					      NOW_MS + 24 * HOUR - 14 * MINUTE,
					      MIDDLE),
			  0);
}
END_TEST

START_TEST(jitter)
{
	struct channel_item *item;
	bool is_replaced;
	uint64_t pause_ms;

	add("1-17", 1, NOW_MS, &is_replaced);
	item = queue.first;
	item->first_try_ms = NOW_MS;
	item->tries = 1;
	pause_ms = channel_queue_delay(&queue, item, &later, NOW_MS,
				       (uint32_t)_i * 128);
	ck_assert_uint_ge(pause_ms, 4 * SECOND);
	ck_assert_uint_lt(pause_ms, 6 * SECOND);
}
END_TEST

/* Retry-After is for all that waits there, and is not believed for ever. */
START_TEST(retry_after)
{
	struct channel_try way = later;
	struct channel_item *item;
	uint64_t wait_ms;
	bool is_replaced;

	add("1-17", 1, NOW_MS, &is_replaced);
	item = queue.first;
	item->first_try_ms = NOW_MS;
	item->tries = 1;
	way.hold_ms = 30 * SECOND;
	ck_assert_uint_eq(
		channel_queue_delay(&queue, item, &way, NOW_MS, MIDDLE),
		30 * SECOND);
	add("1-18", 2, NOW_MS, &is_replaced);
	ck_assert_uint_eq(pick(NOW_MS + 29 * SECOND, &wait_ms), 0);
	ck_assert_uint_eq(wait_ms, SECOND);
	/* and the new one goes first */
	ck_assert_uint_eq(pick(NOW_MS + 30 * SECOND, &wait_ms), 2);
	way.hold_ms = UINT64_MAX;
	ck_assert_uint_eq(
		channel_queue_delay(&queue, item, &way, NOW_MS, MIDDLE), HOUR);
}
END_TEST

START_TEST(bounded)
{
	bool is_replaced;

	for (uint64_t i = 1; i <= CHANNEL_QUEUE_MAX; i++) {
		char uid[24];

		(void)snprintf(uid, sizeof(uid), "1-%d", (int)i);
		ck_assert_uint_eq(add(uid, i, NOW_MS, &is_replaced), 0);
	}
	ck_assert_uint_eq(add("2-1", 5000, NOW_MS, &is_replaced), 1);
	ck_assert(!is_replaced);
	ck_assert_uint_eq(queue.count, CHANNEL_QUEUE_MAX);
}
END_TEST

/* Who has told an alert that several channels got. */

START_TEST(last_of_a_round)
{
	struct channel_rounds rounds = { 0 };

	channel_rounds_add(&rounds, 7, 2, NOW_MS, false);
	ck_assert(!channel_rounds_finish(&rounds, 7, false));
	ck_assert(channel_rounds_finish(&rounds, 7, true));
	ck_assert_ptr_null(channel_rounds_untold(&rounds, NOW_MS + HOUR, 1));
	ck_assert_ptr_null(rounds.first);
}
END_TEST

/* All have failed for long, or all have given up; said once. */
START_TEST(nobody_told)
{
	struct channel_rounds rounds = { 0 };

	channel_rounds_add(&rounds, 7, 2, NOW_MS, false);
	channel_rounds_fail(&rounds, 7);
	ck_assert_ptr_null(
		channel_rounds_untold(&rounds, NOW_MS + HOUR, MINUTE));
	channel_rounds_fail(&rounds, 7);
	ck_assert_ptr_null(
		channel_rounds_untold(&rounds, NOW_MS + MINUTE - 1, MINUTE));
	ck_assert_ptr_nonnull(
		channel_rounds_untold(&rounds, NOW_MS + MINUTE, MINUTE));
	ck_assert_ptr_null(
		channel_rounds_untold(&rounds, NOW_MS + MINUTE, MINUTE));
	channel_rounds_add(&rounds, 8, 1, NOW_MS, false);
	channel_rounds_fail(&rounds, 8);
	ck_assert(channel_rounds_finish(&rounds, 8, false));
	ck_assert_uint_eq(channel_rounds_untold(&rounds, NOW_MS, MINUTE)->token,
			  8);
	channel_rounds_clear(&rounds);
}
END_TEST

START_TEST(test_is_no_alarm)
{
	struct channel_rounds rounds = { 0 };

	channel_rounds_add(&rounds, 7, 1, NOW_MS, true);
	channel_rounds_fail(&rounds, 7);
	ck_assert(channel_rounds_finish(&rounds, 7, false));
	ck_assert_ptr_null(channel_rounds_untold(&rounds, NOW_MS + HOUR, 1));
	channel_rounds_clear(&rounds);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("channel_queue");
	TCase *cases = tcase_create("queue");

	tcase_add_checked_fixture(cases, NULL, stop);
	tcase_add_test(cases, newest_state);
	tcase_add_test(cases, newer_while_it_runs);
	tcase_add_test(cases, pauses);
	tcase_add_loop_test(cases, jitter, 0, 9);
	tcase_add_test(cases, retry_after);
	tcase_add_test(cases, bounded);
	tcase_add_test(cases, last_of_a_round);
	tcase_add_test(cases, nobody_told);
	tcase_add_test(cases, test_is_no_alarm);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
