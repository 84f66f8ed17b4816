/* SPDX-License-Identifier: ISC */

/* The stages in their order; a refusal of the message ends it. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "trial.h"

const char *trial_stage_name(enum trial_stage stage)
{
	static const char *const names[] = {
		[TRIAL_MAIL] = "MAIL",
		[TRIAL_RCPT] = "RCPT",
		[TRIAL_DATA] = "DATA",
		[TRIAL_END] = "end of message",
	};

	return names[stage];
}

static struct trial_answer *trial_add(struct trial *trial,
				      enum trial_stage stage, size_t recipient)
{
	struct trial_answer *answer;

	trial->answers = alloc_resize(trial->answers, trial->count + 1,
				      sizeof(*trial->answers));
	answer = &trial->answers[trial->count++];
	answer->stage = stage;
	answer->recipient = recipient;
	return answer;
}

/* As an MTA does it: one after the other, and the refused ones go. */
static void ask_recipients(const struct trial_case *trial_case,
			   struct trial *trial)
{
	struct message *message = trial_case->message;
	struct policy_needs needs;

	policy_needs(trial_case->policy, trial_case->settings, &needs);
	for (size_t i = 0; i < trial_case->recipient_count; i++) {
		struct message_recipient *recipient = message_add_recipient(
			message, &trial_case->settings->identity,
			trial_case->recipients[i]);
		struct verdict verdict;

		if (!needs.rcpt_answer || message->is_simulated)
			continue;
		policy_recipient(trial_case->policy, trial_case->settings,
				 message, recipient, trial_case->now_ms,
				 &verdict);
		if (!verdict_refuses(&verdict))
			continue;
		trial_add(trial, TRIAL_RCPT, i)->verdict = verdict;
		message_drop_recipient(message);
		message->refused_recipients++;
	}
}

void trial_run(const struct trial_case *trial_case, struct trial *trial_r)
{
	struct message *message = trial_case->message;
	struct verdict verdict;

	memset(trial_r, 0, sizeof(*trial_r));
	policy_mail(trial_case->policy, trial_case->settings, message,
		    trial_case->now_ms, &verdict);
	if (verdict.kind != VERDICT_ACCEPT) {
		trial_add(trial_r, TRIAL_MAIL, 0)->verdict = verdict;
		return;
	}
	ask_recipients(trial_case, trial_r);
	if (message->recipient_count == 0 && trial_r->count != 0)
		return;
	policy_end(trial_case->policy, trial_case->settings, message,
		   trial_case->now_ms, &verdict);
	trial_add(trial_r, message->is_charged_at_data ? TRIAL_DATA : TRIAL_END,
		  0)
		->verdict = verdict;
}

void trial_clear(struct trial *trial)
{
	free(trial->answers);
	memset(trial, 0, sizeof(*trial));
}

const struct verdict *trial_verdict(const struct trial *trial)
{
	return &trial->answers[trial->count - 1].verdict;
}
