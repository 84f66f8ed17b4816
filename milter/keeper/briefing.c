/* SPDX-License-Identifier: ISC */

#include "briefing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/redis/redis_client.h"

#define RECORDS_LOOK 300 /* the newest ones of all journals */

static const char *const header_names[BRIEFING_HEADERS] = { "subject",
							    "php_script",
							    "mailer" };

bool briefing_begin(struct redis_client *redis, const char *prefix,
		    uint64_t number, const char *uid,
		    struct briefing *briefing_r)
{
	struct incident_detail *detail = &briefing_r->detail;

	memset(briefing_r, 0, sizeof(*briefing_r));
	if (!incident_read(redis, prefix, number, detail))
		return false;
	if (detail->incident.number != 0 && uid[0] != '\0' &&
	    strcmp(detail->incident.uid, uid) != 0) {
		incident_detail_clear(detail);
	}
	return true;
}

/* earlier incidents */

static void read_before(struct redis_client *redis, const char *prefix,
			struct briefing *briefing)
{
	const struct incident_numbers *before =
		&briefing->detail.incident.before;

	for (size_t i = 0; i < before->count && i < BRIEFING_BEFORE; i++) {
		struct redis_value *value = redis_client_command(
			redis, "HGET %s:{incidents}:%" PRIu64 " opened", prefix,
			before->numbers[i]);

		if (redis_value_number(value) != 0)
			briefing->before[briefing->before_count++] =
				(struct alert_earlier){ before->numbers[i],
							redis_value_number(
								value) };
		redis_value_free(&value);
	}
}

/* records of the journals */

static void add_milter(struct briefing *briefing, const char *file)
{
	char *host = journal_name_host(file);

	for (size_t i = 0; i < briefing->milter_count; i++)
		if (strcmp(briefing->milters[i], host) == 0) {
			free(host);
			return;
		}
	if (briefing->milter_count == BRIEFING_MILTERS)
		free(host);
	else
		briefing->milters[briefing->milter_count++] = host;
}

static bool is_of(const json_t *record, const struct incident *incident)
{
	const char *uid = document_get_text(record, "uid");

	if (uid[0] != '\0')
		return strcmp(uid, incident->uid) == 0;
	return document_get_number(record, "incident") == incident->number;
}

/* The most frequent value; the first of equals. */
static void add_top(struct briefing *briefing, const char *name,
		    const json_t *samples)
{
	struct alert_header top = { .name = name };

	for (size_t i = 0; i < json_array_size(samples); i++) {
		const char *value = document_get_text(
			json_array_get(samples, i), name);
		uint64_t count = 0;

		for (size_t j = 0; j < json_array_size(samples); j++)
			count += strcmp(document_get_text(
						json_array_get(samples, j),
						name),
					value) == 0;
		if (value[0] != '\0' && count > top.count) {
			top.value = value;
			top.count = count;
		}
	}
	top.seen = json_array_size(samples);
	if (top.count == 0)
		return;
	top.value = alloc_text(top.value);
	briefing->headers[briefing->header_count++] = top;
}

static void take_record(struct briefing *briefing,
			const struct redis_value *entry, json_t *samples)
{
	json_t *record = json_loads(redis_value_field(entry, "line", NULL), 0,
				    NULL);
	json_t *headers = json_object_get(record, "headers");

	if (record != NULL && is_of(record, &briefing->detail.incident)) {
		add_milter(briefing, redis_value_field(entry, "file", NULL));
		if (headers != NULL)
			json_array_append(samples, headers);
	}
	json_decref(record);
}

static void read_records(struct redis_client *redis, const char *prefix,
			 struct briefing *briefing)
{
	struct redis_value *value = redis_client_command(
		redis, "XREVRANGE %s:{journal}:records + - COUNT %d", prefix,
		RECORDS_LOOK);
	json_t *samples = json_array();

	for (size_t i = 0; i < redis_value_count(value); i++)
		take_record(briefing, redis_value_at(value, i), samples);
	for (size_t i = 0; i < BRIEFING_HEADERS; i++)
		add_top(briefing, header_names[i], samples);
	json_decref(samples);
	redis_value_free(&value);
}

/* Those of the milters that have seen it; where none is known, all. */
static bool is_wanted(const struct briefing *briefing,
		      const struct journal_head *head)
{
	char *host = journal_name_host(head->name);
	bool is_one = briefing->milter_count == 0;

	for (size_t i = 0; i < briefing->milter_count; i++)
		is_one |= strcmp(briefing->milters[i], host) == 0;
	free(host);
	return is_one;
}

size_t briefing_heads(struct redis_client *redis, const char *prefix,
		      struct journal_head heads_r[BRIEFING_HEADS])
{
	struct redis_value *value = redis_client_command(
		redis, "HGETALL %s:{journal}:heads", prefix);
	size_t count = 0;

	for (size_t i = 1;
	     i < redis_value_count(value) && count < BRIEFING_HEADS; i += 2)
		count += journal_head_parse(redis_value_text_at(value, i),
					    &heads_r[count]);
	redis_value_free(&value);
	return count;
}

static void read_heads(struct redis_client *redis, const char *prefix,
		       struct briefing *briefing)
{
	size_t count = briefing_heads(redis, prefix, briefing->heads);

	for (size_t i = 0; i < count; i++)
		if (is_wanted(briefing, &briefing->heads[i]))
			briefing->heads[briefing->head_count++] =
				briefing->heads[i];
}

void briefing_read(struct redis_client *redis, const char *prefix,
		   struct briefing *briefing)
{
	read_before(redis, prefix, briefing);
	read_records(redis, prefix, briefing);
	read_heads(redis, prefix, briefing);
	if (!order_book_read(redis, prefix, &briefing->orders))
		memset(&briefing->orders, 0, sizeof(briefing->orders));
}

void briefing_fill(const struct briefing *briefing, struct alert *alert)
{
	alert->detail = &briefing->detail;
	alert->orders = &briefing->orders;
	alert->headers = briefing->headers;
	alert->header_count = briefing->header_count;
	alert->before = briefing->before;
	alert->before_count = briefing->before_count;
	alert->milters = (const char *const *)briefing->milters;
	alert->milter_count = briefing->milter_count;
	alert->heads = briefing->heads;
	alert->head_count = briefing->head_count;
}

void briefing_clear(struct briefing *briefing)
{
	incident_detail_clear(&briefing->detail);
	order_list_clear(&briefing->orders);
	for (size_t i = 0; i < briefing->header_count; i++)
		free((void *)briefing->headers[i].value);
	for (size_t i = 0; i < briefing->milter_count; i++)
		free(briefing->milters[i]);
	memset(briefing, 0, sizeof(*briefing));
}
