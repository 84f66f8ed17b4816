/* SPDX-License-Identifier: ISC */

/* The heavy hitters of a stream, against exact counts. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/watch/sketch.h"

#define VALUES 200

static struct sketch sketch;

static void start(void)
{
	memset(&sketch, 0, sizeof(sketch));
}

static void stop(void)
{
	sketch_clear(&sketch);
}

static const struct sketch_counter *counter_of(const struct sketch *of,
					       const char *value)
{
	for (size_t i = 0; i < of->used; i++)
		if (strcmp(of->counters[i].value, value) == 0)
			return &of->counters[i];
	return NULL;
}

START_TEST(empty)
{
	ck_assert_ptr_null(sketch_top(&sketch));
	ck_assert_uint_eq(sketch.total, 0);
}
END_TEST

START_TEST(few_values_are_exact)
{
	char value[2] = "a";

	for (int i = 0; i < SKETCH_COUNTERS; i++) {
		value[0] = (char)('a' + i);
		sketch_add(&sketch, value, (uint64_t)i + 1);
	}
	ck_assert_uint_eq(sketch.used, SKETCH_COUNTERS);
	ck_assert_uint_eq(sketch.total, 36);
	ck_assert_str_eq(sketch_top(&sketch)->value, "h");
	for (int i = 0; i < SKETCH_COUNTERS; i++) {
		value[0] = (char)('a' + i);
		ck_assert_uint_eq(counter_of(&sketch, value)->count,
				  (uint64_t)i + 1);
		ck_assert_uint_eq(counter_of(&sketch, value)->error, 0);
	}
}
END_TEST

START_TEST(of_equals_the_first)
{
	sketch_add(&sketch, "b", 3);
	sketch_add(&sketch, "a", 3);
	ck_assert_str_eq(sketch_top(&sketch)->value, "b");
}
END_TEST

/* A stream of its own for each seed; its last value is heavy in some. */
static unsigned int next_value(unsigned int seed, unsigned int random)
{
	if (random % 100 < seed % 30)
		return VALUES - 1;
	return random / 100 % (seed % 2 == 0 ? VALUES : 12);
}

static void expect_bounds(const uint64_t exact[VALUES])
{
	char value[16];

	for (unsigned int i = 0; i < VALUES; i++) {
		const struct sketch_counter *counter;

		snprintf(value, sizeof(value), "%u", i);
		counter = counter_of(&sketch, value);
		if (counter == NULL) {
			ck_assert_uint_le(exact[i] * SKETCH_COUNTERS,
					  sketch.total);
			continue;
		}
		ck_assert_uint_ge(counter->count, exact[i]);
		ck_assert_uint_le(counter->count - counter->error, exact[i]);
	}
}

START_TEST(a_heavy_hitter_is_never_missed)
{
	for (unsigned int seed = 1; seed <= 60; seed++) {
		uint64_t exact[VALUES] = { 0 };
		unsigned int random = seed;
		char value[16];

		for (int i = 0; i < 2000; i++) {
			random = random * 1103515245 + 12345;
			unsigned int which = next_value(seed, random >> 8);

			snprintf(value, sizeof(value), "%u", which);
			sketch_add(&sketch, value, 1);
			exact[which]++;
		}
		ck_assert_uint_eq(sketch.total, 2000);
		expect_bounds(exact);
		sketch_clear(&sketch);
	}
}
END_TEST

START_TEST(taken_once)
{
	struct sketch taken;

	sketch_add(&sketch, "a", 5);
	sketch_add(&sketch, "b", 2);
	sketch_take(&sketch, &taken);
	ck_assert_uint_eq(taken.total, 7);
	ck_assert_uint_eq(counter_of(&taken, "a")->count, 5);
	sketch_clear(&taken);
	sketch_add(&sketch, "b", 1);
	sketch_take(&sketch, &taken);
	ck_assert_uint_eq(taken.used, 1);
	ck_assert_uint_eq(counter_of(&taken, "b")->count, 1);
	sketch_clear(&taken);
	ck_assert_uint_eq(sketch.total, 8);
	sketch_untake(&sketch);
	sketch_take(&sketch, &taken);
	ck_assert_uint_eq(taken.total, 8);
	sketch_clear(&taken);
}
END_TEST

/* Whoever takes a place over has not had what was there before. */
START_TEST(a_new_value_is_taken_with_its_own)
{
	struct sketch taken;
	char value[2] = "a";

	for (int i = 0; i < SKETCH_COUNTERS; i++) {
		value[0] = (char)('a' + i);
		sketch_add(&sketch, value, 10);
	}
	sketch_add(&sketch, "new", 1);
	ck_assert_uint_eq(counter_of(&sketch, "new")->count, 11);
	ck_assert_uint_eq(counter_of(&sketch, "new")->error, 10);
	sketch_take(&sketch, &taken);
	ck_assert_uint_eq(counter_of(&taken, "new")->count, 1);
	sketch_clear(&taken);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sketch");
	TCase *tests = tcase_create("sketch");

	tcase_add_checked_fixture(tests, start, stop);
	tcase_add_test(tests, empty);
	tcase_add_test(tests, few_values_are_exact);
	tcase_add_test(tests, of_equals_the_first);
	tcase_add_test(tests, a_heavy_hitter_is_never_missed);
	tcase_add_test(tests, taken_once);
	tcase_add_test(tests, a_new_value_is_taken_with_its_own);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
