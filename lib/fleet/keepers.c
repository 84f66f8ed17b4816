/* SPDX-License-Identifier: ISC */

#include "keepers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/redis/redis_client.h"

static struct redis_value *ask_all(struct redis_client *redis,
				   const char *prefix)
{
	return redis_client_command(redis, "HGETALL %s:{keepers}:info", prefix);
}

static char *sign_text(const struct keeper_sign *sign, uint64_t now_ms)
{
	return document_write(document_make(
		"host:s version:s pid:n started:n seen:n channels:n failing:n",
		sign->host, sign->version, sign->pid, sign->started_ms, now_ms,
		sign->channels, sign->failing));
}

/* Those of keepers that were killed. */
static bool forget_silent(struct redis_client *redis, const char *prefix,
			  uint64_t now_ms)
{
	struct redis_value *all = ask_all(redis, prefix);
	bool is_good = all != NULL;

	for (size_t i = 0; is_good && i + 1 < redis_value_count(all); i += 2) {
		json_t *sign = json_loads(redis_value_text_at(all, i + 1), 0,
					  NULL);

		if (document_get_number(sign, "seen") + KEEPERS_SILENCE_MS <
		    now_ms)
			is_good = keepers_leave(redis, prefix,
						redis_value_text_at(all, i));
		json_decref(sign);
	}
	redis_value_free(&all);
	return is_good;
}

bool keepers_announce(struct redis_client *redis, const char *prefix,
		      const struct keeper_sign *sign)
{
	uint64_t now_ms;
	char *text;
	bool is_good;

	if (!redis_client_time(redis, &now_ms))
		return false;
	text = sign_text(sign, now_ms);
	is_good = redis_value_drop(redis_client_command(
			  redis, "HSET %s:{keepers}:info %s %s", prefix,
			  sign->name, text)) &&
		  redis_value_drop(redis_client_command(
			  redis, "SET %s:{keepers}:seen %s PX %d", prefix,
			  sign->name, KEEPERS_SILENCE_MS)) &&
		  forget_silent(redis, prefix, now_ms);
	free(text);
	return is_good;
}

bool keepers_leave(struct redis_client *redis, const char *prefix,
		   const char *name)
{
	return redis_value_drop(redis_client_command(
		redis, "HDEL %s:{keepers}:info %s", prefix, name));
}

static void read_sign(const char *name, const char *text,
		      struct keeper_sign *sign_r)
{
	json_t *sign = json_loads(text, 0, NULL);

	*sign_r = (struct keeper_sign){
		.name = alloc_text(name),
		.host = alloc_text(document_get_text(sign, "host")),
		.version = alloc_text(document_get_text(sign, "version")),
		.pid = document_get_number(sign, "pid"),
		.started_ms = document_get_number(sign, "started"),
		.seen_ms = document_get_number(sign, "seen"),
		.channels = document_get_number(sign, "channels"),
		.failing = document_get_number(sign, "failing"),
	};
	json_decref(sign);
}

static void sign_clear(struct keeper_sign *sign)
{
	free(sign->name);
	free(sign->host);
	free(sign->version);
}

static int by_name(const void *a, const void *b)
{
	const struct keeper_sign *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void take_signs(const struct redis_value *all,
		       struct keeper_signs *signs)
{
	signs->list = alloc_array(redis_value_count(all) / 2,
				  sizeof(*signs->list));
	for (size_t i = 0; i + 1 < redis_value_count(all); i += 2) {
		struct keeper_sign *sign = &signs->list[signs->count];

		read_sign(redis_value_text_at(all, i),
			  redis_value_text_at(all, i + 1), sign);
		if (sign->seen_ms + KEEPERS_SILENCE_MS < signs->now_ms)
			sign_clear(sign);
		else
			signs->count++;
	}
	qsort(signs->list, signs->count, sizeof(*signs->list), by_name);
}

bool keepers_read(struct redis_client *redis, const char *prefix,
		  struct keeper_signs *signs_r)
{
	struct redis_value *all = NULL;

	memset(signs_r, 0, sizeof(*signs_r));
	if (redis_client_time(redis, &signs_r->now_ms))
		all = ask_all(redis, prefix);
	if (all != NULL)
		take_signs(all, signs_r);
	return redis_value_drop(all);
}

void keepers_clear(struct keeper_signs *signs)
{
	for (size_t i = 0; i < signs->count; i++)
		sign_clear(&signs->list[i]);
	free(signs->list);
	memset(signs, 0, sizeof(*signs));
}

bool keepers_are_there(struct redis_client *redis, const char *prefix,
		       bool *are_there_r)
{
	struct redis_value *value = redis_client_command(
		redis, "EXISTS %s:{keepers}:seen", prefix);

	*are_there_r = redis_value_number(value) != 0;
	return redis_value_drop(value);
}
