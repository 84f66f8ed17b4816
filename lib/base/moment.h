/* SPDX-License-Identifier: ISC */
#ifndef WEIR_MOMENT_H
#define WEIR_MOMENT_H

/*
 * Points in time, in milliseconds since the epoch (UTC). Text without an
 * offset is in local time (TZ). Thread-safe as localtime_r(3) is.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MOMENT_TEXT_SIZE 40

/*
 * "2026-05-01T18:00:00Z", "2026-05-01 18:00", "2026-05-01T18:00:00.250+02:00",
 * "2026-05-01" (its midnight), "18:00" and "18:00:30" (the next such time
 * after now_ms). False when text is none of these or no date of 1970 to 9999;
 * *moment_ms_r is then untouched.
 */
bool moment_parse(const char *text, uint64_t now_ms, uint64_t *moment_ms_r);

/* "2026-05-01 18:00:03 +0200", for a human reader. Returns buffer. */
const char *moment_format_local(uint64_t moment_ms,
				char buffer[MOMENT_TEXT_SIZE]);

/* "2026-05-01T16:00:03.250Z", ISO 8601, for programs. Returns buffer. */
const char *moment_format_utc(uint64_t moment_ms,
			      char buffer[MOMENT_TEXT_SIZE]);

/* For people who see it soon, in UTC: "10:44:09" of the day of now_ms, else
 * "16 Apr 10:44"; "-" of 0. Returns buffer. */
const char *moment_format_near(uint64_t moment_ms, uint64_t now_ms,
			       char buffer[MOMENT_TEXT_SIZE]);

/* "16 Apr", in UTC. Returns buffer. */
const char *moment_format_day(uint64_t moment_ms,
			      char buffer[MOMENT_TEXT_SIZE]);

/* "Sat, 28 Nov 2026 10:44:09" in UTC and, whatever the locale, in English: what
 * a mail (RFC 5322, section 3.3) and HTTP (RFC 9110, section 5.6.7) have before
 * the zone. Returns buffer. */
const char *moment_format_date(uint64_t moment_ms,
			       char buffer[MOMENT_TEXT_SIZE]);

#endif
