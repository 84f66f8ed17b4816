/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LOG_WAY_H
#define WEIR_LOG_WAY_H

/*
 * Without this each test of a parser would invent its own way to be hostile.
 *
 * Reads one line of a log as log_feed does, from memory that is exactly as
 * long as the line, so that a sanitizer sees what reads beyond it. Included by
 * test programs only.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/replay/log_event.h"

#define RFC3339 "2026-05-01T09:50:01.250+02:00 mx1 "
#define TIME_MS UINT64_C(1777621801250)

struct log_parser {
	bool (*read)(const struct log_line *line, struct log_event *event_r);
};

static char *held; /* the line that the last event points into */

/* What the line says; LOG_NOTHING when it is not an MTA's. */
static inline enum log_event_kind read_bytes(const struct log_parser *parser,
					     const char *data, size_t length,
					     struct log_event *event_r)
{
	struct slice slice = { NULL, length };
	struct log_time time;
	struct log_line line;

	free(held);
	held = malloc(length == 0 ? 1 : length);
	ck_assert_ptr_nonnull(held);
	memcpy(held, data, length);
	slice.data = held;
	memset(event_r, 0, sizeof(*event_r));
	log_time_begin(&time, 2026, 0);
	if (log_line_split(&time, &slice, &line) != LOG_LINE_MTA)
		return LOG_NOTHING;
	ck_assert_int_eq(parser->read(&line, event_r),
			 event_r->kind != LOG_NOTHING);
	return event_r->kind;
}

static inline enum log_event_kind read_text(const struct log_parser *parser,
					    const char *text,
					    struct log_event *event_r)
{
	return read_bytes(parser, text, strlen(text), event_r);
}

/* A slice as a string, "-" where there is none; overwritten by each fourth
 * call. */
static inline const char *said(const struct slice *slice)
{
	static char texts[4][200];
	static size_t next;
	char *text = texts[next++ % 4];

	if (slice->data == NULL)
		return "-";
	ck_assert_uint_lt(slice->length, sizeof(texts[0]));
	memcpy(text, slice->data, slice->length);
	text[slice->length] = '\0';
	return text;
}

/* Every beginning of the line, and the line with each of its bytes replaced:
 * whatever it says then, it says it without reading beyond the line. */
static inline void torture(const struct log_parser *parser, const char *text)
{
	static const char bytes[] = { '\0', '\xff', '<', '>', '"', '\\',
				      ' ',  ',',    ':', '[', ']', '=' };
	struct log_event event;
	char *copy = strdup(text);
	size_t length = strlen(text);

	for (size_t i = 0; i <= length; i++)
		read_bytes(parser, text, i, &event);
	for (size_t i = 0; i < length; i++)
		for (size_t j = 0; j < sizeof(bytes); j++) {
			struct slice address;

			copy[i] = bytes[j];
			read_bytes(parser, copy, length, &event);
			while (log_event_recipient(&event, &address))
				ck_assert_uint_le(address.length, length);
			copy[i] = text[i];
		}
	free(copy);
}

/* The line, and then bytes of one kind, 64 KB of them. */
static inline void stretch(const struct log_parser *parser, const char *text)
{
	static const char bytes[] = "<\"\\[,a \0";
	size_t length = strlen(text), size = length + 65536;
	char *line = malloc(size);
	struct log_event event;
	struct slice address;

	ck_assert_ptr_nonnull(line);
	memcpy(line, text, length);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		memset(line + length, bytes[i], size - length);
		read_bytes(parser, line, size, &event);
		while (log_event_recipient(&event, &address))
			ck_assert_uint_le(address.length, size);
	}
	free(line);
}

#endif
