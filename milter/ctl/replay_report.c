/* SPDX-License-Identifier: ISC */

/* Goes through the rows of the tally and keeps the few that are worth a
 * word. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "replay_report.h"

static uint64_t weight(const struct tally_row *row)
{
	return row->stopped + row->noticed;
}

/* Keeps top sorted, most first; of equals the one that came first. */
static void place(struct replay_row *row, const struct tally_row *found)
{
	size_t at = row->top_count;

	if (weight(found) == 0)
		return;
	while (at > 0 && weight(row->top[at - 1]) < weight(found))
		at--;
	if (at == REPLAY_TOP)
		return;
	if (row->top_count < REPLAY_TOP)
		row->top_count++;
	memmove(&row->top[at + 1], &row->top[at],
		(row->top_count - at - 1) * sizeof(row->top[0]));
	row->top[at] = found;
}

static void fill(const struct replay *replay, size_t index,
		 struct replay_row *row)
{
	size_t count;
	struct tally_row **found = tally_rows(replay_tally(replay), index,
					      &count);

	row->limit = &replay_settings(replay)->limits[index];
	row->counts = &replay_limits(replay)[index];
	row->subjects = count;
	for (size_t i = 0; i < count; i++) {
		if (found[i]->peak != 0 &&
		    (row->peak == NULL || found[i]->peak > row->peak->peak))
			row->peak = found[i];
		place(row, found[i]);
	}
	free(found);
}

struct replay_row *replay_report_rows(const struct replay *replay)
{
	size_t count = replay_settings(replay)->limit_count;
	struct replay_row *rows = alloc_array(count, sizeof(*rows));

	for (size_t i = 0; i < count; i++)
		fill(replay, i, &rows[i]);
	return rows;
}
