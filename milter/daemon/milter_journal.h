/* SPDX-License-Identifier: ISC */
#ifndef WEIR_MILTER_JOURNAL_H
#define WEIR_MILTER_JOURNAL_H

/*
 * The journal of a milter, with its mirror in Redis, and what the process
 * records of itself: the settings it runs with, and Redis away and back.
 * Thread-safe. Where the settings want no journal all of them do nothing.
 */
#include <stdbool.h>

#include "lib/settings/settings.h"
#include "lib/store/store.h"
#include "lib/watch/journal.h"

struct milter_journal {
	struct journal *journal; /* NULL: none is wanted */
	struct journal_mirror_redis *mirror;
};

/* redis, of store_redis.h, must outlive it. */
void milter_journal_init(struct milter_journal *milter,
			 const struct settings *settings,
			 const struct store *redis, const char *host);

/* A thread less is no reason to refuse mail: it is logged. */
void milter_journal_start(struct milter_journal *milter);

/* act: "start" or "reload". Each limit as a sentence. */
void milter_journal_add_settings(struct milter_journal *milter, const char *act,
				 const struct settings *settings);

void milter_journal_add_redis(struct journal *journal, bool is_up);

/* Finishes the file, in half a second at most. */
void milter_journal_stop(struct milter_journal *milter);

#endif
