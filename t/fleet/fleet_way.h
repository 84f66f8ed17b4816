/* SPDX-License-Identifier: ISC */
#ifndef WEIR_FLEET_WAY_H
#define WEIR_FLEET_WAY_H

/*
 * One redis-server and one client for the server tests of the fleet, and how
 * they run. Included by test programs only, each of
 * which has one of both.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "lib/redis/redis_client.h"
#include "t/lib/redis_server.h"

static struct redis_server server;
static struct redis_client *redis;

static inline void start_server(void)
{
	redis_server_start(&server, NULL);
}

static inline void stop_server(void)
{
	redis_server_remove(&server);
}

static inline void tell(const char *command)
{
	freeReplyObject(redis_server_command(&server, command));
}

static inline struct redis_client *client_new(void)
{
	return redis_client_new(&(struct redis_client_options){
		.server = server.address, .timeout_ms = 20000 });
}

struct fleet_tests {
	const char *name;
	void (*start)(void), (*stop)(void); /* before and after each */
	void (*add)(TCase *tcase);	    /* those on one Redis */
	const TTest *away;		    /* stops a Redis of its own */
};

static inline TCase *fleet_case(Suite *suite, const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return tcase;
}

/* Returns the exit code of main(). */
static inline int fleet_run(const struct fleet_tests *tests)
{
	Suite *suite = suite_create(tests->name);
	TCase *tcase = fleet_case(suite, tests->name);
	TCase *away = fleet_case(suite, "without redis");

	signal(SIGPIPE, SIG_IGN);
	tcase_add_unchecked_fixture(tcase, start_server, stop_server);
	tcase_add_checked_fixture(tcase, tests->start, tests->stop);
	tests->add(tcase);
	tcase_add_checked_fixture(away, start_server, stop_server);
	tcase_add_checked_fixture(away, tests->start, tests->stop);
	tcase_add_test(away, tests->away);
	return check_run_apart(suite);
}

#endif
