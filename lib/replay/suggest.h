/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SUGGEST_H
#define WEIR_SUGGEST_H

/*
 * A max for a limit, from what its subjects reached while none was stopped,
 * that the normal ones never meet: the peak of the subject at a percentile,
 * times a margin, rounded up to a round number. Percentile and margin are in
 * thousandths: 99000 is p99, 1500 is 1.5. Pure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/settings/limit.h"

#define SUGGEST_PERCENTILE 99000
#define SUGGEST_MARGIN	   1500

struct suggest_wish {
	uint64_t percentile; /* 1000 to 100000 */
	uint64_t margin;     /* 1000 to 100000 */
};

struct limit_suggestion {
	size_t subjects; /* that were seen; 0: then max is the limit's own */
	uint64_t peak;	 /* of the subject at the percentile */
	uint64_t top;	 /* of the one highest */
	uint64_t max;
};

/* "99", "99.9", "1.5": thousandths, from min to max; false otherwise. */
bool suggest_parse(const char *text, uint64_t min, uint64_t max,
		   uint64_t *thousandths_r);

/*
 * The value at a percentile of count sorted values (ascending): the one with
 * the number count * percentile, rounded down, and at least the first. So with
 * less than 100 subjects p99 still leaves out the highest one.
 */
uint64_t suggest_percentile(const uint64_t *sorted, size_t count,
			    uint64_t percentile);

/* The next number up of the row 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10 ...; of
 * bytes in KB, MB, GB. At most 2^53. */
uint64_t suggest_round(uint64_t number, enum limit_unit unit);

/* Sorts peaks. */
void suggest_max(const struct suggest_wish *wish, const struct limit *limit,
		 uint64_t *peaks, size_t count,
		 struct limit_suggestion *suggestion_r);

#endif
