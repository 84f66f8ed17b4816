/* SPDX-License-Identifier: ISC */

/* Debts that come home, to a Redis of the test's own. */
#include <stdio.h>

#include "lib/ledger/deliver.h"
#include "lib/store/window.h"
#include "t/fleet/fleet_way.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define DAY_MS UINT64_C(86400000)
#define KEY    "{all}:total:1d"

static void start(void)
{
	redis = client_new();
}

static void stop(void)
{
	redis_client_free(&redis);
}

/* One debt of count in a window of a day, charged at charged_ms. */
static void deliver_old(const char *name, uint64_t number, uint64_t count,
			uint64_t charged_ms, uint64_t now_ms)
{
	struct deliver target = { redis, "weir", name };
	struct window_shape shape = window_shape_of(DAY_MS);
	struct window window;
	struct ledger_unsynced owed_window = { .key = KEY,
					       .key_length = strlen(KEY),
					       .shape = shape,
					       .window = &window };
	const struct ledger_delivery delivery = { .number = number,
						  .unsynced = &owed_window,
						  .count = 1,
						  .now_ms = now_ms };
	size_t done = 0;

	window_init(&window, &shape, charged_ms);
	window_add(&window, &shape, count);
	window_move(&window, &shape, now_ms);
	ck_assert(deliver_unsynced(&target, &delivery, &done));
	ck_assert_uint_eq(done, 1);
}

static void deliver(const char *name, uint64_t number, uint64_t count,
		    uint64_t now_ms)
{
	deliver_old(name, number, count, now_ms, now_ms);
}

static long long used(void)
{
	return redis_server_integer(&server, "HINCRBY weir:" KEY " used 0");
}

/* So much this milter alone has charged: what Redis lacks of it is added, once,
 * whatever the buckets are that it stands in. */
START_TEST(a_floor_is_filled_up)
{
	struct deliver target = { redis, "weir", "floor" };
	struct window_shape shape = window_shape_of(DAY_MS);
	uint64_t now_ms = DAY_MS * 3 + 7, bucket = now_ms / shape.width_ms;
	struct window window;
	struct ledger_unsynced owed_window = { .key = KEY,
					       .key_length = strlen(KEY),
					       .shape = shape,
					       .window = &window,
					       .floor = { 50, bucket } };
	struct ledger_delivery delivery = { .number = 1,
					    .unsynced = &owed_window,
					    .count = 1,
					    .now_ms = now_ms };
	size_t done = 0;

	redis_server_integer(&server, "DEL weir:" KEY);
	deliver_old("floor", 100, 20, now_ms - 3 * shape.width_ms, now_ms);
	deliver("floor", 101, 10, now_ms);
	window_init(&window, &shape, now_ms);
	ck_assert(deliver_unsynced(&target, &delivery, &done));
	ck_assert_int_eq(used(), 50);
	delivery.number = 2;
	ck_assert(deliver_unsynced(&target, &delivery, &done));
	ck_assert_int_eq(used(), 50);
	owed_window.floor.used = 40;
	delivery.number = 3;
	ck_assert(deliver_unsynced(&target, &delivery, &done));
	ck_assert_int_eq(used(), 50);
}
END_TEST

/* The clock of the debts is steady: it begins when the machine does, so that
 * its first buckets have small numbers. */
START_TEST(a_unsynced_counts_once_at_any_time)
{
	static const uint64_t now_ms[] = { 0,
					   1,
					   600000,
					   DAY_MS / 60,
					   DAY_MS / 60 * 5 + 7,
					   DAY_MS - 1,
					   DAY_MS,
					   DAY_MS + DAY_MS / 30,
					   400 * DAY_MS };

	for (int i = 0; i < COUNT_OF(now_ms); i++) {
		redis_server_integer(&server, "DEL weir:" KEY);
		deliver("once", (uint64_t)i + 1, 7, now_ms[i]);
		ck_assert_msg(used() == 7, "at %llu ms: %lld, not 7",
			      (unsigned long long)now_ms[i], used());
	}
}
END_TEST

START_TEST(a_delivery_that_comes_again_changes_nothing)
{
	redis_server_integer(&server, "DEL weir:" KEY);
	deliver("again", 1, 3, DAY_MS * 2);
	deliver("again", 1, 3, DAY_MS * 2 + 40);
	ck_assert_int_eq(used(), 3);
	deliver("again", 2, 4, DAY_MS * 2 + 80);
	deliver("another", 1, 5, DAY_MS * 2 + 80);
	ck_assert_int_eq(used(), 12);
}
END_TEST

/* What is charged behind an old debt, in the bucket of now, is not to go with
 * it: nobody gives the key a longer life before the next bucket. */
START_TEST(a_window_outlives_an_old_unsynced)
{
	uint64_t bucket_ms = window_shape_of(DAY_MS).width_ms;

	redis_server_integer(&server, "DEL weir:" KEY);
	deliver_old("old", 1, 7, DAY_MS, DAY_MS + 58 * bucket_ms);
	ck_assert_int_eq(used(), 7);
	ck_assert_int_ge(redis_server_integer(&server, "PTTL weir:" KEY),
			 (long long)(DAY_MS - bucket_ms));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("settle");
	TCase *tcase = tcase_create("settle");

	tcase_add_unchecked_fixture(tcase, start_server, stop_server);
	tcase_add_checked_fixture(tcase, start, stop);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_unsynced_counts_once_at_any_time);
	tcase_add_test(tcase, a_delivery_that_comes_again_changes_nothing);
	tcase_add_test(tcase, a_window_outlives_an_old_unsynced);
	tcase_add_test(tcase, a_floor_is_filled_up);
	suite_add_tcase(suite, tcase);
	return check_run_apart(suite);
}
