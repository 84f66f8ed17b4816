/* SPDX-License-Identifier: ISC */
#include "alert_parts.h"

#include <string.h>

#include "lib/base/count_text.h"
#include "lib/base/moment.h"
#include "alert_text.h"
#include "incident_sentence.h"

void alert_add_time(struct text *text, uint64_t when_ms, uint64_t now_ms)
{
	char moment[MOMENT_TEXT_SIZE];

	text_add_format(text, "%s UTC",
			moment_format_near(when_ms, now_ms, moment));
}

static void add_count(struct text *text, uint64_t count, const char *words)
{
	char buffer[COUNT_TEXT_SIZE];

	text_add_format(text, "%s %s", count_text(count, buffer), words);
}

void alert_add_counts(struct text *text, const struct incident *incident)
{
	if (incident->stopped + incident->held == 0 &&
	    incident->monitored > 0) {
		add_count(text, incident->monitored,
			  "let pass by a limit that only monitors");
		return;
	}
	add_count(text, incident->stopped, "stopped, ");
	if (incident->let_in_least != 0)
		text_add_string(text, "at least ");
	add_count(text, incident->let_in, "let in, ");
	add_count(text, incident->held, "held");
}

void alert_add_value(struct text *text, const char *value)
{
	if (value[0] == '\0')
		text_add_string(text, "<>");
	else
		text_add_line(text, value, strlen(value), INCIDENT_VALUE_MAX);
}

/* Code points: what is wide on a terminal is rare enough in an address. */
static size_t width_of(const char *data, size_t length)
{
	size_t width = 0;

	for (size_t i = 0; i < length; i++)
		width += ((unsigned char)data[i] & 0xc0) != 0x80;
	return width;
}

void alert_add_wrapped(struct text *text, const char *title, size_t indent,
		       const char *words)
{
	size_t column = indent;
	bool is_first = true;

	text_add_format(text, "%-*s", (int)indent, title);
	while (*words != '\0') {
		size_t length = strcspn(words, " ");
		size_t width = width_of(words, length);

		if (!is_first && column + 1 + width > ALERT_TEXT_COLUMNS) {
			text_add_format(text, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!is_first) {
			text_add_string(text, " ");
			column++;
		}
		text_add(text, words, length);
		column += width;
		is_first = false;
		words += length + (words[length] == ' ');
	}
	text_add_string(text, "\n");
}
