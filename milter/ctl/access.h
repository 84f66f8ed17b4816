/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ACCESS_H
#define WEIR_ACCESS_H

/*
 * Without this each command would open the settings and Redis, and complain
 * about them, in a way of its own.
 *
 * What a command works on: the settings of -c, and the Redis that they name.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/policy/subject_parse.h"
#include "lib/settings/settings.h"
#include "lib/redis/redis_client.h"
#include "command.h"

struct access {
	struct settings *settings;
	struct redis_client *redis;
	const char *prefix; /* of every key; the settings' */
	uint64_t now_ms;    /* Redis's clock when it was opened */
};

/*
 * EX_OK, or EX_CONFIG or EX_UNAVAILABLE, which was told on standard error;
 * then nothing is open. access_r is {0} before.
 */
int access_open(const struct control *control, struct access *access_r);

/* The settings alone: EX_OK or EX_CONFIG. */
int access_open_settings(const struct control *control,
			 struct access *access_r);

/* Another connection to the same Redis, or to what its address leads to by now;
 * the caller frees it. */
struct redis_client *access_connection(const struct access *access);

/* Where the configuration is neither named by -c nor the usual one, says on
 * standard error why it is this one. */
void access_tell_choice(const struct control *control);

void access_close(struct access *access);

/* Opens it, does the work, closes it. The answer is that of open or of work:
 * an exit code. */
typedef int access_work(const struct control *control, struct access *access,
			void *context);

int access_use(const struct control *control, access_work *work, void *context);

/* Says what Redis answered, or that it did not; returns EX_UNAVAILABLE. */
int access_fail(const struct access *access);

/* Reads a subject; complains and returns false where it is none, and notes on
 * standard error where it hardly is the one that is meant. */
bool access_subject(const struct access *access, const char *text,
		    struct subject *subject_r);

/* The limit of this name; complains, names those that there are, and returns
 * NULL where there is none. */
const struct limit *access_limit(const struct access *access, const char *name);

/* Does this limit count by subjects of this kind? Complains where not. */
bool access_counts(const struct limit *limit, const struct subject *subject);

#endif
