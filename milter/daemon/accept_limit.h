/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ACCEPT_LIMIT_H
#define WEIR_ACCEPT_LIMIT_H

/*
 * Accepts the sessions of the MTA. libmilter calls accept() by its name, and
 * the linker finds this one before that of the C library. On the thread that
 * libmilter listens on it reserves some descriptors for Redis, the
 * configuration and the log. When no more are free, sessions wait in the
 * socket's queue until one ends, without a busy loop: it is checked ten times a
 * second, and logged once a minute. On all other threads it is accept(2).
 */
#include <sys/socket.h>

/* The calling thread is the one that libmilter listens on. */
void accept_limit_guard_thread(void);

/* As accept(2); on the guarded thread EMFILE also when only the reserve is
 * left, and sessions are closed on exec. */
int accept_limit_accept(int listener, struct sockaddr *address,
			socklen_t *length) __asm__("accept");

/* How many of limit descriptors are not for sessions. Pure. */
unsigned long accept_limit_reserve(unsigned long limit);

#endif
