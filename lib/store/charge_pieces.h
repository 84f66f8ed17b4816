/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CHARGE_PIECES_H
#define WEIR_CHARGE_PIECES_H

/*
 * Without this a message with a thousand recipients would be one script of
 * eight milliseconds, for which everybody else waits.
 *
 * One question about many windows, asked in pieces, with the answer of one
 * question: what was charged is given back when a later piece refuses, or is
 * not answered. Meanwhile others find these windows fuller than they will be,
 * never emptier. Thread-safe as far as the asker is.
 */
#include <stddef.h>
#include <stdint.h>

#include "store.h"

#define CHARGE_PIECE_MAX 100 /* windows in one script */

struct charge_asker {
	/* Asks about one piece. charged_ms_r: the store's time, if it has
	 * answered. */
	enum store_answer (*ask)(void *context, enum store_question question,
				 struct charge *charges, size_t count,
				 uint64_t *charged_ms_r);
	/* Takes back what these were charged at that time. Does not wait. */
	void (*give_back)(void *context, const struct charge *charges,
			  size_t count, uint64_t charged_ms);
	void *context;
	size_t max; /* windows in one piece, at most CHARGE_PIECE_MAX */
};

/* As store_ask(), for any number of charges. */
enum store_answer charge_in_pieces(const struct charge_asker *asker,
				   enum store_question question,
				   struct charge *charges, size_t count);

#endif
