/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TOP_ROWS_H
#define WEIR_TOP_ROWS_H

/*
 * What of the board is shown, in which order, and as which words.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fleet/top.h"
#include "lib/settings/settings.h"
#include "context.h"
#include "output.h"

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
size_t top_rows_choose(struct top *top, const struct top_wish *wish);

/* How many rows are left out because they are of limits, or lengths of them,
 * that the settings do not have: of a limit that was renamed or removed, or of
 * another milter's configuration. Pure. */
size_t top_rows_foreign(const struct top *top, const struct top_wish *wish);

/* A row for each of the first count rows; the caller frees it. */
struct output *top_rows_output(const struct context *context, bool is_json,
			       const struct top *top, size_t count);

#endif
