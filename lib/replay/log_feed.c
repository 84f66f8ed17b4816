/* SPDX-License-Identifier: ISC */

/* A parser for each MTA; the line says whose it is. */
#include "log_feed.h"
#include "log_postfix.h"
#include "log_sendmail.h"

#define PROGRESS_LINES 4096
#define PEEK_LINES     100

static void begin(const struct log_feed *feed, const struct log_file *file,
		  struct log_time *time_r)
{
	uint64_t written_ms = log_file_written_ms(file);

	log_time_begin(time_r, feed->first_year,
		       written_ms != 0 ? written_ms : feed->now_ms);
}

static void take_line(struct log_feed *feed, struct log_time *time,
		      const struct slice *line)
{
	static bool (*const parsers[])(const struct log_line *line,
				       struct log_event *event_r) = {
		[LOG_POSTFIX] = log_postfix_read,
		[LOG_SENDMAIL] = log_sendmail_read,
	};
	struct log_line split;
	struct log_event event;

	if (!log_line_split(time, line, &split) ||
	    !parsers[split.origin](&split, &event))
		return;
	feed->events++;
	assembly_add(feed->assembly, &split, &event);
}

bool log_feed_read(struct log_feed *feed, struct log_file *file)
{
	struct log_time time;
	struct slice line;

	begin(feed, file, &time);
	while (log_file_next(file, &line)) {
		take_line(feed, &time, &line);
		if (feed->progress != NULL &&
		    log_file_lines(file) % PROGRESS_LINES == 0)
			feed->progress(feed->context, file);
	}
	if (feed->first_year != 0)
		feed->first_year = time.year;
	feed->lines += log_file_lines(file);
	feed->cut += log_file_cut(file);
	return log_file_error(file) == NULL;
}

uint64_t log_feed_peek(const struct log_feed *feed, struct log_file *file)
{
	struct log_time time;
	struct slice line;
	uint64_t time_ms;

	begin(feed, file, &time);
	while (log_file_lines(file) < PEEK_LINES && log_file_next(file, &line))
		if (log_line_time(&time, &line, &time_ms))
			return time_ms;
	return 0;
}
