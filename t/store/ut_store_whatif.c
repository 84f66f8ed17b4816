/* SPDX-License-Identifier: ISC */

/*
 * Two stores that hold the same: one is asked dry, the other for good, and the
 * answers are compared. What was asked for good is then done to the first as
 * well, and it goes on.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/store/store_whatif.h"
#include "lib/store/store_memory.h"

#define COUNT_OF(rows) (sizeof(rows) / sizeof((rows)[0]))
#define WINDOWS	       5 /* of limits */
#define CHARGES	       (WINDOWS + 2)
#define START_MS       UINT64_C(1700000040000)

static const char *const keys[] = { "a", "b", "ab", "c", "d", "p1", "p2" };
static const uint64_t spans_ms[] = { 60000, 7,	   3600000, 1000,
				     60000, 90000, 90000 };

static struct store *asked_dry, *asked, *dry;
static uint64_t now_ms;
static uint64_t state = 88172645463325252u;

static uint64_t below(uint64_t bound)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % bound;
}

static void setup(void)
{
	asked_dry = store_memory_new(100);
	asked = store_memory_new(100);
	dry = store_whatif_new(asked_dry);
	now_ms = START_MS;
}

static void teardown(void)
{
	store_free(&dry);
	store_free(&asked);
	store_free(&asked_dry);
}

static struct charge charge_of(size_t window, uint64_t cost, uint64_t max)
{
	return (struct charge){ .key = keys[window],
				.key_length = strlen(keys[window]),
				.shape = window_shape_of(spans_ms[window]),
				.cost = cost,
				.max = max,
				.stops = true };
}

/* what a message asks, by hand */

static enum store_answer ask(struct store *store, enum store_question question,
			     struct charge *charge)
{
	return store_ask(store, question, charge, 1, now_ms);
}

START_TEST(test_nothing_is_charged)
{
	struct charge charge = charge_of(0, 1, 10);

	ck_assert_int_eq(ask(dry, STORE_CHARGE, &charge), STORE_ADMITTED);
	ck_assert_int_eq(ask(dry, STORE_ADD, &charge), STORE_ADMITTED);
	ck_assert_int_eq(ask(dry, STORE_PEEK, &charge), STORE_ADMITTED);
	ck_assert_uint_eq(store_memory_windows(asked_dry), 0);
}
END_TEST

START_TEST(test_a_window_that_is_over_has_what_was_charged)
{
	struct charge charge = charge_of(0, 5, 10);
	struct charge before = charge_of(0, 8, 10);

	ask(asked_dry, STORE_ADD, &before);
	ck_assert_int_eq(ask(dry, STORE_CHARGE, &charge), STORE_REFUSED);
	ck_assert_uint_eq(charge.used, 8);
	charge.attempts = true;
	ck_assert_int_eq(ask(dry, STORE_CHARGE, &charge), STORE_REFUSED);
	ck_assert_uint_eq(charge.used, 13);
	charge.attempts = charge.stops = false;
	ck_assert_int_eq(ask(dry, STORE_CHARGE, &charge), STORE_ADMITTED);
	ck_assert_uint_eq(charge.used, 13);
	ck_assert_int_eq(ask(dry, STORE_PEEK, &charge), STORE_ADMITTED);
	ck_assert_uint_eq(charge.used, 8);
}
END_TEST

START_TEST(test_what_was_added_is_there)
{
	struct charge charge = charge_of(0, 1, 10);
	struct charge added = charge_of(0, 6, 10);

	ask(dry, STORE_ADD, &added);
	ask(dry, STORE_PEEK, &charge);
	ck_assert_uint_eq(charge.used, 6);
	ck_assert_uint_eq(charge.wait_ms, 0);
	ask(dry, STORE_ADD, &added);
	ck_assert_int_eq(ask(dry, STORE_PEEK, &charge), STORE_REFUSED);
	ck_assert_uint_eq(charge.used, 12);
	/* of a minute, whose first bucket is this very one */
	ck_assert_uint_eq(charge.wait_ms, 60000 + 1000 - now_ms % 1000);
	ck_assert_uint_eq(charge.shut_ms, charge.wait_ms);
	/* another key that only begins like it */
	charge = charge_of(2, 1, 10);
	ask(dry, STORE_PEEK, &charge);
	ck_assert_uint_eq(charge.used, 0);
}
END_TEST

START_TEST(test_more_than_max_alone_never_fits)
{
	struct charge charge = charge_of(0, 11, 10);
	struct charge added = charge_of(0, 1, 10);

	ask(dry, STORE_ADD, &added);
	ck_assert_int_eq(ask(dry, STORE_PEEK, &charge), STORE_REFUSED);
	ck_assert_uint_eq(charge.wait_ms, WINDOW_NEVER);
	ck_assert_uint_eq(charge.shut_ms, 0);
}
END_TEST

START_TEST(test_a_sum_stops_at_the_greatest)
{
	struct charge charge = charge_of(0, 5, WINDOW_COUNT_MAX);
	struct charge added = charge_of(0, WINDOW_COUNT_MAX,
					   WINDOW_COUNT_MAX);

	ask(dry, STORE_ADD, &added);
	ask(dry, STORE_ADD, &added);
	charge.attempts = true;
	ck_assert_int_eq(ask(dry, STORE_CHARGE, &charge), STORE_REFUSED);
	ck_assert_uint_eq(charge.used, WINDOW_COUNT_MAX);
}
END_TEST

