/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PROGRAM_JOURNAL_H
#define WEIR_PROGRAM_JOURNAL_H

/*
 * The journal of weir-milter or weir-keeper, with its mirror in Redis, and what
 * the process records of itself: the settings it runs with, and Redis away and
 * back. Thread-safe. Where the settings want no journal all of them do nothing.
 */
#include <stdbool.h>

#include "lib/settings/settings.h"
#include "lib/watch/journal.h"
#include "journal_mirror.h"

struct program_journal {
	struct journal *journal; /* NULL: none is wanted */
	struct journal_mirror_redis *mirror;
};

/* name: "weir-milter". What link refers to must outlive it. */
void program_journal_init(struct program_journal *program, const char *name,
			  const struct settings *settings, const char *host,
			  const struct journal_mirror_link *link);

/* A thread less is no reason to refuse mail: it is logged. */
void program_journal_start(struct program_journal *program);

/* act: "start" or "reload". Each limit as a sentence. */
void program_journal_add_settings(struct program_journal *program,
				  const char *act,
				  const struct settings *settings);

void program_journal_add_redis(struct journal *journal, bool is_up);

/* Finishes the file, in half a second at most. */
void program_journal_stop(struct program_journal *program);

#endif
