/* SPDX-License-Identifier: ISC */

/* SET and MGET; the record is a JSON object with the names of the fields. */
#include <stdlib.h>
#include <string.h>

#include "../base/alloc.h"
#include "../store/redis_client.h"
#include "document.h"
#include "held.h"
#include "words.h"

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

static json_t *make_recipients(const struct held *held)
{
	json_t *list = json_array();

	for (size_t i = 0; i < held->recipient_count; i++)
		json_array_append_new(list,
				      document_string(held->recipients[i]));
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
	json_object_set_new(object, "sender", document_string(held->sender));
	json_object_set_new(object, "recipients", make_recipients(held));
	json_object_set_new(object, "client", document_string(held->client));
	json_object_set_new(object, "login", document_string(held->login));
	json_object_set_new(object, "host", document_string(held->host));
	return document_write(object);
}

bool held_write(struct redis_client *redis, const char *prefix,
		const struct held *held)
{
	struct words words = { 0 };
	struct redis_value *value;
	bool is_written;

	words_add(&words, "SET");
	words_take(&words, held_key(prefix, held->queue_id));
	words_take(&words, make_record(held));
	words_add(&words, "PX");
	words_add_number(&words, HELD_LIFE_MS);
	value = words_ask(&words, redis);
	is_written = value != NULL;
	redis_value_free(&value);
	return is_written;
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
