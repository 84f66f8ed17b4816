/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CONTEXT_H
#define WEIR_CONTEXT_H

/*
 * What a command works on: the settings of -c, and the Redis that they name.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/policy/subject_parse.h"
#include "lib/settings/settings.h"
#include "lib/redis/redis_client.h"
#include "command.h"

struct context {
	struct settings *settings;
	struct redis_client *redis;
	const char *prefix; /* of every key; the settings' */
	uint64_t now_ms;    /* Redis's clock when it was opened */
};

/*
 * EX_OK, or EX_CONFIG or EX_UNAVAILABLE, reported on standard error;
 * then nothing is open. context_r is {0} before.
 */
int context_open(const struct globals *globals, struct context *context_r);

/* The settings alone: EX_OK or EX_CONFIG. */
int context_open_settings(const struct globals *globals,
			  struct context *context_r);

/* Another connection to the same Redis, or to what its address leads to by now;
 * the caller frees it. */
struct redis_client *context_connection(const struct context *context);

/* Where the configuration is neither named by -c nor the usual one, says on
 * standard error why it is this one. */
void context_report_choice(const struct globals *globals);

void context_close(struct context *context);

/* Opens it, does the work, closes it. The answer is that of open or of work:
 * an exit code. */
typedef int context_work(const struct globals *globals, struct context *context,
			 void *user_data);

int context_use(const struct globals *globals, context_work *work,
		void *user_data);

/* Says what Redis answered, or that it did not; returns EX_UNAVAILABLE. */
int context_fail(const struct context *context);

/* Reads a subject; complains and returns false where it is none, and notes on
 * standard error where it hardly is the one that is meant. */
bool context_subject(const struct context *context, const char *text,
		     struct subject *subject_r);

/* The limit of this name; complains, names those that there are, and returns
 * NULL where there is none. */
const struct limit *context_limit(const struct context *context,
				  const char *name);

/* Does this limit count by subjects of this kind? Complains where not. */
bool context_counts(const struct limit *limit, const struct subject *subject);

#endif
