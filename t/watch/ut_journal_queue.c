/* SPDX-License-Identifier: ISC */
/* What waits, what goes first, and what was lost. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/watch/journal_queue.h"

static struct journal_queue queue;

static void setup(void)
{
	journal_queue_init(&queue, 10, 1 << 20);
}

static void teardown(void)
{
	journal_queue_clear(&queue);
	ck_assert_uint_eq(journal_queue_count(&queue), 0);
	ck_assert_uint_eq(queue.bytes, 0);
}

/* Its time tells it from the others. */
static void put(uint64_t when_ms, bool is_act)
{
	journal_queue_put(&queue,
			  &(struct journal_record){ 0, when_ms,
						    is_act ? JOURNAL_ORDER
							   : JOURNAL_MESSAGE,
						    "\"a\":1" },
			  is_act);
}

static void assert_next(uint64_t when_ms)
{
	struct journal_entry *entry = journal_queue_take(&queue);

	ck_assert_ptr_nonnull(entry);
	ck_assert_uint_eq(entry->when_ms, when_ms);
	ck_assert_str_eq(entry->members, "\"a\":1");
	free(entry);
}

START_TEST(they_come_in_their_order)
{
	for (uint64_t i = 0; i < 10; i++)
		put(i, i % 3 == 0);
	for (uint64_t i = 0; i < 10; i++)
		assert_next(i);
	ck_assert_ptr_null(journal_queue_take(&queue));
}
END_TEST

START_TEST(what_is_put_back_comes_first)
{
	struct journal_entry *entry;

	ck_assert_uint_eq(journal_queue_oldest(&queue), UINT64_MAX);
	put(1, false);
	put(2, true);
	entry = journal_queue_take(&queue);
	journal_queue_put_back(&queue, entry);
	put(3, false);
	ck_assert_uint_eq(journal_queue_oldest(&queue), 1);
	assert_next(1);
	entry = journal_queue_take(&queue);
	journal_queue_put_back(&queue, entry);
	assert_next(2);
	assert_next(3);
	put(4, true);
	assert_next(4);
}
END_TEST

START_TEST(a_full_queue_loses_the_sample_that_comes)
{
	for (uint64_t i = 0; i < 12; i++)
		put(100 + i, false);
	ck_assert_uint_eq(queue.loss.samples, 2);
	ck_assert_uint_eq(queue.loss.acts, 0);
	ck_assert_uint_eq(queue.loss.counts[JOURNAL_MESSAGE], 2);
	ck_assert_uint_eq(queue.loss.first_ms, 110);
	ck_assert_uint_eq(queue.loss.last_ms, 111);
	assert_next(100);
}
END_TEST

START_TEST(an_act_takes_the_place_of_the_oldest_sample)
{
	for (uint64_t i = 0; i < 10; i++)
		put(i, false);
	put(10, true);
	put(11, true);
	ck_assert_uint_eq(queue.loss.samples, 2);
	ck_assert_uint_eq(queue.loss.first_ms, 0);
	ck_assert_uint_eq(queue.loss.last_ms, 1);
	for (uint64_t i = 2; i < 12; i++)
		assert_next(i);
}
END_TEST

START_TEST(acts_go_only_when_there_are_only_acts)
{
	for (uint64_t i = 0; i < 25; i++)
		put(i, i >= 10);
	ck_assert_uint_eq(queue.loss.samples, 10);
	ck_assert_uint_eq(queue.loss.acts, 5);
	ck_assert_uint_eq(queue.loss.counts[JOURNAL_ORDER], 5);
	for (uint64_t i = 10; i < 20; i++)
		assert_next(i);
}
END_TEST

START_TEST(bytes_are_bounded_too)
{
	char long_text[600];

	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	journal_queue_clear(&queue);
	journal_queue_init(&queue, 10, 1950);
	for (uint64_t i = 0; i < 4; i++)
		journal_queue_put(&queue,
				  &(struct journal_record){
					  0, i, JOURNAL_MESSAGE, long_text },
				  false);
	ck_assert_uint_eq(queue.loss.samples, 1);
	put(9, true);
	ck_assert_uint_eq(journal_queue_count(&queue), 3);
	ck_assert_uint_le(queue.bytes, 1950);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("journal_queue");
	TCase *tcase = tcase_create("journal_queue");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, they_come_in_their_order);
	tcase_add_test(tcase, what_is_put_back_comes_first);
	tcase_add_test(tcase, a_full_queue_loses_the_sample_that_comes);
	tcase_add_test(tcase, an_act_takes_the_place_of_the_oldest_sample);
	tcase_add_test(tcase, acts_go_only_when_there_are_only_acts);
	tcase_add_test(tcase, bytes_are_bounded_too);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
