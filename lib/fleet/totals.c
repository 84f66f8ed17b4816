/* SPDX-License-Identifier: ISC */

/* The totals are windows like all others, so the script of the mail path adds
 * to them; by EVAL, so that EVALSHA in the command statistics of Redis is mail
 * and nothing else. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/units.h"
#include "lib/redis/redis_client.h"
#include "lib/redis/redis_args.h"
#include "lib/store/charge_args.h"
#include "lib/store/window_value.h"
#include "totals.h"

static const uint64_t span_ms[TOTALS_SPANS] = {
	[TOTALS_MINUTE] = 60000,
	[TOTALS_HOUR] = 3600000,
	[TOTALS_DAY] = 86400000,
};

json_t *totals_json(const uint64_t verdicts[VERDICT_KINDS])
{
	json_t *object = json_object();

	for (int i = 0; i < VERDICT_KINDS; i++)
		json_object_set_new(object, verdict_name((enum verdict_kind)i),
				    document_number(verdicts[i]));
	return object;
}

static char *total_key(int verdict, int span)
{
	char per[UNITS_TEXT_SIZE];

	return alloc_format("{totals}:%s:%s",
			    verdict_name((enum verdict_kind)verdict),
			    units_format_span(span_ms[span], per));
}

static size_t fill_charges(const uint64_t verdicts[VERDICT_KINDS],
			   struct charge *charges)
{
	size_t count = 0;

	for (int i = 0; i < VERDICT_KINDS * TOTALS_SPANS; i++) {
		int verdict = i / TOTALS_SPANS, span = i % TOTALS_SPANS;
		char *key;

		if (verdicts[verdict] == 0)
			continue;
		key = total_key(verdict, span);
		charges[count++] = (struct charge){
			.key = key,
			.key_length = strlen(key),
			.shape = window_shape_of(span_ms[span]),
			.cost = verdicts[verdict],
			.max = WINDOW_COUNT_MAX,
		};
	}
	return count;
}

bool totals_add(struct redis_client *redis, const char *prefix,
		const uint64_t verdicts[VERDICT_KINDS])
{
	struct charge charges[VERDICT_KINDS * TOTALS_SPANS];
	size_t count = fill_charges(verdicts, charges);
	struct redis_args args = { 0 };
	struct charge_args arguments;
	bool is_taken;

	if (count == 0)
		return true;
	charge_args_make(&arguments, prefix, STORE_ADD, charges, count,
			 (struct charge_time){ 0, 0 });
	redis_args_add(&args, "EVAL");
	redis_args_add_bytes(&args, charge_script, charge_script_length);
	for (size_t i = 0; i < arguments.count; i++)
		redis_args_add_bytes(&args, arguments.texts[i],
				     arguments.lengths[i]);
	is_taken = redis_args_do(&args, redis);
	charge_args_clear(&arguments);
	for (size_t i = 0; i < count; i++)
		free((char *)(uintptr_t)charges[i].key);
	return is_taken;
}

static bool send_total(struct redis_client *redis, const char *prefix,
		       int verdict, int span)
{
	char *key = total_key(verdict, span);
	bool is_sent = redis_client_send_command(redis, "HGETALL %s:%s", prefix,
						 key);

	free(key);
	return is_sent;
}

bool totals_read(struct redis_client *redis, const char *prefix,
		 uint64_t now_ms, struct totals *totals_r)
{
	const int count = VERDICT_KINDS * TOTALS_SPANS;
	bool is_good = true;

	for (int span = 0; span < TOTALS_SPANS; span++)
		totals_r->shapes[span] = window_shape_of(span_ms[span]);
	for (int i = 0; i < count && is_good; i++)
		is_good = send_total(redis, prefix, i / TOTALS_SPANS,
				     i % TOTALS_SPANS);
	for (int i = 0; i < count && is_good; i++) {
		int verdict = i / TOTALS_SPANS, span = i % TOTALS_SPANS;
		struct redis_value *value = redis_client_take(redis);

		is_good = value != NULL;
		if (is_good)
			window_value_read(value, &totals_r->shapes[span],
					  now_ms,
					  &totals_r->windows[verdict][span]);
		redis_value_free(&value);
	}
	if (!is_good)
		redis_client_skip(redis);
	return is_good;
}
