/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TOP_CHOOSE_H
#define WEIR_TOP_CHOOSE_H

/*
 * What of the board is shown, in which order, and each row for programs. Pure.
 */
#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "lib/fleet/top.h"
#include "lib/settings/settings.h"

enum top_order {
	TOP_BY_PERCENT,
	TOP_BY_USED,
	TOP_BY_REFUSED,
	TOP_BY_SINCE, /* the longest first */
	TOP_BY_SUBJECT,
	TOP_ORDERS
};

struct top_wish {
	const char *key;   /* text of a limit's key, such as "sender"; NULL: any
			    */
	const char *limit; /* name; NULL: any */
	/* Those below half by now, too, and those of foreign limits. */
	bool wants_all;
	/* Only windows of its limits, if it has any; NULL: of any limit. */
	const struct settings *settings;
	enum top_order order;
};

/* Puts the rows that are wished for to the front, in their order; the others
 * stay behind them, so that top_clear() finds them. How many. */
size_t top_choose(struct top *top, const struct top_wish *wish);

/* How many rows are left out because they are of limits, or lengths of them,
 * that the settings do not have: of a limit that was renamed or removed, or of
 * another milter's configuration. */
size_t top_choose_foreign(const struct top *top, const struct top_wish *wish);

/* What its limit counts; messages, where the settings do not have it. */
enum limit_unit top_choose_unit(const struct settings *settings,
				const struct top_row *row);

/* "subject", "limit", "per_ms", "used", "max", "percent", "since", "last",
 * "refused", "bucket_ms", "buckets"; the caller's. */
json_t *top_choose_json(const struct top_row *row);

#endif
