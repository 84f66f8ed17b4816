/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LITERAL_H
#define WEIR_LITERAL_H

/*
 * Without this max = 5000000000 would quietly be 705032704: libconfig 1.5
 * cuts integers to 32 bits while it parses, and nothing it hands out tells.
 *
 * Takes the text of a configuration file apart as libconfig's scanner does
 * (comments are left out, strings are not looked into for numbers): includes,
 * what libconfig would take in wrongly, and its tokens. Pure; any bytes may
 * come.
 */
#include <stdbool.h>
#include <stddef.h>

enum literal_kind {
	LITERAL_END,
	LITERAL_INCLUDE,      /* text is the path as written */
	LITERAL_TOO_LARGE,    /* an integer that does not fit its type */
	LITERAL_OPEN_STRING,  /* a string that does not end on its line */
	LITERAL_NUL,	      /* \x00 in a string: libconfig drops it */
	LITERAL_LEADING_ZERO, /* 010: ten in libconfig 1.5, eight in 1.7 */
	LITERAL_NO_NUMBER,    /* 10m: it only begins like one */
	/* what libconfig understands */
	LITERAL_NAME, /* true and false, too */
	LITERAL_TEXT, /* with its quotes */
	LITERAL_NUMBER,
	LITERAL_SIGN, /* one of = : , ; { } [ ] ( ) */
	LITERAL_STRAY /* a character that has no place there */
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
