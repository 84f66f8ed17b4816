/* SPDX-License-Identifier: ISC */

/* Every millisecond here is named; no test waits for one. */
#include <inttypes.h>
#include <stdlib.h>

#include <check.h>

#include "lib/store/window.h"
#include "t/lib/traffic.h"

#define WEEK_MS	    UINT64_C(604800000)
#define NOON	    UINT64_C(1700000040000) /* a multiple of a minute */
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	uint64_t per_ms, width_ms;
	unsigned int slots;
} shapes[] = {
	{ 1, 1, 2 },
	{ 2, 1, 3 },
	{ 59, 1, 60 },
	{ 60, 1, 61 },
	{ 61, 2, 32 },
	{ 120, 2, 61 },
	{ 1000, 17, 60 },
	{ 60000, 1000, 61 },
	{ 61001, 1017, 61 },
	{ 3600000, 60000, 61 },
	{ WEEK_MS, 10080000, 61 },
	{ UINT64_C(1) << 53, 150119987579017, 61 },
};

START_TEST(shape_of_a_span)
{
	struct window_shape found = window_shape_of(shapes[_i].per_ms);

	ck_assert_uint_eq(found.width_ms, shapes[_i].width_ms);
	ck_assert_uint_eq(found.slots, shapes[_i].slots);
	ck_assert_uint_le(found.slots, WINDOW_SLOTS_MAX);
}
END_TEST

/* Whatever the time is within its bucket, the ring reaches back over per; and
 * not further than is promised. */
START_TEST(shape_covers_what_it_promises)
{
	for (uint64_t per_ms = 1; per_ms < 200000; per_ms++) {
		struct window_shape shape = window_shape_of(per_ms);
		uint64_t covered_ms = (shape.slots - 1) * shape.width_ms;
		uint64_t late_ms = covered_ms + shape.width_ms - per_ms;

		ck_assert_uint_ge(covered_ms, per_ms);
		ck_assert_uint_lt(late_ms, 2 * shape.width_ms);
		ck_assert_uint_lt(late_ms, shape.width_ms + 60);
		ck_assert_uint_ge(shape.slots, 2);
		ck_assert_uint_le(shape.slots, WINDOW_SLOTS_MAX);
	}
}
END_TEST

/* 10 is charged at NOON and 1 a second later, in a minute of 61 slots; then
 * the clock is moved by so much from NOON. */
static const struct {
	int64_t moved_ms;
	uint64_t used;
} moves[] = {
	{ 0, 10 },	   /* back a second: the 1 is dated in the future */
	{ 999, 10 },	   /* the same bucket */
	{ 1000, 11 },	   /* nothing moves */
	{ 1999, 11 },	   /* nothing moves */
	{ 2000, 11 },	   /* forward */
	{ 60999, 11 },	   /* the oldest bucket, counted whole */
	{ 61000, 1 },	   /* it has left */
	{ 61999, 1 },	   /* the last of the second */
	{ 62000, 0 },	   /* it has left, too */
	{ 122000, 0 },	   /* a whole turn of the ring */
	{ 123000, 0 },	   /* and one more */
	{ 864000000, 0 },  /* ten days */
	{ -1, 0 },	   /* back before all of it */
	{ -60000, 0 },	   /* back by a whole window */
	{ -61000, 0 },	   /* back by the ring */
	{ -864000000, 0 }, /* back by ten days */
};

START_TEST(move)
{
	struct window_shape shape = window_shape_of(60000);
	uint64_t now_ms = NOON + (uint64_t)moves[_i].moved_ms;
	uint64_t sum = 0;
	struct window window;

	window_init(&window, &shape, NOON);
	window_add(&window, &shape, 10);
	window_move(&window, &shape, NOON + 1000);
	window_add(&window, &shape, 1);
	window_move(&window, &shape, now_ms);
	ck_assert_uint_eq(window.used, moves[_i].used);
	ck_assert_uint_eq(window.head, now_ms / 1000);
	for (unsigned int i = 0; i < WINDOW_SLOTS_MAX; i++)
		sum += window.buckets[i];
	ck_assert_uint_eq(sum, window.used);
}
END_TEST

/* A clock that was set back and comes forward again: what was dropped stays
 * dropped, what was kept leaves when its time has come. */
