/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_LATE_H
#define WEIR_REDIS_LATE_H

/*
 * Without this what Redis has done would stay done although its caller had
 * gone on without it.
 *
 * Sees the answer that its caller has not waited for; the first member of what
 * is needed for that.
 */
#include <stdint.h>

struct redis_late {
	/* Called once, in the thread of the link, and frees late. integers: the
	 * answer; NULL: none will come, whether or not Redis was asked. */
	void (*answered)(struct redis_late *late, const int64_t *integers);
};

#endif
