/* SPDX-License-Identifier: ISC */

/* A line of the table for each row. */
#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/span_text.h"
#include "top_rows.h"
#include "window_chart.h"

#define CHART_WIDTH 12

static void add_row(struct output *output, enum limit_unit unit,
		    uint64_t now_ms, const struct top_row *row)
{
	char span[SPAN_TEXT_SIZE];
	uint64_t used = row->window.used;
	uint64_t for_ms = row->since_ms < now_ms ? now_ms - row->since_ms : 0;
	char *chart = window_chart(&row->window, &row->shape, CHART_WIDTH);

	output_row(output);
	output_members(output, top_choose_json(row));
	output_subject(output, NULL, "SUBJECT", row->subject);
	output_text(output, NULL, "LIMIT", row->limit);
	output_amount(output, NULL, "USED", unit, used);
	output_amount(output, NULL, "MAX", unit, row->max);
	output_cell(output, "%",
		    OUTPUT_RIGHT | window_chart_colour(used, row->max), "%u%%",
		    window_text_percent(used, row->max));
	output_cell(output, "FOR", OUTPUT_RIGHT, "%s", span_text(for_ms, span));
	output_cell(output, "REFUSED",
		    OUTPUT_RIGHT | (row->refused != 0 ? TERMINAL_BAD : 0),
		    "%" PRIu64, row->refused);
	output_cell(output, "WINDOW", 0, "%s", chart);
	free(chart);
}

struct output *top_rows_output(const struct context *context, bool is_json,
			       const struct top *top, size_t count)
{
	struct output *output = output_new(is_json, "WINDOW,FOR");

	for (size_t i = 0; i < count; i++)
		add_row(output,
			top_choose_unit(context->settings, &top->rows[i]),
			top->now_ms, &top->rows[i]);
	return output;
}