START_TEST(clock_set_back)
{
	struct window_shape shape = window_shape_of(60000);
	struct window window;

	window_init(&window, &shape, NOON);
	window_add(&window, &shape, 5);
	window_move(&window, &shape, NOON + 30000);
	window_add(&window, &shape, 7);
	window_move(&window, &shape, NOON + 10000);
	ck_assert_uint_eq(window.used, 5);
	window_add(&window, &shape, 1);
	window_move(&window, &shape, NOON + 30000);
	ck_assert_uint_eq(window.used, 6);
	window_move(&window, &shape, NOON + 61000);
	ck_assert_uint_eq(window.used, 1);
	window_move(&window, &shape, NOON + 71000);
	ck_assert_uint_eq(window.used, 0);
}
END_TEST

START_TEST(starts_at_the_epoch)
{
	struct window_shape shape = window_shape_of(60000);
	struct window window;

	window_init(&window, &shape, 0);
	window_add(&window, &shape, 3);
	ck_assert_uint_eq(window_wait(&window, &shape, 0, 1, 3), 61000);
	window_move(&window, &shape, 60999);
	ck_assert_uint_eq(window.used, 3);
	window_move(&window, &shape, 61000);
	ck_assert_uint_eq(window.used, 0);
}
END_TEST

static const struct {
	uint64_t used, cost, max;
	bool has_room;
} rooms[] = {
	{ 0, 1, 1, true },
	{ 0, 1, 0, false },
	{ 0, 0, 0, true },
	{ 1, 1, 1, false },
	{ 1, 0, 1, true },
	{ 2, 0, 1, false }, /* max was lowered */
	{ 99, 1, 100, true },
	{ 99, 2, 100, false },
	{ 100, 1, 100, false },
	{ 0, 101, 100, false },
	{ WINDOW_COUNT_MAX - 1, 1, WINDOW_COUNT_MAX, true },
	{ WINDOW_COUNT_MAX, 1, WINDOW_COUNT_MAX, false },
	{ WINDOW_COUNT_MAX, WINDOW_COUNT_MAX, WINDOW_COUNT_MAX, false },
	{ 0, WINDOW_COUNT_MAX, WINDOW_COUNT_MAX, true },
};

START_TEST(room)
{
	struct window_shape shape = window_shape_of(60000);
	struct window window;

	window_init(&window, &shape, NOON);
	window_add(&window, &shape, rooms[_i].used);
	ck_assert_int_eq(
		window_has_room(&window, rooms[_i].cost, rooms[_i].max),
		rooms[_i].has_room);
}
END_TEST

START_TEST(sums_stop_at_the_last_exact_integer)
{
	struct window_shape shape = window_shape_of(60000);
	struct window window;

	window_init(&window, &shape, NOON);
	window_add(&window, &shape, 5);
	window_move(&window, &shape, NOON + 1000);
	window_add(&window, &shape, WINDOW_COUNT_MAX);
	ck_assert_uint_eq(window.used, WINDOW_COUNT_MAX);
	window_add(&window, &shape, 1);
	ck_assert_uint_eq(window.used, WINDOW_COUNT_MAX);
	window_move(&window, &shape, NOON + 61000);
	ck_assert_uint_eq(window.used, WINDOW_COUNT_MAX - 5);
	window_move(&window, &shape, NOON + 62000);
	ck_assert_uint_eq(window.used, 0);
}
END_TEST

/* 4 at NOON, 3 ten seconds later, 2 twenty seconds later, asked at NOON + 20.5
 * seconds: the buckets leave at 61, 71 and 81 seconds. */
static const struct {
	uint64_t cost, max, wait_ms;
} waits[] = {
	{ 1, 10, 0 },
	{ 1, 9, 61000 - 20500 },
	{ 4, 9, 61000 - 20500 },
	{ 5, 9, 71000 - 20500 },
	{ 7, 9, 71000 - 20500 },
	{ 8, 9, 81000 - 20500 },
	{ 9, 9, 81000 - 20500 },
	{ 10, 9, WINDOW_NEVER },
	{ 1, 0, WINDOW_NEVER },
	{ 0, 0, 81000 - 20500 },
	{ 0, 8, 61000 - 20500 },
	{ 0, 9, 0 },
	{ 1, 3, 71000 - 20500 },
	{ 1, 1, 81000 - 20500 },
};

