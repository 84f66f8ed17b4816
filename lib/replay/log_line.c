/* SPDX-License-Identifier: ISC */

/* From the left, one word after the other. Most lines of a mail server's log
 * are an MTA's, so nothing is looked for twice. */
#include <ctype.h>
#include <string.h>

#include "log_line.h"

#define ID_LEAST 5

/* "postfix/submission/smtpd": the last word is the program. */
static bool classify(struct slice *tag, enum log_origin *origin_r)
{
	const char *slash = memrchr(tag->data, '/', tag->length);
	size_t length;

	if (slash != NULL) {
		length = (size_t)(slash - tag->data) + 1;
		tag->data += length;
		tag->length -= length;
		*origin_r = LOG_POSTFIX;
		return true;
	}
	*origin_r = LOG_SENDMAIL;
	return (tag->length >= 3 && memcmp(tag->data, "sm-", 3) == 0) ||
	       (tag->length >= 8 && memcmp(tag->data, "sendmail", 8) == 0);
}

/* "warning" and "fatal" stand in the same place, in small letters. */
static bool is_id(const struct slice *word)
{
	bool is_word = true;

	if (word->length < ID_LEAST || word->length > LOG_ID_MAX)
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

bool log_line_split(struct log_time *time, const struct slice *line,
		    struct log_line *line_r)
{
	struct slice rest = *line, tag;

	if (!log_time_take(time, &rest, &line_r->time_ms) ||
	    !slice_take(&rest, " ", &line_r->host) ||
	    line_r->host.length > LOG_HOST_MAX ||
	    !slice_take(&rest, ": ", &tag))
		return false;
	if (slice_take(&tag, "[", &line_r->program)) {
		line_r->pid = tag;
		if (!slice_take(&tag, "]", &line_r->pid))
			return false;
	} else {
		line_r->program = tag;
		line_r->pid = (struct slice){ tag.data, 0 };
	}
	if (line_r->pid.length > LOG_ID_MAX ||
	    !classify(&line_r->program, &line_r->origin))
		return false;
	line_r->rest = rest;
	take_id(line_r);
	return true;
}
