/* SPDX-License-Identifier: ISC */
/* Events on their way to listeners: bounded, and from many threads. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <check.h>

#include "lib/base/json.h"
#include "lib/redis/redis_client.h"
#include "lib/fleet/watch_channel.h"
#include "t/lib/redis_server.h"

#define WAITING_MAX 1000 /* as in watch_channel.c */
#define THREADS	    8
#define EACH	    2000 /* verdicts of a thread */
#define WAIT_MS	    20000

static struct redis_server server;
static struct redis_client *redis, *watcher;
static struct watch_channel *channel;
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
	channel = watch_channel_new();
	message_init(&message);
	message_set_sender(&message, &address_rules_default,
			   "<jake@example.com>");
	message_add_recipient(&message, &address_rules_default,
			      "<bob@example.net>");
	message_add_recipient(&message, &address_rules_default,
			      "<ann@example.net>");
	verdict_accept(&verdict, VERDICT_BY_NOTHING);
}

/* The channel stays: it lives as long as its process. */
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
	ck_assert(watch_channel_look(channel, redis, "weir"));
}

/* The next that was published. */
static json_t *hear(void)
{
	struct redis_value *value = redis_client_listen(watcher, WAIT_MS);
	const char *text;
	json_t *object;

	ck_assert_ptr_nonnull(value);
	ck_assert_str_eq(redis_value_text_at(value, 0), "message");
	text = redis_value_text_at(value, 2);
	object = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(object);
	redis_value_free(&value);
	return object;
}

/* How many events, and how many were left out. */
static void assert_heard(size_t events, uint64_t left_out)
{
	json_t *object = hear();

	ck_assert_uint_eq(json_array_size(json_object_get(object, "sightings")),
			  events);
	ck_assert_uint_eq(document_get_number(object, "left_out"), left_out);
	json_decref(object);
}

static void give(const struct message_recipient *recipient)
{
	struct event event;

	event_make(&event, &message, recipient, &verdict);
	event.host = "gate1";
	event.when_ms = 1777651200000;
	watch_channel_add(channel, &event);
}

static void add(size_t count)
{
	for (size_t i = 0; i < count; i++)
		give(NULL);
}

static bool publish(void)
{
	return watch_channel_publish(channel, redis, "weir");
}

static int64_t count_listeners(void)
{
	struct redis_value *value = redis_client_say(redis, "PUBSUB", "NUMSUB",
						     "weir:verdicts", NULL);
	int64_t count = redis_value_integer(redis_value_at(value, 1));

	redis_value_free(&value);
	return count;
}

START_TEST(test_without_a_listener_nothing_is_kept)
{
	add(3);
	ck_assert(watch_channel_look(channel, redis, "weir"));
	add(3);
	watch();
	add(1);
	ck_assert(publish());
	assert_heard(1, 0);
}
END_TEST

/* What was left out before it came is nothing to it. */
START_TEST(test_a_listener_comes_and_goes)
{
	watch();
	add(WAITING_MAX + 7);
	/* of another prefix, this is no listener */
	ck_assert(watch_channel_look(channel, redis, "other"));
	add(5);
	ck_assert(watch_channel_look(channel, redis, "weir"));
	ck_assert(publish());
	assert_heard(WAITING_MAX, 0);
	redis_client_free(&watcher);
	for (int i = 0; i < 1000 && count_listeners() != 0; i++)
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	ck_assert(watch_channel_look(channel, redis, "weir"));
	add(5);
	watch();
	add(2);
	ck_assert(publish());
	assert_heard(2, 0);
}
END_TEST

START_TEST(test_what_is_published)
{
	struct event event;
	json_t *object;

	watch();
	give(NULL);
	give(&message.recipients[1]);
	ck_assert(publish());
	object = hear();
	ck_assert(event_read(
		json_array_get(json_object_get(object, "sightings"), 0),
		&event));
	ck_assert_str_eq(event.host, "gate1");
	ck_assert_int_eq(event.verdict, VERDICT_ACCEPT);
	ck_assert_str_eq(event.sender, "jake@example.com");
	ck_assert_uint_eq(event.recipient_count, 2);
	ck_assert_uint_eq(event.when_ms, 1777651200000);
	ck_assert(event_read(
		json_array_get(json_object_get(object, "sightings"), 1),
		&event));
	ck_assert_uint_eq(event.recipient_count, 1);
	ck_assert_str_eq(event.recipients[0], "ann@example.net");
	json_decref(object);
}
END_TEST

START_TEST(test_nothing_is_published_when_there_is_nothing)
{
	watch();
	ck_assert(publish());
	ck_assert_ptr_null(redis_client_listen(watcher, 50));
	add(1);
	ck_assert(publish());
	assert_heard(1, 0);
	ck_assert(publish());
	ck_assert_ptr_null(redis_client_listen(watcher, 50));
}
END_TEST

START_TEST(test_what_does_not_fit_is_counted)
{
	watch();
	add(WAITING_MAX);
	ck_assert(publish());
	assert_heard(WAITING_MAX, 0);
	add(WAITING_MAX + 500);
	ck_assert(publish());
	assert_heard(WAITING_MAX, 500);
	/* and then it begins anew */
	add(1);
	ck_assert(publish());
	assert_heard(1, 0);
}
END_TEST

START_TEST(test_redis_is_away)
{
	watch();
	redis_server_kill(&server);
	add(3);
	ck_assert(!publish());
	ck_assert(!watch_channel_look(channel, redis, "weir"));
	redis_client_free(&watcher);
	redis_server_start_again(&server, NULL);
	watch();
	/* what was not published is not published later, but how much that was
	 */
	add(1);
	ck_assert(publish());
	assert_heard(1, 3);
}
END_TEST

/* many threads */

static atomic_uint ended;

static void *add_many(void *context)
{
	(void)context;
	for (int i = 0; i < EACH; i++) {
		add(1);
	}
	atomic_fetch_add(&ended, 1);
	return NULL;
}

static uint64_t count_heard(void)
{
	json_t *object = hear();
	size_t events = json_array_size(json_object_get(object, "sightings"));
	uint64_t count = events + document_get_number(object, "left_out");

	ck_assert_uint_ge(events, 1);
	ck_assert_uint_le(events, WAITING_MAX);
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
		ck_assert(watch_channel_look(channel, redis, "weir"));
		ck_assert(publish());
		heard += count_heard();
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ck_assert_uint_eq(heard, THREADS * EACH);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watch_channel");
	TCase *cases = tcase_create("redis");

	tcase_set_timeout(cases, 120);
	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_without_a_listener_nothing_is_kept);
	tcase_add_test(cases, test_a_listener_comes_and_goes);
	tcase_add_test(cases, test_what_is_published);
	tcase_add_test(cases, test_nothing_is_published_when_there_is_nothing);
	tcase_add_test(cases, test_what_does_not_fit_is_counted);
	tcase_add_test(cases, test_redis_is_away);
	tcase_add_test(cases, test_none_is_lost_between_threads);
	suite_add_tcase(suite, cases);
	return check_run_apart(suite);
}
