/* SPDX-License-Identifier: ISC */

/* The books of a process: what it knows, what it owes, and that each debt is
 * delivered once, whatever becomes of the deliveries. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/ledger/ledger.h"

#define PER_MS UINT64_C(60000)
#define NOW    UINT64_C(1000000)

static struct ledger *ledger;
static uint64_t delivered, deliveries, last_number;
static uint64_t least; /* what the windows are to hold */
static bool fails;     /* no delivery arrives */
static bool is_slow;   /* none that somebody waits for */

static struct charge charge_of(const char *key, uint64_t cost, uint64_t max)
{
	return (struct charge){ .key = key,
				.key_length = strlen(key),
				.shape = window_shape_of(PER_MS),
				.cost = cost,
				.max = max,
				.stops = true };
}

static enum store_answer ask(const char *key, enum ledger_reason reason,
			     uint64_t max, uint64_t now_ms)
{
	struct charge charge = charge_of(key, 1, max);
	enum store_answer answer = STORE_UNAVAILABLE;

	ledger_ask(ledger, reason, STORE_CHARGE, &charge, 1, now_ms, &answer);
	return answer;
}

static bool deliver(void *context, const struct ledger_delivery *delivery)
{
	(void)context;
	deliveries++;
	last_number = delivery->number;
	if (fails || (is_slow && delivery->is_awaited))
		return false;
	if (is_slow) /* and meanwhile mail goes on */
		ask("{a}", LEDGER_ALREADY, 100, NOW);
	for (size_t i = 0; i < delivery->count; i++)
		delivered += delivery->unsynced[i].window->used;
	for (size_t i = 0; i < delivery->count; i++)
		least += delivery->unsynced[i].floor.used;
	return true;
}

static void note(const char *key, uint64_t now_ms)
{
	struct charge charge = charge_of(key, 1, 100);

	ledger_note(ledger, STORE_CHARGE, &charge, 1, now_ms);
}

/* Windows "{0}", "{1}" and so on. */
static void note_many(int count)
{
	char key[16];

	for (int i = 0; i < count; i++) {
		snprintf(key, sizeof(key), "{%d}", i);
		note(key, NOW);
	}
}

static void ask_many(enum ledger_reason reason, int first, int count)
{
	char key[16];

	for (int i = first; i < first + count; i++) {
		snprintf(key, sizeof(key), "{%d}", i);
		ask(key, reason, 10, NOW);
	}
}

static size_t owed(void)
{
	struct ledger_totals totals;

	ledger_count(ledger, &totals);
	return totals.owed;
}

static void setup(void)
{
	ledger = ledger_new(1000);
	delivered = deliveries = last_number = least = 0;
	fails = is_slow = false;
}

static void teardown(void)
{
	ledger_free(&ledger);
	ck_assert_ptr_null(ledger);
	ledger_free(&ledger);
}

START_TEST(counts_on_from_what_it_knows)
{
	note("{a}", NOW);
	note("{a}", NOW);
	ck_assert(!ledger_is_counting(ledger));
	ck_assert_int_eq(ask("{a}", LEDGER_OUTAGE, 3, NOW), STORE_ADMITTED);
	ck_assert(ledger_is_counting(ledger));
	ck_assert_int_eq(ask("{a}", LEDGER_ALREADY, 3, NOW), STORE_REFUSED);
	/* what the store has charged itself is no debt */
	ck_assert(ledger_reconcile(ledger, deliver, NULL, NOW));
	ck_assert_uint_eq(delivered, 1);
	ck_assert(!ledger_is_counting(ledger));
}
END_TEST

START_TEST(what_was_refused_or_only_looked_at_is_not_noted)
{
	struct charge charge = charge_of("{a}", 1, 1);

	charge.wait_ms = 1000;
	ledger_note(ledger, STORE_CHARGE, &charge, 1, NOW);
	charge.wait_ms = 0;
	ledger_note(ledger, STORE_PEEK, &charge, 1, NOW);
	ck_assert_int_eq(ask("{a}", LEDGER_MISSED, 1, NOW), STORE_ADMITTED);
	charge.attempts = true;
	charge.wait_ms = 1000;
	ledger_note(ledger, STORE_CHARGE, &charge, 1, NOW);
	ck_assert_int_eq(ask("{a}", LEDGER_MISSED, 2, NOW), STORE_REFUSED);
}
END_TEST

START_TEST(a_missed_answer_is_a_unsynced_but_no_outage)
{
	ck_assert_int_eq(ask("{a}", LEDGER_MISSED, 3, NOW), STORE_ADMITTED);
	ck_assert(!ledger_is_counting(ledger));
	ck_assert_uint_eq(owed(), 1);
	ck_assert(ledger_reconcile(ledger, deliver, NULL, NOW));
	ck_assert_uint_eq(delivered, 1);
	ck_assert_uint_eq(owed(), 0);
}
END_TEST

