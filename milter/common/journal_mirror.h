/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JOURNAL_MIRROR_H
#define WEIR_JOURNAL_MIRROR_H

/*
 * The journal of this process in Redis, by the thread that writes it, over a
 * connection of its own: its records in the stream PREFIX:{journal}:records
 * (some 20,000 of all milters), its head in the hash PREFIX:{journal}:heads.
 * Once a minute it reads the heads of the other milters there and puts them
 * into this journal as records `witness`: to forge one journal behind such a
 * head, all others must be forged, too. While Redis is away nothing is kept
 * for it.
 */
#include "lib/settings/settings.h"
#include "lib/watch/journal.h"

struct journal_mirror_redis;

/* What the program knows of Redis, so that the writer of the journal never
 * waits for one that is away. Thread-safe. */
struct journal_mirror_link {
	bool (*is_up)(const void *context);
	/* Another number after each new connection: it may be another Redis. */
	unsigned int (*connections)(const void *context);
	const void *context;
};

struct journal_mirror_options {
	const struct settings *settings; /* where Redis is; copied */
	struct journal_mirror_link link;
	const char *field; /* in the hash: "HOST:PID" */
};

struct journal_mirror_redis *
journal_mirror_new(const struct journal_mirror_options *options);

/* What journal_new() takes; its records come back to the journal of _use(). */
struct journal_mirror journal_mirror_calls(struct journal_mirror_redis *mirror);
void journal_mirror_use(struct journal_mirror_redis *mirror,
			struct journal *journal);

/* From the next connection on. Thread-safe. */
void journal_mirror_set_password(struct journal_mirror_redis *mirror,
				 const char *password);

#endif
