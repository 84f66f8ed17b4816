/* SPDX-License-Identifier: ISC */

/*
 * "sendmail -bp -v" writes for each message a line with its queue id, size,
 * priority, time (without a year) and sender, and then lines for what delays
 * it and its recipients. It cuts addresses at 78 characters: a message with
 * such an address is not known well enough to be touched.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../lib/base/alloc.h"
#include "clock.h"
#include "queue_sendmail.h"

#define DAY_MS		UINT64_C(86400000)
#define ADDRESS_CUT	78
#define RECIPIENTS_MOST 100000u
#define MOMENT_LETTERS	12
#define AT_ONCE		100 /* queue ids of one sendmail(8) */
#define OPTION_SIZE	(QUEUE_ID_MAX + 8)

/* the listing */

static void finish(struct queue_sendmail_reader *reader)
{
	struct queue_message *message = &reader->message;

	if (message->id == NULL)
		return;
	if (reader->is_bad)
		reader->unreadable++;
	else
		reader->take(reader->context, message);
	queue_message_clear(message);
	reader->is_bad = false;
}

/* "Nov 25 10:31" of this year or, where that is to come, of the last. */
static bool read_time(const char *text, uint64_t now_ms, uint64_t *moment_ms_r)
{
	time_t now = (time_t)(now_ms / 1000);
	struct tm then = { 0 }, today;
	time_t moment;

	localtime_r(&now, &today);
	if (strptime(text, "%b %d %H:%M", &then) == NULL)
		return false;
	then.tm_year = today.tm_year;
	then.tm_isdst = -1;
	moment = mktime(&then);
	if (moment > now + (time_t)(DAY_MS / 1000)) {
		then.tm_year--;
		then.tm_isdst = -1;
		moment = mktime(&then);
	}
	*moment_ms_r = moment < 0 ? 0 : (uint64_t)moment * 1000;
	return moment > 0;
}

static char *take_address(struct queue_sendmail_reader *reader,
			  const char *text, size_t length)
{
	while (length > 0 && isspace((unsigned char)text[length - 1]))
		length--;
	if (length >= ADDRESS_CUT)
		reader->is_bad = true;
	if (length == 2 && memcmp(text, "<>", 2) == 0)
		length = 0;
	return alloc_copy(text, length);
}

/* The letters and digits at the start; what stands behind them ('*' and the
 * like) tells what Sendmail is about to do with it. NULL: none. */
static char *take_id(const char *line)
{
	size_t length = 0;
	char *id;

	while (length <= QUEUE_ID_MAX && isalnum((unsigned char)line[length]))
		length++;
	id = alloc_copy(line, length);
	if (!queue_id_is_valid(id)) {
		free(id);
		return NULL;
	}
	return id;
}

/* "6APATSvx026049*       3      60015 Nov 25 10:29 jake@example.com"; a '+'
 * behind the priority says that the sender was warned. */
static bool read_values(struct queue_sendmail_reader *reader, const char *line,
			size_t length)
{
	struct queue_message *message = &reader->message;
	char size[24], moment[MOMENT_LETTERS + 1] = "";
	const char *at = line + strlen(message->id);
	int end = 0;

	at += strcspn(at, " ");
	if (sscanf(at, " %20[0-9] %*20[0-9-]%*1[ +]%12c%n", size, moment,
		   &end) != 2 ||
	    end == 0 ||
	    !read_time(moment, reader->now_ms, &message->arrived_ms))
		return false;
	message->bytes = strtoull(size, NULL, 10);
	at += end;
	at += *at == ' ';
	message->sender = take_address(reader, at,
				       length - (size_t)(at - line));
	message->place = alloc_text(reader->is_held ? "quarantine" : "mqueue");
	message->is_held = reader->is_held;
	return true;
}

static void read_head(struct queue_sendmail_reader *reader, const char *line,
		      size_t length)
{
	reader->message.id = take_id(line);
	if (reader->message.id != NULL && !read_values(reader, line, length))
		reader->is_bad = true;
}

static void read_recipient(struct queue_sendmail_reader *reader,
			   const char *text, size_t length)
{
	struct queue_message *message = &reader->message;

	if (message->recipient_count == RECIPIENTS_MOST)
		return;
	message->recipients = alloc_resize(message->recipients,
					   message->recipient_count + 1,
					   sizeof(char *));
	message->recipients[message->recipient_count++] = take_address(
		reader, text, length);
}

/* A line with blanks before it: "(why it waits)", "QUARANTINE: why", or a
 * recipient. */
static void read_more(struct queue_sendmail_reader *reader, const char *line,
		      size_t length)
{
	const char *text = line + strspn(line, " \t");

	length -= (size_t)(text - line);
	if (reader->message.id == NULL || length == 0 || text[0] == '(' ||
	    strncmp(text, "QUARANTINE:", 11) == 0 ||
	    strncmp(text, "Total requests:", 15) == 0)
		return;
	read_recipient(reader, text, length);
}

static bool is_frame(const char *line)
{
	return line[0] == '-' || strstr(line, " is empty") != NULL ||
	       strstr(line, " request)") != NULL ||
	       strstr(line, " requests)") != NULL ||
	       strstr(line, " requests, ") != NULL;
}

