/* SPDX-License-Identifier: ISC */
/* Who comes in while descriptors last, and who waits, and how. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/clock.h"
#include "milter/daemon/accept_limit.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

enum {
	LIMIT = 40,
	RESERVE = 10,
	PATIENCE_MS = 80
};

static const struct {
	unsigned long limit, reserve;
} reserves[] = {
	{ 0, 0 }, { 1, 0 }, { 20, 5 }, { 40, 10 }, { 128, 32 }, { 4096, 32 },
};

static unsigned int lines;
static char last_line[2048];

static void keep_line(void *context, enum log_gravity gravity, const char *line)
{
	(void)context;
	ck_assert_int_eq(gravity, LOG_GRAVITY_ERROR);
	strncpy(last_line, line, sizeof(last_line) - 1);
	lines++;
}

/* A listening socket that has a caller in its queue. */
static int listen_with_caller(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t length = sizeof(address.sun_family);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	int caller = socket(AF_UNIX, SOCK_STREAM, 0);

	/* without a path it gets an abstract one of its own */
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, length),
			 0);
	length = sizeof(address);
	ck_assert_int_eq(
		getsockname(listener, (struct sockaddr *)&address, &length), 0);
	ck_assert_int_eq(listen(listener, 5), 0);
	ck_assert_int_eq(connect(caller, (struct sockaddr *)&address, length),
			 0);
	return listener;
}

/* Opens descriptors until the next one would be that number. */
static int fill_up_to(int next)
{
	int last = -1, fd;

	while ((fd = open("/dev/null", O_RDONLY)) < next)
		last = fd;
	close(fd);
	return last;
}

static void set_limit(rlim_t files)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = files;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(test_a_reserve_is_a_quarter_of_little)
{
	ck_assert_uint_eq(accept_limit_reserve(reserves[_i].limit),
			  reserves[_i].reserve);
}
END_TEST

START_TEST(test_who_finds_room_comes_in)
{
	int session;

	set_limit(LIMIT);
	log_open_sink(keep_line, NULL);
	session = accept_limit_accept(listen_with_caller(), NULL, NULL);
	ck_assert_int_ge(session, 0);
	ck_assert_int_ne(fcntl(session, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_uint_eq(lines, 0);
}
END_TEST

START_TEST(test_the_last_are_kept_in_reserve)
{
	int listener = listen_with_caller();
	uint64_t began_ms = clock_steady_ms();
	int last;

	set_limit(LIMIT);
	log_open_sink(keep_line, NULL);
	last = fill_up_to(LIMIT - RESERVE);
	for (int i = 0; i < 2; i++) {
		errno = 0;
		ck_assert_int_eq(accept_limit_accept(listener, NULL, NULL), -1);
		ck_assert_int_eq(errno, EMFILE);
	}
	ck_assert_uint_ge(clock_steady_ms() - began_ms, 2 * PATIENCE_MS);
	ck_assert_uint_eq(lines, 1);
	ck_assert_ptr_nonnull(strstr(last_line, "limit 40, 10 reserved"));
	close(last);
	ck_assert_int_eq(accept_limit_accept(listener, NULL, NULL), last);
}
END_TEST

/* Another listener of the process has nothing to do with the sessions. */
static void *accept_elsewhere(void *context)
{
	static int session;

	session = accept(*(int *)context, NULL, NULL);
	return &session;
}

START_TEST(test_other_threads_are_not_kept_waiting)
{
	int listener = listen_with_caller();
	pthread_t thread;
	void *session;

	set_limit(LIMIT);
	log_open_sink(keep_line, NULL);
	fill_up_to(LIMIT - RESERVE + 1);
	ck_assert_int_eq(
		pthread_create(&thread, NULL, accept_elsewhere, &listener), 0);
	ck_assert_int_eq(pthread_join(thread, &session), 0);
	ck_assert_int_ge(*(int *)session, LIMIT - RESERVE);
	ck_assert_int_eq(fcntl(*(int *)session, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_uint_eq(lines, 0);
}
END_TEST

START_TEST(test_other_failures_are_not_waited_for)
{
	uint64_t began_ms = clock_steady_ms();

	log_open_sink(keep_line, NULL);
	ck_assert_int_eq(accept_limit_accept(STDIN_FILENO, NULL, NULL), -1);
	ck_assert_int_eq(errno, ENOTSOCK);
	ck_assert_uint_lt(clock_steady_ms() - began_ms, PATIENCE_MS);
	ck_assert_uint_eq(lines, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gate");
	TCase *cases = tcase_create("gate");

	tcase_add_checked_fixture(cases, accept_limit_guard_thread, NULL);
	tcase_add_loop_test(cases, test_a_reserve_is_a_quarter_of_little, 0,
			    COUNT_OF(reserves));
	tcase_add_test(cases, test_who_finds_room_comes_in);
	tcase_add_test(cases, test_the_last_are_kept_in_reserve);
	tcase_add_test(cases, test_other_threads_are_not_kept_waiting);
	tcase_add_test(cases, test_other_failures_are_not_waited_for);
	suite_add_tcase(suite, cases);
	return check_run_apart(suite);
}
