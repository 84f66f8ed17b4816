/* SPDX-License-Identifier: ISC */

/* A program of the administrator, with the alert on its standard input and its
 * main facts in the environment. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alert/alert_formats.h"
#include "lib/alert/alert_text.h"
#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "milter/queue/child.h"
#include "channel_kind.h"

#define VALUE_MAX    400
#define LINES_LOGGED 10
#define LINE_LOGGED  200 /* bytes */
#define VARIABLES    8

static void add_variable(char **environment, const char *name,
			 const char *value)
{
	char buffer[4 * VALUE_MAX + 80];
	struct text text;

	while (*environment != NULL)
		environment++;
	text_init(&text, buffer, sizeof(buffer));
	text_add_format(&text, "WEIR_%s=", name);
	text_add_line(&text, value, strlen(value), VALUE_MAX);
	*environment = alloc_text(text.data);
}

static void add_number(char **environment, const char *name, uint64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, number);
	add_variable(environment, name, text);
}

void channel_command_write(const struct channel_try *way,
			   const struct alert *alert,
			   struct channel_load *load_r)
{
	const struct incident *incident = alert->detail == NULL
						  ? NULL
						  : &alert->detail->incident;
	char **environment = alloc_array(VARIABLES + 1, sizeof(char *));
	char *subject = alert_subject(alert), *thread = alert_thread(alert);

	(void)way;
	add_variable(environment, "ACT", alert_act_name(alert->act));
	add_variable(environment, "LEVEL", incident_level_name(alert->level));
	add_variable(environment, "SUBJECT", subject);
	add_variable(environment, "THREAD", thread);
	if (incident != NULL) {
		add_number(environment, "INCIDENT", incident->number);
		add_variable(environment, "STATE",
			     incident_state_name(incident->state));
		add_variable(environment, "SOURCE", incident->source);
		add_number(environment, "STOPPED", incident->stopped);
	}
	load_r->environment = environment;
	load_r->body = alert_format_weir(alert);
	load_r->length = strlen(load_r->body);
	free(subject);
	free(thread);
}

/* What it prints goes to the log, and its first error into the outcome. */
struct print {
	const char *channel;
	size_t lines;
	char first[LINE_LOGGED + 4];
};

static void take_line(void *context, enum child_stream stream, const char *line,
		      size_t length)
{
	struct print *print = context;
	char buffer[LINE_LOGGED * 4 + 4];
	struct text text;

	if (length == 0)
		return;
	text_init(&text, buffer, sizeof(buffer));
	text_add_line(&text, line, length, LINE_LOGGED);
	if (print->lines++ < LINES_LOGGED)
		log_info("channel %s: its command prints: %s", print->channel,
			 buffer);
	if (print->first[0] == '\0' && stream == CHILD_ERRORS)
		(void)snprintf(print->first, sizeof(print->first), "%.*s",
			       LINE_LOGGED, buffer);
}

static void conclude(struct channel_try *way, int code,
		     const struct print *print)
{
	char span[UNITS_TEXT_SIZE];
	const char *separator = print->first[0] == '\0' ? "" : ": ";

	if (code == 0)
		channel_conclude(way, CHANNEL_DONE, "exit 0");
	else if (code > 0)
		channel_conclude(way, CHANNEL_LATER, "exit %d%s%s", code,
				 separator, print->first);
	else if (errno == ETIMEDOUT)
		channel_conclude(
			way, CHANNEL_LATER, "killed after %s%s%s",
			units_format_span(way->times->command_ms, span),
			separator, print->first);
	else if (errno == ECANCELED)
		channel_conclude(way, CHANNEL_LATER, "stopped");
	else
		channel_conclude(way, CHANNEL_LATER, "cannot run %s: %s",
				 way->rules->command[0], strerror(errno));
}

void channel_command_run(struct channel_try *way)
{
	struct print print = { .channel = way->rules->name };
	const struct child child = {
		.words = (const char *const *)way->rules->command,
		.input = way->load->body,
		.input_length = way->load->length,
		.environment = (const char *const *)way->load->environment,
		.take = take_line,
		.context = &print,
		.limit_ms = way->times->command_ms,
		.must_stop = way->must_stop,
	};
	int code = child_run(&child), reason = errno;

	if (print.lines > LINES_LOGGED)
		log_info("channel %s: %zu more lines of its command are not "
			 "logged",
			 way->rules->name, print.lines - LINES_LOGGED);
	errno = reason;
	conclude(way, code, &print);
}
