/* SPDX-License-Identifier: ISC */

/* One script writes, MGET reads; the record is a JSON object with the names of
 * the fields. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/redis/redis_client.h"
#include "lib/base/json.h"
#include "held.h"
#include "held_lua.h"
#include "lib/redis/words.h"

#define HELD_LIFE_MS UINT64_C(5184000000) /* 60 days */
#define HELD_AT_ONCE 500		  /* keys in one MGET */

void held_clear(struct held *held)
{
	char *const texts[] = { held->queue_id, held->limit,  held->subject,
				held->sender,	held->client, held->login,
				held->host };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(texts[i]);
	for (size_t i = 0; i < held->recipient_count; i++)
		free(held->recipients[i]);
	free(held->recipients);
	memset(held, 0, sizeof(*held));
}

static char *held_key(const char *prefix, const char *queue_id)
{
	return alloc_format("%s:{held}:%s", prefix, queue_id);
}

/* writing */

char *held_shorten(const char *text)
{
	char buffer[TEXT_KEY_MAX + 1];
	struct text key;

	if (text == NULL || strlen(text) <= TEXT_KEY_MAX)
		return alloc_text(text);
	text_init(&key, buffer, sizeof(buffer));
	text_add_key(&key, text, strlen(text), false);
	return alloc_text(buffer);
}

static json_t *make_value(const char *text)
{
	char *value = held_shorten(text);
	json_t *made = document_string(value);

	free(value);
	return made;
}

static json_t *make_recipients(const struct held *held)
{
	json_t *list = json_array();

	for (size_t i = 0; i < held->recipient_count && i < HELD_RECIPIENTS_MAX;
	     i++)
		json_array_append_new(list, make_value(held->recipients[i]));
	return list;
}

static char *make_record(const struct held *held)
{
	json_t *object = json_object();

	json_object_set_new(object, "when_ms", document_number(held->when_ms));
	json_object_set_new(object, "limit", document_string(held->limit));
	json_object_set_new(object, "subject", document_string(held->subject));
	json_object_set_new(object, "used", document_number(held->used));
	json_object_set_new(object, "max", document_number(held->max));
	json_object_set_new(object, "per_ms", document_number(held->per_ms));
	json_object_set_new(object, "sender", make_value(held->sender));
	json_object_set_new(object, "recipients", make_recipients(held));
	json_object_set_new(object, "recipients_all",
			    document_number(held->recipients_all));
	json_object_set_new(object, "client", make_value(held->client));
	json_object_set_new(object, "login", make_value(held->login));
	json_object_set_new(object, "host", make_value(held->host));
	return document_write(object);
}

static char *list_key(const char *prefix, const char *list)
{
	return alloc_format("%s:{held}::%s", prefix, list);
}

static bool ask(struct redis_client *redis, struct words *words)
{
	struct redis_value *value = words_ask(words, redis);
	bool is_done = value != NULL;

	redis_value_free(&value);
	return is_done;
}

static bool delete_notes(struct redis_client *redis, const char *prefix,
			 const struct redis_value *queue_ids)
{
	struct words words = { 0 };

	if (redis_value_count(queue_ids) == 0)
		return true;
	words_add(&words, "DEL");
	for (size_t i = 0; i < redis_value_count(queue_ids); i++)
		words_take(
			&words,
			held_key(prefix,
				 redis_value_text(redis_value_at(queue_ids, i),
						  NULL)));
	return ask(redis, &words);
}

bool held_write(struct redis_client *redis, const char *prefix,
		const struct held *held)
{
	struct words words = { 0 };
	struct redis_value *value;
	bool is_written;

	words_add(&words, "EVAL");
	words_add_bytes(&words, (const char *)held_lua, sizeof(held_lua));
	words_add_number(&words, 3);
	words_take(&words, list_key(prefix, "index"));
	words_take(&words, list_key(prefix, "books"));
	words_take(&words, held_key(prefix, held->queue_id));
	words_add(&words, held->queue_id);
	words_take(&words, make_record(held));
	words_add_number(&words, HELD_LIFE_MS);
	words_add_number(&words, HELD_MOST);
	value = words_ask(&words, redis);
	is_written = value != NULL && delete_notes(redis, prefix, value);
	redis_value_free(&value);
	return is_written;
}

