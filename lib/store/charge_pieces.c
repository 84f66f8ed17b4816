/* SPDX-License-Identifier: ISC */

/*
 * Which permits are open, and so which of them take the message, is found out
 * first; then no piece needs to know of permits. A permit that takes the
 * message is charged like a limit that stops it: if it was used up meanwhile,
 * all begins anew.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "charge_outcome.h"
#include "charge_pieces.h"

#define TRIES_MAX 3 /* a permit was used up between looking and charging */

/* The windows of one question in the order in which they are asked about: the
 * permits' first, each of these in pieces of its own. */
struct pieces {
	const struct charge_asker *asker;
	struct charge *asked; /* without a word about permits */
	size_t *which;	      /* the caller's, of each */
	size_t count;
	uint64_t *charged_ms; /* at the first of a piece; 0: within one */
};

static size_t piece_of(const struct charge_asker *asker, size_t begin,
		       size_t end)
{
	return end - begin < asker->max ? end - begin : asker->max;
}

static void pieces_init(struct pieces *pieces, const struct charge_asker *asker,
			size_t max)
{
	pieces->asker = asker;
	pieces->asked = alloc_array(max, sizeof(*pieces->asked));
	pieces->which = alloc_array(max, sizeof(*pieces->which));
	pieces->charged_ms = alloc_zero(max * sizeof(*pieces->charged_ms));
	pieces->count = 0;
}

static void pieces_clear(struct pieces *pieces)
{
	free(pieces->asked);
	free(pieces->which);
	free(pieces->charged_ms);
}

static struct charge *pieces_add(struct pieces *pieces,
				 const struct charge *charges, size_t index)
{
	struct charge *asked = &pieces->asked[pieces->count];

	*asked = charges[index];
	asked->permit = 0;
	asked->covers = 0;
	asked->is_own = false;
	pieces->which[pieces->count++] = index;
	return asked;
}

/* The answers go to the caller's charges. */
static void pieces_answer(const struct pieces *pieces, struct charge *charges)
{
	for (size_t i = 0; i < pieces->count; i++) {
		struct charge *charge = &charges[pieces->which[i]];

		charge->used = pieces->asked[i].used;
		charge->wait_ms = pieces->asked[i].wait_ms;
		charge->shut_ms = pieces->asked[i].shut_ms;
	}
}

/* What of the windows that were charged. */
enum back {
	BACK_ALL,
	BACK_ATTEMPTS, /* what counts attempts */
	BACK_OTHERS    /* what does not */
};

static bool is_given_back(const struct charge *asked, enum back back)
{
	return back == BACK_ALL || asked->attempts == (back == BACK_ATTEMPTS);
}

/* What was charged from begin, where a piece begins, to end. */
static void give_back(struct pieces *pieces, size_t begin, size_t end,
		      enum back which)
{
	const struct charge_asker *asker = pieces->asker;

	for (size_t count; begin < end; begin += count) {
		struct charge back[CHARGE_PIECE_MAX];
		size_t kept = 0;

		count = 1;
		while (begin + count < end &&
		       pieces->charged_ms[begin + count] == 0)
			count++;
		for (size_t i = begin; i < begin + count; i++) {
			struct charge *asked = &pieces->asked[i];

			if (!is_given_back(asked, which))
				continue;
			back[kept++] = *asked;
			asked->used -= asked->cost < asked->used ? asked->cost
								 : asked->used;
		}
		if (kept != 0)
			asker->give_back(asker->context, back, kept,
					 pieces->charged_ms[begin]);
	}
}

/* Peeks, or adds, to all from begin on; all of them or, when one piece is not
 * answered, none. */
static bool ask_rest(struct pieces *pieces, enum store_question question,
		     size_t begin)
{
	const struct charge_asker *asker = pieces->asker;

	for (size_t at = begin, count; at < pieces->count; at += count) {
		count = piece_of(asker, at, pieces->count);
		if (asker->ask(asker->context, question, &pieces->asked[at],
			       count,
			       &pieces->charged_ms[at]) != STORE_UNAVAILABLE)
			continue;
		if (question == STORE_ADD)
			give_back(pieces, begin, at, BACK_ALL);
		return false;
	}
	return true;
}

/* The message is refused: the windows from begin on are only looked at, but
 * that they count attempts. */
static bool refuse_rest(struct pieces *pieces, size_t begin)
{
	struct pieces attempts;
	bool is_answered;

	if (!ask_rest(pieces, STORE_PEEK, begin))
		return false;
	pieces_init(&attempts, pieces->asker, pieces->count - begin);
	for (size_t i = begin; i < pieces->count; i++)
		if (pieces->asked[i].attempts)
			pieces_add(&attempts, pieces->asked, i);
	is_answered = ask_rest(&attempts, STORE_ADD, 0);
	for (size_t i = 0; i < attempts.count && is_answered; i++)
		pieces->asked[attempts.which[i]].used = attempts.asked[i].used;
	pieces_clear(&attempts);
	return is_answered;
}

/* Charges one piece after the other, until one refuses. The first permits of
 * them are permits' windows; *is_late_r: one of these refused. */
