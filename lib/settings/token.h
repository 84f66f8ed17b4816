/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TOKEN_H
#define WEIR_TOKEN_H

/*
 * The text of a configuration file in tokens, as libconfig's scanner splits
 * it, and what libconfig would misread without a word: 1.5 cuts
 * max = 5000000000 to 32 bits, and the result does not show it. Pure; any
 * bytes may come.
 */
#include <stdbool.h>
#include <stddef.h>

/* One bit each, so that a set of kinds is a mask. */
enum token_kind {
	TOKEN_END = 0,
	TOKEN_INCLUDE = 1 << 0, /* text is the path as written */
	/* what libconfig would misread */
	TOKEN_TOO_LARGE = 1 << 1,   /* an integer that does not fit its type */
	TOKEN_OPEN_STRING = 1 << 2, /* a string that does not end on its line */
	TOKEN_NUL = 1 << 3,	    /* \x00 in a string: libconfig drops it */
	TOKEN_LEADING_ZERO = 1 << 4, /* 010: ten in 1.5, eight in 1.7 */
	TOKEN_NO_NUMBER = 1 << 5,    /* 10m: it only begins like one */
	TOKEN_MISREAD = TOKEN_TOO_LARGE | TOKEN_OPEN_STRING | TOKEN_NUL |
			TOKEN_LEADING_ZERO | TOKEN_NO_NUMBER,
	/* what it understands */
	TOKEN_NAME = 1 << 6,
	TOKEN_TRUTH = 1 << 7, /* true, false */
	TOKEN_TEXT = 1 << 8,  /* with its quotes */
	TOKEN_NUMBER = 1 << 9,
	TOKEN_EQUALS = 1 << 10,	   /* = or : */
	TOKEN_SEPARATOR = 1 << 11, /* , or ; */
	TOKEN_OPEN = 1 << 12,	   /* ( [ { */
	TOKEN_CLOSE = 1 << 13,	   /* ) ] } */
	/* characters that have no place there */
	TOKEN_QUOTE = 1 << 14, /* of another kind than " */
	TOKEN_DASH = 1 << 15,
	TOKEN_AT = 1 << 16,
	TOKEN_DOT = 1 << 17,
	TOKEN_OTHER = 1 << 18
};

struct token {
	const char *text; /* into the data; not NUL-terminated */
	size_t length;
	unsigned int line;
	enum token_kind kind;
};

struct token_scan {
	const char *data; /* must outlive the scan */
	size_t length;
	size_t position;
	unsigned int line;  /* from 1 */
	bool is_line_start; /* only blanks so far: an @include may follow */
};

void token_scan_init(struct token_scan *scan, const char *data, size_t length);

/* The next one; its kind is TOKEN_END, and nothing else is set, at the end. */
void token_next(struct token_scan *scan, struct token *token_r);

/* Its first line without the quotes of a string; freed with free(). */
char *token_words(const struct token *token);

#endif
