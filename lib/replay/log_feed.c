/* SPDX-License-Identifier: ISC */

/* A parser for each MTA; the line names the MTA. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "log_feed.h"
#include "log_form.h"
#include "log_event.h"

#define PROGRESS_LINES 4096
#define PEEK_LINES     100
/* More than that of one line is no log. */
#define REPEATED_MAX 100000

/* What is known while one file is read. */
struct reading {
	struct log_time time;
	struct log_form form;
	enum log_line_kind last_kind; /* of the line before */
	size_t last_length;
	char last[LOG_LINE_MAX];
};

static void begin(const struct log_feed *feed, const struct log_file *file,
		  struct log_time *time_r)
{
	uint64_t written_ms = log_file_written_ms(file);

	log_time_begin(time_r, feed->first_year,
		       written_ms != 0 ? written_ms : feed->now_ms);
}

static void note_unknown(struct log_feed *feed, const struct slice *line)
{
	size_t length = line->length < LOG_UNKNOWN_SHOWN ? line->length
							 : LOG_UNKNOWN_SHOWN;

	if (feed->unknown++ != 0)
		return;
	memcpy(feed->first_unknown, line->data, length);
	feed->first_unknown[length] = '\0';
}

/* An event is used up by the assembly, so each time it is read anew. */
static void take_mta(struct log_feed *feed, const struct log_line *split,
		     uint64_t times)
{
	static bool (*const parsers[])(const struct log_line *line,
				       struct log_event *event_r) = {
		[LOG_POSTFIX] = log_postfix_read,
		[LOG_SENDMAIL] = log_sendmail_read,
	};
	struct log_event event;

	if (!parsers[split->origin](split, &event))
		return;
	feed->events++;
	for (uint64_t i = 0; i < times; i++) {
		parsers[split->origin](split, &event);
		if (feed->take != NULL)
			feed->take(feed->context, split, &event);
		if (feed->assembly != NULL)
			assembly_add(feed->assembly, split, &event);
	}
}

/* The line before, if it was the same host's. */
static void take_again(struct log_feed *feed, struct reading *reading,
		       const struct log_line *again, const struct slice *line)
{
	const struct slice last = { reading->last, reading->last_length };
	struct log_line split;
	uint64_t times = again->repeated;

	if (reading->last_kind != LOG_LINE_MTA ||
	    log_line_split(&reading->time, &last, &split) != LOG_LINE_MTA)
		return;
	if (split.host.length != again->host.length ||
	    memcmp(split.host.data, again->host.data, split.host.length) != 0 ||
	    times > REPEATED_MAX) {
		note_unknown(feed, line);
		return;
	}
	split.time_ms = again->time_ms;
	take_mta(feed, &split, times);
}

static void take_line(struct log_feed *feed, struct reading *reading,
		      const struct slice *raw)
{
	struct slice line = log_form_unwrap(&reading->form, raw);
	struct log_line split;
	enum log_line_kind kind = log_line_split(&reading->time, &line, &split);

	if (kind == LOG_LINE_AGAIN) {
		take_again(feed, reading, &split, raw);
		return;
	}
	reading->last_kind = kind;
	if (kind == LOG_LINE_UNKNOWN ||
	    (kind == LOG_LINE_MTA && split.repeated > REPEATED_MAX))
		note_unknown(feed, raw);
	else if (kind == LOG_LINE_MTA)
		take_mta(feed, &split, split.repeated);
	if (kind == LOG_LINE_MTA) {
		memcpy(reading->last, line.data, line.length);
		reading->last_length = line.length;
	}
}

bool log_feed_read(struct log_feed *feed, struct log_file *file)
{
	struct reading *reading = alloc_zero(sizeof(*reading));
	struct slice line;

	begin(feed, file, &reading->time);
	feed->unknown = 0;
	while (log_file_next(file, &line)) {
		take_line(feed, reading, &line);
		if (feed->progress != NULL &&
		    log_file_lines(file) % PROGRESS_LINES == 0)
			feed->progress(feed->context, file);
	}
	if (feed->first_year != 0)
		feed->first_year = reading->time.year;
	free(reading);
	feed->file_lines = log_file_lines(file);
	feed->lines += log_file_lines(file);
	feed->cut += log_file_cut(file);
	return log_file_error(file) == NULL;
}

uint64_t log_feed_peek(const struct log_feed *feed, struct log_file *file)
{
	struct reading *reading = alloc_zero(sizeof(*reading));
	struct slice line;
	uint64_t time_ms = 0;

	begin(feed, file, &reading->time);
	while (time_ms == 0 && log_file_lines(file) < PEEK_LINES &&
	       log_file_next(file, &line)) {
		line = log_form_unwrap(&reading->form, &line);
		if (!log_line_time(&reading->time, &line, &time_ms))
			time_ms = 0;
	}
	free(reading);
	return time_ms;
}
