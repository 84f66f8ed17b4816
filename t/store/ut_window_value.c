/* SPDX-License-Identifier: ISC */
/*
 * What HGETALL says of a window, read without charging it. The answers are
 * made by hiredis from the bytes that Redis would send.
 */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "lib/base/text.h"
#include "lib/redis/redis_client.h"
#include "lib/store/window_value.h"
#include "t/lib/traffic.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

/* A minute: buckets of a second. */
#define NOON   UINT64_C(1700000071000)
#define HEAD   UINT64_C(1700000071)
#define ROUNDS 3000

static struct window_shape shape;
static struct window window;
static struct redis_value *value;

static void setup(void)
{
	shape = window_shape_of(60000);
	memset(&window, 0xff, sizeof(window));
	value = NULL;
}

static void teardown(void)
{
	redis_value_free(&value);
}

static struct redis_value *answer(const char *bytes, size_t length)
{
	redisReader *reader = redisReaderCreate();
	void *reply = NULL;

	ck_assert_int_eq(redisReaderFeed(reader, bytes, length), REDIS_OK);
	ck_assert_int_eq(redisReaderGetReply(reader, &reply), REDIS_OK);
	ck_assert_ptr_nonnull(reply);
	redisReaderFree(reader);
	return reply;
}

/* The words, separated by spaces, as a list; "_" is an empty one. */
static struct redis_value *list_of(const char *words)
{
	char body[8192], *copy = strdup(words), *rest = copy, *word;
	struct text bytes;
	size_t count = 0;

	ck_assert_ptr_nonnull(copy);
	text_init(&bytes, body, sizeof(body));
	while ((word = strsep(&rest, " ")) != NULL) {
		if (strcmp(word, "_") == 0)
			*word = '\0';
		text_add_format(&bytes, "$%zu\r\n%s\r\n", strlen(word), word);
		count++;
	}
	free(copy);
	ck_assert(!bytes.is_cut);
	copy = malloc(bytes.length + 32);
	ck_assert_ptr_nonnull(copy);
	count = (size_t)sprintf(copy, "*%zu\r\n%s", count, body);
	value = answer(copy, count);
	free(copy);
	return value;
}

static void check_empty(void)
{
	ck_assert_uint_eq(window.used, 0);
	ck_assert_uint_eq(window.head, HEAD);
	for (unsigned int i = 0; i < WINDOW_SLOTS_MAX; i++)
		ck_assert_uint_eq(window.buckets[i], 0);
}

START_TEST(test_a_window)
{
	/* 1700000071 is 38 more than a multiple of 61 */
	ck_assert_uint_eq(HEAD % 61, 38);
	list_of("38 7 used 12 head 1700000071 37 5");
	ck_assert(window_value_read(value, &shape, NOON + 999, &window));
	ck_assert_uint_eq(window.head, HEAD);
	ck_assert_uint_eq(window.used, 12);
	ck_assert_uint_eq(window.buckets[38], 7);
	ck_assert_uint_eq(window.buckets[37], 5);
}
END_TEST

static const char *const no_windows[] = {
	"*0\r\n",
	"$-1\r\n",
	"*-1\r\n",
	"$4\r\nhead\r\n",
	":5\r\n",
	"+OK\r\n",
	"*1\r\n$4\r\nhead\r\n",
	"*2\r\n$1\r\n1\r\n$1\r\n5\r\n",
	"*2\r\n:1\r\n:5\r\n",
};

START_TEST(test_no_window)
{
	value = answer(no_windows[_i], strlen(no_windows[_i]));
	ck_assert(!window_value_read(value, &shape, NOON, &window));
	check_empty();
}
END_TEST

START_TEST(test_no_answer)
{
	ck_assert(!window_value_read(NULL, &shape, NOON, &window));
	check_empty();
}
END_TEST

/* The bucket of NOON counts for 61 seconds, the one before for one less. */
static const struct {
	int64_t later_ms;
	uint64_t used;
} moments[] = {
	{ 0, 12 },    { 59000, 12 }, { 59999, 12 },	{ 60000, 7 },
	{ 60999, 7 }, { 61000, 0 },  { -1, 5 },		{ -1000, 5 },
	{ -1001, 0 }, { -2000, 0 },  { 1000000000, 0 }, { -1000000000, 0 },
};

START_TEST(test_what_is_over_or_to_come)
{
	uint64_t now_ms = NOON + (uint64_t)moments[_i].later_ms;

	list_of("head 1700000071 used 12 38 7 37 5");
	ck_assert(window_value_read(value, &shape, now_ms, &window));
	ck_assert_uint_eq(window.used, moments[_i].used);
	ck_assert_uint_eq(window.head, now_ms / 1000);
}
END_TEST

/* Foreign fields and damaged numbers beside one bucket that is sound. */
static const struct {
	const char *fields;
	uint64_t used;
} damaged[] = {
	{ "38 7", 7 },
	{ "38 7 used 99", 7 }, /* the sum is made of the buckets */
	{ "38 7 61 5", 7 },
	{ "38 7 99 5 100 5 038 5 -1 5 3x 5 _ 5 field 5", 7 },
	{ "38 7 07 5 00 5", 7 },
	{ "38 7 7 5 07 6 7 4", 12 }, /* a bucket has one field */
	{ "38 7 37 -5", 7 },
	{ "38 7 37 many", 7 },
	{ "38 7 37 0", 7 },
	{ "38 7 37 99999999999999999999", 7 },
	{ "38 7 37 9007199254740992", 7 }, /* the sum would be above 2^53 */
	{ "38 7 37 9007199254740985", UINT64_C(9007199254740992) },
	{ "38 7 37", 7 },
	{ "38 seven", 0 },
};

