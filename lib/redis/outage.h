/* SPDX-License-Identifier: ISC */
#ifndef WEIR_OUTAGE_H
#define WEIR_OUTAGE_H

/*
 * Without this a Redis that comes and goes every second would fill the log.
 *
 * Which outages are told: each when it begins and when it ends, but at most
 * five begin in a minute. Then it is said that there are more, and the next
 * one that is told says how many were not. An outage that was not told and
 * lasts is told when the minute is over. One thread; all zero is the start.
 */
#include <stdbool.h>
#include <stdint.h>

#define OUTAGES_A_MINUTE 5

struct outage {
	bool is_begun, is_told;
	uint64_t since_ms;
	uint64_t minute_ms; /* when the first one told in it began; 0: never */
	unsigned int told, untold;
};

enum outage_word {
	OUTAGE_SILENT,
	OUTAGE_TELL,  /* that it is down */
	OUTAGE_ENOUGH /* that more outages follow which are not told */
};

/* It is down, or still is. before_r: outages that were not told before this
 * one, only with OUTAGE_TELL. */
enum outage_word outage_down(struct outage *outage, uint64_t now_ms,
			     unsigned int *before_r);

/* It is up, and may have been before. Is the end of an outage to be told?
 * Then lasted_r is how long it was. */
bool outage_up(struct outage *outage, uint64_t now_ms, uint64_t *lasted_r);

#endif
