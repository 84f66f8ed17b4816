/* SPDX-License-Identifier: ISC */

/* A count a minute; whoever is not in it waits for the next. */
#include "outage.h"

#define MINUTE_MS 60000

static bool has_room(struct outage *outage, uint64_t now_ms)
{
	if (outage->told == 0 || now_ms - outage->minute_ms >= MINUTE_MS) {
		outage->minute_ms = now_ms;
		outage->told = 0;
	}
	return outage->told < OUTAGES_A_MINUTE;
}

enum outage_word outage_down(struct outage *outage, uint64_t now_ms,
			     unsigned int *before_r)
{
	bool is_new = !outage->is_begun;

	if (is_new)
		outage->since_ms = now_ms;
	outage->is_begun = true;
	if (outage->is_told)
		return OUTAGE_SILENT;
	if (!has_room(outage, now_ms))
		return is_new && outage->untold++ == 0 ? OUTAGE_ENOUGH
						       : OUTAGE_SILENT;
	outage->told++;
	outage->is_told = true;
	/* one that began before it could be told was counted then */
	*before_r = outage->untold - (!is_new && outage->untold > 0 ? 1 : 0);
	outage->untold = 0;
	return OUTAGE_TELL;
}

bool outage_up(struct outage *outage, uint64_t now_ms, uint64_t *lasted_r)
{
	bool is_told = outage->is_told;

	if (is_told)
		*lasted_r = now_ms - outage->since_ms;
	outage->is_begun = outage->is_told = false;
	return is_told;
}
