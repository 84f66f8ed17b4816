/* SPDX-License-Identifier: ISC */

/* An array that grows by doubling: most lists have one hash. */
#include <stdlib.h>

#include "alloc.h"
#include "hash_list.h"

bool hash_list_has(const struct hash_list *list, uint64_t hash)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->hashes[i] == hash)
			return true;
	return false;
}

size_t hash_list_count(const struct hash_list *list, uint64_t hash)
{
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		count += list->hashes[i] == hash;
	return count;
}

void hash_list_append(struct hash_list *list, uint64_t hash)
{
	if (list->count == list->room) {
		list->room = list->room == 0 ? 1 : 2 * list->room;
		list->hashes = alloc_resize(list->hashes, list->room,
					    sizeof(*list->hashes));
	}
	list->hashes[list->count++] = hash;
}

bool hash_list_add(struct hash_list *list, uint64_t hash)
{
	if (hash_list_has(list, hash))
		return false;
	hash_list_append(list, hash);
	return true;
}

void hash_list_clear(struct hash_list *list)
{
	free(list->hashes);
	*list = (struct hash_list){ NULL, 0, 0 };
}
