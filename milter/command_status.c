/* SPDX-License-Identifier: ISC */

/* weirctl status: is all well, and what happened lately? */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "../lib/desk/document.h"
#include "../lib/desk/order_book.h"
#include "../lib/desk/roll.h"
#include "access.h"
#include "arguments.h"
#include "redis_health.h"
#include "screen.h"
#include "span_text.h"
#include "window_text.h"

struct status {
	struct roll roll;
	struct redis_health redis;
	struct roll_totals totals;
	struct order_list orders;
};

static const char *const span_names[ROLL_SPANS] = { "minute", "hour", "day" };

static bool is_silent(const struct status *status,
		      const struct roll_milter *milter)
{
	return milter->seen_ms + ROLL_SILENCE_MS < status->roll.now_ms;
}

static uint64_t age_of(const struct status *status, uint64_t moment_ms)
{
	return moment_ms < status->roll.now_ms ? status->roll.now_ms - moment_ms
					       : 0;
}

/* json */

static json_t *verdicts_json(const uint64_t numbers[ROLL_VERDICTS])
{
	json_t *object = json_object();

	for (int i = 0; i < ROLL_VERDICTS; i++)
		json_object_set_new(object, verdict_name((enum verdict_kind)i),
				    document_number(numbers[i]));
	return object;
}

static json_t *milter_json(const struct status *status,
			   const struct roll_milter *milter)
{
	json_t *object = json_object();

	json_object_set_new(object, "name", document_string(milter->name));
	json_object_set_new(object, "host", document_string(milter->host));
	json_object_set_new(object, "pid", document_number(milter->pid));
	json_object_set_new(object, "version",
			    document_string(milter->version));
	json_object_set_new(object, "listen", document_string(milter->listen));
	json_object_set_new(object, "file", document_string(milter->path));
	json_object_set_new(object, "generation",
			    document_number(milter->generation));
	json_object_set_new(object, "alive",
			    json_boolean(!is_silent(status, milter)));
	json_object_set_new(object, "started",
			    document_moment(milter->started_ms));
	json_object_set_new(object, "seen", document_moment(milter->seen_ms));
	json_object_set_new(
		object, "orders_known",
		json_boolean(milter->orders >= status->orders.version));
	json_object_set_new(object, "windows",
			    document_number(milter->windows));
	json_object_set_new(object, "windows_forgotten",
			    document_number(milter->windows_forgotten));
	json_object_set_new(object, "debts_lost",
			    document_number(milter->debts_lost));
	json_object_set_new(object, "verdicts",
			    verdicts_json(milter->verdicts));
	return object;
}

static json_t *redis_json(const struct redis_health *redis)
{
	json_t *object = json_object();

	json_object_set_new(object, "version", document_string(redis->version));
	json_object_set_new(object, "role", document_string(redis->role));
	json_object_set_new(object, "used_memory_bytes",
			    document_number(redis->used_bytes));
	json_object_set_new(object, "maxmemory_bytes",
			    document_number(redis->max_bytes));
	json_object_set_new(object, "maxmemory_policy",
			    document_string(redis->policy));
	json_object_set_new(object, "evicted_keys",
			    document_number(redis->evicted));
	json_object_set_new(object, "can_evict_counters",
			    json_boolean(redis_health_can_evict(redis)));
	return object;
}

static json_t *totals_json(const struct status *status)
{
	json_t *object = json_object();

	for (int span = 0; span < ROLL_SPANS; span++) {
		uint64_t numbers[ROLL_VERDICTS];

		for (int i = 0; i < ROLL_VERDICTS; i++)
			numbers[i] = status->totals.windows[i][span].used;
		json_object_set_new(object, span_names[span],
				    verdicts_json(numbers));
	}
	return object;
}

static size_t count_orders(const struct status *status, enum order_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < status->orders.count; i++)
		count += status->orders.orders[i].kind == kind &&
			 order_is_in_force(&status->orders.orders[i],
					   status->orders.now_ms);
	return count;
}

