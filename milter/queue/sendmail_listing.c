/* SPDX-License-Identifier: ISC */

/*
 * "sendmail -bp -v" writes for each queue a head with its directory, indented
 * by two tabs, and for each message a line with its queue id, size, priority,
 * time and sender, and then lines for what delays it (indented by blanks) and
 * for its recipients (indented by six tabs).
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "sendmail_listing.h"

#define DAY_MS	       UINT64_C(86400000)
#define ADDRESS_CUT    78
#define RECIPIENTS_MAX 100000u
#define MOMENT_LETTERS 12
#define ID_TIME	       8

static void finish(struct sendmail_listing *listing)
{
	struct queue_message *message = &listing->message;

	if (message->id == NULL)
		return;
	if (listing->is_bad)
		listing->unreadable++;
	else
		listing->take(listing->context, message, listing->directory,
			      listing->is_cut);
	queue_message_clear(message);
	listing->is_bad = listing->is_cut = false;
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

static char *take_address(struct sendmail_listing *listing, const char *text,
			  size_t length)
{
	char *address;

	while (length > 0 && isspace((unsigned char)text[length - 1]))
		length--;
	if (length >= ADDRESS_CUT)
		listing->is_cut = true;
	if (length == 2 && memcmp(text, "<>", 2) == 0)
		length = 0;
	address = alloc_copy(text, length);
	text_undo_octal(address);
	return address;
}

/*
 * Eight letters and digits for the time, and the digits of a process. Behind
 * them is one character for what Sendmail does with the message: '*' delivers
 * it, '-' waits, 'X' waits for a lower load average, '?' has lost it. NULL:
 * none.
 */
static char *take_id(const char *line)
{
	size_t length = 0;
	char *id;

	while (length < ID_TIME && isalnum((unsigned char)line[length]))
		length++;
	while (length <= QUEUE_ID_MAX && isdigit((unsigned char)line[length]))
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
static bool read_values(struct sendmail_listing *listing, const char *line,
			size_t length)
{
	struct queue_message *message = &listing->message;
	char size[24], moment[MOMENT_LETTERS + 1] = "";
	const char *at = line + strlen(message->id);
	int end = 0;

	at += *at != '\0';
	if (sscanf(at, " %20[0-9] %*20[0-9-]%*1[ +]%12c%n", size, moment,
		   &end) != 2 ||
	    end == 0 ||
	    !read_time(moment, listing->now_ms, &message->arrived_ms))
		return false;
	message->bytes = strtoull(size, NULL, 10);
	at += end;
	at += *at == ' ';
	message->sender = take_address(listing, at,
				       length - (size_t)(at - line));
	message->is_held = listing->is_held;
	return true;
}

/* A line with blanks before it: "(why it waits)", "QUARANTINE: why", or a
 * recipient. */
static void read_more(struct sendmail_listing *listing, const char *line,
		      size_t length)
{
	const char *text = line + strspn(line, " \t");
	struct queue_message *message = &listing->message;

	length -= (size_t)(text - line);
	if (message->id == NULL || length == 0 || text[0] == '(' ||
	    strncmp(text, "QUARANTINE:", 11) == 0 ||
	    message->recipient_count == RECIPIENTS_MAX)
		return;
	message->recipients = alloc_resize(message->recipients,
					   message->recipient_count + 1,
					   sizeof(char *));
	message->recipients[message->recipient_count++] = take_address(
		listing, text, length);
}

/* "\t\t/var/spool/mqueue (2 requests)", "/var/spool/mqueue is empty", the
 * titles, and "\t\tTotal requests: 2". No address stands there: those of
 * senders are behind a queue id, recipients behind more tabs. */
static bool read_frame(struct sendmail_listing *listing, const char *line)
{
	static const char total[] = "\t\tTotal requests:";
	const char *at = line;

	if (strncmp(at, "\t\t/", 3) == 0)
		at += 2;
	else if (*at == '-' || strncmp(at, total, sizeof(total) - 1) == 0)
		return true;
	if (*at != '/')
		return false;
	snprintf(listing->directory, sizeof(listing->directory), "%.*s",
		 (int)strcspn(at, " "), at);
	return true;
}

void sendmail_listing_read(struct sendmail_listing *listing, const char *line,
			   size_t length)
{
	bool is_more = (line[0] == ' ' || line[0] == '\t') &&
		       strncmp(line, "\t\t/", 3) != 0 &&
		       strncmp(line, "\t\tT", 3) != 0;

	if (is_more) {
		read_more(listing, line, length);
		return;
	}
	finish(listing);
	if (read_frame(listing, line) || length == 0)
		return;
	listing->message.id = take_id(line);
	if (listing->message.id != NULL && !read_values(listing, line, length))
		listing->is_bad = true;
}

void sendmail_listing_end(struct sendmail_listing *listing)
{
	finish(listing);
}
