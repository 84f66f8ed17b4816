/* SPDX-License-Identifier: ISC */
/* A list of hashes. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "lib/base/hash_list.h"

START_TEST(each_is_there_once)
{
	struct hash_list list = { 0 };

	ck_assert(!hash_list_has(&list, 0));
	for (uint64_t i = 0; i < 1000; i++) {
		ck_assert(hash_list_add(&list, i * i));
		ck_assert(!hash_list_add(&list, i * i));
	}
	ck_assert_uint_eq(list.count, 1000);
	hash_list_append(&list, 4);
	ck_assert_uint_eq(hash_list_count(&list, 4), 2);
	ck_assert_uint_eq(hash_list_count(&list, 9), 1);
	ck_assert_uint_eq(hash_list_count(&list, 10), 0);
	ck_assert(hash_list_has(&list, 999 * 999));
	ck_assert(!hash_list_has(&list, 2));
	hash_list_clear(&list);
	ck_assert(!hash_list_has(&list, 0));
	ck_assert(hash_list_add(&list, 0));
	hash_list_clear(&list);
	hash_list_clear(&list);
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hash_list");
	TCase *tcase = tcase_create("hash_list");

	tcase_add_test(tcase, each_is_there_once);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
