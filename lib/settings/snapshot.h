/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SNAPSHOT_H
#define WEIR_SNAPSHOT_H

/*
 * Without this the reference count would be in the public structure, for
 * everybody to touch.
 */
#include <stdatomic.h>

#include "settings.h"

struct snapshot {
	struct settings settings; /* first: the one is found by the other */
	atomic_uint references;
};

/* Zeroed, with one reference: the caller's. */
struct settings *snapshot_new(void);

#endif
