/* SPDX-License-Identifier: ISC */

/* A record is made at once, in its short form, so that what waits for Redis is
 * bounded. One script writes, MGET reads. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/handover.h"
#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/redis/redis_client.h"
#include "lib/redis/redis_args.h"
#include "quarantine.h"
#include "quarantine_lua.h"

#define LIFE_MS		UINT64_C(5184000000) /* 60 days */
#define WAITING_MAX	10000		     /* records that wait for Redis */
#define WRITTEN_AT_ONCE 200
#define READ_AT_ONCE	500 /* keys in one MGET */

struct quarantine {
	struct handover *records;
};

struct record {
	char *text; /* JSON */
	char queue_id[];
};

static void record_free(void *context)
{
	struct record *record = context;

	free(record->text);
	free(record);
}

struct quarantine *quarantine_new(void)
{
	struct quarantine *quarantine = alloc_zero(sizeof(*quarantine));

	quarantine->records = handover_new(WAITING_MAX, record_free);
	return quarantine;
}

/* making */

const char *quarantine_shorten(const char *text, char buffer[TEXT_KEY_MAX + 1])
{
	struct text key;

	if (strlen(text) <= TEXT_KEY_MAX)
		return text;
	text_init(&key, buffer, TEXT_KEY_MAX + 1);
	text_add_key(&key, text, strlen(text), false);
	return buffer;
}

static json_t *short_value(const char *text)
{
	char buffer[TEXT_KEY_MAX + 1];

	return document_string(quarantine_shorten(text, buffer));
}

static json_t *short_recipients(const struct event *event)
{
	json_t *list = json_array();

	for (size_t i = 0;
	     i < event->recipient_count && i < QUARANTINE_RECIPIENTS_MAX; i++)
		json_array_append_new(list, short_value(event->recipients[i]));
	return list;
}

static char *make_text(const struct event *event)
{
	json_t *object = event_json(event);

	json_object_set_new(object, "sender", short_value(event->sender));
	json_object_set_new(object, "client", short_value(event->client));
	json_object_set_new(object, "login", short_value(event->login));
	json_object_set_new(object, "host", short_value(event->host));
	json_object_set_new(object, "recipients", short_recipients(event));
	if (event->order != 0) {
		char *block = alloc_format("block:%" PRIu64, event->order);

		document_put_text(object, "limit", block);
		free(block);
	}
	json_object_del(object, "queue_id");
	json_object_del(object, "verdict");
	json_object_del(object, "helo");
	json_object_del(object, "order");
	return document_write(object);
}

void quarantine_add(void *context, const struct event *event)
{
	struct quarantine *quarantine = context;
	size_t size = strlen(event->queue_id) + 1;
	struct record *record;

	if (event->verdict != VERDICT_QUARANTINE)
		return;
	record = alloc_zero(sizeof(*record) + size);
	memcpy(record->queue_id, event->queue_id, size);
	record->text = make_text(event);
	handover_put(quarantine->records, record);
}

/* writing */

/* Of a record; ":index" and ":books" are no queue ids. */
static char *record_key(const char *prefix, const char *queue_id)
{
	return alloc_format("%s:{held}:%s", prefix, queue_id);
}

static bool delete_records(struct redis_client *redis, const char *prefix,
			   const struct redis_value *queue_ids)
{
	struct redis_args args = { 0 };

	if (redis_value_count(queue_ids) == 0)
		return true;
	redis_args_add(&args, "DEL");
	for (size_t i = 0; i < redis_value_count(queue_ids); i++)
		redis_args_take(
			&args,
			record_key(prefix, redis_value_text_at(queue_ids, i)));
	return redis_args_do(&args, redis);
}

static bool write_record(struct redis_client *redis, const char *prefix,
			 const struct record *record)
{
	struct redis_args args = { 0 };
	struct redis_value *value;
	bool is_written;

	redis_args_add_script(&args, quarantine_lua, sizeof(quarantine_lua), 3);
	redis_args_take(&args, record_key(prefix, ":index"));
	redis_args_take(&args, record_key(prefix, ":books"));
	redis_args_take(&args, record_key(prefix, record->queue_id));
	redis_args_add(&args, record->queue_id);
	redis_args_add(&args, record->text);
	redis_args_add_number(&args, LIFE_MS);
	redis_args_add_number(&args, QUARANTINE_MAX);
	value = redis_args_ask(&args, redis);
	is_written = value != NULL && delete_records(redis, prefix, value);
	redis_value_free(&value);
	return is_written;
}

