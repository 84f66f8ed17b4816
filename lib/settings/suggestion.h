/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SUGGESTION_H
#define WEIR_SUGGESTION_H

/*
 * Without this "unknown setting: tiemout" would send the operator to the
 * manual.
 *
 * Finds among the names offered the one that a mistyped word most likely
 * means: the fewest letters inserted, left out, changed or swapped with
 * their neighbour (optimal string alignment distance), case ignored.
 */
#include <stddef.h>

struct suggestion {
	const char *word;
	const char *name; /* NULL: none is near */
	size_t distance;
};

/* word must outlive the search; what is far from it is not taken at all. */
void suggestion_init(struct suggestion *suggestion, const char *word);

/* The first of equally near names stays. */
void suggestion_offer(struct suggestion *suggestion, const char *name);

#endif
