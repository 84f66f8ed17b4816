/* SPDX-License-Identifier: ISC */

/* Two arrays that grow together. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "redis_client.h"
#include "words.h"

static void words_append(struct words *words, char *text, size_t length)
{
	size_t count = words->count + 1;

	words->texts = alloc_resize(words->texts, count, sizeof(char *));
	words->lengths = alloc_resize(words->lengths, count, sizeof(size_t));
	words->texts[words->count] = text;
	words->lengths[words->count] = length;
	words->count = count;
}

void words_take(struct words *words, char *text)
{
	words_append(words, text, strlen(text));
}

void words_add(struct words *words, const char *text)
{
	words_take(words, alloc_text(text));
}

void words_add_bytes(struct words *words, const char *data, size_t length)
{
	words_append(words, alloc_copy(data, length), length);
}

void words_add_number(struct words *words, uint64_t number)
{
	words_take(words, alloc_format("%" PRIu64, number));
}

void words_set_number(struct words *words, size_t index, uint64_t number)
{
	free(words->texts[index]);
	words->texts[index] = alloc_format("%" PRIu64, number);
	words->lengths[index] = strlen(words->texts[index]);
}

void words_clear(struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->texts[i]);
	free(words->texts);
	free(words->lengths);
	memset(words, 0, sizeof(*words));
}

struct redis_value *words_ask(struct words *words, struct redis_client *redis)
{
	struct redis_value *value = redis_client_ask(
		redis, words->count, (const char *const *)words->texts,
		words->lengths);

	words_clear(words);
	return value;
}

bool words_send(struct words *words, struct redis_client *redis)
{
	bool is_sent = redis_client_send(redis, words->count,
					 (const char *const *)words->texts,
					 words->lengths);

	words_clear(words);
	return is_sent;
}