static bool forget_some(struct redis_client *redis, const char *prefix,
			const char *const *queue_ids, size_t count)
{
	struct words notes = { 0 }, index = { 0 };
	bool is_done;

	words_add(&notes, "DEL");
	words_add(&index, "ZREM");
	words_take(&index, list_key(prefix, "index"));
	for (size_t i = 0; i < count; i++) {
		words_take(&notes, held_key(prefix, queue_ids[i]));
		words_add(&index, queue_ids[i]);
	}
	is_done = ask(redis, &notes) && ask(redis, &index);
	words_clear(&index);
	return is_done;
}

bool held_forget(struct redis_client *redis, const char *prefix,
		 const char *const *queue_ids, size_t count)
{
	bool is_done = true;

	for (size_t done = 0; done < count && is_done; done += HELD_AT_ONCE)
		is_done = forget_some(redis, prefix, queue_ids + done,
				      count - done < HELD_AT_ONCE
					      ? count - done
					      : HELD_AT_ONCE);
	return is_done;
}

/* reading */

static char *take_text(const json_t *object, const char *name)
{
	return alloc_text(document_get_text(object, name));
}

static void take_recipients(const json_t *list, struct held *held)
{
	size_t count = json_array_size(list);

	if (count > HELD_RECIPIENTS_MAX)
		count = HELD_RECIPIENTS_MAX;
	held->recipients = alloc_array(count, sizeof(*held->recipients));
	held->recipient_count = count;
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		held->recipients[i] = alloc_text(text == NULL ? "" : text);
	}
}

static void take_record(const struct redis_value *value, const char *queue_id,
			struct held *held)
{
	size_t length;
	const char *text = redis_value_text(value, &length);
	json_t *object = json_loadb(text, length, 0, NULL);

	if (json_is_object(object)) {
		held->queue_id = alloc_text(queue_id);
		held->when_ms = document_get_number(object, "when_ms");
		held->limit = take_text(object, "limit");
		held->subject = take_text(object, "subject");
		held->used = document_get_number(object, "used");
		held->max = document_get_number(object, "max");
		held->per_ms = document_get_number(object, "per_ms");
		held->sender = take_text(object, "sender");
		take_recipients(json_object_get(object, "recipients"), held);
		held->recipients_all = document_get_number(object,
							   "recipients_all");
		held->client = take_text(object, "client");
		held->login = take_text(object, "login");
		held->host = take_text(object, "host");
	}
	json_decref(object);
}

static bool read_some(struct redis_client *redis, const char *prefix,
		      const char *const *queue_ids, size_t count,
		      struct held *held_r)
{
	struct words words = { 0 };
	struct redis_value *value;

	words_add(&words, "MGET");
	for (size_t i = 0; i < count; i++)
		words_take(&words, held_key(prefix, queue_ids[i]));
	value = words_ask(&words, redis);
	if (value == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		take_record(redis_value_at(value, i), queue_ids[i], &held_r[i]);
	redis_value_free(&value);
	return true;
}

bool held_read(struct redis_client *redis, const char *prefix,
	       const char *const *queue_ids, size_t count, struct held *held_r)
{
	memset(held_r, 0, count * sizeof(*held_r));
	for (size_t done = 0; done < count; done += HELD_AT_ONCE) {
		size_t some = count - done < HELD_AT_ONCE ? count - done
							  : HELD_AT_ONCE;

		if (!read_some(redis, prefix, queue_ids + done, some,
			       held_r + done)) {
			for (size_t i = 0; i < done; i++)
				held_clear(&held_r[i]);
			return false;
		}
	}
	return true;
}

bool held_dropped(struct redis_client *redis, const char *prefix,
		  uint64_t *dropped_r)
{
	char *key = list_key(prefix, "books");
	struct redis_value *value = redis_client_say(redis, "HGET", key,
						     "dropped", NULL);
	bool is_answered = value != NULL;

	*dropped_r = redis_value_number(value);
	redis_value_free(&value);
	free(key);
	return is_answered;
}