START_TEST(an_outage_begins_without_a_question)
{
	ledger_begin(ledger);
	ck_assert(ledger_is_counting(ledger));
	ck_assert_int_eq(ask("{a}", LEDGER_ALREADY, 3, NOW), STORE_ADMITTED);
	ck_assert_uint_eq(owed(), 1);
	ck_assert(ledger_reconcile(ledger, deliver, NULL, NOW));
	ck_assert_uint_eq(delivered, 1);
	ck_assert(!ledger_is_counting(ledger));
}
END_TEST

START_TEST(nothing_owed_nothing_sent)
{
	note("{a}", NOW);
	ck_assert(ledger_reconcile(ledger, deliver, NULL, NOW));
	ck_assert_uint_eq(deliveries, 0);
	ask("{a}", LEDGER_OUTAGE, 1, NOW); /* refused */
	ck_assert(ledger_is_counting(ledger));
	ck_assert(ledger_reconcile(ledger, deliver, NULL, NOW));
	ck_assert_uint_eq(deliveries, 0);
	ck_assert(!ledger_is_counting(ledger));
}
END_TEST

START_TEST(who_comes_late_asks_the_store)
{
	struct charge charge = charge_of("{a}", 1, 3);
	enum store_answer answer;

	ck_assert(!ledger_ask(ledger, LEDGER_ALREADY, STORE_CHARGE, &charge, 1,
			      NOW, &answer));
	ck_assert_uint_eq(owed(), 0);
}
END_TEST

START_TEST(a_failed_delivery_comes_again_as_it_was)
{
	ask("{a}", LEDGER_OUTAGE, 10, NOW);
	fails = true;
	ck_assert(!ledger_reconcile(ledger, deliver, NULL, NOW));
	ck_assert_uint_eq(last_number, 1);
	ck_assert(ledger_is_counting(ledger));
	/* this one is not part of the delivery that may have arrived */
	ask("{a}", LEDGER_ALREADY, 10, NOW);
	ck_assert(!ledger_reconcile(ledger, deliver, NULL, NOW));
	ck_assert_uint_eq(last_number, 1);
	fails = false;
	ck_assert(ledger_reconcile(ledger, deliver, NULL, NOW));
	ck_assert_uint_eq(last_number, 2);
	ck_assert_uint_eq(delivered, 2);
	ck_assert(!ledger_is_counting(ledger));
}
END_TEST

/* Emptied by hand: nothing of before comes back, wherever it is. */
START_TEST(what_is_forgotten_is_not_delivered)
{
	static const char one[] = "{sender:a@b.c}:own:1m";
	static const char other[] = "{sender:a@b.c}:own-too:1m";

	ask(one, LEDGER_OUTAGE, 100, NOW);
	ask(other, LEDGER_ALREADY, 100, NOW);
	fails = true;
	ck_assert(!ledger_reconcile(ledger, deliver, NULL, NOW));
	/* on its way, and owed anew */
	ask(one, LEDGER_ALREADY, 100, NOW);
	ledger_forget(ledger, "sender:a@b.c", "own");
	fails = false;
	ck_assert(ledger_reconcile(ledger, deliver, NULL, NOW));
	ck_assert_uint_eq(delivered, 1);
	ck_assert_int_eq(ask(one, LEDGER_OUTAGE, 1, NOW), STORE_ADMITTED);
	ck_assert_int_eq(ask(other, LEDGER_ALREADY, 1, NOW), STORE_REFUSED);
}
END_TEST

START_TEST(many_unsynced_go_in_parts)
{
	char key[16];

	for (int i = 0; i < 950; i++) {
		snprintf(key, sizeof(key), "{%d}", i);
		ask(key, LEDGER_OUTAGE, 10, NOW);
	}
	ck_assert(ledger_reconcile(ledger, deliver, NULL, NOW));
	ck_assert_uint_eq(delivered, 950);
	ck_assert_uint_ge(deliveries, 950 / LEDGER_UNSYNCED_AT_ONCE);
	ck_assert(!ledger_is_counting(ledger));
}
END_TEST

START_TEST(unsynced_leave_their_window)
{
	ask("{a}", LEDGER_OUTAGE, 10, NOW);
	ask("{a}", LEDGER_ALREADY, 10, NOW + PER_MS / 2);
	ck_assert(ledger_reconcile(ledger, deliver, NULL, NOW + PER_MS + 5000));
	ck_assert_uint_eq(delivered, 1);
}
END_TEST

