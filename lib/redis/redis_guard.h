/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_GUARD_H
#define WEIR_REDIS_GUARD_H

/*
 * Without this a peer that says what nobody asked for would end the process
 * (hiredis asserts that it does not), and one that announces a thousand
 * million elements, or never comes to the end of a text, would take its
 * memory.
 *
 * It stands between a connection and the parser of hiredis. What it does not
 * let in ends the connection, as any other error of the protocol does.
 */
#include <hiredis/async.h>

/* The largest array, and the most bytes that wait to be understood. */
#define REDIS_GUARD_ELEMENTS_MAX 1000000
#define REDIS_GUARD_BYTES_MAX	 (16 * 1024 * 1024)

/* The bound of arrays, for any connection. */
void redis_guard_bound(redisContext *redis);

/* All the rest, for one that is bound, right after redisLibeventAttach. */
void redis_guard_set(redisAsyncContext *redis);

/* Why a connection ended, as text of at most this size. Redis closes a client
 * that it has no room for with an error line: that is the reason, and not the
 * broken pipe behind it, so what has come and was not read is looked at. */
#define REDIS_GUARD_REASON_SIZE 300

void redis_guard_reason(const redisContext *redis,
			char reason_r[REDIS_GUARD_REASON_SIZE]);

/* Nothing has come from this address in time. Where the system itself does not
 * let this process reach it, that is the reason. */
const char *redis_guard_silence(const char *server);

#endif
