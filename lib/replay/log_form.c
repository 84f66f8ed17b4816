/* SPDX-License-Identifier: ISC */

/*
 * One wrapping after the other is removed. JSON is not parsed: within a
 * string each quotation mark has a backslash before it, so "name":" can only
 * be the name of a member.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "log_form.h"

#define WRAPPINGS_MAX 3
#define CONTAINER_MAX 64 /* of a container */

/* JSON */

/* Four digits; -1: they are none. */
static int hex_of(const char *digits)
{
	char text[5] = "";

	memcpy(text, digits, 4);
	if (strspn(text, "0123456789abcdefABCDEF") != 4)
		return -1;
	return (int)strtol(text, NULL, 16);
}

static void add_code(struct text *text, int code)
{
	char letter[3];
	size_t length = 1;

	if (code < 0x80) {
		letter[0] = (char)code;
	} else if (code < 0x800) {
		letter[0] = (char)(0xc0 | code >> 6);
		letter[1] = (char)(0x80 | (code & 0x3f));
		length = 2;
	} else {
		letter[0] = (char)(0xe0 | code >> 12);
		letter[1] = (char)(0x80 | (code >> 6 & 0x3f));
		letter[2] = (char)(0x80 | (code & 0x3f));
		length = 3;
	}
	text_add(text, letter, length);
}

/* "\n", "\u003c" and the like, without the backslash; returns its length. */
static size_t add_escaped(struct text *text, const char *data, size_t length)
{
	static const char names[] = "nrtbf", codes[] = "\n\r\t\b\f";
	const char *name = length == 0 ? NULL : strchr(names, data[0]);
	int code;

	if (length == 0)
		return 0;
	if (data[0] == 'u' && length >= 5 && (code = hex_of(data + 1)) >= 0) {
		add_code(text, code);
		return 5;
	}
	if (name != NULL && data[0] != '\0')
		text_add(text, &codes[name - names], 1);
	else
		text_add(text, data, 1);
	return 1;
}

/* Adds the text of a member; false when there is none. */
static bool add_member(struct text *text, const struct slice *line,
		       const char *mark)
{
	struct slice rest = slice_behind(line, mark);

	if (rest.data == NULL)
		return false;
	while (rest.length != 0 && rest.data[0] != '"') {
		size_t taken = 1;

		if (rest.data[0] == '\\')
			taken += add_escaped(text, rest.data + 1,
					     rest.length - 1);
		else
			text_add(text, rest.data, 1);
		slice_drop(&rest, taken);
	}
	while (text->length != 0 && text->data[text->length - 1] == '\n')
		text->length--;
	return true;
}

/* Microseconds as seconds with a fraction. */
static bool add_journal_time(struct text *text, const struct slice *line)
{
	struct slice rest = slice_behind(line, "\"__REALTIME_TIMESTAMP\":\"");
	uint64_t us;

	if (rest.data == NULL || !slice_number(&rest, &us))
		return false;
	text_add_format(text, "%llu.%06llu ", (unsigned long long)us / 1000000,
			(unsigned long long)us % 1000000);
	return true;
}

static bool unwrap_journal(struct text *text, const struct slice *line)
{
	if (!add_journal_time(text, line) ||
	    !add_member(text, line, "\"_HOSTNAME\":\""))
		return false;
	text_add_string(text, " ");
	if (!add_member(text, line, "\"SYSLOG_IDENTIFIER\":\""))
		return false;
	text_add_string(text, "[");
	if (!add_member(text, line, "\"SYSLOG_PID\":\""))
		add_member(text, line, "\"_PID\":\"");
	text_add_string(text, "]: ");
	return add_member(text, line, "\"MESSAGE\":\"");
}

/* line may be in form->text. */
static void give(struct log_form *form, const struct text *text,
		 struct slice *line)
{
	memcpy(form->text, text->data, text->length);
	*line = (struct slice){ form->text, text->length };
}