/* It has waited for the store while others charged. */
START_TEST(who_comes_with_an_older_time_drops_nothing)
{
	ask("{a}", LEDGER_OUTAGE, 10, NOW + 5000);
	ask("{a}", LEDGER_MISSED, 10, NOW);
	note("{b}", NOW + 5000);
	note("{b}", NOW);
	ck_assert_int_eq(ask("{b}", LEDGER_ALREADY, 2, NOW + 5000),
			 STORE_REFUSED);
	ck_assert(ledger_reconcile(ledger, deliver, NULL, NOW));
	ck_assert_uint_eq(delivered, 2);
}
END_TEST

START_TEST(what_the_store_has_lost_is_owed_again)
{
	for (int i = 0; i < 5; i++)
		note("{a}", NOW);
	for (int i = 0; i < 3; i++)
		note("{a}", NOW + 10000);
	note("{a}", NOW + 11000);
	ledger_owe_again(ledger, NOW + 5000);
	ck_assert(ledger_is_counting(ledger));
	ck_assert(ledger_reconcile(ledger, deliver, NULL, NOW + 11000));
	ck_assert_uint_eq(delivered, 4);
	ck_assert(!ledger_is_counting(ledger));
	/* all of it, also what was owed already, and only once */
	ask("{a}", LEDGER_OUTAGE, 100, NOW + 11000);
	ledger_owe_again(ledger, 0);
	ck_assert(ledger_reconcile(ledger, deliver, NULL, NOW + 11000));
	ck_assert_uint_eq(delivered, 4 + 10);
	/* nothing was charged since */
	ledger_owe_again(ledger, NOW + 30000);
	ck_assert(ledger_reconcile(ledger, deliver, NULL, NOW + 31000));
	ck_assert_uint_eq(delivered, 4 + 10);
	ck_assert(!ledger_is_counting(ledger));
}
END_TEST

/* Which windows owe is found out by and by: what is charged, what has to make
 * room and what is forgotten meanwhile is nevertheless right. */
/* Nothing shows a loss, and nothing shows that there is none: nothing is added,
 * but the store is to hold what this process has charged. */
START_TEST(a_doubt_adds_nothing_and_names_the_least)
{
	for (int i = 0; i < 5; i++)
		note("{a}", NOW);
	note("{old}", NOW);
	note("{a}", NOW + 10000);
	ledger_doubt(ledger, NOW + 9000);
	ck_assert(ledger_is_counting(ledger));
	ck_assert(ledger_reconcile(ledger, deliver, NULL, NOW + 11000));
	ck_assert_uint_eq(delivered, 0);
	ck_assert_uint_eq(least, 6);
	ck_assert(!ledger_is_counting(ledger));
	/* a debt of an outage goes with it as it is */
	ask("{a}", LEDGER_OUTAGE, 100, NOW + 12000);
	least = 0;
	ledger_doubt(ledger, NOW + 11000);
	ck_assert(ledger_reconcile(ledger, deliver, NULL, NOW + 12000));
	ck_assert_uint_eq(delivered, 1);
	ck_assert_uint_eq(least, 7);
}
END_TEST

START_TEST(a_loss_is_worked_out_by_and_by)
{
	struct ledger_totals totals;

	note_many(1000);
	ledger_owe_again(ledger, 0);
	ledger_count(ledger, &totals);
	ck_assert_uint_eq(totals.owed, 1000);
	/* charged: one by us, one by the store, whose answer came late */
	ck_assert_int_eq(ask("{0}", LEDGER_ALREADY, 1, NOW), STORE_REFUSED);
	ck_assert_int_eq(ask("{1}", LEDGER_ALREADY, 2, NOW), STORE_ADMITTED);
	note("{2}", NOW);
	/* room is made for ten: the debts of those that go stay */
	ask_many(LEDGER_ALREADY, 1000, 10);
	fails = true;
	ck_assert(!ledger_reconcile(ledger, deliver, NULL, NOW));
	/* lost again meanwhile: now of 1,000 windows, 11 of them new */
	ledger_count(ledger, &totals);
	ck_assert_uint_eq(totals.windows, 1000);
	ck_assert_uint_eq(totals.forgotten, 10);
	fails = false;
	ck_assert(ledger_reconcile(ledger, deliver, NULL, NOW));
	ck_assert(!ledger_is_counting(ledger));
	ck_assert_uint_eq(delivered, 1000 + 1 + 10);
	ledger_count(ledger, &totals);
	ck_assert_uint_eq(totals.owed, 0);
	ck_assert_uint_eq(totals.unsynced_lost, 0);
}
END_TEST

