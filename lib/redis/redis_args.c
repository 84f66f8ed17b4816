/* SPDX-License-Identifier: ISC */

/* Two arrays that grow together. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "redis_client.h"
#include "redis_args.h"

static void redis_args_append(struct redis_args *args, char *text,
			      size_t length)
{
	size_t count = args->count + 1;

	args->texts = alloc_resize(args->texts, count, sizeof(char *));
	args->lengths = alloc_resize(args->lengths, count, sizeof(size_t));
	args->texts[args->count] = text;
	args->lengths[args->count] = length;
	args->count = count;
}

void redis_args_take(struct redis_args *args, char *text)
{
	redis_args_append(args, text, strlen(text));
}

void redis_args_add(struct redis_args *args, const char *text)
{
	redis_args_take(args, alloc_text(text));
}

void redis_args_add_bytes(struct redis_args *args, const char *data,
			  size_t length)
{
	redis_args_append(args, alloc_copy(data, length), length);
}

void redis_args_add_number(struct redis_args *args, uint64_t number)
{
	redis_args_take(args, alloc_format("%" PRIu64, number));
}

void redis_args_add_script(struct redis_args *args, const void *script,
			   size_t size, size_t keys)
{
	redis_args_add(args, "EVAL");
	redis_args_add_bytes(args, script, size);
	redis_args_add_number(args, keys);
}

void redis_args_set_number(struct redis_args *args, size_t index,
			   uint64_t number)
{
	free(args->texts[index]);
	args->texts[index] = alloc_format("%" PRIu64, number);
	args->lengths[index] = strlen(args->texts[index]);
}

void redis_args_clear(struct redis_args *args)
{
	alloc_free_texts(args->texts, args->count);
	free(args->lengths);
	memset(args, 0, sizeof(*args));
}

struct redis_value *redis_args_ask(struct redis_args *args,
				   struct redis_client *redis)
{
	struct redis_value *value = redis_client_ask(
		redis, args->count, (const char *const *)args->texts,
		args->lengths);

	redis_args_clear(args);
	return value;
}

bool redis_args_do(struct redis_args *args, struct redis_client *redis)
{
	return redis_value_drop(redis_args_ask(args, redis));
}
