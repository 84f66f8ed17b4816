/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CHARGE_ARGS_H
#define WEIR_CHARGE_ARGS_H

/*
 * Without this the mail path and the housekeeping would write the arguments
 * of one script in two places.
 *
 * The words that stand behind the SHA-1 in EVALSHA (or behind the script in
 * EVAL) when charge.lua is asked about charges: number of keys, keys, the
 * question, the time, its end, and five words for each charge. One thread.
 */
#include <stddef.h>
#include <stdint.h>

#include "store.h"

/* The script itself; no NUL behind it. */
extern const char *const charge_script;
extern const size_t charge_script_length;

struct charge_args {
	const char **texts;
	size_t *lengths;
	size_t count;
	char *memory; /* where the next number or key goes */
	void *block;  /* all of it */
};

/* On which clock a question is asked, and until when. */
struct charge_time {
	uint64_t now_ms;      /* 0: Redis takes its own time */
	uint64_t deadline_ms; /* on the same clock; 0: none */
};

/*
 * A key becomes PREFIX:KEY. The words do not point into the charges.
 */
void charge_args_make(struct charge_args *words, const char *prefix,
		      enum store_question question,
		      const struct charge *charges, size_t count,
		      struct charge_time time);
void charge_args_clear(struct charge_args *words);

#endif
