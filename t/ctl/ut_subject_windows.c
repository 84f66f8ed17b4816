/* SPDX-License-Identifier: ISC */
/* Which windows a subject has by the settings, and their keys in Redis. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "milter/ctl/subject_windows.h"

#define SENDER	  LIMIT_KEY_OF(DIMENSION_SENDER)
#define RECIPIENT LIMIT_KEY_OF(DIMENSION_RECIPIENT)

static struct limit limits[] = {
	{ .name = (char[]){ "minute" }, .key = SENDER, .per_ms = 60000 },
	{ .name = (char[]){ "gateway" }, .key = 0, .per_ms = 1 },
	{ .name = (char[]){ "hour" }, .key = SENDER, .per_ms = 3600000 },
	{ .name = (char[]){ "pair" },
	  .key = SENDER | RECIPIENT,
	  .per_ms = 90000 },
};
static struct settings settings = { .limits = limits, .limit_count = 4 };
static struct context reached = { .settings = &settings, .prefix = "weir" };
static struct subject subject;
static struct subject_windows windows;

static void ask(unsigned int key, const char *text, const struct limit *limit)
{
	subject.key = key;
	strcpy(subject.text, text);
	memset(&windows, 'x', sizeof(windows));
	subject_windows_make(&reached, &subject, limit, &windows);
}

static void clear(void)
{
	subject_windows_clear(&windows);
	ck_assert_ptr_null(windows.windows);
	ck_assert_uint_eq(windows.count, 0);
}

START_TEST(test_each_limit_with_the_key)
{
	ask(SENDER, "sender:jake@example.com", NULL);
	ck_assert_uint_eq(windows.count, 2);
	ck_assert_ptr_eq(windows.windows[0].limit, &limits[0]);
	ck_assert_str_eq(windows.windows[0].key,
			 "weir:{sender:jake@example.com}:minute:1m");
	ck_assert_uint_eq(windows.windows[0].shape.width_ms, 1000);
	ck_assert_ptr_eq(windows.windows[1].limit, &limits[2]);
	ck_assert_str_eq(windows.windows[1].key,
			 "weir:{sender:jake@example.com}:hour:1h");
	ck_assert_uint_eq(windows.windows[1].shape.width_ms, 60000);
	ck_assert(!windows.windows[1].is_there);
	ck_assert_uint_eq(windows.windows[1].refused, 0);
	clear();
}
END_TEST

START_TEST(test_only_the_limit_that_is_asked_for)
{
	ask(SENDER, "sender:jake@example.com", &limits[2]);
	ck_assert_uint_eq(windows.count, 1);
	ck_assert_ptr_eq(windows.windows[0].limit, &limits[2]);
	clear();
	/* of another key */
	ask(SENDER, "sender:jake@example.com", &limits[1]);
	ck_assert_uint_eq(windows.count, 0);
	clear();
}
END_TEST

START_TEST(test_all_is_a_key_of_its_own)
{
	ask(0, "all", NULL);
	ck_assert_uint_eq(windows.count, 1);
	ck_assert_str_eq(windows.windows[0].key, "weir:{all}:gateway:1ms");
	clear();
}
END_TEST

START_TEST(test_a_part_of_a_joined_key_is_another)
{
	ask(RECIPIENT, "recipient:bob@example.net", NULL);
	ck_assert_uint_eq(windows.count, 0);
	clear();
	ask(SENDER | RECIPIENT, "sender+recipient:a@b+c@d", NULL);
	ck_assert_uint_eq(windows.count, 1);
	ck_assert_str_eq(windows.windows[0].key,
			 "weir:{sender+recipient:a@b+c@d}:pair:90s");
	clear();
}
END_TEST

/* The longest subject and name are not cut: they would be another's. */
START_TEST(test_the_longest_key_is_whole)
{
	char name[LIMIT_NAME_MAX + 1], text[SUBJECT_SIZE];
	struct limit longest = { .name = name,
				 .key = SENDER,
				 .per_ms = LIMIT_PER_MAX - 1 };
	struct settings of_one = { .limits = &longest, .limit_count = 1 };
	const char *key;

	memset(name, 'n', LIMIT_NAME_MAX);
	name[LIMIT_NAME_MAX] = '\0';
	memset(text, 's', SUBJECT_SIZE - 1);
	text[SUBJECT_SIZE - 1] = '\0';
	reached.settings = &of_one;
	ask(SENDER, text, NULL);
	reached.settings = &settings;
	ck_assert_uint_eq(windows.count, 1);
	key = windows.windows[0].key;
	ck_assert_uint_eq(strlen(key), strlen("weir:{}::31622399999ms") +
					       SUBJECT_SIZE - 1 +
					       LIMIT_NAME_MAX);
	ck_assert_str_eq(key + strlen(key) - strlen("n:31622399999ms"),
			 "n:31622399999ms");
	clear();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("subject_windows");
	TCase *cases = tcase_create("keys");

	tcase_add_test(cases, test_each_limit_with_the_key);
	tcase_add_test(cases, test_only_the_limit_that_is_asked_for);
	tcase_add_test(cases, test_all_is_a_key_of_its_own);
	tcase_add_test(cases, test_a_part_of_a_joined_key_is_another);
	tcase_add_test(cases, test_the_longest_key_is_whole);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