static void log_dropped(struct quarantine *quarantine)
{
	uint64_t dropped = handover_dropped(quarantine->records);

	if (dropped != 0)
		log_warning("quarantine: Redis was away too long: the records "
			    "of %" PRIu64 " quarantined messages are lost; "
			    "weirctl finds these messages by sender and "
			    "recipient, not by limit",
			    dropped);
}

bool quarantine_write(struct quarantine *quarantine, struct redis_client *redis,
		      const char *prefix)
{
	struct record *record;

	log_dropped(quarantine);
	for (size_t i = 0; i < WRITTEN_AT_ONCE; i++) {
		record = handover_peek(quarantine->records);
		if (record == NULL)
			break;
		if (!write_record(redis, prefix, record))
			return false;
		record_free(handover_take(quarantine->records));
	}
	return true;
}

/* forgetting */

static bool forget_some(struct redis_client *redis, const char *prefix,
			const char *const *queue_ids, size_t count)
{
	struct redis_args records = { 0 }, index = { 0 };
	bool is_done;

	redis_args_add(&records, "DEL");
	redis_args_add(&index, "ZREM");
	redis_args_take(&index, record_key(prefix, ":index"));
	for (size_t i = 0; i < count; i++) {
		redis_args_take(&records, record_key(prefix, queue_ids[i]));
		redis_args_add(&index, queue_ids[i]);
	}
	is_done = redis_args_do(&records, redis) &&
		  redis_args_do(&index, redis);
	redis_args_clear(&index);
	return is_done;
}

bool quarantine_forget(struct redis_client *redis, const char *prefix,
		       const char *const *queue_ids, size_t count)
{
	bool is_done = true;

	for (size_t done = 0; done < count && is_done; done += READ_AT_ONCE)
		is_done = forget_some(redis, prefix, queue_ids + done,
				      count - done < READ_AT_ONCE
					      ? count - done
					      : READ_AT_ONCE);
	return is_done;
}

/* reading */

/* NULL where there is no record. */
static struct event *take_record(const struct redis_value *value,
				 const char *queue_id)
{
	size_t length;
	const char *text = redis_value_text(value, &length);
	json_t *object = json_loadb(text, length, 0, NULL);
	struct event event, *record = NULL;

	json_object_set_new(object, "verdict",
			    json_string(verdict_name(VERDICT_QUARANTINE)));
	if (event_read(object, &event)) {
		event.queue_id = queue_id;
		record = event_copy(&event);
	}
	json_decref(object);
	return record;
}

static bool read_some(struct redis_client *redis, const char *prefix,
		      const char *const *queue_ids, size_t count,
		      struct event **records_r)
{
	struct redis_args args = { 0 };
	struct redis_value *value;

	redis_args_add(&args, "MGET");
	for (size_t i = 0; i < count; i++)
		redis_args_take(&args, record_key(prefix, queue_ids[i]));
	value = redis_args_ask(&args, redis);
	if (value == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		records_r[i] = take_record(redis_value_at(value, i),
					   queue_ids[i]);
	redis_value_free(&value);
	return true;
}

bool quarantine_read(struct redis_client *redis, const char *prefix,
		     const char *const *queue_ids, size_t count,
		     struct event **records_r)
{
	memset(records_r, 0, count * sizeof(struct event *));
	for (size_t done = 0; done < count; done += READ_AT_ONCE) {
		size_t some = count - done < READ_AT_ONCE ? count - done
							  : READ_AT_ONCE;

		if (read_some(redis, prefix, queue_ids + done, some,
			      records_r + done))
			continue;
		for (size_t i = 0; i < done; i++) {
			free(records_r[i]);
			records_r[i] = NULL;
		}
		return false;
	}
	return true;
}

bool quarantine_dropped(struct redis_client *redis, const char *prefix,
			uint64_t *dropped_r)
{
	return redis_value_take_number(
		redis_client_command(redis, "HGET %s:{held}::books dropped",
				     prefix),
		dropped_r);
}
