/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ALLOC_H
#define WEIR_ALLOC_H

/*
 * Allocation that never returns NULL, so that no caller needs a plan for
 * that, which would never be tested. When memory is out, an error goes to
 * standard error and the process ends with EX_OSERR: the MTA then applies its
 * own default action to the messages under way (Postfix: tempfail), the
 * supervisor starts a new milter, and the counters are safe in Redis.
 * Everything that comes from the network is bounded before it gets here. All
 * are thread-safe; what they return is freed with free().
 */
#include <stddef.h>

/* size zeroed bytes; size 0 gives a valid pointer. */
void *alloc_zero(size_t size);

/* count elements of size bytes, zeroed; an overflow counts as out of memory. */
void *alloc_array(size_t count, size_t size);

/* p (or NULL) grown or shrunk to count elements; new ones are not zeroed. */
void *alloc_resize(void *p, size_t count, size_t size);

/* A copy of length bytes with a NUL behind it; data may be NULL if length 0. */
char *alloc_copy(const char *data, size_t length);

/* A copy of a string; NULL gives NULL. */
char *alloc_text(const char *text);

/* What printf would write, in memory of its own. */
char *alloc_format(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* Frees a secret, after its bytes were overwritten, and sets it to NULL. */
void alloc_wipe(char **secret);

/* For a library call of yours that ran out of memory: the same end. */
_Noreturn void alloc_fail(void);

/* Frees an array, and the texts in it. */
void alloc_free_texts(char **texts, size_t count);

#endif
