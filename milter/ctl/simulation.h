/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SIMULATION_H
#define WEIR_SIMULATION_H

/*
 * One message through MAIL, each RCPT and its end, as session.c asks about
 * it: with the policy, and nothing else.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/policy/policy.h"

enum simulation_stage {
	SIMULATION_MAIL,
	SIMULATION_RCPT,
	SIMULATION_DATA, /* of a message that is charged there */
	SIMULATION_END
};

/* "MAIL", "RCPT", "DATA", "end of message" */
extern const char *const simulation_stage_names[];

struct simulation_answer {
	enum simulation_stage stage;
	size_t recipient; /* with SIMULATION_RCPT: which of the case's */
	struct verdict verdict;
};

struct simulation {
	struct simulation_answer *answers; /* each that is not a plain go on,
					 and always the last one */
	size_t count;
};

/* All is the caller's. */
struct simulation_case {
	struct policy *policy;
	const struct settings *settings;
	struct message *message;       /* without recipients yet */
	const char *const *recipients; /* raw, as at RCPT */
	size_t recipient_count;
	uint64_t now_ms;
};

/* The recipients that were not refused are then those of the message. What is
 * charged is up to the store of the policy. The caller clears. */
void simulation_run(const struct simulation_case *simulation_case,
		    struct simulation *simulation_r);
void simulation_clear(struct simulation *simulation);

/* The last answer: what became of the message. */
const struct verdict *simulation_verdict(const struct simulation *simulation);

#endif
