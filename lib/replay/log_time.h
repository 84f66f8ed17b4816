/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LOG_TIME_H
#define WEIR_LOG_TIME_H

/*
 * The time at the front of a line, with the year that a line does not have: RFC
 * 3339 ("2026-05-01T09:50:01.123+02:00") or the traditional one of RFC 3164,
 * "May  1 09:50:01", which is local time (TZ) and has no year; the day may be
 * one digit, a year may follow it, and a fraction the time. Also "2026-05-01
 * 09:50:01" and "2026.05.01 09:50:01", local time unless UTC or an offset
 * follows; seconds since the epoch with a fraction (journalctl -o short-unix);
 * a weekday before any of them. One thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "slice.h"

struct log_time {
	/* The year of lines without one: */
	int year; /* of the first line, counted on at New Year; or 0 */
	uint64_t latest_ms; /* then the last year in which it is not later
			       than this, by more than a day */
	/* what was worked out last */
	int month;
	char hour_text[3]; /* month, day, hour */
	uint64_t hour_ms;
	bool has_hour;
};

/* first_year 0: by latest_ms, when the file was last written to. */
void log_time_begin(struct log_time *time, int first_year, uint64_t latest_ms);

/* Removes the time and the space behind it from the front of line. False, with
 * nothing removed, when there is none. */
bool log_time_take(struct log_time *time, struct slice *line,
		   uint64_t *time_ms_r);

#endif