START_TEST(wait_for_room)
{
	struct window_shape shape = window_shape_of(60000);
	uint64_t cost = waits[_i].cost, max = waits[_i].max;
	uint64_t now_ms = NOON + 20500;
	uint64_t wait_ms = waits[_i].wait_ms;
	struct window window;

	window_init(&window, &shape, NOON);
	window_add(&window, &shape, 4);
	window_move(&window, &shape, NOON + 10000);
	window_add(&window, &shape, 3);
	window_move(&window, &shape, NOON + 20500);
	window_add(&window, &shape, 2);
	ck_assert_uint_eq(window_wait(&window, &shape, now_ms, cost, max),
			  wait_ms);
	if (wait_ms == 0 || wait_ms == WINDOW_NEVER)
		return;
	/* not a millisecond sooner, and not one later */
	window_move(&window, &shape, now_ms + wait_ms - 1);
	ck_assert(!window_has_room(&window, cost, max));
	window_move(&window, &shape, now_ms + wait_ms);
	ck_assert(window_has_room(&window, cost, max));
}
END_TEST

/* The same for rings of all shapes, full of random charges. */
START_TEST(wait_is_exact)
{
	struct traffic_random random = { .state = 4711 };
	struct window_shape shape = window_shape_of(shapes[_i].per_ms);
	uint64_t now_ms = NOON;
	struct window window, later;

	if (shapes[_i].per_ms > WEEK_MS)
		return;
	window_init(&window, &shape, now_ms);
	for (unsigned int i = 0; i < 2000; i++) {
		uint64_t cost = 1 + traffic_random_below(&random, 20);
		uint64_t wait_ms;

		now_ms += traffic_random_step(&random, shapes[_i].per_ms);
		window_move(&window, &shape, now_ms);
		wait_ms = window_wait(&window, &shape, now_ms, cost, 30);
		if (wait_ms == 0) {
			window_add(&window, &shape, cost);
			continue;
		}
		later = window;
		window_move(&later, &shape, now_ms + wait_ms - 1);
		ck_assert(!window_has_room(&later, cost, 30));
		window_move(&later, &shape, now_ms + wait_ms);
		ck_assert(window_has_room(&later, cost, 30));
	}
}
END_TEST

/* The arithmetic alone as a meter of traffic. */
struct bare_meter {
	struct traffic_meter meter; /* first */
	bool is_empty;
	struct window window;
};

static void bare_start(struct traffic_meter *meter)
{
	((struct bare_meter *)(void *)meter)->is_empty = true;
}

static bool bare_charge(struct traffic_meter *meter,
			const struct window_shape *shape, uint64_t cost,
			uint64_t max, uint64_t now_ms, uint64_t *wait_ms_r)
{
	struct bare_meter *bare = (struct bare_meter *)(void *)meter;

	if (bare->is_empty)
		window_init(&bare->window, shape, now_ms);
	bare->is_empty = false;
	window_move(&bare->window, shape, now_ms);
	*wait_ms_r = window_wait(&bare->window, shape, now_ms, cost, max);
	if (!window_has_room(&bare->window, cost, max))
		return false;
	window_add(&bare->window, shape, cost);
	return true;
}

static struct bare_meter bare = { .meter = { .start = bare_start,
					     .charge = bare_charge } };

START_TEST(promise)
{
	traffic_check_all(&bare.meter, 1);
}
END_TEST

START_TEST(promise_on_random_plans)
{
	struct traffic_random random = { .state = 20260416 };

	for (unsigned int i = 0; i < 300; i++) {
		struct traffic_plan plan = { .messages = 300 };
		uint64_t magnitude = traffic_random_below(&random, 22);

		plan.seed = traffic_random_next(&random) >> 32 | 1;
		plan.per_ms = 1 + traffic_random_below(
					  &random, UINT64_C(4) << magnitude);
		plan.max = 1 + traffic_random_below(&random, 50);
		plan.most_cost = plan.max / 3 + 2;
		traffic_check(&bare.meter, &plan);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("window");
	TCase *tcase = tcase_create("window");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, shape_of_a_span, 0, COUNT_OF(shapes));
	tcase_add_test(tcase, shape_covers_what_it_promises);
	tcase_add_loop_test(tcase, move, 0, COUNT_OF(moves));
	tcase_add_test(tcase, clock_set_back);
	tcase_add_test(tcase, starts_at_the_epoch);
	tcase_add_loop_test(tcase, room, 0, COUNT_OF(rooms));
	tcase_add_test(tcase, sums_stop_at_the_last_exact_integer);
	tcase_add_loop_test(tcase, wait_for_room, 0, COUNT_OF(waits));
	tcase_add_loop_test(tcase, wait_is_exact, 0, COUNT_OF(shapes));
	tcase_add_test(tcase, promise);
	tcase_add_test(tcase, promise_on_random_plans);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
