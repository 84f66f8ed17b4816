/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REFUSAL_CACHE_H
#define WEIR_REFUSAL_CACHE_H

/*
 * Without this a flood would ask Redis about each message that is about to be
 * refused.
 *
 * The windows that are known to be full, for at most a second each, so that the
 * process can refuse messages by itself. Bounded: a window beyond max_windows
 * replaces the one remembered first (which is only asked about again).
 * Thread-safe. Times are in milliseconds of one steady clock of the caller.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct refusal_cache;

struct refusal {
	uint64_t until_ms; /* refused without asking until then */
	uint64_t room_ms;  /* when there will be room, as far as is known */
	uint64_t used;	   /* what the window contained */
};

struct refusal_cache *refusal_cache_new(size_t max_windows);
void refusal_cache_free(struct refusal_cache **cache);

/* Is nothing remembered at all? Costs nothing. */
bool refusal_cache_is_empty(const struct refusal_cache *cache);

/* Remembers, or renews, the window of this key. */
void refusal_cache_remember(struct refusal_cache *cache, const char *key,
			    size_t key_length, const struct refusal *refusal);

/* False when it is not remembered, or no longer at now_ms. */
bool refusal_cache_find(struct refusal_cache *cache, const char *key,
			size_t key_length, uint64_t now_ms,
			struct refusal *refusal_r);

/* Forgets everything: what was refused may be allowed now. */
void refusal_cache_clear(struct refusal_cache *cache);

/* Drops what is over at now_ms, so that is_empty can be true again; not what
 * is behind an entry that is not over. It looks at no more than it drops. */
void refusal_cache_sweep(struct refusal_cache *cache, uint64_t now_ms);

#endif
