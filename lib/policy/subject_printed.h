/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SUBJECT_PRINTED_H
#define WEIR_SUBJECT_PRINTED_H

/*
 * Reads a value of a subject that weir itself has printed (see text_add_key),
 * so that it can be copied from a log or a terminal into a command. Pure,
 * thread-safe.
 */
#include <stdbool.h>
#include <stddef.h>

/* Is it a long value that was cut, and ends in "%~" and a digest? What it was
 * cannot be known, and need not. */
bool subject_printed_is_shortened(const char *data, size_t length,
				  bool is_joined);

/* The bytes that are meant: decoded, or as they are when weir would not print
 * them so. With a NUL, freed with free(). */
char *subject_printed_read(const char *data, size_t length, bool is_joined,
			   size_t *length_r);

#endif
