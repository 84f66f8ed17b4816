/* SPDX-License-Identifier: ISC */

/*
 * What has been said about a subject, in a bounded table in the order of the
 * last message: said singly, or counted for the next summary.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/bounded_table.h"
#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "verdict_log.h"

#define LINE_SIZE	 2000
#define VALUE_MAX	 120 /* bytes of a value as written, before it is cut */
#define SUBJECT_MAX	 450 /* all words together must fit in a line */
#define TICK_MS		 1000
#define RECIPIENTS_NAMED 3

struct numbers {
	bool has_limit;
	uint64_t used, max, per_ms, wait_ms;
};

struct entry {
	struct bounded_entry head; /* by verdict, limit and subject, as words */
	unsigned int singles;	   /* lines written singly */
	uint64_t repeated;	   /* messages for the next summary */
	uint64_t last_ms;
	struct numbers numbers; /* of the last message */
};

struct verdict_log {
	struct bounded_table table;
	unsigned int singles_this_second;
	uint64_t second_ms; /* when it began */
	size_t more;	    /* subjects that the next tick has no line for */
	uint64_t more_messages;
	atomic_ullong left_out;
};

struct verdict_log *verdict_log_new(size_t max_subjects)
{
	struct verdict_log *log = alloc_zero(sizeof(*log));

	bounded_table_init(&log->table, max_subjects, sizeof(struct entry),
			   NULL);
	return log;
}

/* the words */

/*
 * The value in at most most bytes, and three dots if that is not all of it: a
 * stranger's address must not push the words behind it off the line. A comma
 * in it would be one more recipient.
 */
static void add_value(struct text *text, const char *data, size_t length,
		      size_t most)
{
	char buffer[SUBJECT_MAX + 1];
	struct text value;

	text_init(&value, buffer, most + 1);
	length = length <= most ? length : most + 1;
	while (length != 0) {
		const char *comma = memchr(data, ',', length);
		size_t run = comma == NULL ? length : (size_t)(comma - data);

		text_add_escaped(&value, data, run, run);
		if (comma != NULL) {
			text_add_string(&value, "\\x2c");
			run++;
		}
		data += run;
		length -= run;
	}
	text_add(text, value.data, value.length);
	if (value.is_cut)
		text_add_string(text, "...");
}

static void add_word(struct text *text, const char *name, const char *value,
		     size_t most)
{
	text_add_string(text, name);
	if (value[0] == '\0')
		text_add_string(text, "-");
	else
		add_value(text, value, strlen(value), most);
}

static void add_retry(struct text *text, uint64_t wait_ms)
{
	char span[UNITS_TEXT_SIZE];

	if (wait_ms == UINT64_MAX)
		text_add_string(text, " retry=never");
	else if (wait_ms < 1000)
		text_add_format(text, " retry=%s",
				units_format_span(wait_ms, span));
	else
		text_add_format(text, " retry=%" PRIu64 "s",
				(wait_ms + 999) / 1000);
}

/* The words that make a subject of this log, and its key in the table. */
static void add_subject_words(struct text *text, const struct event *event)
{
	text_add_format(text, "verdict=%s", verdict_name(event->verdict));
	if (event->order != 0)
		text_add_format(text, " limit=block:%" PRIu64, event->order);
	else
		add_word(text, " limit=", event->limit, VALUE_MAX);
	add_word(text, " subject=", event->subject, SUBJECT_MAX);
}

static void add_numbers(struct text *text, const struct numbers *numbers)
{
	char per[UNITS_TEXT_SIZE];

	if (!numbers->has_limit) {
		text_add_string(text, " used=- per=- retry=-");
		return;
	}
	text_add_format(text, " used=%" PRIu64 "/%" PRIu64 " per=%s",
			numbers->used, numbers->max,
			numbers->per_ms == 0
				? "message"
				: units_format_span(numbers->per_ms, per));
	add_retry(text, numbers->wait_ms);
}

static void add_recipients(struct text *text, const struct event *event)
{
	size_t named = event->recipient_count < RECIPIENTS_NAMED
			       ? event->recipient_count
			       : RECIPIENTS_NAMED;

	text_add_string(text, " recipients=");
	if (named == 0)
		text_add_string(text, "-");
	for (size_t i = 0; i < named; i++)
		add_word(text, i == 0 ? "" : ",", event->recipients[i],
			 VALUE_MAX);
	if (event->recipients_all > named)
		text_add_format(text, ",+%zu", event->recipients_all - named);
}

static struct numbers numbers_of(const struct event *event)
{
	return (struct numbers){ event->limit[0] != '\0', event->used,
				 event->max, event->per_ms, event->wait_ms };
}

