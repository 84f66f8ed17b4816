/* SPDX-License-Identifier: ISC */
#ifndef WEIR_WORDS_H
#define WEIR_WORDS_H

/*
 * Without this each part of the desk would build the arguments of its
 * commands, and free them, in a way of its own.
 *
 * The words of one Redis command while they are put together. One thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redis_client;
struct redis_value;

struct words {
	char **texts;
	size_t *lengths;
	size_t count;
};

/* {0} is empty. Copies, but for take, which keeps text and frees it. */
void words_add(struct words *words, const char *text);
void words_add_bytes(struct words *words, const char *data, size_t length);
void words_add_number(struct words *words, uint64_t number);
void words_take(struct words *words, char *text);

/* Puts a number in the place of a word that is there. */
void words_set_number(struct words *words, size_t index, uint64_t number);

void words_clear(struct words *words);

/* Asks, and clears the words. As redis_client_ask and redis_client_send. */
struct redis_value *words_ask(struct words *words, struct redis_client *redis);
bool words_send(struct words *words, struct redis_client *redis);

#endif
