/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TOP_ROWS_H
#define WEIR_TOP_ROWS_H

/*
 * The rows that were chosen, as a table or as JSON.
 */
#include <stdbool.h>
#include <stddef.h>

#include "milter/common/top_choose.h"
#include "context.h"
#include "output.h"

/* A row for each of the first count rows; the caller frees it. */
struct output *top_rows_output(const struct context *context, bool is_json,
			       const struct top *top, size_t count);

#endif
