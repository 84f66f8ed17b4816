/* SPDX-License-Identifier: ISC */
#ifndef WEIR_DESK_WAY_H
#define WEIR_DESK_WAY_H

/*
 * Without this each server test of the desk would start its Redis, and talk to
 * it, in a way of its own.
 *
 * One redis-server and one client. Included by test programs only, each of
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

#endif
