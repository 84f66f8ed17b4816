/* SPDX-License-Identifier: ISC */

/* The milters, Redis and the verdicts, as JSON and for people. */
#include "status_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/moment.h"
#include "lib/base/span_text.h"
#include "lib/base/moment.h"
#include "output.h"
#include "window_text.h"

#define JOURNAL_BEHIND_MS 5000

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

static void warn(const char *text)
{
	terminal_begin(stdout, TERMINAL_WARN);
	fputs(text, stdout);
	terminal_end(stdout, TERMINAL_WARN);
}

/* A line, or a few, about one milter. */
static void warn_of(const struct milter *milter, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void warn_of(const struct milter *milter, const char *format, ...)
{
	char *text, *line, *rest;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		alloc_fail();
	va_end(arguments);
	terminal_begin(stdout, TERMINAL_WARN);
	terminal_put(stdout, milter->name, strlen(milter->name));
	fputs(": ", stdout);
	for (line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (line != text)
			fputc('\n', stdout);
		terminal_put(stdout, line, strlen(line));
	}
	terminal_end(stdout, TERMINAL_WARN);
	putchar('\n');
	free(text);
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
	json_object_set_new(object, "started",
			    document_moment(milter->started_ms));
	json_object_set_new(object, "seen", document_moment(milter->seen_ms));
	json_object_set_new(object, "leaves", document_moment(leaves_ms));
	return object;
}

static json_t *redis_json(const struct redis_health *redis)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "version",
			 document_string(redis->version), "role",
			 document_string(redis->role), "used_memory_bytes",
			 document_number(redis->used_bytes), "maxmemory_bytes",
			 document_number(redis->max_bytes), "maxmemory_policy",
			 document_string(redis->policy), "evicted_keys",
			 document_number(redis->evicted), "can_evict_counters",
			 redis_health_can_evict(redis));
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

static void add_milter(struct output *output, const struct status *status,
		       const struct milter *milter)
{
	bool is_lost = status_is_silent(status, milter);
	bool is_behind = milter->orders < status->orders.version;
	uint64_t since_ms = is_lost ? milter->seen_ms : milter->started_ms;
	char span[SPAN_TEXT_SIZE];

	output_row(output);
	output_members(output, status_milter_json(status, milter));
	output_text(output, NULL, "MILTER", milter->name);
	output_text(output, NULL, "VERSION", milter->version);
	output_number(output, NULL, "CONFIG", milter->generation);
	output_value(output, "alive", json_boolean(!is_lost), "STATE",
		     is_lost ? TERMINAL_BAD : TERMINAL_GOOD, "%s %s",
		     is_lost ? "silent" : "up",
		     span_text(age_of(status, since_ms), span));
	output_number(output, NULL, "VERDICTS", all_of(milter));
	output_number(output, NULL, "REFUSED", refused_of(milter));
	output_value(output, "orders_known", json_boolean(!is_behind), "ORDERS",
		     is_behind ? TERMINAL_WARN : TERMINAL_PLAIN, "%s",
		     is_behind ? "behind" : "known");
}

static struct output *list_milters(const struct status *status, bool is_json)
{
	struct output *output = output_new(is_json, "VERSION");

	for (size_t i = 0; i < status->milters.count; i++)
		add_milter(output, status, &status->milters.list[i]);
	return output;
}

static void print_milters(const struct status *status)
{
	struct output *output = list_milters(status, false);

	if (output_rows(output) == 0)
		warn("no milter has announced itself: none is running, or none "
		     "reaches this Redis\n");
	output_print(output, stdout);
	output_free(&output);
}

/* A milter that is alive and not attached, or not found by its MTA: then mail
 * may pass uncounted. */
static void print_unused(const struct status *status,
			 const struct milter *milter)
{
	char span[SPAN_TEXT_SIZE];

	warn_of(milter,
		"no MTA has connected since it started %s ago; it listens on\n"
		"  %s (see ATTACHING in weir-milter(8))",
		span_text(age_of(status, milter->started_ms), span),
		milter->listen);
}