START_TEST(a_second_loss_begins_anew)
{
	note_many(300);
	ledger_owe_again(ledger, 0);
	fails = true;
	ck_assert(!ledger_reconcile(ledger, deliver, NULL, NOW));
	ledger_owe_again(ledger, NOW - 1);
	ledger_owe_again(ledger, NOW + 1);
	fails = false;
	ck_assert(ledger_reconcile(ledger, deliver, NULL, NOW));
	ck_assert_uint_eq(delivered, 300);
}
END_TEST

/* A store that cannot be waited for counts again all the same. */
START_TEST(a_slow_store_counts_again)
{
	int tries = 0;

	is_slow = true;
	ask("{a}", LEDGER_OUTAGE, 100, NOW);
	ck_assert(!ledger_reconcile(ledger, deliver, NULL, NOW));
	ck_assert(ledger_is_counting(ledger));
	while (ledger_is_counting(ledger) && tries < 10) {
		ledger_reconcile(ledger, deliver, NULL, NOW);
		tries++;
	}
	ck_assert_int_lt(tries, 5);
	/* the rest is brought home as an answer that was missed is: nobody
	 * waits for it */
	ask("{a}", LEDGER_MISSED, 100, NOW);
	ck_assert(ledger_reconcile(ledger, deliver, NULL, NOW));
	ck_assert_uint_eq(owed(), 0);
	ck_assert_uint_ge(delivered, 3);
}
END_TEST

START_TEST(is_bounded_and_says_what_it_lost)
{
	struct ledger_totals totals;

	ask_many(LEDGER_OUTAGE, 0, 1500);
	ledger_count(ledger, &totals);
	ck_assert_uint_eq(totals.windows, 1000);
	ck_assert_uint_eq(totals.owed, 1000);
	ck_assert_uint_eq(totals.forgotten, 500);
	ck_assert_uint_eq(totals.unsynced_lost, 500);
	ck_assert(ledger_reconcile(ledger, deliver, NULL, NOW));
	ledger_count(ledger, &totals);
	ck_assert_uint_eq(totals.unsynced_delivered, 1000);
}
END_TEST

/* Threads charge while one settles: each charge is delivered or owed. */
#define THREADS 8
#define CHARGES 20000

static void *charge_many(void *context)
{
	uint64_t *admitted = context;

	for (int i = 0; i < CHARGES; i++) {
		char key[16];

		snprintf(key, sizeof(key), "{%d}", i % 300);
		*admitted += ask(key,
				 i % 100 == 0 ? LEDGER_OUTAGE : LEDGER_ALREADY,
				 WINDOW_COUNT_MAX, NOW) == STORE_ADMITTED;
	}
	return NULL;
}

START_TEST(no_charge_is_lost_between_threads)
{
	pthread_t threads[THREADS];
	uint64_t admitted[THREADS] = { 0 }, all = 0;

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, charge_many,
						&admitted[i]),
				 0);
	for (int i = 0; i < 200; i++) {
		fails = i % 3 == 0;
		ledger_reconcile(ledger, deliver, NULL, NOW);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		all += admitted[i];
	}
	fails = false;
	for (int i = 0; i < 20; i++)
		ck_assert(ledger_reconcile(ledger, deliver, NULL, NOW));
	ck_assert(!ledger_is_counting(ledger));
	ck_assert_uint_gt(all, THREADS * CHARGES / 100 - 1);
	ck_assert_uint_eq(delivered, all);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ledger");
	TCase *tcase = tcase_create("ledger");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, counts_on_from_what_it_knows);
	tcase_add_test(tcase, what_was_refused_or_only_looked_at_is_not_noted);
	tcase_add_test(tcase, a_missed_answer_is_a_unsynced_but_no_outage);
	tcase_add_test(tcase, an_outage_begins_without_a_question);
	tcase_add_test(tcase, nothing_owed_nothing_sent);
	tcase_add_test(tcase, who_comes_late_asks_the_store);
	tcase_add_test(tcase, a_failed_delivery_comes_again_as_it_was);
	tcase_add_test(tcase, what_is_forgotten_is_not_delivered);
	tcase_add_test(tcase, many_unsynced_go_in_parts);
	tcase_add_test(tcase, unsynced_leave_their_window);
	tcase_add_test(tcase, who_comes_with_an_older_time_drops_nothing);
	tcase_add_test(tcase, what_the_store_has_lost_is_owed_again);
	tcase_add_test(tcase, a_doubt_adds_nothing_and_names_the_least);
	tcase_add_test(tcase, a_loss_is_worked_out_by_and_by);
	tcase_add_test(tcase, a_second_loss_begins_anew);
	tcase_add_test(tcase, a_slow_store_counts_again);
	tcase_add_test(tcase, is_bounded_and_says_what_it_lost);
	tcase_add_test(tcase, no_charge_is_lost_between_threads);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
