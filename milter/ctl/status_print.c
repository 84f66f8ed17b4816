/* SPDX-License-Identifier: ISC */

/* Twice the same: who is there, what Redis is like, what was decided. */
#include "status_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/moment.h"
#include "lib/base/json.h"
#include "terminal.h"
#include "span_text.h"
#include "window_text.h"

static const char *const span_names[TOTALS_SPANS] = { "minute", "hour", "day" };

bool status_is_silent(const struct status *status, const struct milter *milter)
{
	return milter->seen_ms + MILTERS_SILENCE_MS < status->milters.now_ms;
}

static uint64_t age_of(const struct status *status, uint64_t moment_ms)
{
	return moment_ms < status->milters.now_ms
		       ? status->milters.now_ms - moment_ms
		       : 0;
}

/* json */

/* As milters keep it in Redis, with times to read and what follows from them.
 */
static json_t *status_milter_json(const struct status *status,
				  const struct milter *milter)
{
	bool is_silent = status_is_silent(status, milter);
	uint64_t leaves_ms = is_silent ? milter->seen_ms + MILTERS_KEPT_MS : 0;
	json_t *object = milter_json(milter);

	json_object_del(object, "path");
	json_object_del(object, "started_ms");
	json_object_del(object, "orders");
	json_object_set_new(object, "name", document_string(milter->name));
	json_object_set_new(object, "file", document_string(milter->path));
	json_object_set_new(object, "alive", json_boolean(!is_silent));
	json_object_set_new(object, "started",
			    document_moment(milter->started_ms));
	json_object_set_new(object, "seen", document_moment(milter->seen_ms));
	json_object_set_new(object, "leaves", document_moment(leaves_ms));
	json_object_set_new(
		object, "orders_known",
		json_boolean(milter->orders >= status->orders.version));
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

static json_t *spans_json(const struct status *status)
{
	json_t *object = json_object();

	for (int span = 0; span < TOTALS_SPANS; span++) {
		uint64_t numbers[VERDICT_KINDS];

		for (int i = 0; i < VERDICT_KINDS; i++)
			numbers[i] = status->totals.windows[i][span].used;
		json_object_set_new(object, span_names[span],
				    totals_json(numbers));
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

void status_print_json(const struct status *status)
{
	json_t *object = json_object(), *milters = json_array(),
	       *orders = json_object();

	for (size_t i = 0; i < status->milters.count; i++)
		json_array_append_new(
			milters,
			status_milter_json(status, &status->milters.list[i]));
	for (int kind = ORDER_BLOCK; kind <= ORDER_OVERRIDE; kind++)
		json_object_set_new(orders,
				    order_kind_name((enum order_kind)kind),
				    document_number(count_orders(
					    status, (enum order_kind)kind)));
	json_object_set_new(object, "time", document_moment(status->now_ms));
	json_object_set_new(object, "milters", milters);
	json_object_set_new(object, "redis", redis_json(&status->redis));
	json_object_set_new(object, "orders_in_force", orders);
	json_object_set_new(object, "verdicts", spans_json(status));
	document_print(object, stdout);
}

/* for people */

static uint64_t refused_of(const struct milter *milter)
{
	return milter->verdicts[VERDICT_TEMPFAIL] +
	       milter->verdicts[VERDICT_DISCARD] +
	       milter->verdicts[VERDICT_REJECT];
}

static uint64_t all_of(const struct milter *milter)
{
	uint64_t all = 0;

	for (int i = 0; i < VERDICT_KINDS; i++)
		all += milter->verdicts[i];
	return all;
}

static void add_milter(struct table *table, const struct status *status,
		       const struct milter *milter)
{
	char span[SPAN_TEXT_SIZE];
	bool is_lost = status_is_silent(status, milter);

	table_add(table, milter->name);
	table_add(table, milter->version);
	table_add_format(table, TERMINAL_PLAIN, "%" PRIu64, milter->generation);
	if (is_lost)
		table_add_format(
			table, TERMINAL_BAD, "silent %s",
			span_text(age_of(status, milter->seen_ms), span));
	else
		table_add_format(
			table, TERMINAL_GOOD, "up %s",
			span_text(age_of(status, milter->started_ms), span));
	table_add_format(table, TERMINAL_PLAIN, "%" PRIu64, all_of(milter));
	table_add_format(table, TERMINAL_PLAIN, "%" PRIu64, refused_of(milter));
	if (milter->orders >= status->orders.version)
		table_add(table, "known");
	else
		table_add_format(table, TERMINAL_WARN, "behind");
}

static void print_milters(const struct status *status)
{
	static const struct table_column columns[] = {
		{ .title = "MILTER", .least_width = 16 },
		{ .title = "VERSION", .drop = 1 },
		{ .title = "CONFIG", .align = TABLE_RIGHT },
		{ .title = "STATE" },
		{ .title = "VERDICTS", .align = TABLE_RIGHT },
		{ .title = "REFUSED", .align = TABLE_RIGHT },
		{ .title = "ORDERS" },
	};
	struct table *table = table_new(columns,
					sizeof(columns) / sizeof(columns[0]));

	for (size_t i = 0; i < status->milters.count; i++)
		add_milter(table, status, &status->milters.list[i]);
	if (table_rows(table) == 0) {
		terminal_begin(stdout, TERMINAL_WARN);
		puts("no milter has announced itself: none runs, or none "
		     "reaches this Redis");
		terminal_end(stdout, TERMINAL_WARN);
	}
	table_print(table, stdout, 0);
	table_free(&table);
}

/* What "silent" means. */
static void print_silent(const struct status *status)
{
	for (size_t i = 0; i < status->milters.count; i++) {
		const struct milter *milter = &status->milters.list[i];
		char moment[MOMENT_TEXT_SIZE];

		if (!status_is_silent(status, milter))
			continue;
		terminal_begin(stdout, TERMINAL_WARN);
		terminal_put(stdout, milter->name, strlen(milter->name));
		printf(": not heard of since %s: killed, or cut off from this "
		       "Redis;\n  15 minutes after that it leaves this list",
		       moment_format_local(milter->seen_ms, moment));
		terminal_end(stdout, TERMINAL_WARN);
		putchar('\n');
	}
}

/* More subjects than fit: then an outage would not know all of them. */
static void print_books(const struct status *status)
{
	for (size_t i = 0; i < status->milters.count; i++) {
		const struct milter *milter = &status->milters.list[i];

		if (milter->windows_forgotten == 0)
			continue;
		terminal_begin(stdout, TERMINAL_WARN);
		terminal_put(stdout, milter->name, strlen(milter->name));
		printf(": %" PRIu64 " windows forgotten, %" PRIu64
		       " of them owed to Redis; raise memory_subjects",
		       milter->windows_forgotten, milter->unsynced_lost);
		terminal_end(stdout, TERMINAL_WARN);
		putchar('\n');
	}
}

static void print_listener(const struct milter *milter,
			   const struct milter_listener *listener)
{
	terminal_begin(stdout, TERMINAL_WARN);
	terminal_put(stdout, milter->name, strlen(milter->name));
	printf(": %" PRIu64 " messages of listener \"", listener->messages);
	terminal_put(stdout, listener->name, strlen(listener->name));
	fputs("\" reached DATA and never ended: no\n  limit counts them; set "
	      "charge_at_data = [ \"",
	      stdout);
	terminal_put(stdout, listener->name, strlen(listener->name));
	fputs("\" ];\n  see weir-milter(8), ATTACHING", stdout);
	terminal_end(stdout, TERMINAL_WARN);
	putchar('\n');
}

/* Messages that reach DATA and never end: nothing is charged for them. */
static void print_uncounted(const struct status *status)
{
	for (size_t i = 0; i < status->milters.count; i++) {
		const struct milter *milter = &status->milters.list[i];

		if (status_is_silent(status, milter))
			continue;
		for (size_t j = 0; j < milter->uncounted_count; j++)
			print_listener(milter, &milter->uncounted[j]);
	}
}

/* A milter that is alive and not attached, or not found by its MTA: then mail
 * may pass uncounted. */
static void print_unused(const struct status *status)
{
	char span[SPAN_TEXT_SIZE];

	for (size_t i = 0; i < status->milters.count; i++) {
		const struct milter *milter = &status->milters.list[i];

		if (milter->sessions != 0 || all_of(milter) != 0 ||
		    status_is_silent(status, milter))
			continue;
		terminal_begin(stdout, TERMINAL_WARN);
		terminal_put(stdout, milter->name, strlen(milter->name));
		printf(": no MTA has connected since it started %s ago; it "
		       "listens on\n  ",
		       span_text(age_of(status, milter->started_ms), span));
		terminal_put(stdout, milter->listen, strlen(milter->listen));
		fputs(" (see ATTACHING in weir-milter(8))", stdout);
		terminal_end(stdout, TERMINAL_WARN);
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
	terminal_begin(stdout, TERMINAL_WARN);
	puts("warning: when its memory is full this Redis throws away counters "
	     "and orders;\n         set maxmemory-policy to noeviction");
	terminal_end(stdout, TERMINAL_WARN);
}

static void print_totals(const struct status *status)
{
	static const struct table_column columns[] = {
		{ .title = "VERDICTS IN THE LAST" },
		{ .title = "MINUTE", .align = TABLE_RIGHT },
		{ .title = "HOUR", .align = TABLE_RIGHT },
		{ .title = "DAY", .align = TABLE_RIGHT },
		{ .title = "THE LAST HOUR", .drop = 1 },
	};
	struct table *table = table_new(columns,
					sizeof(columns) / sizeof(columns[0]));

	for (int i = 0; i < VERDICT_KINDS; i++) {
		const struct window *windows = status->totals.windows[i];
		char *chart = window_text_chart(
			&windows[TOTALS_HOUR],
			&status->totals.shapes[TOTALS_HOUR], 30);

		table_add(table, verdict_name((enum verdict_kind)i));
		for (int span = 0; span < TOTALS_SPANS; span++)
			table_add_format(table, TERMINAL_PLAIN, "%" PRIu64,
					 windows[span].used);
		table_add(table, chart);
		free(chart);
	}
	putchar('\n');
	table_print(table, stdout, 0);
	table_free(&table);
}

void status_print(const struct status *status)
{
	print_milters(status);
	print_silent(status);
	print_unused(status);
	print_books(status);
	print_uncounted(status);
	print_redis(&status->redis);
	print_totals(status);
	printf("\norders in force: %zu blocks, %zu permits, %zu overrides\n",
	       count_orders(status, ORDER_BLOCK),
	       count_orders(status, ORDER_PERMIT),
	       count_orders(status, ORDER_OVERRIDE));
}
