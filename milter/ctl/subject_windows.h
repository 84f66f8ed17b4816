/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SUBJECT_WINDOWS_H
#define WEIR_SUBJECT_WINDOWS_H

/*
 * The windows that a subject has by the settings: one for each limit with its
 * key, as they stand in Redis.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/policy/subject_parse.h"
#include "lib/store/window.h"
#include "context.h"

struct subject_window {
	const struct limit *limit; /* of the settings */
	char *key;		   /* in Redis */
	struct window_shape shape;
	struct window window; /* as of access->now_ms */
	bool is_there;	      /* does Redis have it? */
	bool is_counted;      /* may the limit count mail of it? */
	/* what the board knows of it, see top.h */
	uint64_t refused, since_ms, last_ms;
};

struct subject_windows {
	struct subject_window *windows;
	size_t count;
};

/* The keys only: nothing is asked. A ceiling has no window. limit: only that
 * one; NULL: each with the subject's key. */
void subject_windows_make(const struct context *context,
			  const struct subject *subject,
			  const struct limit *limit,
			  struct subject_windows *windows_r);

/* Fills in the rest. False when Redis did not answer. */
bool subject_windows_read(struct context *context,
			  const struct subject *subject,
			  struct subject_windows *windows);

void subject_windows_clear(struct subject_windows *windows);

#endif