void queue_sendmail_read(struct queue_sendmail_reader *reader, const char *line,
			 size_t length)
{
	if (is_frame(line)) {
		finish(reader);
	} else if (line[0] == ' ' || line[0] == '\t') {
		read_more(reader, line, length);
	} else if (length != 0) {
		finish(reader);
		read_head(reader, line, length);
	}
}

void queue_sendmail_end(struct queue_sendmail_reader *reader)
{
	finish(reader);
}

struct listing {
	const struct queue_keeper *keeper;
	struct queue_list *list;
	struct queue_sendmail_reader reader;
};

static void take_message(void *context, struct queue_message *message)
{
	struct listing *listing = context;

	listing->list->total++;
	if (listing->keeper->keep == NULL ||
	    listing->keeper->keep(listing->keeper->context, message))
		queue_list_add(listing->list, message);
}

static void take_line(void *context, const char *line, size_t length)
{
	struct listing *listing = context;

	queue_sendmail_read(&listing->reader, line, length);
}

static bool list_some(struct queue *queue, struct listing *listing,
		      bool is_held)
{
	const char *words[] = { "sendmail", "-bp", "-v", is_held ? "-qQ" : NULL,
				NULL };
	bool is_listed;

	listing->reader = (struct queue_sendmail_reader){
		.now_ms = clock_wall_ms(),
		.is_held = is_held,
		.take = take_message,
		.context = listing,
	};
	is_listed = queue_run(queue, &(struct queue_tool){
					     .words = words,
					     .take = take_line,
					     .context = listing,
				     });
	queue_sendmail_end(&listing->reader);
	listing->list->unreadable += listing->reader.unreadable;
	return is_listed;
}

static bool list(struct queue *queue, const struct queue_keeper *keeper,
		 struct queue_list *list_r)
{
	struct listing listing = { .keeper = keeper, .list = list_r };

	return list_some(queue, &listing, false) &&
	       list_some(queue, &listing, true);
}

/* acting */

/* With -v it says at the end "2 changes", "1 change" or "No changes". */
static void take_changes(void *context, const char *line, size_t length)
{
	static const char word[] = " change";
	char *end;
	unsigned long long changes = strtoull(line, &end, 10);

	(void)length;
	if (end != line && strncmp(end, word, sizeof(word) - 1) == 0)
		*(uint64_t *)context += changes;
}

static bool act_some(struct queue *queue, enum queue_act act,
		     const char *const *ids, size_t count, uint64_t *done)
{
	char options[AT_ONCE][OPTION_SIZE], reason[300];
	const char *words[AT_ONCE + 5] = { "sendmail", "-v" };
	size_t word = 2;

	if (act == QUEUE_RELEASE)
		words[word++] = "-qQ";
	for (size_t i = 0; i < count; i++) {
		snprintf(options[i], sizeof(options[i]), "-qI%s", ids[i]);
		words[word++] = options[i];
	}
	snprintf(reason, sizeof(reason), "-Q%s%s",
		 act == QUEUE_RELEASE ? "" : "weir: ",
		 act == QUEUE_RELEASE ? "" : queue->reason);
	words[word++] = reason;
	return queue_run(queue, &(struct queue_tool){ .words = words,
						      .take = take_changes,
						      .context = done });
}

static bool act(struct queue *queue, enum queue_act act, const char *const *ids,
		size_t count, uint64_t *done_r)
{
	for (size_t done = 0; done < count;) {
		size_t some = count - done < AT_ONCE ? count - done : AT_ONCE;

		if (!act_some(queue, act, ids + done, some, done_r))
			return false;
		done += some;
	}
	return true;
}

/* Tries to deliver now, in the background. */
static bool deliver(struct queue *queue, const char *const *ids, size_t count)
{
	char options[AT_ONCE][OPTION_SIZE];
	const char *words[AT_ONCE + 2] = { "sendmail" };

	for (size_t done = 0; done < count;) {
		size_t i;

		for (i = 0; i < AT_ONCE && done < count; i++, done++) {
			snprintf(options[i], sizeof(options[i]), "-qI%s",
				 ids[done]);
			words[i + 1] = options[i];
		}
		words[i + 1] = NULL;
		if (!queue_run(queue, &(struct queue_tool){ .words = words }))
			return false;
	}
	return true;
}

/* Postfix and others have a sendmail(1), too; only Sendmail's own says its
 * version in test mode. */
static void take_version(void *context, const char *line, size_t length)
{
	(void)length;
	if (strncmp(line, "Version ", 8) == 0)
		*(bool *)context = true;
}

static bool is_usable(struct queue *queue)
{
	static const char *const words[] = { "sendmail", "-d0.1", "-bt", NULL };
	bool is_sendmail = false;

	if (!queue_run(queue, &(struct queue_tool){ .words = words,
						    .take = take_version,
						    .context = &is_sendmail }))
		return false;
	if (!is_sendmail)
		snprintf(queue->error, sizeof(queue->error),
			 "sendmail: found another MTA's, allowed is that of "
			 "Sendmail 8; --tools names its directory");
	return is_sendmail;
}

const struct queue_backend queue_sendmail = {
	.name = "sendmail",
	.is_usable = is_usable,
	.list = list,
	.act = act,
	.deliver = deliver,
	.refusals = { [QUEUE_DELETE] =
			      "Sendmail has no tool that deletes mail, and "
			      "weir touches no file of a queue: quarantine it "
			      "with weirctl hold, and delete it with Sendmail's "
			      "own qtool.pl -Q -d, which locks it" },
};
