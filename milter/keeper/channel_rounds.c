/* SPDX-License-Identifier: ISC */

/* A round that is done but was never told stays until that was asked for. */
#include "channel_rounds.h"

#include <stdlib.h>

#include <utlist.h>

#include "lib/base/alloc.h"

static struct channel_round *find(const struct channel_rounds *rounds,
				  uint64_t token)
{
	for (struct channel_round *at = rounds->first; at != NULL;
	     at = at->next)
		if (at->token == token && at->left != 0)
			return at;
	return NULL;
}

static void drop(struct channel_rounds *rounds, struct channel_round *round)
{
	LL_DELETE(rounds->first, round);
	free(round);
}

void channel_rounds_add(struct channel_rounds *rounds, uint64_t token,
			size_t channels, uint64_t now_ms, bool is_test)
{
	struct channel_round *round = alloc_zero(sizeof(*round));

	round->token = token;
	round->given_ms = now_ms;
	round->channels = round->left = channels;
	round->is_told = is_test;
	LL_PREPEND(rounds->first, round);
}

void channel_rounds_fail(struct channel_rounds *rounds, uint64_t token)
{
	struct channel_round *round = find(rounds, token);

	if (round != NULL)
		round->failing++;
}

bool channel_rounds_finish(struct channel_rounds *rounds, uint64_t token,
			   bool is_told)
{
	struct channel_round *round = find(rounds, token);

	if (round == NULL)
		return true;
	round->is_told = round->is_told || is_told;
	if (--round->left > 0)
		return false;
	if (round->is_told || round->is_logged)
		drop(rounds, round);
	return true;
}

static bool is_untold(const struct channel_round *round, uint64_t now_ms,
		      uint64_t failing_ms)
{
	if (round->is_told || round->is_logged)
		return false;
	return round->left == 0 || (round->failing >= round->channels &&
				    now_ms - round->given_ms >= failing_ms);
}

const struct channel_round *channel_rounds_untold(struct channel_rounds *rounds,
						  uint64_t now_ms,
						  uint64_t failing_ms)
{
	for (struct channel_round *round = rounds->first, *next; round != NULL;
	     round = next) {
		next = round->next;
		if (is_untold(round, now_ms, failing_ms)) {
			round->is_logged = true;
			return round;
		}
		if (round->left == 0)
			drop(rounds, round);
	}
	return NULL;
}

void channel_rounds_clear(struct channel_rounds *rounds)
{
	while (rounds->first != NULL)
		drop(rounds, rounds->first);
}