static bool unwrap_json(struct log_form *form, struct slice *line)
{
	struct text text;
	bool is_json;

	if (line->length == 0 || line->data[0] != '{')
		return false;
	text_init(&text, form->value, sizeof(form->value));
	is_json = add_member(&text, line, "\"log\":\"");
	if (!is_json) {
		text_init(&text, form->value, sizeof(form->value));
		is_json = unwrap_journal(&text, line);
	}
	if (is_json)
		give(form, &text, line);
	return is_json;
}

/* others */

/* Colours, as `docker compose` gives names. */
static void skip_colours(struct slice *line)
{
	struct slice colour;

	while (line->length > 2 && line->data[0] == '\033' &&
	       line->data[1] == '[' && slice_take(line, "m", &colour))
		continue;
}

/* "mail-1  | " */
static bool unwrap_compose(struct slice *line)
{
	struct slice rest = *line;
	size_t at = 0;

	skip_colours(&rest);
	while (at < rest.length && at < CONTAINER_MAX &&
	       (isalnum((unsigned char)rest.data[at]) ||
		strchr("._-", rest.data[at]) != NULL) &&
	       rest.data[at] != '\0')
		at++;
	if (at == 0)
		return false;
	slice_drop(&rest, at);
	if (rest.length == 0 || rest.data[0] != ' ')
		return false;
	while (slice_skip(&rest, " "))
		continue;
	if (!slice_skip(&rest, "|"))
		return false;
	skip_colours(&rest);
	while (slice_skip(&rest, " "))
		continue;
	skip_colours(&rest);
	*line = rest;
	return true;
}

/* The structured data of RFC 5424: "-", or "[...]" once or more. */
static bool skip_structure(struct slice *rest)
{
	if (slice_skip(rest, "-"))
		return slice_skip(rest, " ") || rest->length == 0;
	while (rest->length != 0 && rest->data[0] == '[') {
		bool is_quoted = false;
		size_t at = 0;

		while (at < rest->length &&
		       (is_quoted || rest->data[at] != ']')) {
			if (rest->data[at] == '\\')
				at++;
			else if (rest->data[at] == '"')
				is_quoted = !is_quoted;
			at++;
		}
		if (at >= rest->length)
			return false;
		slice_drop(rest, at + 1);
	}
	return slice_skip(rest, " ") || rest->length == 0;
}

/* "1 TIME HOST PROGRAM PID ID [...] words" */
static bool unwrap_5424(struct log_form *form, struct slice *line)
{
	struct slice rest = *line, time, host, program, pid, id;
	struct text text;

	if (!slice_skip(&rest, "1 ") || !slice_take(&rest, " ", &time) ||
	    !slice_take(&rest, " ", &host) ||
	    !slice_take(&rest, " ", &program) ||
	    !slice_take(&rest, " ", &pid) || !slice_take(&rest, " ", &id) ||
	    !skip_structure(&rest))
		return false;
	slice_skip(&rest, "\xef\xbb\xbf");
	text_init(&text, form->value, sizeof(form->value));
	text_add_format(&text, "%.*s %.*s %.*s[%.*s]: ", (int)time.length,
			time.data, (int)host.length, host.data,
			(int)program.length, program.data, (int)pid.length,
			pid.data);
	text_add(&text, rest.data, rest.length);
	give(form, &text, line);
	return true;
}

/* "<22>" */
static bool unwrap_priority(struct log_form *form, struct slice *line)
{
	struct slice rest = *line;
	uint64_t priority;

	if (!slice_skip(&rest, "<") || !slice_number(&rest, &priority) ||
	    priority > 191 || !slice_skip(&rest, ">"))
		return false;
	*line = rest;
	unwrap_5424(form, line);
	return true;
}

struct slice log_form_unwrap(struct log_form *form, const struct slice *line)
{
	struct slice rest = *line;

	for (int i = 0; i < WRAPPINGS_MAX; i++)
		if (!unwrap_json(form, &rest) && !unwrap_compose(&rest) &&
		    !unwrap_priority(form, &rest))
			break;
	return rest;
}
