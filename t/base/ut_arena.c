/* SPDX-License-Identifier: ISC */

/* Memory that is freed all at once: from the buffer first, then from blocks. */
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "lib/base/arena.h"

#define BUFFER_SIZE 256

static bool is_inside(const void *at, const char *buffer)
{
	const char *byte = at;

	return byte >= buffer && byte < buffer + BUFFER_SIZE;
}

START_TEST(the_buffer_comes_first)
{
	alignas(max_align_t) char buffer[BUFFER_SIZE];
	struct arena arena;

	arena_init(&arena, buffer, sizeof(buffer));
	ck_assert(is_inside(arena_take(&arena, 100), buffer));
	ck_assert(is_inside(arena_take(&arena, 100), buffer));
	ck_assert(!is_inside(arena_take(&arena, 100), buffer));
	arena_clear(&arena);
}
END_TEST

START_TEST(what_is_taken_is_zeroed_aligned_and_apart)
{
	alignas(max_align_t) char buffer[BUFFER_SIZE];
	static const size_t sizes[] = { 1, 7, 0, 16, 33, 4096, 3, 100000, 5 };
	unsigned char *taken[sizeof(sizes) / sizeof(sizes[0])];
	struct arena arena;

	memset(buffer, 0xff, sizeof(buffer));
	arena_init(&arena, buffer, sizeof(buffer));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		taken[i] = arena_take(&arena, sizes[i]);
		ck_assert_uint_eq((uintptr_t)taken[i] % alignof(max_align_t),
				  0);
		for (size_t j = 0; j < sizes[i]; j++)
			ck_assert_uint_eq(taken[i][j], 0);
		memset(taken[i], (int)i + 1, sizes[i]);
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (size_t j = 0; j < sizes[i]; j++)
			ck_assert_uint_eq(taken[i][j], i + 1);
	arena_clear(&arena);
}
END_TEST

START_TEST(a_copy_has_its_bytes_and_a_nul)
{
	struct arena arena;

	arena_init(&arena, NULL, 0);
	ck_assert_mem_eq(arena_copy(&arena, "a\0b", 3), "a\0b", 4);
	ck_assert_str_eq(arena_copy(&arena, "", 0), "");
	arena_clear(&arena);
}
END_TEST

START_TEST(a_cleared_arena_can_be_used_again)
{
	struct arena arena;

	arena_init(&arena, NULL, 0);
	arena_take(&arena, 10000);
	arena_clear(&arena);
	ck_assert_ptr_null(arena.blocks);
	ck_assert_ptr_nonnull(arena_take(&arena, 10));
	arena_clear(&arena);
}
END_TEST

START_TEST(nothing_taken_of_nothing_is_something)
{
	struct arena arena;

	arena_init(&arena, NULL, 0);
	ck_assert_ptr_nonnull(arena_take(&arena, 0));
	ck_assert_ptr_nonnull(arena_take(&arena, 0));
	arena_clear(&arena);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("arena");
	TCase *tcase = tcase_create("arena");

	tcase_add_test(tcase, the_buffer_comes_first);
	tcase_add_test(tcase, what_is_taken_is_zeroed_aligned_and_apart);
	tcase_add_test(tcase, a_copy_has_its_bytes_and_a_nul);
	tcase_add_test(tcase, nothing_taken_of_nothing_is_something);
	tcase_add_test(tcase, a_cleared_arena_can_be_used_again);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
