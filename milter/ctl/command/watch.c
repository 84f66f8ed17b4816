/* SPDX-License-Identifier: ISC */

/* weirctl watch: the verdicts of all milters as they fall. */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/json.h"
#include "lib/base/moment.h"
#include "lib/base/units.h"
#include "lib/fleet/watch_channel.h"
#include "lib/redis/redis_run_id.h"
#include "milter/ctl/context.h"
#include "milter/ctl/arguments.h"
#include "lib/base/clock.h"
#include "milter/ctl/terminal.h"

#define LISTEN_MS 250
#define AGAIN_MS  1000
#define LOOK_MS	  2000 /* whether it is still the Redis of the milters */

struct watch_options {
	const char *subject, *limit;
	uint64_t for_ms, count; /* 0: without end */
	bool wants_refused;
	struct subject parsed;
};

struct watch {
	const struct globals *globals;
	struct context *context;
	const struct watch_options *options;
	uint64_t seen;
	uint64_t unreadable;	 /* since the last line about them */
	struct redis_run_id run; /* of the Redis that it listens to */
	uint64_t looked_ms;
};

static volatile sig_atomic_t is_interrupted;

static void on_interrupt(int number)
{
	(void)number;
	is_interrupted = 1;
}

static bool is_wanted(const struct watch *watch, const struct event *event)
{
	const struct watch_options *options = watch->options;

	if (options->wants_refused && event->verdict == VERDICT_ACCEPT)
		return false;
	if (options->limit != NULL && strcmp(options->limit, event->limit) != 0)
		return false;
	return options->subject == NULL ||
	       event_has_subject(event, options->parsed.text,
				 options->parsed.key);
}

/* for people */

static void put(const char *name, const char *text)
{
	if (text[0] != '\0')
		terminal_print(" %s%s", name, text);
}

static enum terminal_colour colour_of(enum verdict_kind verdict)
{
	switch (verdict) {
	case VERDICT_ACCEPT:
		return TERMINAL_GOOD;
	case VERDICT_MONITOR:
	case VERDICT_QUARANTINE:
		return TERMINAL_WARN;
	default:
		return TERMINAL_BAD;
	}
}

static void print_cause(const struct event *event)
{
	char per[UNITS_TEXT_SIZE];

	if (event->order != 0)
		printf(" block %" PRIu64, event->order);
	put("", event->limit);
	if (event->subject[0] != '\0') {
		putchar(' ');
		terminal_put_subject(stdout, event->subject);
	}
	if (event->max != 0)
		printf(" %" PRIu64 "/%" PRIu64 " in %s", event->used,
		       event->max,
		       event->per_ms == 0
			       ? "one message"
			       : units_format_span(event->per_ms, per));
}

static void print_event(const struct event *event)
{
	enum terminal_colour colour = colour_of(event->verdict);
	char moment[MOMENT_TEXT_SIZE];

	moment_format_local(event->when_ms, moment);
	printf("%.8s ", moment + strlen("2026-05-01 "));
	terminal_begin(stdout, colour);
	fputs(verdict_name(event->verdict), stdout);
	terminal_end(stdout, colour);
	print_cause(event);
	put("from=", event->sender[0] == '\0' ? "<>" : event->sender);
	if (event->recipient_count != 0)
		put("to=", event->recipients[0]);
	if (event->recipients_all > 1)
		printf(" +%zu", event->recipients_all - 1);
	put("client=", event->client);
	put("login=", event->login);
	put("id=", event->queue_id);
	put("at=", event->host);
	putchar('\n');
}

/* one line a verdict, so that it can be read while it grows */
static void print_json(const struct event *event)
{
	json_t *object = event_json(event);
	char *line;

	json_object_del(object, "when_ms");
	json_object_set_new(object, "time", document_moment(event->when_ms));
	line = document_write(object);
	puts(line);
	free(line);
}

static bool is_over(const struct watch *watch)
{
	return watch->options->count != 0 &&
	       watch->seen >= watch->options->count;
}

static void see(struct watch *watch, const json_t *object)
{
	struct event event;

	if (is_over(watch))
		return;
	if (!event_read(object, &event)) {
		watch->unreadable++;
		return;
	}
	if (!is_wanted(watch, &event))
		return;
	watch->seen++;
	if (watch->globals->is_json)
		print_json(&event);
	else
		print_event(&event);
}

/* What came over the channel: [message, channel, text]. */
static void take(struct watch *watch, const struct redis_value *value)
{
	size_t length;
	const char *text = redis_value_text(redis_value_at(value, 2), &length);
	json_t *object = json_loadb(text, length, 0, NULL);
	const json_t *events = json_object_get(object, "sightings");
	uint64_t left_out = document_get_number(object, "left_out");

	for (size_t i = 0; i < json_array_size(events); i++)
		see(watch, json_array_get(events, i));
	if (left_out != 0)
		terminal_error("weirctl watch: %" PRIu64
			       " more not shown: too many at "
			       "once, or Redis was down",
			       left_out);
	if (watch->unreadable != 0)
		terminal_error("weirctl watch: %" PRIu64
			       " verdicts of another version "
			       "of weir cannot be shown",
			       watch->unreadable);
	watch->unreadable = 0;
	fflush(stdout);
	json_decref(object);
}

