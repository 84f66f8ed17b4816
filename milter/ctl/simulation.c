/* SPDX-License-Identifier: ISC */

/* The stages in their order; a refusal of the message ends it. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "simulation.h"

const char *const simulation_stage_names[] = {
	[SIMULATION_MAIL] = "MAIL",
	[SIMULATION_RCPT] = "RCPT",
	[SIMULATION_DATA] = "DATA",
	[SIMULATION_END] = "end of message",
};

static void add(struct simulation *simulation, enum simulation_stage stage,
		size_t recipient, const struct verdict *verdict)
{
	simulation->answers = alloc_resize(simulation->answers,
					   simulation->count + 1,
					   sizeof(*simulation->answers));
	simulation->answers[simulation->count++] =
		(struct simulation_answer){ stage, recipient, *verdict };
}

/* As an MTA does it: one after the other, and the refused ones go. */
static void ask_recipients(const struct simulation_case *simulation_case,
			   struct simulation *simulation)
{
	struct message *message = simulation_case->message;
	struct policy_needs needs;

	policy_needs(simulation_case->policy, simulation_case->settings,
		     &needs);
	for (size_t i = 0; i < simulation_case->recipient_count; i++) {
		struct message_recipient *recipient = message_add_recipient(
			message, &simulation_case->settings->identity,
			simulation_case->recipients[i]);
		struct verdict verdict;

		if (!needs.rcpt_answer || message->is_simulated)
			continue;
		policy_recipient(simulation_case->policy,
				 simulation_case->settings, message, recipient,
				 simulation_case->now_ms, &verdict);
		if (!verdict_refuses(&verdict))
			continue;
		add(simulation, SIMULATION_RCPT, i, &verdict);
		message_drop_recipient(message);
		message->refused_recipients++;
	}
}

void simulation_run(const struct simulation_case *simulation_case,
		    struct simulation *simulation_r)
{
	struct message *message = simulation_case->message;
	struct verdict verdict;

	memset(simulation_r, 0, sizeof(*simulation_r));
	policy_mail(simulation_case->policy, simulation_case->settings, message,
		    simulation_case->now_ms, &verdict);
	if (verdict.kind != VERDICT_ACCEPT) {
		add(simulation_r, SIMULATION_MAIL, 0, &verdict);
		return;
	}
	ask_recipients(simulation_case, simulation_r);
	if (message->recipient_count == 0 && simulation_r->count != 0)
		return;
	policy_end(simulation_case->policy, simulation_case->settings, message,
		   simulation_case->now_ms, &verdict);
	add(simulation_r,
	    message->is_charged_at_data ? SIMULATION_DATA : SIMULATION_END, 0,
	    &verdict);
}

void simulation_clear(struct simulation *simulation)
{
	free(simulation->answers);
	memset(simulation, 0, sizeof(*simulation));
}

const struct verdict *simulation_verdict(const struct simulation *simulation)
{
	return &simulation->answers[simulation->count - 1].verdict;
}
