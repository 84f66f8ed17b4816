/* SPDX-License-Identifier: ISC */

/* Who is near a limit, on a Redis of the test's own. */
#include <inttypes.h>
#include <stdio.h>

#include "lib/base/alloc.h"
#include "lib/fleet/top.h"
#include "fleet_way.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define PREFIX	  "weir"
#define INDEX	  PREFIX ":{busy}:index"
#define ROW	  PREFIX ":{busy}:minute:1m:sender:jake@x"
#define WINDOW	  PREFIX ":{sender:jake@x}:minute:1m"
#define MINUTE_MS 60000
#define DAY_MS	  86400000LL
/* What a slow machine may take between two looks at the clock. */
#define SLOW_MS 20000

static struct top top;

static void start(void)
{
	tell("FLUSHALL");
	redis = client_new();
	memset(&top, 0, sizeof(top));
}

static void stop(void)
{
	top_clear(&top);
	redis_client_free(&redis);
}

static struct near_limit_window window_of(const char *subject, uint64_t used,
					  uint64_t refused)
{
	return (struct near_limit_window){
		.subject = (char *)(uintptr_t)subject,
		.limit = (char *)(uintptr_t) "minute",
		.per_ms = MINUTE_MS,
		.used = used,
		.max = 100,
		.refused = refused
	};
}

static void note(const char *subject, uint64_t used, uint64_t refused)
{
	const struct near_limit_window window = window_of(subject, used,
							  refused);

	ck_assert_msg(top_note(redis, PREFIX, &window, 1), "%s",
		      redis_client_error(redis));
}

static void look(void)
{
	top_clear(&top);
	ck_assert_msg(top_read(redis, PREFIX, &top), "%s",
		      redis_client_error(redis));
}

static const struct top_row *row_of(const char *subject)
{
	for (size_t i = 0; i < top.count; i++)
		if (strcmp(top.rows[i].subject, subject) == 0)
			return &top.rows[i];
	return NULL;
}

/* notes */

START_TEST(an_empty_top)
{
	look();
	ck_assert_uint_eq(top.count, 0);
	ck_assert_uint_gt(top.now_ms, UINT64_C(1600000000000));
	ck_assert(top_note(redis, PREFIX, NULL, 0));
	look();
	ck_assert_uint_eq(top.count, 0);
}
END_TEST

START_TEST(a_row_says_what_was_noted)
{
	const struct top_row *row;

	note("sender:jake@x", 90, 3);
	look();
	ck_assert_uint_eq(top.count, 1);
	row = &top.rows[0];
	ck_assert_str_eq(row->subject, "sender:jake@x");
	ck_assert_str_eq(row->limit, "minute");
	ck_assert_uint_eq(row->per_ms, MINUTE_MS);
	ck_assert_uint_eq(row->max, 100);
	ck_assert_uint_eq(row->refused, 3);
	ck_assert_uint_eq(row->since_ms, row->last_ms);
	ck_assert_uint_le(row->last_ms, top.now_ms);
	ck_assert_uint_gt(row->last_ms + SLOW_MS, top.now_ms);
	ck_assert_uint_eq(row->shape.width_ms, 1000);
	ck_assert_uint_eq(row->shape.slots, 61);
	ck_assert_uint_eq(row->window.used, 0); /* there is none */
}
END_TEST

START_TEST(refusals_add_up_and_since_stays)
{
	note("sender:jake@x", 90, 3);
	/* as if a minute ago */
	redis_server_integer(&server, "HINCRBY " ROW " since -60000");
	note("sender:jake@x", 70, 0);
	note("sender:jake@x", 80, 4);
	look();
	ck_assert_uint_eq(top.count, 1);
	ck_assert_uint_eq(top.rows[0].refused, 7);
	ck_assert_uint_ge(top.rows[0].last_ms, top.rows[0].since_ms + 60000);
	ck_assert_uint_lt(top.rows[0].last_ms,
			  top.rows[0].since_ms + 60000 + SLOW_MS);
}
END_TEST

/* Quiet for longer than the window: the next flood is another one. */
START_TEST(a_flood_after_a_quiet_window_is_another)
{
	note("sender:jake@x", 90, 3);
	redis_server_integer(&server, "HINCRBY " ROW " since -70000");
	redis_server_integer(&server, "HINCRBY " ROW " last -61000");
	note("sender:jake@x", 80, 4);
	look();
	ck_assert_uint_eq(top.count, 1);
	ck_assert_uint_eq(top.rows[0].refused, 4);
	ck_assert_uint_eq(top.rows[0].since_ms, top.rows[0].last_ms);
}
END_TEST

