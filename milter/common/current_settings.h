/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CURRENT_SETTINGS_H
#define WEIR_CURRENT_SETTINGS_H

/*
 * The settings in force, which a reload swaps while threads use them. The lock
 * is held for a few instructions. Thread-safe.
 */
#include <pthread.h>
#include <stdbool.h>

struct settings;

struct current_settings {
	pthread_mutex_t lock;
	struct settings *settings; /* under lock */
};

/* Takes a reference, as _set does. Lives until the process ends. */
void current_settings_init(struct current_settings *current,
			   struct settings *settings);

/* The caller's to release. */
struct settings *current_settings_get(struct current_settings *current);

void current_settings_set(struct current_settings *current,
			  struct settings *settings);

/* Makes *used those of now, the caller's as before; NULL: none so far. True:
 * they are others. */
bool current_settings_follow(struct current_settings *current,
			     struct settings **used);

#endif
