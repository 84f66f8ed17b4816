/* SPDX-License-Identifier: ISC */

/* All numbers and keys of a question stand in one block of memory. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "charge_lua.h"
#include "charge_args.h"

#define WORDS_BEFORE_KEYS 1  /* the number of keys */
#define WORDS_AFTER_KEYS  3  /* question, time, its end */
#define WORDS_PER_CHARGE  5  /* cost, max, width, slots, flags */
#define NUMBER_SIZE	  21 /* UINT64_MAX and a NUL; also "sao:4294967295" */

const char *const charge_script = (const char *)charge_lua;
const size_t charge_script_length = sizeof(charge_lua);

static const char *question_word(enum store_question question)
{
	static const char *const words[] = {
		[STORE_CHARGE] = "charge",
		[STORE_PEEK] = "peek",
		[STORE_ADD] = "add",
		[STORE_GIVE_BACK] = "give",
	};

	return words[question];
}

/* The letters of most charges need no memory. */
static const char *letters_of(const struct charge *charge)
{
	if (charge->stops)
		return charge->attempts ? "sa" : "s";
	return charge->attempts ? "a" : "-";
}

static void words_add(struct charge_args *words, const char *text,
		      size_t length)
{
	words->texts[words->count] = text;
	words->lengths[words->count] = length;
	words->count++;
}

static void memory_add(struct charge_args *words, const char *data,
		       size_t length)
{
	memcpy(words->memory, data, length);
	words->memory += length;
}

static void memory_add_number(struct charge_args *words, uint64_t number)
{
	char digits[NUMBER_SIZE];
	char *at = digits + sizeof(digits);

	do {
		*--at = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	memory_add(words, at, (size_t)(digits + sizeof(digits) - at));
}

static void words_add_number(struct charge_args *words, uint64_t number)
{
	char *start = words->memory;

	memory_add_number(words, number);
	words_add(words, start, (size_t)(words->memory - start));
}

static void words_add_key(struct charge_args *words, const char *prefix,
			  const struct charge *charge)
{
	char *start = words->memory;

	memory_add(words, prefix, strlen(prefix));
	memory_add(words, ":", 1);
	memory_add(words, charge->key, charge->key_length);
	words_add(words, start, (size_t)(words->memory - start));
}

static void words_add_flags(struct charge_args *words,
			    const struct charge *charge)
{
	const char *letters = charge->permit != 0 ? "p" : letters_of(charge);
	char *start = words->memory;

	if (charge->permit == 0 && charge->covers == 0) {
		words_add(words, letters, strlen(letters));
		return;
	}
	memory_add(words, letters, strlen(letters));
	if (charge->is_own)
		memory_add(words, "o", 1);
	memory_add(words, ":", 1);
	memory_add_number(words, charge->permit != 0 ? charge->permit
						     : charge->covers);
	words_add(words, start, (size_t)(words->memory - start));
}

static void words_fill(struct charge_args *words, const char *prefix,
		       enum store_question question,
		       const struct charge *charges, size_t count,
		       struct charge_time time)
{
	const char *word = question_word(question);

	words_add_number(words, count);
	for (size_t i = 0; i < count; i++)
		words_add_key(words, prefix, &charges[i]);
	words_add(words, word, strlen(word));
	words_add_number(words, time.now_ms);
	words_add_number(words, time.deadline_ms);
	for (size_t i = 0; i < count; i++) {
		words_add_number(words, charges[i].cost);
		words_add_number(words, charges[i].max);
		words_add_number(words, charges[i].shape.width_ms);
		words_add_number(words, charges[i].shape.slots);
		words_add_flags(words, &charges[i]);
	}
}

/* One block: the pointers, the lengths, then keys and numbers. */
void charge_args_make(struct charge_args *words, const char *prefix,
		      enum store_question question,
		      const struct charge *charges, size_t count,
		      struct charge_time time)
{
	size_t slots = WORDS_BEFORE_KEYS + WORDS_AFTER_KEYS +
		       count * (1 + WORDS_PER_CHARGE);
	size_t bytes = slots * NUMBER_SIZE;
	char *block;

	for (size_t i = 0; i < count; i++)
		bytes += strlen(prefix) + 1 + charges[i].key_length;
	block = alloc_resize(
		NULL, slots * (sizeof(char *) + sizeof(size_t)) + bytes, 1);
	words->block = block;
	words->texts = (const char **)(void *)block;
	words->lengths = (size_t *)(void *)(block + slots * sizeof(char *));
	words->memory = block + slots * (sizeof(char *) + sizeof(size_t));
	words->count = 0;
	words_fill(words, prefix, question, charges, count, time);
}

void charge_args_clear(struct charge_args *words)
{
	free(words->block);
	memset(words, 0, sizeof(*words));
}