/* The window is that of Redis, not of whoever noted it last. */
START_TEST(what_the_window_holds_now)
{
	char now[32];

	note("sender:jake@x", 90, 0);
	look();
	snprintf(now, sizeof(now), "%" PRIu64, top.now_ms / 1000);
	freeReplyObject(redis_server_command(
		&server, "HSET " WINDOW " head %s used 42 %u 42", now,
		(unsigned int)(top.now_ms / 1000 % 61)));
	look();
	ck_assert_uint_eq(top.rows[0].window.used, 42);
	ck_assert_uint_eq(top.rows[0].window.head, top.now_ms / 1000);
}
END_TEST

/* Colons, and whatever else a subject may have in it. */
static const char *const subjects[] = {
	"all",	       "client:2001:db8::/64",
	"auth:a:b:c",  "auth+helo:a%2Bb+c",
	"auth:%7B%7D", "auth:j\xc3\xa4k",
};

START_TEST(any_subject)
{
	note(subjects[_i], 90, 1);
	look();
	ck_assert_uint_eq(top.count, 1);
	ck_assert_str_eq(top.rows[0].subject, subjects[_i]);
	ck_assert_uint_eq(top.rows[0].refused, 1);
}
END_TEST

static const struct {
	uint64_t per_ms;
	const char *key; /* of the row */
} spans[] = {
	{ 1, PREFIX ":{busy}:minute:1ms:all" },
	{ 1500, PREFIX ":{busy}:minute:1500ms:all" },
	{ 90000, PREFIX ":{busy}:minute:90s:all" },
	{ UINT64_C(604800000), PREFIX ":{busy}:minute:1w:all" },
	{ UINT64_C(31622400000), PREFIX ":{busy}:minute:366d:all" },
};

/* An entry lasts as long as its window and a day. */
START_TEST(any_span)
{
	struct near_limit_window window = window_of("all", 90, 1);
	long long left_ms, life_ms = (long long)spans[_i].per_ms + DAY_MS;

	window.per_ms = spans[_i].per_ms;
	ck_assert(top_note(redis, PREFIX, &window, 1));
	look();
	ck_assert_uint_eq(top.count, 1);
	ck_assert_uint_eq(top.rows[0].per_ms, spans[_i].per_ms);
	left_ms = redis_server_integer(&server, "PTTL %s", spans[_i].key);
	ck_assert_int_le(left_ms, life_ms);
	ck_assert_int_gt(left_ms, life_ms - SLOW_MS);
	/* what is on the board is in the index as long */
	ck_assert_int_ge(redis_server_integer(&server, "PTTL " INDEX), left_ms);
}
END_TEST

START_TEST(many_in_one_round_trip)
{
	struct near_limit_window windows[1000];
	char names[1000][20];

	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(names[i], sizeof(names[i]), "auth:%u", i);
		windows[i] = window_of(names[i], i % 100, i);
	}
	ck_assert(top_note(redis, PREFIX, windows, 1000));
	look();
	ck_assert_uint_eq(top.count, 1000);
	for (unsigned int i = 0; i < 1000; i++)
		ck_assert_uint_eq(row_of(names[i])->refused, i);
}
END_TEST

/* Notes windows "PREFIX0" and on: used and refused of each, in a window of
 * per_ms. */
static void note_crowd(const char *prefix, unsigned int count, uint64_t per_ms,
		       uint64_t used, uint64_t refused)
{
	struct near_limit_window windows[500];
	char names[500][20];

	for (unsigned int done = 0; done < count;) {
		unsigned int some = count - done < 500 ? count - done : 500;

		for (unsigned int n = 0; n < some; n++) {
			snprintf(names[n], sizeof(names[n]), "%s%u", prefix,
				 done + n);
			windows[n] = window_of(names[n], used, refused);
			windows[n].per_ms = per_ms;
		}
		ck_assert_msg(top_note(redis, PREFIX, windows, some), "%s",
			      redis_client_error(redis));
		done += some;
	}
}

