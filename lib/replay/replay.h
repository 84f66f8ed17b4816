/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REPLAY_H
#define WEIR_REPLAY_H

/*
 * What a configuration would have done with the mail of a log, before it is
 * used on new mail: each message goes through the policy that the milter has,
 * and is charged in the store that it counts in while Redis is away, at the
 * time that the log gives. Orders (weirctl block and the like) are not known.
 * One thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "lib/policy/verdict.h"
#include "lib/settings/settings.h"
#include "log_message.h"
#include "tally.h"

/* The clock of a replay goes on with the log. Lines a little out of order do
 * not turn it back; a greater step does, and empties the windows. */
#define REPLAY_STEP_MS UINT64_C(300000)

struct replay_totals {
	uint64_t messages;
	uint64_t kinds[VERDICT_REJECT + 1]; /* messages, by what became of
					       them */
	uint64_t exempt;
	uint64_t recipients_refused; /* at RCPT */
	uint64_t first_ms, last_ms;  /* of the messages */
	uint64_t steps_back;	     /* of the clock */
	uint64_t evicted;	     /* windows, for want of room */
	uint64_t untallied; /* times a window had no row, see tally.h */
};

/* Because of one limit; the one that was named when several were over. */
struct replay_limit {
	uint64_t kinds[VERDICT_REJECT + 1]; /* messages */
	uint64_t recipients_refused;
};

struct replay;

/* settings must outlive it; max_windows bounds the windows that are kept. */
struct replay *replay_new(const struct settings *settings, size_t max_windows);
void replay_free(struct replay **replay);

/* One message; true when it would have been refused. */
bool replay_take(struct replay *replay, const struct log_message *message);

void replay_totals(const struct replay *replay, struct replay_totals *totals_r);

/* Beside settings->limits. */
const struct replay_limit *replay_limits(const struct replay *replay);
struct tally *replay_tally(const struct replay *replay);
const struct settings *replay_settings(const struct replay *replay);

/* Messages refused, of a row of kinds. */
uint64_t replay_stopped(const uint64_t kinds[VERDICT_REJECT + 1]);

/* Does a limit or an exemption look at recipients, or count them? */
bool replay_needs_recipients(const struct settings *settings);

/* What these settings need and no log contains: "HELO names", "the listener";
 * NULL when there is nothing (static). */
const char *replay_lacks(const struct settings *settings);

#endif
