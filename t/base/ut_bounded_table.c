/* SPDX-License-Identifier: ISC */
/* What is kept, in which order, and what goes first. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "lib/base/alloc.h"
#include "lib/base/bounded_table.h"

#define MAX 3

struct item {
	struct bounded_entry head;
	int number;
	char *held;
};

static struct bounded_table table;

static void item_clear(void *entry)
{
	free(((struct item *)entry)->held);
}

static void setup(void)
{
	bounded_table_init(&table, MAX, sizeof(struct item), item_clear);
}

static void teardown(void)
{
	bounded_table_destroy(&table);
}

static struct item *add(const char *key, int number)
{
	struct item *item = bounded_table_add(&table, key, strlen(key));

	item->number = number;
	item->held = alloc_text(key);
	return item;
}

/* The keys, the oldest first. */
static const char *keys(void)
{
	static char text[100];
	const struct item *item = bounded_table_first(&table);

	text[0] = '\0';
	for (; item != NULL; item = bounded_table_next(item)) {
		ck_assert_uint_eq(item->head.hh.keylen,
				  strlen(item->head.hh.key));
		strcat(text, item->head.hh.key);
	}
	ck_assert_uint_eq(strlen(text), bounded_table_count(&table));
	return text;
}

START_TEST(it_is_empty_at_first)
{
	ck_assert(bounded_table_is_empty(&table));
	ck_assert(!bounded_table_is_full(&table));
	ck_assert_ptr_null(bounded_table_first(&table));
	ck_assert_ptr_null(bounded_table_find(&table, "a", 1));
	ck_assert_ptr_null(bounded_table_renew(&table, "a", 1));
	bounded_table_clear(&table);
}
END_TEST

START_TEST(an_entry_is_found_by_its_key)
{
	struct item *item = add("a", 1);

	add("b", 2);
	ck_assert_ptr_eq(bounded_table_find(&table, "a", 1), item);
	ck_assert_ptr_null(bounded_table_find(&table, "ab", 2));
	item = bounded_table_add(&table, "a\0b", 3);
	ck_assert_int_eq(item->number, 0);
	ck_assert_ptr_eq(bounded_table_find(&table, "a\0b", 3), item);
	ck_assert_mem_eq(item->head.hh.key, "a\0b", 4);
}
END_TEST

START_TEST(the_oldest_makes_room)
{
	add("a", 1);
	add("b", 2);
	add("c", 3);
	ck_assert(bounded_table_is_full(&table));
	add("d", 4);
	ck_assert_str_eq(keys(), "bcd");
	ck_assert_ptr_null(bounded_table_find(&table, "a", 1));
}
END_TEST

START_TEST(what_is_renewed_is_the_newest)
{
	struct item *item = add("a", 1);

	ck_assert_ptr_eq(bounded_table_renew(&table, "a", 1), item);
	add("b", 2);
	add("c", 3);
	ck_assert_ptr_eq(bounded_table_renew(&table, "a", 1), item);
	ck_assert_str_eq(keys(), "bca");
	ck_assert_ptr_eq(bounded_table_renew(&table, "a", 1), item);
	ck_assert_str_eq(keys(), "bca");
	ck_assert_int_eq(item->number, 1);
	add("d", 4);
	ck_assert_str_eq(keys(), "cad");
}
END_TEST

START_TEST(what_is_dropped_is_gone)
{
	add("a", 1);
	bounded_table_drop(&table, add("b", 2));
	add("c", 3);
	ck_assert_str_eq(keys(), "ac");
	bounded_table_clear(&table);
	ck_assert_str_eq(keys(), "");
	add("b", 4);
	ck_assert_str_eq(keys(), "b");
}
END_TEST

START_TEST(entries_change_the_table)
{
	struct bounded_table other;
	struct item *item = add("a", 1);

	add("b", 2);
	bounded_table_init(&other, MAX, sizeof(struct item), item_clear);
	bounded_table_move(&table, &other);
	ck_assert_str_eq(keys(), "");
	ck_assert_uint_eq(bounded_table_count(&other), 2);
	add("c", 3);
	ck_assert_ptr_eq(bounded_table_take(&other, item), item);
	bounded_table_put(&table, item);
	ck_assert_str_eq(keys(), "ca");
	ck_assert_ptr_eq(bounded_table_find(&table, "a", 1), item);
	bounded_table_destroy(&other);
	bounded_table_take(&table, item);
	item_clear(item);
	free(item);
}
END_TEST

static int by_number(const void *a, const void *b)
{
	return ((const struct item *)a)->number -
	       ((const struct item *)b)->number;
}

START_TEST(equal_ones_keep_their_order)
{
	add("a", 2);
	add("b", 1);
	add("c", 2);
	bounded_table_sort(&table, by_number);
	ck_assert_str_eq(keys(), "bac");
	add("d", 0);
	ck_assert_str_eq(keys(), "acd");
}
END_TEST

/* Against a plain list, long enough for the hash table to grow. */
START_TEST(it_is_what_a_list_would_be)
{
	int list[100] = { 0 }, count = 0;
	char key[12];

	table.max = 100;
	for (unsigned int i = 0; i < 20000; i++) {
		int number = (int)(i * 2654435761u >> 16) % 300, at = 0;
		struct item *item;

		snprintf(key, sizeof(key), "%d", number);
		item = bounded_table_renew(&table, key, strlen(key));
		while (at < count && list[at] != number)
			at++;
		ck_assert_int_eq(item != NULL, at < count);
		if (item == NULL)
			add(key, number);
		if (at == count && count == 100)
			at = 0;
		if (at < count)
			memmove(&list[at], &list[at + 1],
				(size_t)(--count - at) * sizeof(list[0]));
		list[count++] = number;
	}
	ck_assert_uint_eq(bounded_table_count(&table), (size_t)count);
	for (const struct item *item = bounded_table_first(&table);
	     item != NULL; item = bounded_table_next(item))
		ck_assert_int_eq(item->number, list[100 - count--]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bounded_table");
	TCase *tcase = tcase_create("bounded_table");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, it_is_empty_at_first);
	tcase_add_test(tcase, an_entry_is_found_by_its_key);
	tcase_add_test(tcase, the_oldest_makes_room);
	tcase_add_test(tcase, what_is_renewed_is_the_newest);
	tcase_add_test(tcase, what_is_dropped_is_gone);
	tcase_add_test(tcase, entries_change_the_table);
	tcase_add_test(tcase, equal_ones_keep_their_order);
	tcase_add_test(tcase, it_is_what_a_list_would_be);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
