/* SPDX-License-Identifier: ISC */
#ifndef WEIR_EVIDENCE_RING_H
#define WEIR_EVIDENCE_RING_H

/*
 * The newest samples of a flood, oldest first. Where few messages show headers,
 * one that does stays until another one does. One thread.
 */
#include "evidence_sample.h"

#define EVIDENCE_RING_MAX 5

/* {0} is empty; max is that of all calls, at most EVIDENCE_RING_MAX. */
struct evidence_ring {
	struct evidence_sample samples[EVIDENCE_RING_MAX];
	size_t count, next;
};

/* Takes over what the sample holds. */
void evidence_ring_add(struct evidence_ring *ring, size_t max,
		       const struct evidence_sample *newest);

/* The index-th, below count, from the oldest. */
const struct evidence_sample *evidence_ring_at(const struct evidence_ring *ring,
					       size_t max, size_t index);

void evidence_ring_clear(struct evidence_ring *ring);

#endif
