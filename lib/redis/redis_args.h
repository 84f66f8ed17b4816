/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_ARGS_H
#define WEIR_REDIS_ARGS_H

/*
 * Without this each part of the fleet would build the arguments of its
 * commands, and free them, in a way of its own.
 *
 * The arguments of one Redis command while they are put together. One thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redis_client;
struct redis_value;

struct redis_args {
	char **texts;
	size_t *lengths;
	size_t count;
};

/* {0} is empty. Copies, but for take, which keeps text and frees it. */
void redis_args_add(struct redis_args *args, const char *text);
void redis_args_add_bytes(struct redis_args *args, const char *data,
			  size_t length);
void redis_args_add_number(struct redis_args *args, uint64_t number);
void redis_args_take(struct redis_args *args, char *text);

/* EVAL, the script, and how many keys follow it. */
void redis_args_add_script(struct redis_args *args, const void *script,
			   size_t size, size_t keys);

/* Puts a number in the place of a word that is there. */
void redis_args_set_number(struct redis_args *args, size_t index,
			   uint64_t number);

void redis_args_clear(struct redis_args *args);

/* Asks, and clears them. As redis_client_ask. */
struct redis_value *redis_args_ask(struct redis_args *args,
				   struct redis_client *redis);

/* Asks where nothing but success matters. */
bool redis_args_do(struct redis_args *args, struct redis_client *redis);

#endif