START_TEST(test_damaged_fields_are_left_out)
{
	char words[200];
	uint64_t sum = 0;

	snprintf(words, sizeof(words), "head 1700000071 %s",
		 damaged[_i].fields);
	list_of(words);
	ck_assert(window_value_read(value, &shape, NOON, &window));
	ck_assert_uint_eq(window.used, damaged[_i].used);
	for (unsigned int i = 0; i < WINDOW_SLOTS_MAX; i++)
		sum += window.buckets[i];
	ck_assert_uint_eq(sum, window.used);
}
END_TEST

static const char *const bad_heads[] = {
	"head -1700000071 38 7",
	"head noon 38 7",
	"head _ 38 7",
	"head 9223372036854775807 38 7",
	"head 99999999999999999999999 38 7",
};

START_TEST(test_a_damaged_head_is_another_time)
{
	list_of(bad_heads[_i]);
	ck_assert(window_value_read(value, &shape, NOON, &window));
	check_empty();
}
END_TEST

START_TEST(test_nothing_but_texts_is_read)
{
	static const char nested[] = "*4\r\n$4\r\nhead\r\n:1700000071\r\n"
				     "*1\r\n$2\r\n38\r\n:7\r\n";

	value = answer(nested, strlen(nested));
	ck_assert(window_value_read(value, &shape, NOON, &window));
	check_empty();
}
END_TEST

/* against the arithmetic that wrote it */

static const uint64_t pers_ms[] = { 1,	   2,	  59,	   61,	     119,
				    60000, 61001, 3600000, 604800000 };

/* As charge.lua would leave it: fields of the buckets that are not empty. */
static void write_window(const struct window *written,
			 struct traffic_random *random)
{
	unsigned int start = (unsigned int)traffic_random_below(random,
								shape.slots);
	char words[4096];
	struct text text;

	text_init(&text, words, sizeof(words));
	for (unsigned int i = 0; i < shape.slots; i++) {
		unsigned int slot = (start + i) % shape.slots;

		if (i == shape.slots / 2)
			text_add_format(&text,
					"head %" PRIu64 " used %" PRIu64 " ",
					written->head, written->used);
		if (written->buckets[slot] != 0)
			text_add_format(&text, "%u %" PRIu64 " ", slot,
					written->buckets[slot]);
	}
	words[text.length - 1] = '\0';
	redis_value_free(&value);
	list_of(words);
}

START_TEST(test_same_as_the_window_that_was_written)
{
	struct traffic_random random = { .state = (uint64_t)_i + 1 };
	uint64_t now_ms = NOON, used = 0;
	struct window written;

	shape = window_shape_of(pers_ms[_i]);
	window_init(&written, &shape, now_ms);
	for (int round = 0; round < ROUNDS; round++) {
		now_ms += traffic_random_step(&random, pers_ms[_i]);
		window_move(&written, &shape, now_ms);
		window_add(&written, &shape,
			   1 + traffic_random_below(&random, 100));
		write_window(&written, &random);
		now_ms += traffic_random_step(&random, pers_ms[_i]);
		if (traffic_random_below(&random, 20) == 0)
			now_ms -= traffic_random_below(&random, 2000);
		ck_assert(window_value_read(value, &shape, now_ms, &window));
		window_move(&written, &shape, now_ms);
		ck_assert_uint_eq(window.used, written.used);
		ck_assert_mem_eq(&window, &written, sizeof(window));
		used += window.used;
	}
	ck_assert_uint_gt(used, ROUNDS);
}
END_TEST

/* charts */

START_TEST(test_a_chart_runs_to_the_newest)
{
	uint64_t counts[WINDOW_SLOTS_MAX], sum = 0;

	list_of("head 1700000071 38 7 37 5 39 3");
	ck_assert(window_value_read(value, &shape, NOON, &window));
	ck_assert_uint_eq(window_value_chart(&window, &shape, counts), 61);
	for (unsigned int i = 0; i < 61; i++)
		sum += counts[i];
	ck_assert_uint_eq(sum, 15);
	ck_assert_uint_eq(counts[60], 7);
	ck_assert_uint_eq(counts[59], 5);
	ck_assert_uint_eq(counts[0], 3); /* 39 is the next to be left */
}
END_TEST

START_TEST(test_a_chart_of_the_first_second)
{
	uint64_t counts[WINDOW_SLOTS_MAX];

	list_of("head 1 0 3 1 4 60 9");
	ck_assert(window_value_read(value, &shape, 1500, &window));
	ck_assert_uint_eq(window_value_chart(&window, &shape, counts), 61);
	ck_assert_uint_eq(counts[60], 4);
	ck_assert_uint_eq(counts[59], 3);
	ck_assert_uint_eq(counts[58], 0); /* before time began */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("window_value");
	TCase *tcase = tcase_create("window_value");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_a_window);
	tcase_add_loop_test(tcase, test_no_window, 0, COUNT_OF(no_windows));
	tcase_add_test(tcase, test_no_answer);
	tcase_add_loop_test(tcase, test_what_is_over_or_to_come, 0,
			    COUNT_OF(moments));
	tcase_add_loop_test(tcase, test_damaged_fields_are_left_out, 0,
			    COUNT_OF(damaged));
	tcase_add_loop_test(tcase, test_a_damaged_head_is_another_time, 0,
			    COUNT_OF(bad_heads));
	tcase_add_test(tcase, test_nothing_but_texts_is_read);
	tcase_add_loop_test(tcase, test_same_as_the_window_that_was_written, 0,
			    COUNT_OF(pers_ms));
	tcase_add_test(tcase, test_a_chart_runs_to_the_newest);
	tcase_add_test(tcase, test_a_chart_of_the_first_second);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