static void write_line(const struct event *event)
{
	const struct numbers numbers = numbers_of(event);
	char buffer[LINE_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	add_word(&text, "queue-id=", event->queue_id, VALUE_MAX);
	text_add_string(&text, " ");
	add_subject_words(&text, event);
	add_numbers(&text, &numbers);
	add_word(&text,
		 " sender=", event->sender[0] == '\0' ? "<>" : event->sender,
		 VALUE_MAX);
	add_recipients(&text, event);
	add_word(&text, " client=", event->client, VALUE_MAX);
	add_word(&text, " login=", event->login, VALUE_MAX);
	log_info("%s", text.data);
}

/* what is said, and what is counted */

/* The line of its summary; the caller frees it. */
static char *entry_summarise(struct entry *entry)
{
	char buffer[LINE_SIZE];
	struct text text;
	char *line;

	text_init(&text, buffer, sizeof(buffer));
	add_numbers(&text, &entry->numbers);
	line = alloc_format("queue-id=- %s%s repeated=%" PRIu64,
			    (const char *)entry->head.hh.key, text.data,
			    entry->repeated);
	entry->repeated = 0;
	return line;
}

/* Leaves it to the last line of the next tick. */
static void log_leave_out(struct verdict_log *log, struct entry *entry)
{
	if (entry->repeated == 0)
		return;
	log->more++;
	log->more_messages += entry->repeated;
	entry->repeated = 0;
}

/* The entry of this subject, the newest in the table from now on. */
static struct entry *log_entry(struct verdict_log *log, const char *key,
			       size_t key_length)
{
	struct entry *entry = bounded_table_renew(&log->table, key, key_length);

	if (entry != NULL)
		return entry;
	if (bounded_table_is_full(&log->table))
		log_leave_out(log, bounded_table_first(&log->table));
	return bounded_table_add(&log->table, key, key_length);
}

/* May one more single line be written? */
static bool log_allows_single(struct verdict_log *log, struct entry *entry,
			      uint64_t now_ms)
{
	if (entry->singles >= VERDICT_LOG_SINGLES)
		return false;
	if (now_ms >= log->second_ms + TICK_MS) {
		log->second_ms = now_ms;
		log->singles_this_second = 0;
	}
	if (log->singles_this_second >= VERDICT_LOG_BURST)
		return false;
	log->singles_this_second++;
	entry->singles++;
	return true;
}

static void log_count(struct verdict_log *log, const struct event *event)
{
	char buffer[LINE_SIZE];
	struct text text;
	struct entry *entry;
	bool is_single;

	text_init(&text, buffer, sizeof(buffer));
	add_subject_words(&text, event);
	bounded_table_lock(&log->table);
	entry = log_entry(log, text.data, text.length);
	entry->last_ms = event->steady_ms;
	is_single = log_allows_single(log, entry, event->steady_ms);
	if (!is_single) {
		atomic_fetch_add_explicit(&log->left_out, 1,
					  memory_order_relaxed);
		entry->repeated++;
		entry->numbers = numbers_of(event);
	}
	bounded_table_unlock(&log->table);
	if (is_single)
		write_line(event);
}

void verdict_log_add(void *log, const struct event *event)
{
	if (event->verdict != VERDICT_ACCEPT)
		log_count(log, event);
	else if (log_is_wanted(LOG_GRAVITY_DEBUG))
		write_line(event);
}

/* Under lock: what there is no line for, in one; NULL when there is nothing. */
static char *log_summarise_more(struct verdict_log *log)
{
	char *line;

	if (log->more == 0)
		return NULL;
	line = alloc_format("and %" PRIu64 " messages of %zu more subjects",
			    log->more_messages, log->more);
	log->more = 0;
	log->more_messages = 0;
	return line;
}

/* Under lock: the lines of this tick. Returns how many. */
static size_t log_summarise(struct verdict_log *log, uint64_t now_ms,
			    char *lines_r[VERDICT_LOG_SUMMARIES + 1])
{
	struct entry *entry, *next = bounded_table_first(&log->table);
	size_t count = 0;

	while ((entry = next) != NULL) {
		next = bounded_table_next(entry);
		if (entry->repeated != 0 && count < VERDICT_LOG_SUMMARIES)
			lines_r[count++] = entry_summarise(entry);
		else if (entry->repeated != 0)
			log_leave_out(log, entry);
		else if (now_ms >= entry->last_ms + VERDICT_LOG_QUIET_MS)
			bounded_table_drop(&log->table, entry);
	}
	lines_r[count] = log_summarise_more(log);
	return lines_r[count] == NULL ? count : count + 1;
}

/* A log that is slow keeps no session waiting. */
void verdict_log_tick(struct verdict_log *log, uint64_t now_ms)
{
	char *lines[VERDICT_LOG_SUMMARIES + 1];
	size_t count;

	bounded_table_lock(&log->table);
	count = log_summarise(log, now_ms, lines);
	bounded_table_unlock(&log->table);
	for (size_t i = 0; i < count; i++) {
		log_info("%s", lines[i]);
		free(lines[i]);
	}
}
uint64_t verdict_log_left_out(const struct verdict_log *log)
{
	return atomic_load(&log->left_out);
}
