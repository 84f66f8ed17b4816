/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LITERAL_H
#define WEIR_LITERAL_H

/*
 * Without this max = 5000000000 would quietly be 705032704: libconfig 1.5
 * cuts integers to 32 bits while it parses, and nothing it hands out tells.
 *
 * Walks the text of a configuration file as libconfig's scanner does (comments
 * and strings are not looked into for numbers) and stops at what libconfig
 * would take in wrongly, and at includes. Pure; any bytes may come.
 */
#include <stdbool.h>
#include <stddef.h>

enum literal_kind {
	LITERAL_END,
	LITERAL_INCLUDE,     /* text is the path as written */
	LITERAL_TOO_LARGE,   /* an integer that does not fit its type */
	LITERAL_OPEN_STRING, /* a string that does not end on its line */
	LITERAL_NUL	     /* \x00 in a string: libconfig drops it */
};

struct literal {
	const char *text; /* into the scanned data; not NUL-terminated */
	size_t length;
	unsigned int line;
};

struct literal_scan {
	const char *data;
	size_t length;
	size_t position;
	unsigned int line;
	bool is_line_start; /* only blanks so far: an @include may follow */
};

/* data must outlive the scan. */
void literal_scan_init(struct literal_scan *scan, const char *data,
		       size_t length);

/* The next one; *literal_r is filled in for all but LITERAL_END. */
enum literal_kind literal_next(struct literal_scan *scan,
			       struct literal *literal_r);

#endif