static size_t rows_of(const char *prefix)
{
	size_t count = 0;

	for (size_t i = 0; i < top.count; i++)
		count += strncmp(top.rows[i].subject, prefix, strlen(prefix)) ==
			 0;
	return count;
}

/* The fullest stay; how many others there are is counted. */
START_TEST(bounded)
{
	note_crowd("auth:", TOP_MAX, MINUTE_MS, 400, 0);
	note_crowd("helo:", 500, MINUTE_MS, 100, 0);
	ck_assert_int_eq(redis_server_integer(&server, "ZCARD " INDEX),
			 TOP_MAX);
	look();
	ck_assert_uint_eq(top.count, TOP_MAX);
	ck_assert_uint_eq(rows_of("auth:"), TOP_MAX);
	ck_assert_uint_eq(top.more, 500);
	note("sender:jake@x", 100000, 0);
	look();
	ck_assert_uint_eq(top.count, TOP_MAX);
	ck_assert_ptr_nonnull(row_of("sender:jake@x"));
	ck_assert_uint_eq(top.more, 501);
}
END_TEST

/* What the index drops is not left behind in Redis for a year. */
START_TEST(what_is_dropped_leaves_no_hash)
{
	note_crowd("auth:", TOP_MAX + 500, MINUTE_MS, 100, 1);
	/* index, ends and more */
	ck_assert_int_eq(redis_server_integer(&server, "DBSIZE"), TOP_MAX + 3);
}
END_TEST

/* 2,100 floods, each over by now, and one that only begins. */
START_TEST(what_is_over_goes_first)
{
	note_crowd("auth:", TOP_MAX + 100, 1, 100, 1000);
	note("sender:jake@x", 75, 0);
	look();
	ck_assert_ptr_nonnull(row_of("sender:jake@x"));
	ck_assert_uint_eq(top.more, 0);
	/* no more than came in went */
	ck_assert_uint_eq(top.count, TOP_MAX);
}
END_TEST

/* 2,100 senders at their limit at once, and one that is refused all the time,
 * although what it used is least. */
START_TEST(a_crowd_hides_no_flood)
{
	note_crowd("auth:", TOP_MAX + 100, MINUTE_MS, 100, 1);
	note("sender:jake@x", 75, 29);
	note_crowd("helo:", 600, MINUTE_MS, 100, 1);
	look();
	ck_assert_ptr_nonnull(row_of("sender:jake@x"));
	ck_assert_uint_eq(top.count, TOP_MAX);
	ck_assert_uint_eq(top.more, 701);
}
END_TEST

/* As if all that was noted had been noted an hour ago. */
static void age_index(void)
{
	static const char script[] =
		"local all = redis.call('ZRANGE', KEYS[1], 0, -1, "
		"'WITHSCORES') for i = 1, #all, 2 do redis.call('ZADD', "
		"KEYS[1], all[i + 1] - 60, all[i]) end";

	freeReplyObject(redis_server_command(
		&server, "EVAL %s 1 " PREFIX ":{busy}:index", script));
}

START_TEST(floods_of_an_hour_ago_hide_none_of_now)
{
	note_crowd("auth:", TOP_MAX, DAY_MS, 100, 100000);
	age_index();
	note("sender:jake@x", 75, 0);
	look();
	ck_assert_ptr_nonnull(row_of("sender:jake@x"));
	ck_assert_uint_eq(top.more, 1);
}
END_TEST

START_TEST(what_had_no_room_comes_back)
{
	note_crowd("auth:", TOP_MAX, MINUTE_MS, 100, 2);
	note("sender:jake@x", 75, 0);
	look();
	ck_assert_ptr_null(row_of("sender:jake@x"));
	ck_assert_uint_eq(top.more, 1);
	note("sender:jake@x", 75, 50);
	look();
	ck_assert_ptr_nonnull(row_of("sender:jake@x"));
	ck_assert_uint_eq(top.more, 1); /* another one */
	/* what is over by now is not one more */
	note_crowd("helo:", 100, 1, 100, 0);
	note("sender:jane@x", 75, 50);
	look();
	ck_assert_uint_le(top.more, 2);
}
END_TEST

START_TEST(more_is_bounded)
{
	note_crowd("auth:", TOP_MAX + TOP_MORE_MAX + 700, MINUTE_MS, 100, 1);
	look();
	ck_assert_uint_eq(top.more, TOP_MORE_MAX);
	ck_assert_int_eq(
		redis_server_integer(&server, "ZCARD " PREFIX ":{busy}:ends"),
		TOP_MAX);
}
END_TEST

