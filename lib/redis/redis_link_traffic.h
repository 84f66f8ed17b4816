/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_LINK_TRAFFIC_H
#define WEIR_REDIS_LINK_TRAFFIC_H

/*
 * What goes over the connection of a link: the requests of callers, and the
 * script. For the thread of the link.
 */
#include "redis_link_state.h"

#define ANOTHER_SHAPE "an answer of another shape"

void *link_main(void *link);
/* A caller has put something into the queue, gave up, or wants the end. */
void link_on_wake(evutil_socket_t fd, short what, void *link);

void link_send_held(struct redis_link *link);
/* Brings the script to Redis: by SCRIPT LOAD, or by a trial run with EVAL where
 * this account may not use that. */
void link_load(struct redis_link *link, redisCallbackFn *then);
/* A trial run of it. */
void link_try(struct redis_link *link, redisCallbackFn *then);
/* Are answers overdue for too long? Then it is down. Looks again while one is
 * overdue. */
void link_look_at_answers(struct redis_link *link);

#endif
