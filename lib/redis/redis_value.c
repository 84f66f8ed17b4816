/* SPDX-License-Identifier: ISC */

/* A value is a redisReply of hiredis under another name. */
#include "redis_value.h"

#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

static struct redis_value *value_of(void *reply)
{
	return reply;
}

static const redisReply *reply_of(const struct redis_value *value)
{
	return (const redisReply *)(const void *)value;
}

int64_t redis_value_integer(const struct redis_value *value)
{
	const redisReply *reply = reply_of(value);

	if (reply == NULL)
		return 0;
	if (reply->type == REDIS_REPLY_INTEGER)
		return reply->integer;
	return strtoll(redis_value_text(value, NULL), NULL, 10);
}

uint64_t redis_value_number(const struct redis_value *value)
{
	int64_t number = redis_value_integer(value);

	return number < 0 ? 0 : (uint64_t)number;
}

uint64_t redis_value_number_at(const struct redis_value *value, size_t index)
{
	return redis_value_number(redis_value_at(value, index));
}

/* Seconds, and microseconds of the second. */
uint64_t redis_value_time_ms(const struct redis_value *value)
{
	return redis_value_number_at(value, 0) * 1000 +
	       redis_value_number_at(value, 1) / 1000;
}

bool redis_value_take_number(struct redis_value *value, uint64_t *number_r)
{
	if (value != NULL)
		*number_r = redis_value_number(value);
	return redis_value_drop(value);
}

const char *redis_value_text(const struct redis_value *value, size_t *length_r)
{
	const redisReply *reply = reply_of(value);
	bool is_text = reply != NULL && (reply->type == REDIS_REPLY_STRING ||
					 reply->type == REDIS_REPLY_STATUS ||
					 reply->type == REDIS_REPLY_ERROR);

	if (length_r != NULL)
		*length_r = is_text ? (size_t)reply->len : 0;
	return is_text ? reply->str : "";
}

size_t redis_value_count(const struct redis_value *value)
{
	const redisReply *reply = reply_of(value);

	return reply != NULL && reply->type == REDIS_REPLY_ARRAY
		       ? (size_t)reply->elements
		       : 0;
}

const struct redis_value *redis_value_at(const struct redis_value *value,
					 size_t index)
{
	return index < redis_value_count(value)
		       ? value_of(reply_of(value)->element[index])
		       : NULL;
}

const char *redis_value_text_at(const struct redis_value *value, size_t index)
{
	return redis_value_text(redis_value_at(value, index), NULL);
}

const char *redis_value_field(const struct redis_value *entry, const char *name,
			      size_t *length_r)
{
	const struct redis_value *fields = redis_value_at(entry, 1);
	const struct redis_value *found = NULL;

	for (size_t i = 0; i + 1 < redis_value_count(fields); i += 2)
		if (strcmp(redis_value_text_at(fields, i), name) == 0)
			found = redis_value_at(fields, i + 1);
	return redis_value_text(found, length_r);
}

void redis_value_free(struct redis_value **value)
{
	if (*value != NULL)
		freeReplyObject(*value);
	*value = NULL;
}

bool redis_value_drop(struct redis_value *value)
{
	bool is_there = value != NULL;

	redis_value_free(&value);
	return is_there;
}
