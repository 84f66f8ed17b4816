/* SPDX-License-Identifier: ISC */

/*
 * The plain connection against a real server that is away, dies, is slow or
 * says no, and against one that speaks no RESP at all.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <check.h>
#include <hiredis/hiredis.h>

#include "lib/redis/redis_client.h"
#include "t/lib/redis_server.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

/* Long enough for any machine, where it is not waited for. */
#define LONG_MS	 20000
#define SHORT_MS 200

static struct redis_server server;
static struct redis_client *redis;

static void start_server(void)
{
	redis_server_start(&server, NULL);
}

static void stop_server(void)
{
	redis_server_remove(&server);
}

static void tell(const char *command)
{
	freeReplyObject(redis_server_command(&server, command));
}

static struct redis_client_options options(void)
{
	return (struct redis_client_options){ .server = server.address,
					      .timeout_ms = LONG_MS };
}

static void open_with(const struct redis_client_options *wanted)
{
	redis_client_free(&redis);
	ck_assert_ptr_null(redis);
	redis = redis_client_new(wanted);
	ck_assert_str_eq(redis_client_error(redis), "");
}

static void start(void)
{
	const struct redis_client_options wanted = options();

	redis = NULL;
	open_with(&wanted);
	tell("FLUSHALL");
}

static void stop(void)
{
	redis_client_free(&redis);
	redis_client_free(&redis);
}

static void expect_error(const char *part)
{
	ck_assert_msg(strstr(redis_client_error(redis), part) != NULL,
		      "\"%s\" is not in \"%s\"", part,
		      redis_client_error(redis));
}

static void expect_text(struct redis_value *value, const char *wanted)
{
	ck_assert_msg(value != NULL, "%s", redis_client_error(redis));
	ck_assert_str_eq(redis_value_text(value, NULL), wanted);
	redis_value_free(&value);
	ck_assert_ptr_null(value);
}

