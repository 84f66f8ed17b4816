/* SPDX-License-Identifier: ISC */

/* Why a connection ended: the reason behind what the system says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <check.h>

#include "lib/redis/redis_guard.h"

static const struct {
	int error;
	const char *text, *unread, *reason;
} endings[] = {
	{ REDIS_ERR_IO, "Broken pipe", "", "Broken pipe" },
	{ REDIS_ERR_IO, "Broken pipe", "-ERR max number of clients reached\r\n",
	  "ERR max number of clients reached" },
	{ REDIS_ERR_EOF, "Server closed the connection", "-NOAUTH x\r\n",
	  "NOAUTH x" },
	{ REDIS_ERR_IO, "Connection reset by peer", "+OK\r\n-ERR x\r\n",
	  "Connection reset by peer" },
	{ REDIS_ERR_IO, "Operation not permitted", "",
	  "the service may not reach it: see IPAddressAllow in its unit, or "
	  "the packet filter" },
	{ REDIS_ERR_OTHER, "Unknown", "-ERR x\r\n", "Unknown" },
	{ REDIS_ERR_OOM, "Out of memory", "",
	  "it says what it was not asked, or far too much" },
};

START_TEST(the_reason_is_what_redis_or_the_system_means)
{
	char reason[REDIS_GUARD_REASON_SIZE];
	redisContext redis;
	int ends[2];

	memset(&redis, 0, sizeof(redis));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(
		write(ends[1], endings[_i].unread, strlen(endings[_i].unread)),
		(ssize_t)strlen(endings[_i].unread));
	close(ends[1]);
	redis.fd = ends[0];
	redis.err = endings[_i].error;
	snprintf(redis.errstr, sizeof(redis.errstr), "%s", endings[_i].text);
	redis_guard_reason(&redis, reason);
	ck_assert_str_eq(reason, endings[_i].reason);
	close(ends[0]);
}
END_TEST

START_TEST(who_is_silent_and_can_be_reached_does_not_answer)
{
	ck_assert_str_eq(redis_guard_silence("127.0.0.1:1"),
			 "it does not answer");
	ck_assert_str_eq(redis_guard_silence("[::1]:1"), "it does not answer");
	ck_assert_str_eq(redis_guard_silence("unix:/nowhere"),
			 "it does not answer");
	ck_assert_str_eq(redis_guard_silence("name.invalid:1"),
			 "it does not answer");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("redis_guard");
	TCase *tcase = tcase_create("redis_guard");

	tcase_add_loop_test(tcase, the_reason_is_what_redis_or_the_system_means,
			    0, sizeof(endings) / sizeof(endings[0]));
	tcase_add_test(tcase, who_is_silent_and_can_be_reached_does_not_answer);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