static enum store_answer away(struct store *store, enum store_question question,
			      struct charge *charges, size_t count,
			      uint64_t asked_ms)
{
	(void)store;
	(void)question;
	(void)charges;
	(void)count;
	(void)asked_ms;
	return STORE_UNAVAILABLE;
}

START_TEST(test_a_store_that_is_away)
{
	static const struct store_methods methods = { .ask = away };
	struct store inner = { &methods };
	struct store *over = store_whatif_new(&inner);
	struct charge charge = charge_of(0, 5, 10);

	charge.used = charge.wait_ms = charge.shut_ms = 77;
	ck_assert_int_eq(ask(over, STORE_CHARGE, &charge), STORE_UNAVAILABLE);
	ck_assert_int_eq(ask(over, STORE_PEEK, &charge), STORE_UNAVAILABLE);
	ck_assert_uint_eq(charge.used, 77);
	ck_assert_uint_eq(charge.wait_ms, 77);
	ck_assert_uint_eq(charge.shut_ms, 77);
	store_free(&over);
}
END_TEST

/* what messages ask, at random */

static struct charge random_charge(size_t window)
{
	struct charge charge = charge_of(window, 1 + below(6), 1 + below(30));

	charge.stops = below(3) != 0;
	charge.attempts = below(2) == 0;
	return charge;
}

/* Some of the windows, and for some messages permits behind them. */
static size_t random_charges(struct charge charges_r[CHARGES])
{
	size_t count = 0, permits = below(3);

	for (size_t i = 0; i < WINDOWS; i++)
		if (below(3) != 0)
			charges_r[count++] = random_charge(i);
	for (size_t i = 0; i < count && permits != 0; i++) {
		charges_r[i].covers = (uint32_t)below(UINT64_C(1) << permits);
		charges_r[i].is_own = charges_r[i].covers != 0 && below(2) == 0;
	}
	for (size_t i = 0; i < permits; i++) {
		charges_r[count] = charge_of(WINDOWS + i, 1, 1 + below(20));
		charges_r[count].stops = false;
		charges_r[count++].permit = (unsigned int)i + 1;
	}
	return count;
}

static unsigned int answers_seen[STORE_REFUSED + 1];

static void compare(enum store_question question, const struct charge *charges,
		    size_t count)
{
	struct charge said[CHARGES], got[CHARGES];
	enum store_answer answer;

	memcpy(said, charges, count * sizeof(*charges));
	memcpy(got, charges, count * sizeof(*charges));
	answer = store_ask(asked, question, got, count, now_ms);
	ck_assert_int_eq(store_ask(dry, question, said, count, now_ms), answer);
	answers_seen[answer]++;
	for (size_t i = 0; i < count && question != STORE_ADD; i++) {
		ck_assert_uint_eq(said[i].wait_ms, got[i].wait_ms);
		ck_assert_uint_eq(said[i].shut_ms, got[i].shut_ms);
		ck_assert_uint_eq(said[i].max, charges[i].max);
		if (question == STORE_PEEK ||
		    (got[i].wait_ms != 0 && got[i].permit == 0))
			ck_assert_uint_eq(said[i].used, got[i].used);
	}
}

static void repeat(enum store_question question, const struct charge *charges,
		   size_t count)
{
	struct charge again[CHARGES];

	memcpy(again, charges, count * sizeof(*charges));
	store_ask(asked_dry, question, again, count, now_ms);
}

START_TEST(test_random_messages)
{
	for (int i = 0; i < 30000; i++) {
		struct charge charges[4][CHARGES];
		enum store_question questions[4];
		size_t counts[4], steps = 1 + below(4);

		now_ms += below(4) == 0 ? below(30000) : below(50);
		for (size_t step = 0; step < steps; step++) {
			questions[step] = step + 1 == steps ? STORE_CHARGE
					  : below(2) == 0   ? STORE_ADD
							    : STORE_PEEK;
			counts[step] = random_charges(charges[step]);
			compare(questions[step], charges[step], counts[step]);
		}
		store_free(&dry);
		for (size_t step = 0; step < steps; step++)
			repeat(questions[step], charges[step], counts[step]);
		dry = store_whatif_new(asked_dry);
	}
	for (size_t i = 0; i < COUNT_OF(answers_seen); i++)
		ck_assert_uint_gt(answers_seen[i], 10000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store_dry");
	TCase *cases = tcase_create("dry");

	tcase_set_timeout(cases, 60);
	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_nothing_is_charged);
	tcase_add_test(cases, test_a_window_that_is_over_has_what_was_charged);
	tcase_add_test(cases, test_what_was_added_is_there);
	tcase_add_test(cases, test_more_than_max_alone_never_fits);
	tcase_add_test(cases, test_a_sum_stops_at_the_greatest);
	tcase_add_test(cases, test_a_store_that_is_away);
	tcase_add_test(cases, test_random_messages);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
