/* SPDX-License-Identifier: ISC */
#include "evidence_ring.h"

void evidence_ring_clear(struct evidence_ring *ring)
{
	for (size_t i = 0; i < EVIDENCE_RING_MAX; i++)
		evidence_sample_clear(&ring->samples[i]);
	*ring = (struct evidence_ring){ 0 };
}

/* Has the oldest one headers, and no other? */
static bool only_the_oldest_shows(const struct evidence_ring *ring, size_t max)
{
	size_t shown = 0;

	for (size_t i = 0; i < ring->count; i++)
		shown += ring->samples[i].headers != NULL;
	return ring->count == max && shown == 1 &&
	       ring->samples[ring->next].headers != NULL;
}

/* The oldest one makes room, or the second where the oldest is to stay. */
void evidence_ring_add(struct evidence_ring *ring, size_t max,
		       const struct evidence_sample *newest)
{
	struct evidence_sample *oldest = &ring->samples[ring->next];
	struct evidence_sample *second = &ring->samples[(ring->next + 1) % max];

	if (newest->headers == NULL && only_the_oldest_shows(ring, max)) {
		struct evidence_sample kept = *oldest;

		*oldest = *second;
		*second = kept;
	}
	ring->next = (ring->next + 1) % max;
	evidence_sample_clear(oldest);
	*oldest = *newest;
	ring->count += ring->count < max;
}

const struct evidence_sample *evidence_ring_at(const struct evidence_ring *ring,
					       size_t max, size_t index)
{
	size_t first = ring->count < max ? 0 : ring->next;

	return &ring->samples[(first + index) % max];
}
