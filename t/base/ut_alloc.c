/* SPDX-License-Identifier: ISC */

/* What cannot be had must end the process, here in a child of the test's. */
#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/alloc.h"

/* Not a constant for the compiler, which would warn of it. */
static volatile size_t huge = SIZE_MAX;

START_TEST(zeroed_memory)
{
	char *bytes = alloc_zero(100);
	int *numbers = alloc_array(25, sizeof(*numbers));

	for (size_t i = 0; i < 100; i++)
		ck_assert_int_eq(bytes[i], 0);
	for (size_t i = 0; i < 25; i++)
		ck_assert_int_eq(numbers[i], 0);
	free(bytes);
	free(numbers);
}
END_TEST

START_TEST(nothing_is_a_valid_pointer)
{
	void *p[] = { alloc_zero(0),
		      alloc_array(0, 8),
		      alloc_array(8, 0),
		      alloc_resize(NULL, 0, 8),
		      alloc_resize(alloc_zero(8), 0, 8),
		      alloc_copy(NULL, 0) };

	for (size_t i = 0; i < sizeof(p) / sizeof(p[0]); i++) {
		ck_assert_ptr_nonnull(p[i]);
		free(p[i]);
	}
}
END_TEST

START_TEST(resize_keeps_what_was_there)
{
	int *numbers = alloc_resize(NULL, 2, sizeof(*numbers));

	numbers[0] = 7;
	numbers[1] = 9;
	numbers = alloc_resize(numbers, 1000, sizeof(*numbers));
	numbers[999] = 1;
	ck_assert_int_eq(numbers[0], 7);
	ck_assert_int_eq(numbers[1], 9);
	numbers = alloc_resize(numbers, 1, sizeof(*numbers));
	ck_assert_int_eq(numbers[0], 7);
	free(numbers);
}
END_TEST

START_TEST(copies)
{
	char *bytes = alloc_copy("a\0b!", 3);
	char *text = alloc_text("jake");
	char *empty = alloc_text("");
	char *formatted = alloc_format("%s=%d", "used", 42);

	ck_assert_mem_eq(bytes, "a\0b", 4);
	ck_assert_str_eq(text, "jake");
	ck_assert_str_eq(empty, "");
	ck_assert_str_eq(formatted, "used=42");
	ck_assert_ptr_null(alloc_text(NULL));
	free(bytes);
	free(text);
	free(empty);
	free(formatted);
}
END_TEST

START_TEST(array_overflow)
{
	free(alloc_array(huge / 2, 3));
}
END_TEST

START_TEST(resize_overflow)
{
	free(alloc_resize(NULL, huge / 2, 3));
}
END_TEST

START_TEST(copy_overflow)
{
	free(alloc_copy("", huge));
}
END_TEST

START_TEST(wipe_leaves_nothing)
{
	char *secret = alloc_text("secret"), *none = NULL;

	alloc_wipe(&secret);
	ck_assert_ptr_null(secret);
	alloc_wipe(&none);
	ck_assert_ptr_null(none);
}
END_TEST

START_TEST(failure_of_a_library)
{
	alloc_fail();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("alloc");
	TCase *tcase = tcase_create("alloc");

	tcase_add_test(tcase, zeroed_memory);
	tcase_add_test(tcase, nothing_is_a_valid_pointer);
	tcase_add_test(tcase, resize_keeps_what_was_there);
	tcase_add_test(tcase, copies);
	tcase_add_test(tcase, wipe_leaves_nothing);
	tcase_add_exit_test(tcase, array_overflow, EX_OSERR);
	tcase_add_exit_test(tcase, resize_overflow, EX_OSERR);
	tcase_add_exit_test(tcase, copy_overflow, EX_OSERR);
	tcase_add_exit_test(tcase, failure_of_a_library, EX_OSERR);
	suite_add_tcase(suite, tcase);
	return check_run_apart(suite);
}
