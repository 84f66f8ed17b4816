/* SPDX-License-Identifier: ISC */
#include "alert_test.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/redis/redis_client.h"

static char *log_key(const char *prefix)
{
	return alloc_format("%s:{incidents}:log", prefix);
}

bool alert_test_begin(struct redis_client *redis, const char *prefix,
		      const char *channel, uint64_t now_ms,
		      char id_r[ALERT_TEST_ID_SIZE])
{
	char *key = log_key(prefix),
	     *uid = alloc_format("test-%" PRIu64, now_ms);
	struct redis_value *value = redis_client_say(
		redis, "XADD", key, "*", "incident", "0", "act", "test",
		"level", "critical", "uid", uid, "text", channel, NULL);
	bool is_added = value != NULL;

	if (is_added)
		(void)snprintf(id_r, ALERT_TEST_ID_SIZE, "%s",
			       redis_value_text(value, NULL));
	redis_value_free(&value);
	free(uid);
	free(key);
	return is_added;
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
	char *key = alloc_format("%s:{incidents}:test:%s", prefix, id);
	struct redis_value *value = redis_client_say(redis, "HGETALL", key,
						     NULL);
	bool is_answered = value != NULL;

	memset(test_r, 0, sizeof(*test_r));
	take_hash(test_r, value);
	redis_value_free(&value);
	free(key);
	return is_answered;
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
	char *key = log_key(prefix);
	struct redis_value *value = redis_client_say(redis, "XDEL", key, id,
						     NULL);
	bool is_done = value != NULL;

	redis_value_free(&value);
	free(key);
	return is_done;
}
