/* SPDX-License-Identifier: ISC */
#ifndef WEIR_KEEPER_H
#define WEIR_KEEPER_H

/*
 * What one weir-keeper is made of. Made once by main, lives until the process
 * ends; called by the main thread only.
 */
#include <stdbool.h>

#include "lib/settings/settings.h"

struct keeper;
struct page;

/* Takes over one reference of settings, and page (NULL: none). path: of the
 * configuration, where weirctl needs -c, else NULL; borrowed. NULL: a secret of
 * a channel cannot be read; the reason is logged. Starts the threads of the
 * channels only. */
struct keeper *keeper_new(struct settings *settings, const char *path,
			  struct page *page);

/* False when no thread can be started. */
bool keeper_start(struct keeper *keeper);

/* Reads the file again. One with errors, or with a secret that cannot be read,
 * changes nothing, and each error is logged. */
bool keeper_reload(struct keeper *keeper);

/* Ends in some seconds at most; what is not told by then stays in Redis. */
void keeper_stop(struct keeper *keeper);

#endif