static void tell_json(const struct access *access, const struct status *status)
{
	json_t *object = json_object(), *milters = json_array(),
	       *orders = json_object();

	for (size_t i = 0; i < status->roll.count; i++)
		json_array_append_new(
			milters, milter_json(status, &status->roll.milters[i]));
	for (int kind = ORDER_BLOCK; kind <= ORDER_OVERRIDE; kind++)
		json_object_set_new(orders,
				    order_kind_name((enum order_kind)kind),
				    document_number(count_orders(
					    status, (enum order_kind)kind)));
	json_object_set_new(object, "time", document_moment(access->now_ms));
	json_object_set_new(object, "milters", milters);
	json_object_set_new(object, "redis", redis_json(&status->redis));
	json_object_set_new(object, "orders_in_force", orders);
	json_object_set_new(object, "verdicts", totals_json(status));
	document_print(object, stdout);
}

/* for people */

static uint64_t refused_of(const struct roll_milter *milter)
{
	return milter->verdicts[VERDICT_TEMPFAIL] +
	       milter->verdicts[VERDICT_DISCARD] +
	       milter->verdicts[VERDICT_REJECT];
}

static uint64_t all_of(const struct roll_milter *milter)
{
	uint64_t all = 0;

	for (int i = 0; i < ROLL_VERDICTS; i++)
		all += milter->verdicts[i];
	return all;
}

static void add_milter(struct table *table, const struct status *status,
		       const struct roll_milter *milter)
{
	char span[SPAN_TEXT_SIZE];
	bool is_lost = is_silent(status, milter);

	table_add(table, milter->name);
	table_add(table, milter->version);
	table_add_format(table, SCREEN_PLAIN, "%" PRIu64, milter->generation);
	if (is_lost)
		table_add_format(
			table, SCREEN_BAD, "silent %s",
			span_text(age_of(status, milter->seen_ms), span));
	else
		table_add_format(
			table, SCREEN_GOOD, "up %s",
			span_text(age_of(status, milter->started_ms), span));
	table_add_format(table, SCREEN_PLAIN, "%" PRIu64, all_of(milter));
	table_add_format(table, SCREEN_PLAIN, "%" PRIu64, refused_of(milter));
	if (milter->orders >= status->orders.version)
		table_add(table, "known");
	else
		table_add_format(table, SCREEN_WARN, "behind");
}

static void print_milters(const struct status *status)
{
	static const struct table_column columns[] = {
		{ .title = "MILTER", .least_width = 16, .is_middle = true },
		{ .title = "VERSION", .least_width = 6 },
		{ .title = "CONFIG", .align = TABLE_RIGHT },
		{ .title = "STATE" },
		{ .title = "VERDICTS", .align = TABLE_RIGHT },
		{ .title = "REFUSED", .align = TABLE_RIGHT },
		{ .title = "ORDERS" },
	};
	struct table *table = table_new(columns,
					sizeof(columns) / sizeof(columns[0]));

	for (size_t i = 0; i < status->roll.count; i++)
		add_milter(table, status, &status->roll.milters[i]);
	if (table_rows(table) == 0) {
		screen_begin(stdout, SCREEN_WARN);
		puts("no milter has announced itself: none runs, or none "
		     "reaches this Redis");
		screen_end(stdout, SCREEN_WARN);
	}
	table_print(table, stdout, 0);
	table_free(&table);
}

/* More subjects than fit: then an outage would not know all of them. */
static void print_books(const struct status *status)
{
	for (size_t i = 0; i < status->roll.count; i++) {
		const struct roll_milter *milter = &status->roll.milters[i];

		if (milter->windows_forgotten == 0)
			continue;
		screen_begin(stdout, SCREEN_WARN);
		screen_put(stdout, milter->name, strlen(milter->name));
		printf(": %" PRIu64 " windows forgotten, %" PRIu64
		       " of them owed to Redis; raise memory_subjects",
		       milter->windows_forgotten, milter->debts_lost);
		screen_end(stdout, SCREEN_WARN);
		putchar('\n');
	}
}

