/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CHANNEL_ROUNDS_H
#define WEIR_CHANNEL_ROUNDS_H

/*
 * What was given to several channels, until all are done with it: which of
 * their outcomes is the last, and has anybody been told? Times are those of the
 * steady clock. One thread at a time.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct channel_round {
	uint64_t token, given_ms;
	size_t channels; /* that took it */
	size_t left;	 /* that are not done */
	size_t failing;	 /* of them: that have failed at least once */
	bool is_told;	 /* on one of them, or a newer one took its place */
	bool is_logged;
	struct channel_round *next;
};

struct channel_rounds {
	struct channel_round *first;
};

/* Nobody needs to be told of a test. */
void channel_rounds_add(struct channel_rounds *rounds, uint64_t token,
			size_t channels, uint64_t now_ms, bool is_test);

/* A channel has failed for the first time. */
void channel_rounds_fail(struct channel_rounds *rounds, uint64_t token);

/* A channel is done. True: it was the last one. */
bool channel_rounds_finish(struct channel_rounds *rounds, uint64_t token,
			   bool is_told);

/*
 * One that no channel could tell: each has failed, for failing_ms at least, or
 * all have given up. Each once, NULL when there is none; valid until the next
 * call.
 */
const struct channel_round *channel_rounds_untold(struct channel_rounds *rounds,
						  uint64_t now_ms,
						  uint64_t failing_ms);

void channel_rounds_clear(struct channel_rounds *rounds);

#endif
