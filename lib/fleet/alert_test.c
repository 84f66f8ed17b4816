/* SPDX-License-Identifier: ISC */
#include "alert_test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/redis/redis_client.h"

bool alert_test_begin(struct redis_client *redis, const char *prefix,
		      const char *channel, uint64_t now_ms,
		      char id_r[ALERT_TEST_ID_SIZE])
{
	struct redis_value *value = redis_client_command(
		redis,
		"XADD %s:{incidents}:log * incident 0 act test level critical "
		"uid test-%" PRIu64 " text %s",
		prefix, now_ms, channel);

	(void)snprintf(id_r, ALERT_TEST_ID_SIZE, "%s",
		       redis_value_text(value, NULL));
	return redis_value_drop(value);
}

static void take_result(struct alert_test *test, const char *channel,
			const char *text)
{
	json_t *object = json_loads(text, 0, NULL);

	test->results = alloc_resize(test->results, test->count + 1,
				     sizeof(*test->results));
	test->results[test->count++] = (struct alert_test_result){
		.channel = alloc_text(channel),
		.result = alloc_text(document_get_text(object, "result")),
		.detail = alloc_text(document_get_text(object, "detail")),
		.took_ms = document_get_number(object, "took_ms"),
		.tries = document_get_number(object, "tries"),
	};
	json_decref(object);
}

static int compare(const void *a, const void *b)
{
	const struct alert_test_result *x = a, *y = b;

	return strcmp(x->channel, y->channel);
}

static void take_hash(struct alert_test *test, const struct redis_value *hash)
{
	for (size_t i = 0; i + 1 < redis_value_count(hash); i += 2) {
		const char *name = redis_value_text_at(hash, i);

		if (strcmp(name, "channels") == 0) {
			test->is_taken = true;
			test->channels = (size_t)redis_value_number_at(hash,
								       i + 1);
		} else {
			take_result(test, name,
				    redis_value_text_at(hash, i + 1));
		}
	}
	if (test->count > 0)
		qsort(test->results, test->count, sizeof(*test->results),
		      compare);
}

bool alert_test_read(struct redis_client *redis, const char *prefix,
		     const char *id, struct alert_test *test_r)
{
	struct redis_value *value = redis_client_command(
		redis, "HGETALL %s:{incidents}:test:%s", prefix, id);

	memset(test_r, 0, sizeof(*test_r));
	take_hash(test_r, value);
	return redis_value_drop(value);
}

void alert_test_clear(struct alert_test *test)
{
	for (size_t i = 0; i < test->count; i++) {
		free(test->results[i].channel);
		free(test->results[i].result);
		free(test->results[i].detail);
	}
	free(test->results);
	memset(test, 0, sizeof(*test));
}

bool alert_test_withdraw(struct redis_client *redis, const char *prefix,
			 const char *id)
{
	return redis_value_drop(redis_client_command(
		redis, "XDEL %s:{incidents}:log %s", prefix, id));
}

static bool set_field(struct redis_client *redis, const char *prefix,
		      const char *id, const char *field, const char *value)
{
	return redis_value_drop(redis_client_command(
		       redis, "HSET %s:{incidents}:test:%s %s %s", prefix, id,
		       field, value)) &&
	       redis_value_drop(redis_client_command(
		       redis, "PEXPIRE %s:{incidents}:test:%s %d", prefix, id,
		       ALERT_TEST_MS));
}

bool alert_test_note_channels(struct redis_client *redis, const char *prefix,
			      const char *id, size_t channels)
{
	char count[24];

	(void)snprintf(count, sizeof(count), "%zu", channels);
	return set_field(redis, prefix, id, "channels", count);
}

bool alert_test_note_result(struct redis_client *redis, const char *prefix,
			    const char *id,
			    const struct alert_test_result *result)
{
	char *text = document_write(document_make(
		"result:s took_ms:n tries:n detail:s", result->result,
		result->took_ms, result->tries, result->detail));
	bool is_noted = set_field(redis, prefix, id, result->channel, text);

	free(text);
	return is_noted;
}
