/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TEXT_H
#define WEIR_TEXT_H

/*
 * Text for logs, replies and Redis keys, bounded and escaped, whatever a
 * sender puts into it.
 *
 * struct text builds a string in memory of the caller. It never overflows,
 * is always NUL-terminated, and remembers when something did not fit; from
 * then on nothing is added, so that it never has a hole. Not thread-safe: one
 * builder, one thread.
 */
#include <stdbool.h>
#include <stddef.h>

struct text {
	char *data;    /* the caller's; always NUL-terminated */
	size_t size;   /* of data, with room for the NUL; at least 1 */
	size_t length; /* without the NUL */
	bool is_cut;   /* something did not fit and was left out */
};

/* Starts an empty text in buffer[0..size); size must be at least 1. */
void text_init(struct text *text, char *buffer, size_t size);

/* Adds bytes as they are; NUL bytes among them are kept. */
void text_add(struct text *text, const char *data, size_t length);
void text_add_string(struct text *text, const char *string);
void text_add_format(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Adds at most max bytes of data for a human's eye, in one word: printable
 * ASCII and valid UTF-8 letters stay; control bytes (C1 and U+2028/9, bidi
 * controls, what has no width or no meaning too), space, '"', backslash and
 * invalid bytes become \xNN. What is longer than max input bytes is cut on a
 * character and ends in "...". Nothing at all (length 0) is written as "-"...
 * by the caller, if wanted.
 */
void text_add_escaped(struct text *text, const char *data, size_t length,
		      size_t max);

/*
 * The same for a line of several words: space, '"' and backslash stay. For a
 * subject, so that it can be given to weirctl again: what is not seen becomes
 * %XX.
 */
void text_add_line(struct text *text, const char *data, size_t length,
		   size_t max);
void text_add_subject(struct text *text, const char *data, size_t length,
		      size_t max);

/* The longest value part of a Redis key, in bytes. */
#define TEXT_KEY_MAX 200

/*
 * Adds one value of a subject as it is written in a Redis key: control bytes,
 * space, '{', '}', '%' and bytes that are not valid UTF-8 as %XX (upper case
 * hex), and '+' too when is_joined (so that sender+recipient pairs cannot be
 * confused). What would be longer than TEXT_KEY_MAX bytes keeps its head and
 * gets "%~" and the lower case hex SHA-256 of the raw value, TEXT_KEY_MAX
 * bytes in all or a few less where a %XX would be split. Two different
 * values never give the same text ("%~" cannot come from encoding).
 */
void text_add_key(struct text *text, const char *data, size_t length,
		  bool is_joined);

/*
 * Puts the byte in the place of each backslash and three octal digits from
 * \200 on, as Sendmail writes 8-bit letters in its log and its listings.
 */
void text_undo_octal(char *text);

bool text_is_among(char *const *texts, size_t count, const char *text);

/* The index of name among names, which a NULL ends; -1: it is none of them. */
int text_find(const char *const *names, const char *name);

/* Is this valid UTF-8 sequence of two bytes or more a letter that is seen, and
 * nothing that moves, turns or hides others? */
bool text_is_visible(const char *data, size_t length);

/* Bytes of the valid UTF-8 sequence (RFC 3629) at data; 0 if there is none. */
size_t text_utf8_length(const char *data, size_t length);

#endif
