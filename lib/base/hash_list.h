/* SPDX-License-Identifier: ISC */
#ifndef WEIR_HASH_LIST_H
#define WEIR_HASH_LIST_H

/*
 * Without this a text would have to be kept only to know it when it comes
 * again.
 *
 * A short list of hashes, each once; looked through from the front. {0} is an
 * empty one. Not thread-safe.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash_list {
	uint64_t *hashes;
	size_t count, room;
};

bool hash_list_has(const struct hash_list *list, uint64_t hash);

/* False when it was there. */
bool hash_list_add(struct hash_list *list, uint64_t hash);

/* Leaves an empty one. */
void hash_list_clear(struct hash_list *list);

#endif
