/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ARENA_H
#define WEIR_ARENA_H

/*
 * Memory that is freed all at once, for the work on one message. The first
 * bytes come from a buffer of the caller, usually on its stack, so that an
 * ordinary message needs no allocation at all. One thread.
 */
#include <stddef.h>

struct arena_block;

struct arena {
	char *at;    /* the next free byte */
	size_t left; /* of the current block */
	struct arena_block *blocks;
};

/* buffer[0..size) must outlive the arena and be aligned for any type. */
void arena_init(struct arena *arena, void *buffer, size_t size);

/* Zeroed and aligned for any type; never NULL. */
void *arena_take(struct arena *arena, size_t size);

/* A copy with a NUL behind it. */
char *arena_copy(struct arena *arena, const char *data, size_t length);

/* Frees everything; the arena is then empty and without a buffer. */
void arena_clear(struct arena *arena);

#endif
