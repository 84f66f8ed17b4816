/* SPDX-License-Identifier: ISC */
#ifndef WEIR_METER_H
#define WEIR_METER_H

/*
 * A store in front of another: passes each question on, and notes in a tally
 * how much of each window was used.
 */
#include "lib/store/store.h"
#include "tally.h"

/* Notes the use of one window, or of a ceiling, which no store knows. */
void meter_note(struct tally *tally, const struct charge *charge, uint64_t used,
		uint64_t now_ms);

/* Takes over inner; tally stays the caller's. Freed with store_free(), not
 * thread-safe. */
struct store *meter_new(struct store *inner, struct tally *tally);

#endif
