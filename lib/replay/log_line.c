/* SPDX-License-Identifier: ISC */

/* From the left, one word after the other. Most lines of a mail server's log
 * are an MTA's, so nothing is looked for twice. */
#include <ctype.h>
#include <string.h>

#include "log_line.h"

#define ID_MIN 5

/* "postfix/submission/smtpd": the last word is the program. */
static bool classify(struct log_line *line)
{
	struct slice *tag = &line->program;
	const char *slash = memrchr(tag->data, '/', tag->length);
	size_t length;

	line->instance = (struct slice){ tag->data, 0 };
	if (slash != NULL) {
		line->instance.length =
			(size_t)((const char *)memchr(tag->data, '/',
						      tag->length) -
				 tag->data);
		length = (size_t)(slash - tag->data) + 1;
		slice_drop(tag, length);
		line->origin = LOG_POSTFIX;
		return true;
	}
	line->origin = LOG_SENDMAIL;
	return (tag->length >= 3 && memcmp(tag->data, "sm-", 3) == 0) ||
	       (tag->length >= 8 && memcmp(tag->data, "sendmail", 8) == 0);
}

/* "warning" and "fatal" are in the same place, in small letters. */
static bool is_id(const struct slice *word)
{
	bool is_word = true;

	if (word->length < ID_MIN || word->length > LOG_ID_MAX)
		return false;
	for (size_t i = 0; i < word->length; i++) {
		if (!isalnum((unsigned char)word->data[i]))
			return false;
		is_word &= islower((unsigned char)word->data[i]) != 0;
	}
	return !is_word;
}

static void take_id(struct log_line *line)
{
	struct slice rest = line->rest, word;
	const char *colon = memchr(
		rest.data, ':',
		rest.length < LOG_ID_MAX + 1 ? rest.length : LOG_ID_MAX + 1);

	line->id = (struct slice){ rest.data, 0 };
	if (colon == NULL || !slice_take(&rest, ": ", &word) || !is_id(&word))
		return;
	line->rest = rest;
	if (!slice_is(&word, "NOQUEUE"))
		line->id = word;
}

bool log_line_time(struct log_time *time, const struct slice *line,
		   uint64_t *time_ms_r)
{
	struct slice rest = *line;

	return log_time_take(time, &rest, time_ms_r);
}

/* What some log programs write between the time and the host: the stream of a
 * container (CRI), a second time of its own, the priority. */
static void skip_before_host(struct log_time *time, struct slice *rest,
			     uint64_t *time_ms)
{
	struct slice priority;

	if (!slice_skip(rest, "stdout F "))
		slice_skip(rest, "stderr F ");
	log_time_take(time, rest, time_ms);
	if (rest->length > 0 && rest->data[0] == '<')
		slice_take(rest, "> ", &priority);
}

/* "mx", "mx(mail.info)", and perhaps "mail.info" behind it; a tag may follow
 * the time at once, then there is no host. */
static bool take_host(struct slice *rest, struct slice *host_r)
{
	struct slice before = *rest, facility;
	const char *parenthesis;

	if (!slice_take(rest, " ", host_r))
		return false;
	if (host_r->length > 0 && host_r->data[host_r->length - 1] == ':') {
		*rest = before;
		host_r->length = 0;
		return true;
	}
	parenthesis = memchr(host_r->data, '(', host_r->length);
	if (parenthesis != NULL)
		host_r->length = (size_t)(parenthesis - host_r->data);
	before = *rest;
	if (slice_skip(&before, "mail.") &&
	    slice_take(&before, " ", &facility) && facility.length < 8 &&
	    memchr(facility.data, ':', facility.length) == NULL)
		*rest = before;
	return host_r->length <= LOG_HOST_MAX;
}

/* "last message repeated 3 times" of a classic syslogd */
static bool is_again(struct slice rest, struct log_line *line)
{
	return slice_skip(&rest, "last message repeated ") &&
	       slice_number(&rest, &line->repeated) &&
	       (slice_skip(&rest, " time") || rest.length == 0);
}

/* "message repeated 3 times: [ words]", as rsyslog writes it */
static void take_repetition(struct log_line *line)
{
	struct slice rest = line->rest;

	if (!slice_skip(&rest, "message repeated ") ||
	    !slice_number(&rest, &line->repeated) ||
	    !slice_skip(&rest, " times: [") || rest.length == 0 ||
	    rest.data[rest.length - 1] != ']') {
		line->repeated = 1;
		return;
	}
	rest.length--;
	slice_skip(&rest, " ");
	line->rest = rest;
}

static bool take_tag(struct slice *rest, struct log_line *line)
{
	struct slice tag;

	if (!slice_take(rest, ": ", &tag))
		return false;
	line->program = tag;
	line->pid = (struct slice){ tag.data, 0 };
	if (memchr(tag.data, '[', tag.length) == NULL)
		return true;
	return slice_take(&tag, "[", &line->program) &&
	       slice_take(&tag, "]", &line->pid);
}

/* Solaris: "[ID 197553 mail.info] " before the words */
static void skip_message_id(struct slice *rest)
{
	struct slice after = *rest, id;

	if (slice_skip(&after, "[ID ") && slice_take(&after, "] ", &id))
		*rest = after;
}

enum log_line_kind log_line_split(struct log_time *time,
				  const struct slice *line,
				  struct log_line *line_r)
{
	struct slice rest = *line;

	/* nothing at all, and what a journal says of itself */
	if (rest.length == 0 || slice_skip(&rest, "-- "))
		return LOG_LINE_OTHER;
	if (!log_time_take(time, &rest, &line_r->time_ms))
		return LOG_LINE_UNKNOWN;
	skip_before_host(time, &rest, &line_r->time_ms);
	if (!take_host(&rest, &line_r->host))
		return LOG_LINE_UNKNOWN;
	if (is_again(rest, line_r))
		return LOG_LINE_AGAIN;
	if (!take_tag(&rest, line_r) || line_r->pid.length > LOG_ID_MAX)
		return LOG_LINE_UNKNOWN;
	if (!classify(line_r))
		return LOG_LINE_OTHER;
	skip_message_id(&rest);
	line_r->rest = rest;
	take_repetition(line_r);
	take_id(line_r);
	return LOG_LINE_MTA;
}