static void print_redis(const struct redis_health *redis)
{
	char used[WINDOW_TEXT_SIZE], most[WINDOW_TEXT_SIZE];

	printf("\nRedis %s, %s, %s used", redis->version, redis->role,
	       window_text_amount(LIMIT_BYTES, redis->used_bytes, used));
	if (redis->max_bytes != 0)
		printf(" of %s",
		       window_text_amount(LIMIT_BYTES, redis->max_bytes, most));
	printf(", %s, %" PRIu64 " keys evicted\n",
	       redis->policy[0] == '\0' ? "maxmemory-policy unknown"
					: redis->policy,
	       redis->evicted);
	if (!redis_health_can_evict(redis))
		return;
	screen_begin(stdout, SCREEN_WARN);
	puts("warning: when its memory is full this Redis throws away counters "
	     "and orders;\n         set maxmemory-policy to noeviction");
	screen_end(stdout, SCREEN_WARN);
}

static void print_totals(const struct status *status)
{
	static const struct table_column columns[] = {
		{ .title = "VERDICTS IN THE LAST" },
		{ .title = "MINUTE", .align = TABLE_RIGHT },
		{ .title = "HOUR", .align = TABLE_RIGHT },
		{ .title = "DAY", .align = TABLE_RIGHT },
		{ .title = "THE LAST HOUR", .least_width = 10 },
	};
	struct table *table = table_new(columns,
					sizeof(columns) / sizeof(columns[0]));

	for (int i = 0; i < ROLL_VERDICTS; i++) {
		const struct window *windows = status->totals.windows[i];
		char *chart = window_text_chart(
			&windows[ROLL_HOUR], &status->totals.shapes[ROLL_HOUR],
			30);

		table_add(table, verdict_name((enum verdict_kind)i));
		for (int span = 0; span < ROLL_SPANS; span++)
			table_add_format(table, SCREEN_PLAIN, "%" PRIu64,
					 windows[span].used);
		table_add(table, chart);
		free(chart);
	}
	putchar('\n');
	table_print(table, stdout, 0);
	table_free(&table);
}

static void tell(const struct status *status)
{
	print_milters(status);
	print_books(status);
	print_redis(&status->redis);
	print_totals(status);
	printf("\norders in force: %zu blocks, %zu permits, %zu overrides\n",
	       count_orders(status, ORDER_BLOCK),
	       count_orders(status, ORDER_PERMIT),
	       count_orders(status, ORDER_OVERRIDE));
}

static bool has_milter(const struct status *status)
{
	for (size_t i = 0; i < status->roll.count; i++)
		if (!is_silent(status, &status->roll.milters[i]))
			return true;
	return false;
}

static int tell_status(const struct control *control, struct access *access,
		       struct status *status)
{
	if (!roll_read(access->redis, access->prefix, &status->roll) ||
	    !redis_health_read(access->redis, &status->redis) ||
	    !roll_totals_read(access->redis, access->prefix,
			      status->roll.now_ms, &status->totals) ||
	    !order_book_read(access->redis, access->prefix, &status->orders))
		return access_fail(access);
	if (control->is_json)
		tell_json(access, status);
	else
		tell(status);
	return has_milter(status) ? EX_OK : COMMAND_NOTHING;
}

static int status(const struct control *control, struct access *access,
		  void *context)
{
	struct status *found = context;
	int code = tell_status(control, access, found);

	roll_clear(&found->roll);
	order_list_clear(&found->orders);
	return code;
}

static int run(const struct control *control, int argc, char **argv)
{
	struct status found = { 0 };

	if (arguments_read(argc, argv, NULL, 0, 0, 0) == 0)
		return EX_USAGE;
	return access_use(control, status, &found);
}

const struct command command_status = {
	.name = "status",
	.arguments = "",
	.purpose = "show milters, Redis, and what happened lately",
	.help = "The milters that are alive, what they decided since they "
		"started, whether Redis\nis fit for counters, and the verdicts "
		"of all milters in the last minute, hour\nand day. 1: no "
		"milter is alive.\n\n"
		"example:\n  weirctl status\n"
		"  weirctl --json status | jq .verdicts.minute\n",
	.run = run,
};
