/* SPDX-License-Identifier: ISC */
#ifndef WEIR_HEADER_SHARE_H
#define WEIR_HEADER_SHARE_H

/*
 * Without this a flood would slow down the mail of everyone else: the MTA sends
 * each header as two packets, of which libmilter reads each with five system
 * calls, and a connection has to ask for headers before it is known whose mail
 * it brings.
 *
 * Which of the connections that begin while evidence has a use for headers ask
 * for them: HEADER_SHARE_FIRST at once, when a flood begins, and what is taken
 * of these comes back at HEADER_SHARE_SECOND in a second; of more one in
 * HEADER_SHARE_EVERY. Evidence needs one message a second, and a site with few
 * connections sees the headers of all. Thread-safe; {0} is a share that nothing
 * was taken of.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define HEADER_SHARE_FIRST  100
#define HEADER_SHARE_SECOND 10
#define HEADER_SHARE_EVERY  32

struct header_share {
	atomic_ullong taken_ms;
	atomic_uint others; /* that found nothing left */
};

/* Does the connection that begins now ask for headers? now_ms is a steady
 * clock. Never waits. */
bool header_share_take(struct header_share *share, uint64_t now_ms);

#endif
