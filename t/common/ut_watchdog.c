/* SPDX-License-Identifier: ISC */

/* What systemd hears, and when it hears nothing. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/base/pulse.h"
#include "milter/common/watchdog.h"

#define HALF_MS 15000 /* of the WATCHDOG_USEC below */

static int systemd; /* its end of the socket */
static unsigned int errors;
static char last_error[200];

static void count_line(void *context, enum log_gravity gravity,
		       const char *line)
{
	(void)context;
	(void)gravity;
	errors++;
	snprintf(last_error, sizeof(last_error), "%s", line);
}

/* systemd's socket may be an abstract one */
static void setup(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char name[64];
	int length = snprintf(name, sizeof(name), "@weir-watchdog-%ld",
			      (long)getpid());

	memcpy(address.sun_path, name, (size_t)length);
	address.sun_path[0] = '\0';
	systemd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(
		bind(systemd, (const struct sockaddr *)(const void *)&address,
		     (socklen_t)(sizeof(sa_family_t) + (size_t)length)),
		0);
	setenv("NOTIFY_SOCKET", name, 1);
	setenv("WATCHDOG_USEC", "30000000", 1);
	unsetenv("WATCHDOG_PID");
	log_open_sink(count_line, NULL);
	errors = 0;
}

static void teardown(void)
{
	pulse_end();
	close(systemd);
}

static bool hears(void)
{
	char text[64] = "";

	return recv(systemd, text, sizeof(text) - 1, 0) > 0 &&
	       strcmp(text, "WATCHDOG=1") == 0;
}

START_TEST(twice_in_its_time)
{
	struct watchdog watchdog;

	watchdog_init(&watchdog);
	watchdog_tick(&watchdog, 1000);
	ck_assert(hears());
	watchdog_tick(&watchdog, 1000 + HALF_MS - 1);
	ck_assert(!hears());
	watchdog_tick(&watchdog, 1000 + HALF_MS);
	ck_assert(hears());
}
END_TEST

static const char *const not_asked[][2] = {
	{ NULL, NULL },	       { "", NULL },   { "0", NULL },
	{ "30000000x", NULL }, { "-1", NULL }, { "30000000", "1" },
};

START_TEST(nothing_unless_it_asks_this_process)
{
	struct watchdog watchdog;

	unsetenv("WATCHDOG_USEC");
	if (not_asked[_i][0] != NULL)
		setenv("WATCHDOG_USEC", not_asked[_i][0], 1);
	if (not_asked[_i][1] != NULL)
		setenv("WATCHDOG_PID", not_asked[_i][1], 1);
	watchdog_init(&watchdog);
	watchdog_tick(&watchdog, 1000);
	ck_assert(!hears());
}
END_TEST

START_TEST(nothing_while_a_thread_is_stuck)
{
	struct watchdog watchdog;
	uint64_t late_ms;

	watchdog_init(&watchdog);
	pulse_begin("the housekeeper");
	late_ms = clock_steady_ms() + WATCHDOG_STUCK_MS;
	watchdog_tick(&watchdog, late_ms - 1000);
	ck_assert(hears());
	late_ms += HALF_MS;
	watchdog_tick(&watchdog, late_ms);
	ck_assert_uint_eq(errors, 0); /* the whole process may have stopped */
	watchdog_tick(&watchdog, late_ms + 1000);
	watchdog_tick(&watchdog, late_ms + 2000);
	ck_assert(!hears());
	ck_assert_uint_eq(errors, 1);
	ck_assert_str_eq(last_error,
			 "the housekeeper is stuck, for more than 180 s; "
			 "the watchdog of systemd restarts this process");
	pulse_end();
	watchdog_tick(&watchdog, late_ms + 3000);
	ck_assert(hears());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("watchdog");
	TCase *cases = tcase_create("watchdog");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, twice_in_its_time);
	tcase_add_loop_test(cases, nothing_unless_it_asks_this_process, 0,
			    sizeof(not_asked) / sizeof(not_asked[0]));
	tcase_add_test(cases, nothing_while_a_thread_is_stuck);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