/* A rank of the future would keep its place for good. */
START_TEST(a_clock_that_was_set_back)
{
	note("sender:jake@x", 90, 3);
	redis_server_integer(&server, "HSET " ROW " rank 99999999");
	note("sender:jake@x", 90, 3);
	note_crowd("auth:", TOP_MAX, MINUTE_MS, 100, 50);
	look();
	ck_assert_ptr_null(row_of("sender:jake@x"));
}
END_TEST

/* one window */

static void find(const char *subject, uint64_t *refused_r, uint64_t *since_r,
		 uint64_t *last_r)
{
	ck_assert(top_find(redis, PREFIX, subject, "minute", MINUTE_MS,
			   refused_r, since_r, last_r));
}

START_TEST(found)
{
	uint64_t refused, since_ms, last_ms;

	note("sender:jake@x", 90, 3);
	look();
	find("sender:jake@x", &refused, &since_ms, &last_ms);
	ck_assert_uint_eq(refused, 3);
	ck_assert_uint_eq(since_ms, top.rows[0].since_ms);
	ck_assert_uint_eq(last_ms, top.rows[0].last_ms);
}
END_TEST

START_TEST(not_found)
{
	uint64_t refused = 1, since_ms = 1, last_ms = 1;

	note("sender:jake@x", 90, 3);
	find("sender:jane@x", &refused, &since_ms, &last_ms);
	ck_assert_uint_eq(refused, 0);
	ck_assert_uint_eq(since_ms, 0);
	ck_assert_uint_eq(last_ms, 0);
}
END_TEST

START_TEST(forgotten)
{
	uint64_t refused, since_ms, last_ms;

	note("sender:jake@x", 90, 3);
	note("sender:jane@x", 90, 3);
	ck_assert(top_forget(redis, PREFIX, "sender:jake@x", "minute",
			     MINUTE_MS));
	look();
	ck_assert_uint_eq(top.count, 1);
	ck_assert_ptr_nonnull(row_of("sender:jane@x"));
	ck_assert_int_eq(
		redis_server_integer(&server, "ZCARD " PREFIX ":{busy}:ends"),
		1);
	find("sender:jake@x", &refused, &since_ms, &last_ms);
	ck_assert_uint_eq(refused, 0);
	/* again, and it begins anew */
	ck_assert(top_forget(redis, PREFIX, "sender:jake@x", "minute",
			     MINUTE_MS));
	note("sender:jake@x", 90, 1);
	find("sender:jake@x", &refused, &since_ms, &last_ms);
	ck_assert_uint_eq(refused, 1);
}
END_TEST

/* time, and what others wrote */

START_TEST(what_is_over_is_swept)
{
	note("sender:jake@x", 90, 3);
	note("sender:jane@x", 90, 3);
	redis_server_integer(&server, "PEXPIRE " ROW " 0");
	look();
	ck_assert_uint_eq(top.count, 1);
	ck_assert_ptr_nonnull(row_of("sender:jane@x"));
	ck_assert_int_eq(redis_server_integer(&server, "ZCARD " INDEX), 1);
}
END_TEST

START_TEST(foreign_members_are_left_out)
{
	note("sender:jake@x", 90, 3);
	redis_server_integer(&server, "ZADD " INDEX " 1 x 2 x:y 3 x:y:z 4 x::z "
				      "5 minute:0s:all 6 minute:soon:all");
	look();
	ck_assert_uint_eq(top.count, 1);
	ck_assert_ptr_nonnull(row_of("sender:jake@x"));
}
END_TEST

START_TEST(damaged_numbers_are_none)
{
	note("sender:jake@x", 90, 3);
	redis_server_integer(&server, "HDEL " ROW " max");
	tell("HSET " ROW " refused -7 since long");
	look();
	ck_assert_uint_eq(top.count, 1);
	ck_assert_uint_eq(top.rows[0].max, 0);
	ck_assert_uint_eq(top.rows[0].refused, 0);
	ck_assert_uint_eq(top.rows[0].since_ms, 0);
}
END_TEST

