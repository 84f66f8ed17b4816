/* SPDX-License-Identifier: ISC */

/* A pointer that moves on; when a block is full, the next one is larger. */
#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "arena.h"

#define BLOCK_SIZE 4096
#define ALIGNMENT  alignof(max_align_t)

struct arena_block {
	struct arena_block *next;
	alignas(max_align_t) char bytes[];
};

void arena_init(struct arena *arena, void *buffer, size_t size)
{
	arena->at = buffer;
	arena->left = size;
	arena->blocks = NULL;
}

static void arena_grow(struct arena *arena, size_t size)
{
	size_t block_size = size > BLOCK_SIZE ? size : BLOCK_SIZE;
	struct arena_block *block = alloc_zero(sizeof(*block) + block_size);

	block->next = arena->blocks;
	arena->blocks = block;
	arena->at = block->bytes;
	arena->left = block_size;
}

void *arena_take(struct arena *arena, size_t size)
{
	size_t rounded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	void *taken;

	if (rounded > arena->left || arena->at == NULL)
		arena_grow(arena, rounded);
	taken = memset(arena->at, 0, rounded);
	arena->at += rounded;
	arena->left -= rounded;
	return taken;
}

char *arena_copy(struct arena *arena, const char *data, size_t length)
{
	char *copy = arena_take(arena, length + 1);

	memcpy(copy, data, length);
	return copy;
}

void arena_clear(struct arena *arena)
{
	struct arena_block *block;

	while ((block = arena->blocks) != NULL) {
		arena->blocks = block->next;
		free(block);
	}
	arena_init(arena, NULL, 0);
}
