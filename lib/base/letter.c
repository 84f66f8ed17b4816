/* SPDX-License-Identifier: ISC */

/* One table, and loops over it. */
#include "letter.h"

#define A (LETTER_ATOM)
#define H (LETTER_ATOM | LETTER_HOST)
#define U (LETTER_ATOM | LETTER_HOST | LETTER_UPPER)
#define X (LETTER_ATOM | LETTER_HOST | LETTER_HIGH)

#define NONE_16 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define HIGH_16 X, X, X, X, X, X, X, X, X, X, X, X, X, X, X, X
#define HIGH_128 \
	HIGH_16, HIGH_16, HIGH_16, HIGH_16, HIGH_16, HIGH_16, HIGH_16, HIGH_16

/* clang-format off */
const unsigned char letter_kinds[256] = {
	NONE_16, NONE_16,
	/*  !"#$%&'()*+,-./ */
	0, A, 0, A, A, A, A, A, 0, 0, A, A, 0, H, H, A,
	/* 0123456789:;<=>? */
	H, H, H, H, H, H, H, H, H, H, 0, 0, 0, A, 0, A,
	/* @ABCDEFGHIJKLMNO */
	0, U, U, U, U, U, U, U, U, U, U, U, U, U, U, U,
	/* PQRSTUVWXYZ[\]^_ */
	U, U, U, U, U, U, U, U, U, U, U, 0, 0, 0, A, H,
	/* `abcdefghijklmno */
	A, H, H, H, H, H, H, H, H, H, H, H, H, H, H, H,
	/* pqrstuvwxyz{|}~  */
	H, H, H, H, H, H, H, H, H, H, H, A, A, A, A, 0,
	HIGH_128
};
/* clang-format on */

bool letter_all(const char *text, size_t length, int kind)
{
	size_t i = 0;

	while (i < length && letter_is(text[i], kind))
		i++;
	return i == length;
}

bool letter_any(const char *text, size_t length, int kind)
{
	size_t i = 0;

	while (i < length && !letter_is(text[i], kind))
		i++;
	return i < length;
}

bool letter_all_ascii(const char *text, char first)
{
	while (*text >= first && *text <= '~')
		text++;
	return *text == '\0';
}

bool letter_has_control(const char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return true;
	return false;
}