static void expect_works(void)
{
	expect_text(redis_client_say(redis, "ECHO", "own", NULL), "own");
	ck_assert_str_eq(redis_client_error(redis), "");
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* questions and answers */

START_TEST(says_and_hears)
{
	expect_text(redis_client_say(redis, "SET", "key", "value", NULL), "OK");
	expect_text(redis_client_say(redis, "GET", "key", NULL), "value");
}
END_TEST

START_TEST(a_format_is_split_before_it_is_filled_in)
{
	expect_text(
		redis_client_command(redis, "SET %s:{x}:%d %s", "a b", -7, ""),
		"OK");
	expect_text(redis_client_say(redis, "GET", "a b:{x}:-7", NULL), "");
	expect_text(redis_client_command(redis, "ECHO %s", "*2\r\n%d $1 "),
		    "*2\r\n%d $1 ");
	expect_text(
		redis_client_command(redis, "ECHO x%" PRIu64 "y", UINT64_MAX),
		"x18446744073709551615y");
	ck_assert_ptr_null(
		redis_client_command(redis, "LPOP %s", "a b:{x}:-7"));
	expect_error("LPOP a b:{x}:-7: WRONGTYPE");
}
END_TEST

START_TEST(each_kind_of_answer)
{
	struct redis_value *value = redis_client_say(redis, "GET", "none",
						     NULL);

	ck_assert_str_eq(redis_value_text(value, NULL), "");
	ck_assert_int_eq(redis_value_integer(value), 0);
	ck_assert_uint_eq(redis_value_count(value), 0);
	redis_value_free(&value);
	value = redis_client_say(redis, "INCRBY", "number", "-17", NULL);
	ck_assert_int_eq(redis_value_integer(value), -17);
	redis_value_free(&value);
	value = redis_client_say(redis, "GET", "number", NULL);
	ck_assert_int_eq(redis_value_integer(value), -17);
	redis_value_free(&value);
	value = redis_client_say(redis, "RPUSH", "list", "a", "b", NULL);
	redis_value_free(&value);
	value = redis_client_say(redis, "LRANGE", "list", "0", "-1", NULL);
	ck_assert_uint_eq(redis_value_count(value), 2);
	ck_assert_str_eq(redis_value_text_at(value, 1), "b");
	ck_assert_ptr_null(redis_value_at(value, 2));
	ck_assert_str_eq(redis_value_text(value, NULL), "");
	redis_value_free(&value);
}
END_TEST

/* An error in a list is an element of it. */
START_TEST(an_error_within_a_list)
{
	struct redis_value *value = redis_client_say(
		redis, "EVAL", "return {1, redis.error_reply('ERR in')}", "0",
		NULL);

	ck_assert_uint_eq(redis_value_count(value), 2);
	ck_assert_str_eq(redis_value_text_at(value, 1), "ERR in");
	redis_value_free(&value);
}
END_TEST

START_TEST(words_are_any_bytes)
{
	static const char bytes[] = "\0\r\n$3\r\n\xff";
	const char *words[] = { "SET", "a\0b", bytes };
	const size_t lengths[] = { 3, 3, sizeof(bytes) };
	const char *get[] = { "GET", "a\0b" };
	struct redis_value *value;
	size_t length;

	expect_text(redis_client_ask(redis, 3, words, lengths), "OK");
	value = redis_client_ask(redis, 2, get, lengths);
	ck_assert_mem_eq(redis_value_text(value, &length), bytes,
			 sizeof(bytes));
	ck_assert_uint_eq(length, sizeof(bytes));
	redis_value_free(&value);
	ck_assert_int_eq(redis_server_integer(&server, "DBSIZE"), 1);
}
END_TEST

/* Words with lengths are no strings: nothing behind them is looked at. */
START_TEST(a_refused_word_is_cut)
{
	char *key = malloc(300), *wanted;
	const char *words[] = { "INCRBY", key, "none" };
	const size_t lengths[] = { 6, 300, 4 };

	ck_assert_ptr_nonnull(key);
	memset(key, 'k', 300);
	ck_assert_ptr_null(redis_client_ask(redis, 3, words, lengths));
	ck_assert(redis_client_was_refused(redis));
	ck_assert_int_gt(asprintf(&wanted, ": INCRBY %.*s...: ERR", 113, key),
			 0);
	ck_assert_ptr_nonnull(strstr(redis_client_error(redis), wanted));
	free(wanted);
	free(key);
}
END_TEST

START_TEST(a_big_answer)
{
	const size_t length = (size_t)8 << 20;
	char *data = malloc(length);
	const char *words[] = { "ECHO", data };
	const size_t lengths[] = { 4, length };
	struct redis_value *value;
	size_t found;

	ck_assert_ptr_nonnull(data);
	memset(data, 'x', length);
	value = redis_client_ask(redis, 2, words, lengths);
	ck_assert_ptr_nonnull(value);
	ck_assert_mem_eq(redis_value_text(value, &found), data, length);
	ck_assert_uint_eq(found, length);
	redis_value_free(&value);
	free(data);
	value = redis_client_say(
		redis, "EVAL",
		"local t = {} for i = 1, 200000 do t[i] = i end return t", "0",
		NULL);
	ck_assert_uint_eq(redis_value_count(value), 200000);
	ck_assert_int_eq(redis_value_integer(redis_value_at(value, 199999)),
			 200000);
	redis_value_free(&value);
}
END_TEST

START_TEST(nothing_is_no_value)
{
	struct redis_value *value = NULL;

	ck_assert_str_eq(redis_value_text(NULL, NULL), "");
	ck_assert_int_eq(redis_value_integer(NULL), 0);
	ck_assert_uint_eq(redis_value_count(NULL), 0);
	ck_assert_ptr_null(redis_value_at(NULL, 0));
	redis_value_free(&value);
}
END_TEST

/* many at once */

static void send_number(unsigned int number)
{
	char text[16];
	const char *words[] = { "ECHO", text };

	snprintf(text, sizeof(text), "%u", number);
	ck_assert(redis_client_send(redis, 2, words, NULL));
}

START_TEST(answers_come_in_order)
{
	for (unsigned int i = 0; i < 5000; i++)
		send_number(i);
	for (unsigned int i = 0; i < 5000; i++) {
		struct redis_value *value = redis_client_take(redis);

		ck_assert_ptr_nonnull(value);
		ck_assert_int_eq(redis_value_integer(value), i);
		redis_value_free(&value);
	}
	expect_works();
}
END_TEST

START_TEST(an_error_amid_answers)
{
	const char *words[] = { "NO-SUCH-COMMAND" };
	struct redis_value *value;

	send_number(1);
	ck_assert(redis_client_send(redis, 1, words, NULL));
	send_number(3);
	value = redis_client_take(redis);
	ck_assert_int_eq(redis_value_integer(value), 1);
	redis_value_free(&value);
	ck_assert_ptr_null(redis_client_take(redis));
	ck_assert(redis_client_was_refused(redis));
	expect_error("unknown command");
	value = redis_client_take(redis);
	ck_assert_int_eq(redis_value_integer(value), 3);
	redis_value_free(&value);
	expect_works();
}
END_TEST

START_TEST(what_is_skipped_answers_nobody)
{
	const char *words[] = { "NO-SUCH-COMMAND" };

	redis_client_skip(redis); /* not connected */
	ck_assert(redis_client_send(redis, 1, words, NULL));
	for (unsigned int i = 0; i < 100; i++)
		send_number(i);
	ck_assert_ptr_null(redis_client_take(redis));
	redis_client_skip(redis);
	expect_error("unknown command");
	ck_assert(redis_client_was_refused(redis));
	expect_works();
	redis_client_skip(redis);
	expect_works();
}
END_TEST

START_TEST(skipped_from_a_server_that_died)
{
	for (unsigned int i = 0; i < 10; i++)
		send_number(i);
	tell("CLIENT KILL TYPE normal SKIPME yes");
	redis_client_skip(redis);
	expect_works();
}
END_TEST

/* errors of Redis */

START_TEST(redis_says_no)
{
	struct redis_value *value;

	tell("SET key text");
	value = redis_client_say(redis, "HGETALL", "key", NULL);
	ck_assert_ptr_null(value);
	ck_assert(redis_client_was_refused(redis));
	expect_error("redis unix:");
	expect_error("WRONGTYPE Operation against a key");
	expect_works();
}
END_TEST

/* Printable and not long, whatever Redis says. */
/* Its address may lead to another server by now. */
START_TEST(a_replica_is_left)
{
	tell("REPLICAOF 127.0.0.1 1");
	expect_works();
	ck_assert(redis_client_is_open(redis));
	ck_assert_ptr_null(redis_client_say(redis, "SET", "a", "b", NULL));
	ck_assert(redis_client_was_refused(redis));
	ck_assert(!redis_client_is_denied(redis));
	expect_error("SET a: READONLY");
	ck_assert(!redis_client_is_open(redis));
	tell("REPLICAOF NO ONE");
	expect_text(redis_client_say(redis, "SET", "a", "b", NULL), "OK");
}
END_TEST

/* What an account may not do is no reason for another connection. */
START_TEST(a_command_is_denied)
{
	if (!redis_server_has(&server, 6, "accounts"))
		return;
	tell("ACL SETUSER default -pubsub");
	ck_assert_ptr_null(redis_client_say(redis, "PUBSUB", "NUMSUB", NULL));
	ck_assert(redis_client_is_denied(redis));
	ck_assert(redis_client_is_open(redis));
	tell("ACL SETUSER default +pubsub");
	expect_works();
}
END_TEST

START_TEST(an_error_is_safe_to_print)
{
	static const char script[] =
		"return redis.error_reply('ERR \27[2J\1' .. "
		"string.rep('x', 5000))";
	const char *error;

	ck_assert_ptr_null(redis_client_say(redis, "EVAL", script, "0", NULL));
	error = redis_client_error(redis);
	expect_error("ERR ?[2J?xxx");
	ck_assert_uint_lt(strlen(error), 400);
	for (size_t i = 0; error[i] != '\0'; i++)
		ck_assert(error[i] >= ' ' && error[i] <= '~');
	expect_works();
}
END_TEST

/* the greeting */

START_TEST(a_database_of_its_own)
{
	struct redis_client_options wanted = options();

	wanted.database = 3;
	open_with(&wanted);
	expect_text(redis_client_say(redis, "SET", "key", "value", NULL), "OK");
	ck_assert_int_eq(redis_server_integer(&server, "DBSIZE"), 0);
	/* also after the connection was lost */
	tell("CLIENT KILL TYPE normal SKIPME yes");
	ck_assert_ptr_null(redis_client_say(redis, "GET", "key", NULL));
	expect_text(redis_client_say(redis, "GET", "key", NULL), "value");
}
END_TEST

START_TEST(no_such_database)
{
	struct redis_client_options wanted = options();

	wanted.database = 9999;
	open_with(&wanted);
	ck_assert(!redis_client_connect(redis));
	expect_error("DB index is out of range");
	/* it must not use another one instead */
	ck_assert_ptr_null(redis_client_say(redis, "SET", "key", "x", NULL));
	ck_assert_int_eq(redis_server_integer(&server, "DBSIZE"), 0);
}
END_TEST

static const struct {
	int since; /* a Redis of this version */
	const char *user, *password;
	const char *error; /* NULL: it works */
} logins[] = {
	{ 5, NULL, "good", NULL },
	{ 5, "", "good", NULL },
	{ 6, "default", "good", NULL },
	{ 6, "weir", "fine", NULL },
	{ 6, NULL, "bad", "WRONGPASS" },
	{ 6, "weir", "good", "WRONGPASS" },
	{ 6, "nobody", "good", "WRONGPASS" },
	{ 5, NULL, NULL, "NOAUTH" },
};

START_TEST(logins_of_all_kinds)
{
	struct redis_client_options wanted = options();
	const char *error = logins[_i].error;

	if (!redis_server_has(&server, logins[_i].since, "accounts"))
		return;
	tell("ACL SETUSER weir on >fine ~* &* +@all");
	tell("CONFIG SET requirepass good");
	wanted.user = logins[_i].user;
	wanted.password = logins[_i].password;
	open_with(&wanted);
	if (error == NULL) {
		expect_works();
	} else {
		ck_assert_ptr_null(
			redis_client_say(redis, "ECHO", "own", NULL));
		expect_error(error);
		/* a password is in no message */
		ck_assert_ptr_null(strstr(redis_client_error(redis), "good"));
		ck_assert_ptr_null(strstr(redis_client_error(redis), "bad"));
	}
	redis_client_free(&redis);
	wanted.user = NULL;
	wanted.password = "good";
	open_with(&wanted);
	expect_text(redis_client_say(redis, "CONFIG", "SET", "requirepass", "",
				     NULL),
		    "OK");
}
END_TEST

/* Redis is not there */

static const struct {
	const char *server, *error;
} nowhere[] = {
	{ "unix:/nonexistent/redis.sock",
	  "redis unix:/nonexistent/redis.sock: No such file or directory" },
	{ "127.0.0.1:1", "redis 127.0.0.1:1: Connection refused" },
	{ "[::1]:1", "redis [::1]:1: " },
	{ "127.0.0.1", "redis 127.0.0.1: no such address" },
	{ "127.0.0.1:port", "redis 127.0.0.1:port: no such address" },
	{ "127.0.0.1:1x", "redis 127.0.0.1:1x: no such address" },
	{ "127.0.0.1:0", "redis 127.0.0.1:0: no such address" },
	{ "127.0.0.1:65536", "redis 127.0.0.1:65536: no such address" },
	{ "127.0.0.1:99999999999", "no such address" },
	{ "127.0.0.1:", "redis 127.0.0.1:: no such address" },
	{ ":6379", "redis :6379: no such address" },
	{ "unix:", "redis unix:: no such address" },
	{ "", "redis : no such address" },
};

START_TEST(redis_is_nowhere)
{
	struct redis_client_options wanted = options();

	wanted.server = nowhere[_i].server;
	open_with(&wanted);
	ck_assert(!redis_client_connect(redis));
	expect_error(nowhere[_i].error);
	ck_assert(!redis_client_was_refused(redis));
	ck_assert_ptr_null(redis_client_say(redis, "PING", NULL));
	ck_assert_ptr_null(redis_client_take(redis));
	ck_assert_ptr_null(redis_client_listen(redis, 0));
	expect_error(nowhere[_i].error);
}
END_TEST

START_TEST(redis_dies_and_comes_back)
{
	expect_works();
	redis_server_kill(&server);
	for (int i = 0; i < 3; i++) {
		ck_assert_ptr_null(redis_client_say(redis, "PING", NULL));
		ck_assert(!redis_client_was_refused(redis));
		ck_assert_str_ne(redis_client_error(redis), "");
	}
	redis_server_start_again(&server, NULL);
	expect_works();
}
END_TEST

/* Answers that were on their way are never those of later questions. */
START_TEST(redis_dies_amid_answers)
{
	bool is_over = false;

	for (unsigned int i = 0; i < 2000; i++)
		send_number(i);
	for (unsigned int i = 0; i < 2000; i++) {
		struct redis_value *value = redis_client_take(redis);

		if (i == 0)
			redis_server_kill(&server);
		if (value == NULL)
			is_over = true;
		else
			ck_assert_int_eq(redis_value_integer(value), i);
		ck_assert_int_eq(value == NULL, is_over);
		redis_value_free(&value);
	}
	redis_server_start_again(&server, NULL);
	if (is_over)
		ck_assert_ptr_null(redis_client_take(redis));
	else /* all had come; that it is dead is not known yet */
		ck_assert_ptr_null(redis_client_say(redis, "PING", NULL));
	expect_works();
}
END_TEST

/* With a short time-out a slow machine needs more than one try. */
static void expect_works_soon(void)
{
	struct redis_value *value = NULL;

	for (int i = 0; i < 100 && value == NULL; i++)
		value = redis_client_say(redis, "ECHO", "own", NULL);
	expect_text(value, "own");
}

/* Slow: said after the time-out, and the late answer is nobody's. */
START_TEST(redis_is_slow)
{
	struct redis_client_options wanted = options();
	uint64_t began_ms;

	wanted.timeout_ms = SHORT_MS;
	open_with(&wanted);
	expect_works_soon();
	redis_server_freeze(&server);
	began_ms = now_ms();
	ck_assert_ptr_null(redis_client_say(redis, "ECHO", "late", NULL));
	ck_assert_uint_ge(now_ms() - began_ms, SHORT_MS - 10);
	ck_assert_uint_lt(now_ms() - began_ms, LONG_MS / 2);
	expect_error("no answer in time");
	ck_assert(!redis_client_was_refused(redis));
	redis_server_thaw(&server);
	expect_works_soon();
}
END_TEST

/* The connection is taken by the kernel; nobody greets. */
START_TEST(redis_is_slow_to_greet)
{
	struct redis_client_options wanted = options();

	wanted.timeout_ms = SHORT_MS;
	wanted.database = 1;
	open_with(&wanted);
	redis_server_freeze(&server);
	ck_assert(!redis_client_connect(redis));
	expect_error("no answer in time");
	redis_server_thaw(&server);
	expect_works_soon();
}
END_TEST

/* subscribers */

START_TEST(nothing_to_listen_to)
{
	struct redis_value *value = redis_client_say(redis, "SUBSCRIBE", "news",
						     NULL);

	ck_assert_uint_eq(redis_value_count(value), 3);
	redis_value_free(&value);
	ck_assert_ptr_null(redis_client_listen(redis, 10));
	ck_assert_str_eq(redis_client_error(redis), "");
}
END_TEST

START_TEST(listens_to_what_comes)
{
	struct redis_value *value = redis_client_say(redis, "SUBSCRIBE", "news",
						     NULL);

	redis_value_free(&value);
	redis_server_integer(&server, "PUBLISH news one");
	redis_server_integer(&server, "PUBLISH news two");
	value = redis_client_listen(redis, LONG_MS);
	ck_assert_uint_eq(redis_value_count(value), 3);
	ck_assert_str_eq(redis_value_text_at(value, 2), "one");
	redis_value_free(&value);
	value = redis_client_listen(redis, LONG_MS);
	ck_assert_str_eq(redis_value_text_at(value, 2), "two");
	redis_value_free(&value);
	tell("CLIENT KILL TYPE pubsub");
	ck_assert_ptr_null(redis_client_listen(redis, LONG_MS));
	ck_assert_str_ne(redis_client_error(redis), "");
}
END_TEST

/* whoever answers is no Redis */

static const char *const gibberish[] = {
	"HTTP/1.1 400 Bad Request\r\n\r\n",
	"$99999999999999999999\r\n",
	"*1000000000\r\n$",
	":12x\r\n",
	"\xff\xfe\r\n",
	"",
};

struct stranger {
	int listener;
	const char *bytes;
};

static void *stranger_main(void *context)
{
	const struct stranger *stranger = context;
	int connection = accept(stranger->listener, NULL, NULL);
	char heard[256];

	ck_assert_int_ge(connection, 0);
	ck_assert_int_gt(read(connection, heard, sizeof(heard)), 0);
	ck_assert_int_eq(
		write(connection, stranger->bytes, strlen(stranger->bytes)),
		(ssize_t)strlen(stranger->bytes));
	close(connection);
	return NULL;
}

START_TEST(a_stranger_answers)
{
	struct stranger stranger = { socket(AF_INET, SOCK_STREAM, 0),
				     gibberish[_i] };
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
	struct sockaddr *any = (struct sockaddr *)(void *)&address;
	struct redis_client_options wanted = options();
	socklen_t length = sizeof(address);
	pthread_t thread;
	char name[32];

	ck_assert_int_eq(bind(stranger.listener, any, length), 0);
	ck_assert_int_eq(listen(stranger.listener, 1), 0);
	ck_assert_int_eq(getsockname(stranger.listener, any, &length), 0);
	snprintf(name, sizeof(name), "127.0.0.1:%u", ntohs(address.sin_port));
	wanted.server = name;
	open_with(&wanted);
	pthread_create(&thread, NULL, stranger_main, &stranger);
	ck_assert_ptr_null(redis_client_say(redis, "PING", NULL));
	pthread_join(thread, NULL);
	close(stranger.listener);
	expect_error("redis 127.0.0.1:");
	ck_assert(!redis_client_was_refused(redis));
}
END_TEST

static void add_answers(TCase *tcase)
{
	tcase_add_test(tcase, says_and_hears);
	tcase_add_test(tcase, a_format_is_split_before_it_is_filled_in);
	tcase_add_test(tcase, each_kind_of_answer);
	tcase_add_test(tcase, an_error_within_a_list);
	tcase_add_test(tcase, words_are_any_bytes);
	tcase_add_test(tcase, a_refused_word_is_cut);
	tcase_add_test(tcase, a_big_answer);
	tcase_add_test(tcase, nothing_is_no_value);
	tcase_add_test(tcase, answers_come_in_order);
	tcase_add_test(tcase, an_error_amid_answers);
	tcase_add_test(tcase, what_is_skipped_answers_nobody);
	tcase_add_test(tcase, skipped_from_a_server_that_died);
	tcase_add_test(tcase, redis_says_no);
	tcase_add_test(tcase, a_replica_is_left);
	tcase_add_test(tcase, a_command_is_denied);
	tcase_add_test(tcase, an_error_is_safe_to_print);
	tcase_add_test(tcase, nothing_to_listen_to);
	tcase_add_test(tcase, listens_to_what_comes);
}

static void add_greetings(TCase *tcase)
{
	tcase_add_test(tcase, a_database_of_its_own);
	tcase_add_test(tcase, no_such_database);
	tcase_add_loop_test(tcase, logins_of_all_kinds, 0, COUNT_OF(logins));
	tcase_add_loop_test(tcase, redis_is_nowhere, 0, COUNT_OF(nowhere));
	tcase_add_loop_test(tcase, a_stranger_answers, 0, COUNT_OF(gibberish));
}

static void add_faults(TCase *tcase)
{
	tcase_add_test(tcase, redis_dies_and_comes_back);
	tcase_add_test(tcase, redis_dies_amid_answers);
	tcase_add_test(tcase, redis_is_slow);
	tcase_add_test(tcase, redis_is_slow_to_greet);
}

int main(void)
{
	Suite *suite = suite_create("redis_client");
	TCase *tcase = tcase_create("one server");
	TCase *faults = tcase_create("a server each");

	signal(SIGPIPE, SIG_IGN);
	tcase_set_timeout(tcase, 60);
	tcase_add_unchecked_fixture(tcase, start_server, stop_server);
	tcase_add_checked_fixture(tcase, start, stop);
	add_answers(tcase);
	add_greetings(tcase);
	suite_add_tcase(suite, tcase);
	tcase_set_timeout(faults, 60);
	tcase_add_checked_fixture(faults, start_server, stop_server);
	tcase_add_checked_fixture(faults, start, stop);
	add_faults(faults);
	suite_add_tcase(suite, faults);
	return check_run_apart(suite);
}