static bool subscribe(struct watch *watch)
{
	const struct context *context = watch->context;

	watch->looked_ms = clock_steady_ms();
	if (!redis_run_id_ask(context->redis, &watch->run))
		return false;
	return redis_value_drop(redis_client_command(
		context->redis, "SUBSCRIBE %s:verdicts", context->prefix));
}

/* A Redis that was demoted keeps its listeners, and sends them nothing: does a
 * new connection lead to another one? */
static bool is_elsewhere(struct watch *watch)
{
	struct redis_client *redis;
	struct redis_run_id run = { "" };

	if (clock_steady_ms() - watch->looked_ms < LOOK_MS)
		return false;
	watch->looked_ms = clock_steady_ms();
	redis = context_connection(watch->context);
	redis_run_id_ask(redis, &run);
	redis_client_free(&redis);
	return redis_run_id_is_another(&watch->run, &run);
}

/* False when the connection broke. */
static bool listen_once(struct watch *watch)
{
	struct redis_client *redis = watch->context->redis;
	struct redis_value *value = redis_client_listen(redis, LISTEN_MS);

	if (value == NULL && is_elsewhere(watch)) {
		terminal_error(
			"weirctl watch: this address now leads to another "
			"Redis; verdicts in between are not shown");
		redis_client_close(redis);
		return subscribe(watch);
	}
	if (value == NULL)
		return redis_client_error(redis)[0] == '\0';
	take(watch, value);
	redis_value_free(&value);
	return true;
}

static void listen_on(struct watch *watch)
{
	uint64_t for_ms = watch->options->for_ms;
	uint64_t end_ms = clock_steady_ms() + for_ms;
	bool is_subscribed = true;

	while (is_interrupted == 0 && !is_over(watch) &&
	       (for_ms == 0 || clock_steady_ms() < end_ms)) {
		bool was_subscribed = is_subscribed;

		is_subscribed = is_subscribed ? listen_once(watch)
					      : subscribe(watch);
		if (was_subscribed && !is_subscribed)
			terminal_error(
				"weirctl watch: %s; retrying",
				redis_client_error(watch->context->redis));
		if (!was_subscribed && is_subscribed)
			terminal_error(
				"weirctl watch: Redis is back; verdicts in "
				"between are not shown");
		if (!is_subscribed)
			poll(NULL, 0, AGAIN_MS);
	}
}

static int watch(const struct globals *globals, struct context *context,
		 void *user_data)
{
	struct watch_options *options = user_data;
	struct watch watch = { .globals = globals,
			       .context = context,
			       .options = options };
	struct sigaction action = { .sa_handler = on_interrupt };

	if ((options->subject != NULL &&
	     !context_subject(context, options->subject, &options->parsed)) ||
	    (options->limit != NULL &&
	     context_limit(context, options->limit) == NULL))
		return EX_USAGE;
	if (!subscribe(&watch))
		return context_fail(context);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (!globals->is_json)
		terminal_error(
			"weirctl watch: milters report within a second; Ctrl-C "
			"stops");
	listen_on(&watch);
	return watch.seen == 0 ? COMMAND_NOTHING : EX_OK;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	struct watch_options options = { 0 };
	const struct argument arguments[] = {
		ARGUMENT(TEXT, "limit", &options.limit),
		ARGUMENT(FLAG, "refused", &options.wants_refused),
		ARGUMENT(NUMBER, "count", &options.count, .min = 1,
			 .max = UINT32_MAX),
		ARGUMENT(SPAN, "for", &options.for_ms, .min = 1),
	};

	if (ARGUMENTS_READ(argc, argv, arguments, 0, 1) == 0)
		return EX_USAGE;
	options.subject = argv[1];
	return context_use(globals, watch, &options);
}

const struct command command_watch = {
	.name = "watch",
	.arguments = "[SUBJECT] [--limit NAME] [--refused] [--count N] "
		     "[--for SPAN]",
	.purpose = "show the verdicts of all milters as they happen",
	.help = "One line per verdict, until Ctrl-C; with --json one object per line. If there\n"
		"are too many, it says how many were not shown. Exit code 1: there was none.\n\n"
		"  --limit NAME     only verdicts of this limit\n"
		"  --refused        hide mail that was simply accepted\n"
		"  --count N        stop after N verdicts\n"
		"  --for SPAN       stop after this time\n\n"
		"example:\n"
		"  weirctl watch sender:jake@example.com\n"
		"  weirctl watch --refused\n",
	.run = run,
};
