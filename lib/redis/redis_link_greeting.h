/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_LINK_GREETING_H
#define WEIR_REDIS_LINK_GREETING_H

/*
 * How a connection of a link begins, from the first packet to the trial run of
 * the script; and the clock of Redis. For the thread of the link.
 */
#include "redis_link_state.h"

/* An attempt has taken too long, or it is time for the next one, or to look at
 * overdue answers. */
void link_on_timer(evutil_socket_t fd, short what, void *link);
/* It is time to ask Redis for its time. */
void link_on_clock(evutil_socket_t fd, short what, void *link);

#endif
