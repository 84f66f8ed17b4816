/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ACCEPT_LIMIT_H
#define WEIR_ACCEPT_LIMIT_H

/*
 * Without this a milter without free file descriptors would spend a whole
 * processor on asking for one, and could neither find its Redis again nor
 * read its configuration.
 *
 * How new sessions of the MTA come in. libmilter calls accept() by its name,
 * and the program's own stands before that of the C library. On the thread that
 * libmilter listens on it leaves some descriptors for what is not a session.
 * When no more are free, sessions wait in the socket's queue until one ends,
 * which is asked ten times a second, and logged once in a minute. On all other
 * threads it is accept(2).
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