/* Messages that reach DATA and never end: nothing is charged for them. */
static void print_uncounted(const struct milter *milter)
{
	for (size_t i = 0; i < milter->uncounted_count; i++)
		warn_of(milter,
			"%" PRIu64 " messages of listener \"%s\" reached DATA "
			"and never ended: no\n"
			"  limit counts them; set charge_at_data = [ \"%s\" ];\n"
			"  see weir-milter(8), ATTACHING",
			milter->uncounted[i].messages,
			milter->uncounted[i].name, milter->uncounted[i].name);
}

/* One that waits a moment for the disk is none. */
static void print_journal(const struct milter *milter)
{
	char span[SPAN_TEXT_SIZE];

	if (milter->journal_behind_ms < JOURNAL_BEHIND_MS)
		return;
	warn_of(milter,
		"its journal has not been written for %s, %" PRIu64
		" records wait, %" PRIu64 " are lost;\n"
		"  its log says why, see weir-journal(7)",
		span_text(milter->journal_behind_ms, span),
		milter->journal_waiting, milter->journal_lost);
}

/* What is wrong with a milter. */
static void print_warnings(const struct status *status,
			   const struct milter *milter)
{
	bool is_silent = status_is_silent(status, milter);
	char moment[MOMENT_TEXT_SIZE];

	if (is_silent)
		warn_of(milter,
			"no sign of life since %s: killed, or cut off from "
			"this\n"
			"  Redis; it disappears from this list 15 minutes "
			"after that",
			moment_format_local(milter->seen_ms, moment));
	else if (milter->sessions == 0 && all_of(milter) == 0)
		print_unused(status, milter);
	/* more subjects than fit: an outage would not know all of them */
	if (milter->windows_forgotten != 0)
		warn_of(milter,
			"%" PRIu64 " windows dropped, %" PRIu64
			" of them not yet in Redis; raise memory_subjects",
			milter->windows_forgotten, milter->unsynced_lost);
	if (!is_silent)
		print_journal(milter);
	if (!is_silent)
		print_uncounted(milter);
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
	warn("warning: when its memory is full this Redis evicts counters and "
	     "orders;\n"
	     "         set maxmemory-policy to noeviction\n");
}

static void print_totals(const struct status *status)
{
	static const char *const titles[] = { "MINUTE", "HOUR", "DAY" };
	struct output *output = output_new(false, "THE LAST HOUR");

	for (int i = 0; i < VERDICT_KINDS; i++) {
		const struct window *windows = status->totals.windows[i];
		char *chart = window_text_chart(
			&windows[TOTALS_HOUR],
			&status->totals.shapes[TOTALS_HOUR], 30);

		output_row(output);
		output_cell(output, "VERDICTS IN THE LAST", 0, "%s",
			    verdict_name((enum verdict_kind)i));
		for (int span = 0; span < TOTALS_SPANS; span++)
			output_number(output, NULL, titles[span],
				      windows[span].used);
		output_cell(output, "THE LAST HOUR", 0, "%s", chart);
		free(chart);
	}
	putchar('\n');
	output_print(output, stdout);
	output_free(&output);
}

void status_print_json(const struct status *status)
{
	struct output *rows = list_milters(status, true);

	document_print(
		json_pack("{s:o, s:o, s:o, s:{s:o, s:o, s:o}, s:o}", "time",
			  document_moment(status->now_ms), "milters",
			  output_take(&rows), "redis",
			  redis_json(&status->redis), "orders_in_force",
			  order_kind_name(ORDER_BLOCK),
			  document_number(count_orders(status, ORDER_BLOCK)),
			  order_kind_name(ORDER_PERMIT),
			  document_number(count_orders(status, ORDER_PERMIT)),
			  order_kind_name(ORDER_OVERRIDE),
			  document_number(count_orders(status, ORDER_OVERRIDE)),
			  "verdicts", spans_json(status)),
		stdout);
}

void status_print(const struct status *status)
{
	print_milters(status);
	for (size_t i = 0; i < status->milters.count; i++)
		print_warnings(status, &status->milters.list[i]);
	print_redis(&status->redis);
	print_totals(status);
	printf("\norders in force: %zu blocks, %zu permits, %zu overrides\n",
	       count_orders(status, ORDER_BLOCK),
	       count_orders(status, ORDER_PERMIT),
	       count_orders(status, ORDER_OVERRIDE));
}