static enum store_answer charge_pieces(struct pieces *pieces, size_t permits,
				       bool *is_late_r)
{
	const struct charge_asker *asker = pieces->asker;
	size_t begin = 0;

	*is_late_r = false;
	while (begin < pieces->count) {
		size_t end = begin < permits ? permits : pieces->count;
		size_t count = piece_of(asker, begin, end);
		enum store_answer answer = asker->ask(
			asker->context, STORE_CHARGE, &pieces->asked[begin],
			count, &pieces->charged_ms[begin]);

		if (answer == STORE_ADMITTED) {
			begin += count;
			continue;
		}
		*is_late_r = answer == STORE_REFUSED && begin < permits;
		if (answer == STORE_REFUSED && !*is_late_r &&
		    !refuse_rest(pieces, begin + count)) {
			give_back(pieces, begin, begin + count, BACK_ATTEMPTS);
			answer = STORE_UNAVAILABLE;
		}
		give_back(pieces, 0, begin,
			  answer == STORE_REFUSED && !*is_late_r ? BACK_OTHERS
								 : BACK_ALL);
		return answer;
	}
	return STORE_ADMITTED;
}

/* Looks at the windows of permits; which are open? */
static bool look_at_permits(const struct charge_asker *asker,
			    struct charge *charges, size_t count,
			    struct charge_outcome *finding_r)
{
	struct pieces pieces;
	bool is_answered;

	pieces_init(&pieces, asker, count);
	for (size_t i = 0; i < count; i++) {
		charges[i].wait_ms = charges[i].shut_ms = 0;
		if (charges[i].permit != 0)
			pieces_add(&pieces, charges, i)->stops = false;
	}
	is_answered = ask_rest(&pieces, STORE_PEEK, 0);
	if (is_answered)
		pieces_answer(&pieces, charges);
	pieces_clear(&pieces);
	charge_outcome_of(charges, count, finding_r);
	return is_answered;
}

/* Those that are charged if the message is admitted, permits first, go to
 * charged, the others to others. How many of them are permits'? */
static size_t sort_out(const struct charge_outcome *finding,
		       const struct charge *charges, size_t count,
		       struct pieces *charged, struct pieces *others)
{
	size_t permits;

	for (size_t i = 0; i < count; i++) {
		struct charge *asked;

		if (charges[i].permit == 0 ||
		    !charge_is_made(STORE_CHARGE, finding, &charges[i]))
			continue;
		asked = pieces_add(charged, charges, i);
		asked->stops = true;
		asked->attempts = false;
	}
	permits = charged->count;
	for (size_t i = 0; i < count; i++) {
		bool is_made = charge_is_made(STORE_CHARGE, finding,
					      &charges[i]);

		if (charges[i].permit != 0)
			continue;
		if ((charges[i].covers & finding->open) != 0)
			pieces_add(is_made ? charged : others, charges, i)
				->stops = false;
		else
			pieces_add(charged, charges, i);
	}
	return permits;
}

/* One try; *is_late_r: a permit that was open is so no longer. */
static enum store_answer ask_once(const struct charge_asker *asker,
				  enum store_question question,
				  struct charge *charges, size_t count,
				  bool *is_late_r)
{
	enum store_answer answer = STORE_UNAVAILABLE;
	struct charge_outcome finding;
	struct pieces charged, others;
	size_t permits;

	*is_late_r = false;
	if (!look_at_permits(asker, charges, count, &finding))
		return STORE_UNAVAILABLE;
	pieces_init(&charged, asker, count);
	pieces_init(&others, asker, count);
	permits = sort_out(&finding, charges, count, &charged, &others);
	if (!ask_rest(&others, STORE_PEEK, 0))
		answer = STORE_UNAVAILABLE;
	else if (question == STORE_CHARGE)
		answer = charge_pieces(&charged, permits, is_late_r);
	else if (ask_rest(&charged, STORE_PEEK, 0))
		answer = STORE_ADMITTED;
	if (answer != STORE_UNAVAILABLE) {
		pieces_answer(&charged, charges);
		pieces_answer(&others, charges);
		charge_outcome_of(charges, count, &finding);
		if (question == STORE_PEEK && finding.is_stopped)
			answer = STORE_REFUSED;
	}
	pieces_clear(&charged);
	pieces_clear(&others);
	return answer;
}

static enum store_answer add_all(const struct charge_asker *asker,
				 struct charge *charges, size_t count)
{
	struct charge_outcome finding;
	struct pieces pieces;
	bool is_answered;

	pieces_init(&pieces, asker, count);
	for (size_t i = 0; i < count; i++)
		pieces_add(&pieces, charges, i);
	is_answered = ask_rest(&pieces, STORE_ADD, 0);
	if (is_answered) {
		pieces_answer(&pieces, charges);
		charge_outcome_of(charges, count, &finding);
	}
	pieces_clear(&pieces);
	return is_answered ? STORE_ADMITTED : STORE_UNAVAILABLE;
}

enum store_answer charge_in_pieces(const struct charge_asker *asker,
				   enum store_question question,
				   struct charge *charges, size_t count)
{
	enum store_answer answer = STORE_UNAVAILABLE;
	bool is_late = true;

	if (question == STORE_ADD)
		return add_all(asker, charges, count);
	for (int i = 0; i < TRIES_MAX && is_late; i++)
		answer = ask_once(asker, question, charges, count, &is_late);
	return is_late ? STORE_UNAVAILABLE : answer;
}
