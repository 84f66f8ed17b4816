/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JUDGE_H
#define WEIR_JUDGE_H

/*
 * What blocks, ceilings, remembered refusals and the answer of the store mean
 * for a message: each makes a claim on the verdict (verdict.h), and the most
 * severe one wins. Private to policy*.c.
 */
#include "inquiry.h"

/* The blocks of the message, and of one recipient unless it is NULL. */
void judge_blocks(const struct inquiry *inquiry,
		  const struct message_recipient *recipient,
		  struct verdict *verdict);

/*
 * Limits for one message, which have no window. They are removed from the list,
 * but for those that the message is over and a permit may lift: these are
 * asked about together with the permit, and never charged.
 */
void judge_ceilings(const struct inquiry *inquiry, struct charge_list *list,
		    struct verdict *verdict);

/* Is a window of the list known to be full? */
bool judge_cached(const struct inquiry *inquiry, const struct charge_list *list,
		  struct verdict *verdict);

/* What the store answered about the list. Remembers windows that are full, and
 * notes those that are near their limits. */
void judge_answer(const struct inquiry *inquiry, const struct charge_list *list,
		  enum store_answer answer, struct verdict *verdict);

#endif
