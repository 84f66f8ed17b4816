/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TEST_FUZZ_H
#define WEIR_TEST_FUZZ_H

/*
 * Without this a harness could only find out what a sanitizer sees, and not
 * that an answer is wrong.
 *
 * A harness gives any bytes to one parser and states what must hold of its
 * answer. libFuzzer calls it with what it makes up (`make fuzz`), fuzz_main.c
 * with the files of t/corpus (`make check`).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libFuzzer's interface: always returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the process where a property does not hold. */
#define HOLDS(property)                                               \
	do {                                                          \
		if (!(property)) {                                    \
			fprintf(stderr, "%s:%d: does not hold: %s\n", \
				__FILE__, __LINE__, #property);       \
			abort();                                      \
		}                                                     \
	} while (0)

/* What is left of an input, taken from the front. */
struct fuzz_input {
	const char *data;
	size_t length;
};

static inline struct fuzz_input fuzz_input_of(const uint8_t *data, size_t size)
{
	return (struct fuzz_input){ (const char *)data, size };
}

/* One byte, 0 at the end. */
static inline unsigned int fuzz_take_byte(struct fuzz_input *input)
{
	if (input->length == 0)
		return 0;
	input->length--;
	return (unsigned char)*input->data++;
}

/* A copy with a NUL behind it, in memory of exactly that size: what reads
 * beyond it is seen. Freed with free(). */
static inline char *fuzz_copy(const char *data, size_t length)
{
	char *copy = malloc(length + 1);

	HOLDS(copy != NULL);
	if (length != 0)
		memcpy(copy, data, length);
	copy[length] = '\0';
	return copy;
}

/* What stands before the next end byte, or all that is left; *length_r may be
 * NULL. NULL when nothing is left. Freed with free(). */
static inline char *fuzz_take_until(struct fuzz_input *input, char end,
				    size_t *length_r)
{
	const char *stop = input->length == 0
				   ? NULL
				   : memchr(input->data, end, input->length);
	size_t length = stop == NULL ? input->length
				     : (size_t)(stop - input->data);
	char *copy = NULL;

	if (input->length != 0)
		copy = fuzz_copy(input->data, length);
	if (length_r != NULL)
		*length_r = length;
	length += stop != NULL;
	input->data += length;
	input->length -= length;
	return copy;
}

/* Has it no byte that moves a cursor or ends a line? */
static inline bool fuzz_is_plain(const char *data, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)data[i] < 0x20 || data[i] == 0x7f)
			return false;
	return true;
}

/* Is a Redis to say that an array of millions will come? hiredis 0.14 takes
 * memory for any number of elements before one of them has come, and not all
 * machines lend it. */
static inline bool fuzz_has_huge_array(struct fuzz_input input)
{
	size_t digits = 0;
	bool is_array = false;

	for (size_t i = 0; i < input.length; i++) {
		bool is_digit = input.data[i] >= '0' && input.data[i] <= '9';

		digits = is_digit ? digits + 1 : 0;
		is_array = input.data[i] == '*' || (is_array && is_digit);
		if (is_array && digits > 6)
			return true;
	}
	return false;
}

#endif