START_TEST(a_foreign_window_is_an_empty_one)
{
	note("sender:jake@x", 90, 3);
	note("sender:jane@x", 90, 4);
	tell("SET " WINDOW " foreign");
	look();
	ck_assert_uint_eq(top.count, 2);
	ck_assert_uint_eq(row_of("sender:jake@x")->window.used, 0);
	ck_assert_uint_eq(row_of("sender:jake@x")->refused, 3);
	ck_assert_uint_eq(row_of("sender:jane@x")->refused, 4);
}
END_TEST

static void expect_own_answer(void)
{
	struct redis_value *value = redis_client_say(redis, "ECHO", "own",
						     NULL);

	ck_assert_ptr_nonnull(value);
	ck_assert_str_eq(redis_value_text(value, NULL), "own");
	redis_value_free(&value);
}

static const char *const foreign[] = { INDEX, ROW };

START_TEST(a_foreign_key_is_an_error)
{
	const struct near_limit_window window = window_of("sender:jake@x", 90,
							  3);

	note("sender:jake@x", 90, 3);
	note("sender:jane@x", 90, 3);
	freeReplyObject(
		redis_server_command(&server, "SET %s foreign", foreign[_i]));
	ck_assert(!top_read(redis, PREFIX, &top));
	ck_assert_ptr_nonnull(strstr(redis_client_error(redis), "WRONGTYPE"));
	ck_assert_uint_eq(top.count, 0);
	expect_own_answer();
	ck_assert(!top_note(redis, PREFIX, &window, 1));
	ck_assert_ptr_nonnull(strstr(redis_client_error(redis), "WRONGTYPE"));
	expect_own_answer();
}
END_TEST

START_TEST(without_redis)
{
	const struct near_limit_window window = window_of("sender:jake@x", 90,
							  3);
	uint64_t refused, since_ms, last_ms;

	note("sender:jake@x", 90, 3);
	redis_server_kill(&server);
	ck_assert(!top_read(redis, PREFIX, &top));
	ck_assert_uint_eq(top.count, 0);
	ck_assert_ptr_null(top.rows);
	ck_assert(!top_note(redis, PREFIX, &window, 1));
	ck_assert(!top_find(redis, PREFIX, "all", "minute", MINUTE_MS, &refused,
			    &since_ms, &last_ms));
	ck_assert(!top_forget(redis, PREFIX, "all", "minute", MINUTE_MS));
	redis_server_start_again(&server, NULL);
	note("sender:jake@x", 90, 1);
	look();
	ck_assert_uint_eq(top.rows[0].refused, 1);
}
END_TEST

static void add_tests(TCase *tcase)
{
	tcase_add_test(tcase, an_empty_top);
	tcase_add_test(tcase, a_row_says_what_was_noted);
	tcase_add_test(tcase, refusals_add_up_and_since_stays);
	tcase_add_test(tcase, a_flood_after_a_quiet_window_is_another);
	tcase_add_test(tcase, what_the_window_holds_now);
	tcase_add_loop_test(tcase, any_subject, 0, COUNT_OF(subjects));
	tcase_add_loop_test(tcase, any_span, 0, COUNT_OF(spans));
	tcase_add_test(tcase, many_in_one_round_trip);
	tcase_add_test(tcase, bounded);
	tcase_add_test(tcase, what_is_dropped_leaves_no_hash);
	tcase_add_test(tcase, what_is_over_goes_first);
	tcase_add_test(tcase, a_crowd_hides_no_flood);
	tcase_add_test(tcase, floods_of_an_hour_ago_hide_none_of_now);
	tcase_add_test(tcase, what_had_no_room_comes_back);
	tcase_add_test(tcase, more_is_bounded);
	tcase_add_test(tcase, a_clock_that_was_set_back);
	tcase_add_test(tcase, found);
	tcase_add_test(tcase, not_found);
	tcase_add_test(tcase, forgotten);
	tcase_add_test(tcase, what_is_over_is_swept);
	tcase_add_test(tcase, foreign_members_are_left_out);
	tcase_add_test(tcase, damaged_numbers_are_none);
	tcase_add_test(tcase, a_foreign_window_is_an_empty_one);
	tcase_add_loop_test(tcase, a_foreign_key_is_an_error, 0,
			    COUNT_OF(foreign));
}

int main(void)
{
	return fleet_run(&(struct fleet_tests){
		.name = "top",
		.start = start,
		.stop = stop,
		.add = add_tests,
		.away = without_redis,
	});
}
