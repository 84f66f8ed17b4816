/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TAR_H
#define WEIR_TAR_H

/*
 * An archive in the format ustar (POSIX.1-1988) of plain files, with a last one
 * SHA256SUMS over all of them. Members are in memory. One thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct tar;

/* when_ms is the time of all members. out is the caller's. */
struct tar *tar_new(FILE *out, uint64_t when_ms);

/* name has at most 99 bytes; data is not kept. */
void tar_add(struct tar *tar, const char *name, const void *data,
	     size_t length);

/* Adds the sums and the end, and frees it. False: not all could be written. */
bool tar_finish(struct tar **tar);

#endif
