/* SPDX-License-Identifier: ISC */
/* Verdicts on their way to who watches: bounded, and from many threads. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <check.h>

#include "lib/base/json.h"
#include "lib/redis/redis_client.h"
#include "milter/common/clock.h"
#include "milter/daemon/feed.h"
#include "t/lib/redis_server.h"

#define FEED_MAX 1000 /* as in feed.c */
#define THREADS	 8
#define EACH	 2000 /* verdicts of a thread */
#define WAIT_MS	 20000

static struct redis_server server;
static struct redis_client *redis, *watcher;
static struct feed *feed;
static struct message message;
static struct verdict verdict;

static struct redis_client *connect_client(void)
{
	return redis_client_new(&(struct redis_client_options){
		.server = server.address, .timeout_ms = WAIT_MS });
}

static void setup(void)
{
	signal(SIGPIPE, SIG_IGN); /* as the programs do */
	redis_server_start(&server, NULL);
	redis = connect_client();
	feed = feed_new("gate1");
	message_init(&message);
	message_set_sender(&message, &address_rules_default,
			   "<jake@example.com>");
	message_add_recipient(&message, &address_rules_default,
			      "<bob@example.net>");
	message_add_recipient(&message, &address_rules_default,
			      "<ann@example.net>");
	verdict_accept(&verdict, VERDICT_BY_NOTHING);
}

/* The feed stays: it lives as long as its process. */
static void teardown(void)
{
	message_clear(&message);
	redis_client_free(&watcher);
	redis_client_free(&redis);
	redis_server_remove(&server);
}

static void watch(void)
{
	struct redis_value *value;

	watcher = connect_client();
	value = redis_client_say(watcher, "SUBSCRIBE", "weir:verdicts", NULL);
	ck_assert_ptr_nonnull(value);
	redis_value_free(&value);
}

/* The next that was told. */
static json_t *hear(void)
{
	struct redis_value *value = redis_client_listen(watcher, WAIT_MS);
	const char *text;
	json_t *object;

	ck_assert_ptr_nonnull(value);
	ck_assert_str_eq(redis_value_text(redis_value_at(value, 0), NULL),
			 "message");
	text = redis_value_text(redis_value_at(value, 2), NULL);
	object = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(object);
	redis_value_free(&value);
	return object;
}

/* How many sightings, and how many were left out. */
static void assert_heard(size_t sightings, uint64_t left_out)
{
	json_t *object = hear();

	ck_assert_uint_eq(json_array_size(json_object_get(object, "sightings")),
			  sightings);
	ck_assert_uint_eq(document_get_number(object, "left_out"), left_out);
	json_decref(object);
}

static void add(size_t count)
{
	for (size_t i = 0; i < count; i++)
		feed_add(feed, "4Xabc", &message, NULL, &verdict);
}

static bool tell(void)
{
	return feed_tell(feed, redis, "weir");
}

START_TEST(test_nobody_watches_at_first)
{
	ck_assert(!feed_is_watched(feed));
	ck_assert(feed_look(feed, redis, "weir"));
	ck_assert(!feed_is_watched(feed));
}
END_TEST

START_TEST(test_somebody_comes_and_goes)
{
	watch();
	ck_assert(feed_look(feed, redis, "weir"));
	ck_assert(feed_is_watched(feed));
	/* of another prefix, this is nobody */
	ck_assert(feed_look(feed, redis, "other"));
	ck_assert(!feed_is_watched(feed));
	ck_assert(feed_look(feed, redis, "weir"));
	redis_client_free(&watcher);
	for (int i = 0; i < 1000 && feed_is_watched(feed); i++) {
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
		ck_assert(feed_look(feed, redis, "weir"));
	}
	ck_assert(!feed_is_watched(feed));
}
END_TEST

