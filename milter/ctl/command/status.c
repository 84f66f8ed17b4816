/* SPDX-License-Identifier: ISC */

/* weirctl status: is all well, and what happened lately? */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/moment.h"
#include "lib/base/span_text.h"
#include "milter/common/status.h"
#include "milter/ctl/context.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/output.h"
#include "milter/ctl/window_chart.h"

#define JOURNAL_BEHIND_MS 5000

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
	terminal_print("%s: ", milter->name);
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

static void add_milter(struct output *output, const struct status *status,
		       const struct milter *milter)
{
	bool is_lost = status_is_silent(status, milter);
	bool is_behind = status_is_behind(status, milter);
	uint64_t since_ms = is_lost ? milter->seen_ms : milter->started_ms;
	char span[SPAN_TEXT_SIZE];

	output_row(output);
	output_text(output, NULL, "MILTER", milter->name);
	output_text(output, NULL, "VERSION", milter->version);
	output_number(output, NULL, "CONFIG", milter->generation);
	output_cell(output, "STATE", is_lost ? TERMINAL_BAD : TERMINAL_GOOD,
		    "%s %s", is_lost ? "silent" : "up",
		    span_text(status_age_ms(status, since_ms), span));
	output_number(output, NULL, "VERDICTS", status_all(milter));
	output_number(output, NULL, "REFUSED", status_refused(milter));
	output_cell(output, "ORDERS",
		    is_behind ? TERMINAL_WARN : TERMINAL_PLAIN, "%s",
		    is_behind ? "behind" : "known");
}

static void print_milters(const struct status *status)
{
	struct output *output = output_new(false, "VERSION");

	if (status->milters.count == 0)
		warn("no milter has announced itself: none is running, or none "
		     "reaches this Redis\n");
	for (size_t i = 0; i < status->milters.count; i++)
		add_milter(output, status, &status->milters.list[i]);
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
		span_text(status_age_ms(status, milter->started_ms), span),
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
	else if (milter->sessions == 0 && status_all(milter) == 0)
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
	char used[WINDOW_TEXT_SIZE], max_text[WINDOW_TEXT_SIZE];

	printf("\n%s %s, %s, %s used", redis_health_name(redis), redis->version,
	       redis->role,
	       window_text_amount(LIMIT_BYTES, redis->used_bytes, used));
	if (redis->max_bytes != 0)
		printf(" of %s",
		       window_text_amount(LIMIT_BYTES, redis->max_bytes,
					  max_text));
	printf(", %s, %" PRIu64 " keys evicted\n",
	       redis->policy[0] == '\0' ? "maxmemory-policy unknown"
					: redis->policy,
	       redis->evicted);
	if (redis_health_is_too_old(redis))
		warn("warning: this Redis is too old, nothing can be counted in "
		     "it\n");
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
		char *chart = window_chart(&windows[TOTALS_HOUR],
					   &status->totals.shapes[TOTALS_HOUR],
					   30);

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

static void print_keepers(const struct status *status, bool is_wanted)
{
	for (size_t i = 0; i < status->keepers.count; i++) {
		const struct keeper_sign *sign = &status->keepers.list[i];

		printf("weir-keeper %s, %" PRIu64 " channel%s of alerts\n",
		       sign->name, sign->channels,
		       sign->channels == 1 ? "" : "s");
		if (sign->failing != 0)
			warn("warning: channels of alerts fail: the log of "
			     "weir-keeper says which and why\n");
	}
	if (is_wanted && status->keepers.count == 0)
		warn("warning: no sign of weir-keeper for a minute: alerts "
		     "reach nobody; start it\n");
}

static void print(const struct status *status, const struct settings *settings)
{
	print_milters(status);
	print_keepers(status, settings->keeper.alert_count != 0);
	for (size_t i = 0; i < status->milters.count; i++)
		print_warnings(status, &status->milters.list[i]);
	print_redis(&status->redis);
	print_totals(status);
	printf("\norders in force: %zu blocks, %zu permits, %zu overrides\n",
	       status_orders(status, ORDER_BLOCK),
	       status_orders(status, ORDER_PERMIT),
	       status_orders(status, ORDER_OVERRIDE));
}

static int status(const struct globals *globals, struct context *context,
		  void *user_data)
{
	struct status found = { 0 };
	int code;

	(void)user_data;
	if (!status_read(context->redis, context->prefix, &found))
		return context_fail(context);
	if (globals->is_json)
		document_print(status_json(&found), stdout);
	else
		print(&found, context->settings);
	code = status_has_milter(&found) ? EX_OK : COMMAND_NOTHING;
	status_clear(&found);
	return code;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	if (arguments_read(argc, argv, NULL, 0, 0, 0) == 0)
		return EX_USAGE;
	return context_use(globals, status, NULL);
}

const struct command command_status = {
	.name = "status",
	.arguments = "",
	.purpose = "show the milters, Redis, and recent verdicts",
	.help = "The running milters, their verdicts since they started, whether Redis is fit\n"
		"for counters, and the verdicts of all milters in the last minute, hour and day.\n"
		"Exit code 1: no milter is running.\n\n"
		"example:\n"
		"  weirctl status\n"
		"  weirctl --json status | jq .verdicts.minute\n",
	.run = run,
};
