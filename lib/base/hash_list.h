/* SPDX-License-Identifier: ISC */
#ifndef WEIR_HASH_LIST_H
#define WEIR_HASH_LIST_H

/*
 * A short list of hashes, to recognize a text without keeping it; searched
 * from the front. {0} is an empty one. Not thread-safe.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash_list {
	uint64_t *hashes;
	size_t count, room;
};

bool hash_list_has(const struct hash_list *list, uint64_t hash);

/* How often it is there. */
size_t hash_list_count(const struct hash_list *list, uint64_t hash);

/* Each once: false when it was there. */
bool hash_list_add(struct hash_list *list, uint64_t hash);

/* Once more, also when it was there. */
void hash_list_append(struct hash_list *list, uint64_t hash);

/* Leaves an empty one. */
void hash_list_clear(struct hash_list *list);

#endif