START_TEST(test_what_is_told)
{
	uint64_t before_ms = clock_wall_ms();
	struct sighting sighting;
	json_t *object;

	watch();
	feed_add(feed, "4Xabc", &message, NULL, &verdict);
	feed_add(feed, NULL, &message, &message.recipients[1], &verdict);
	ck_assert(tell());
	object = hear();
	ck_assert(sighting_parse(
		json_array_get(json_object_get(object, "sightings"), 0),
		&sighting));
	ck_assert_str_eq(sighting.host, "gate1");
	ck_assert_str_eq(sighting.queue_id, "4Xabc");
	ck_assert_str_eq(sighting.verdict, "accept");
	ck_assert_str_eq(sighting.sender, "jake@example.com");
	ck_assert_uint_eq(sighting.recipient_count, 2);
	ck_assert_uint_ge(sighting.when_ms, before_ms);
	ck_assert_uint_le(sighting.when_ms, clock_wall_ms());
	sighting_clear(&sighting);
	ck_assert(sighting_parse(
		json_array_get(json_object_get(object, "sightings"), 1),
		&sighting));
	ck_assert_str_eq(sighting.queue_id, "");
	ck_assert_uint_eq(sighting.recipient_count, 1);
	ck_assert_str_eq(sighting.recipients[0], "ann@example.net");
	sighting_clear(&sighting);
	json_decref(object);
}
END_TEST

START_TEST(test_nothing_is_told_when_there_is_nothing)
{
	watch();
	ck_assert(tell());
	ck_assert_ptr_null(redis_client_listen(watcher, 50));
	add(1);
	ck_assert(tell());
	assert_heard(1, 0);
	ck_assert(tell());
	ck_assert_ptr_null(redis_client_listen(watcher, 50));
}
END_TEST

START_TEST(test_what_does_not_fit_is_counted)
{
	watch();
	add(FEED_MAX);
	ck_assert(tell());
	assert_heard(FEED_MAX, 0);
	add(FEED_MAX + 500);
	ck_assert(tell());
	assert_heard(FEED_MAX, 500);
	/* and then it begins anew */
	add(1);
	ck_assert(tell());
	assert_heard(1, 0);
}
END_TEST

START_TEST(test_redis_is_away)
{
	watch();
	ck_assert(feed_look(feed, redis, "weir"));
	redis_server_kill(&server);
	add(3);
	ck_assert(!tell());
	ck_assert(!feed_look(feed, redis, "weir"));
	redis_client_free(&watcher);
	redis_server_start_again(&server, NULL);
	watch();
	/* what was not told is not told later, but how much that was */
	add(1);
	ck_assert(tell());
	assert_heard(1, 3);
}
END_TEST

/* many threads */

static atomic_uint ended;

static void *add_many(void *context)
{
	(void)context;
	for (int i = 0; i < EACH; i++) {
		feed_is_watched(feed);
		add(1);
	}
	atomic_fetch_add(&ended, 1);
	return NULL;
}

static uint64_t count_heard(void)
{
	json_t *object = hear();
	size_t sightings = json_array_size(
		json_object_get(object, "sightings"));
	uint64_t count = sightings + document_get_number(object, "left_out");

	ck_assert_uint_ge(sightings, 1);
	ck_assert_uint_le(sightings, FEED_MAX);
	json_decref(object);
	return count;
}

START_TEST(test_none_is_lost_between_threads)
{
	pthread_t threads[THREADS];
	uint64_t heard = 0;

	watch();
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, add_many, NULL), 0);
	for (bool is_last = false; !is_last;) {
		is_last = atomic_load(&ended) == THREADS;
		add(1); /* so that there is something to hear */
		heard--;
		ck_assert(feed_look(feed, redis, "weir"));
		ck_assert(tell());
		heard += count_heard();
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(heard, THREADS * EACH);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("feed");
	TCase *cases = tcase_create("redis");
	SRunner *runner;
	int failed;

	tcase_set_timeout(cases, 120);
	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_nobody_watches_at_first);
	tcase_add_test(cases, test_somebody_comes_and_goes);
	tcase_add_test(cases, test_what_is_told);
	tcase_add_test(cases, test_nothing_is_told_when_there_is_nothing);
	tcase_add_test(cases, test_what_does_not_fit_is_counted);
	tcase_add_test(cases, test_redis_is_away);
	tcase_add_test(cases, test_none_is_lost_between_threads);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
