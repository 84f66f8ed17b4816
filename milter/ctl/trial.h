/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TRIAL_H
#define WEIR_TRIAL_H

/*
 * Without this `weirctl why` would be a second opinion about how a message
 * goes through the milter.
 *
 * One message through MAIL, each RCPT and its end, as session.c asks about
 * it: with the policy, and nothing else.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/policy/policy.h"

enum trial_stage {
	TRIAL_MAIL,
	TRIAL_RCPT,
	TRIAL_DATA, /* of a message that is charged there */
	TRIAL_END
};

/* "MAIL", "RCPT", "DATA", "end of message" */
const char *trial_stage_name(enum trial_stage stage);

struct trial_answer {
	enum trial_stage stage;
	size_t recipient; /* with TRIAL_RCPT: which of the case's */
	struct verdict verdict;
};

struct trial {
	struct trial_answer *answers; /* each that is not a plain go on, and
					 always the last one */
	size_t count;
};

/* All is the caller's. */
struct trial_case {
	struct policy *policy;
	const struct settings *settings;
	struct message *message;       /* without recipients yet */
	const char *const *recipients; /* raw, as at RCPT */
	size_t recipient_count;
	uint64_t now_ms;
};

/* The recipients that were not refused are then those of the message. What is
 * charged is up to the store of the policy. The caller clears. */
void trial_run(const struct trial_case *trial_case, struct trial *trial_r);
void trial_clear(struct trial *trial);

/* The last answer: what became of the message. */
const struct verdict *trial_verdict(const struct trial *trial);

#endif
