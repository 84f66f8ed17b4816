/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LETTER_H
#define WEIR_LETTER_H

/*
 * What each byte is in an address, the same for every reader and in every
 * locale. Bytes of 0x80 and above are letters of internationalised addresses
 * (RFC 6531). Pure, thread-safe.
 */
#include <stdbool.h>
#include <stddef.h>

enum {
	LETTER_ATOM = 1,  /* atext or '.' (RFC 5321, section 4.1.2) */
	LETTER_HOST = 2,  /* letter, digit, '-', '.', and '_' as seen in use */
	LETTER_UPPER = 4, /* A to Z */
	LETTER_HIGH = 8	  /* not ASCII */
};

extern const unsigned char letter_kinds[256];

static inline bool letter_is(char letter, int kind)
{
	return (letter_kinds[(unsigned char)letter] & kind) != 0;
}

static inline char letter_lower(char letter)
{
	return letter_is(letter, LETTER_UPPER) ? (char)(letter + 'a' - 'A')
					       : letter;
}

/* Is each byte of text of this kind? True for an empty one. */
bool letter_all(const char *text, size_t length, int kind);
bool letter_any(const char *text, size_t length, int kind);

/* Is each byte of text printable ASCII from first on: ' ', or '!' for no
 * spaces? */
bool letter_all_ascii(const char *text, char first);

/* Is a byte below the space, or DEL, in it? That would split log lines and
 * replies. */
bool letter_has_control(const char *text);

#endif
