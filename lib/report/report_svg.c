/* SPDX-License-Identifier: ISC */

/* Stacked columns and lines for events, from the rows of a table. Sizes are
 * attributes: a style would need a policy that permits it. */
#include <stdlib.h>

#include "lib/base/count_text.h"
#include "lib/base/json.h"
#include "lib/base/moment.h"
#include "report_print.h"
#include "report_value.h"

#define WIDTH	    720.0
#define HEIGHT	    220.0
#define LEFT	    52.0
#define RIGHT	    8.0
#define TOP	    18.0
#define BOTTOM	    24.0
#define PLOT	    (HEIGHT - TOP - BOTTOM)
#define MARK_MAX    30
#define COLUMNS_MIN 12 /* of less the chart is not filled */

static const struct {
	const char *member, *class, *title;
} series[] = {
	{ "let_in", "let", "let in" },
	{ "held", "held", "held" },
	{ "stopped", "stopped", "stopped" },
};

#define SERIES (sizeof(series) / sizeof(series[0]))

struct chart {
	const json_t *rows;
	size_t count, shown; /* rows; columns that there is room for */
	uint64_t most, begin_ms, width_ms; /* of a row */
	double column;
	FILE *out;
	void (*put)(FILE *out, const char *text);
};

static uint64_t sum_of(const json_t *row)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < SERIES; i++)
		sum += document_get_number(row, series[i].member);
	return sum;
}

static bool begin(const json_t *section, struct chart *chart)
{
	const json_t *described = json_object_get(section, "chart");
	const json_t *table = json_object_get(
		json_object_get(section, "tables"),
		document_get_text(described, "table"));
	const json_t *row;
	size_t i;

	chart->rows = json_object_get(table, "rows");
	chart->count = json_array_size(chart->rows);
	chart->width_ms = document_get_number(described, "width_ms");
	if (chart->count == 0 || chart->width_ms == 0)
		return false;
	chart->begin_ms = report_moment_of(json_array_get(chart->rows, 0),
					   "time");
	chart->shown = chart->count < COLUMNS_MIN ? COLUMNS_MIN : chart->count;
	chart->column = (WIDTH - LEFT - RIGHT) / (double)chart->shown;
	chart->most = 1;
	json_array_foreach(chart->rows, i, row)
		if (sum_of(row) > chart->most)
			chart->most = sum_of(row);
	return true;
}

static void draw_column(const struct chart *chart, size_t index)
{
	const json_t *row = json_array_get(chart->rows, index);
	double bottom = TOP + PLOT;

	for (size_t i = 0; i < SERIES; i++) {
		uint64_t value = document_get_number(row, series[i].member);
		double height = PLOT * (double)value / (double)chart->most;

		if (value == 0)
			continue;
		if (height < 1)
			height = 1;
		bottom -= height;
		fprintf(chart->out,
			"<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" "
			"width=\"%.1f\" height=\"%.1f\"/>\n",
			series[i].class,
			LEFT + chart->column * (double)index + 0.5, bottom,
			chart->column > 2 ? chart->column - 1 : 1.0, height);
	}
}

static void put_text(const struct chart *chart, double x, double y,
		     const char *anchor, const char *text)
{
	fprintf(chart->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">",
		x, y, anchor);
	chart->put(chart->out, text);
	fputs("</text>\n", chart->out);
}

static void draw_axes(const struct chart *chart)
{
	char most[COUNT_TEXT_SIZE], moment[MOMENT_TEXT_SIZE];
	uint64_t end_ms = chart->begin_ms + chart->shown * chart->width_ms;

	fprintf(chart->out,
		"<path class=\"axis\" fill=\"none\" d=\"M%.1f %.1fV%.1fH%.1f\"/>"
		"\n",
		LEFT, TOP, TOP + PLOT, WIDTH - RIGHT);
	put_text(chart, LEFT - 4, TOP + 9, "end",
		 count_text(chart->most, most));
	put_text(chart, LEFT - 4, TOP + PLOT, "end", "0");
	moment_format_utc(chart->begin_ms, moment);
	moment[16] = '\0';
	moment[10] = ' ';
	put_text(chart, LEFT, HEIGHT - 6, "start", moment);
	moment_format_utc(end_ms, moment);
	moment[16] = '\0';
	put_text(chart, WIDTH - RIGHT, HEIGHT - 6, "end", moment + 11);
}

/* Where the event is; false: outside of the chart. */
static bool place_of(const struct chart *chart, const json_t *mark, double *x_r)
{
	uint64_t when_ms = report_moment_of(mark, "time");
	double columns = ((double)when_ms - (double)chart->begin_ms) /
			 (double)chart->width_ms;

	*x_r = LEFT + chart->column * columns;
	return columns >= 0 && columns <= (double)chart->shown;
}

static void draw_marks(const struct chart *chart, const json_t *marks)
{
	const json_t *mark;
	char number[24];
	size_t i;
	double x, last = -100;

	json_array_foreach(marks, i, mark) {
		if (i == MARK_MAX || !place_of(chart, mark, &x))
			continue;
		fprintf(chart->out,
			"<path class=\"mark\" d=\"M%.1f %.1fV%.1f\"/>\n", x,
			TOP, TOP + PLOT);
		snprintf(number, sizeof(number), "%zu", i + 1);
		if (x - last >= 12) {
			put_text(chart, x, TOP - 5, "middle", number);
			last = x;
		}
	}
}

static void draw_legend(const struct chart *chart)
{
	double x = LEFT + 120;

	for (size_t i = SERIES; i-- > 0; x += 90) {
		fprintf(chart->out,
			"<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" "
			"width=\"10\" height=\"10\"/>\n",
			series[i].class, x, HEIGHT - 15);
		put_text(chart, x + 15, HEIGHT - 6, "start", series[i].title);
	}
}

static void list_marks(const struct chart *chart, const json_t *marks)
{
	const json_t *mark;
	size_t i;

	fputs("<ol>\n", chart->out);
	json_array_foreach(marks, i, mark) {
		char *when;

		if (i == MARK_MAX)
			break;
		when = report_value_text(json_object_get(mark, "time"),
					 REPORT_TIME);
		fputs("<li>", chart->out);
		chart->put(chart->out, when);
		fputs(" ", chart->out);
		chart->put(chart->out, document_get_text(mark, "label"));
		fputs("</li>\n", chart->out);
		free(when);
	}
	fputs("</ol>\n", chart->out);
	if (json_array_size(marks) > MARK_MAX)
		fprintf(chart->out, "<p>%zu more events are not drawn.</p>\n",
			json_array_size(marks) - MARK_MAX);
}

void report_print_svg(const json_t *section, FILE *out,
		      void (*put)(FILE *out, const char *text))
{
	const json_t *described = json_object_get(section, "chart");
	const json_t *marks = json_object_get(described, "marks");
	struct chart chart = { .out = out, .put = put };

	if (described == NULL || !begin(section, &chart))
		return;
	fprintf(out,
		"<figure><svg role=\"img\" viewBox=\"0 0 %.0f %.0f\"><title>",
		WIDTH, HEIGHT);
	put(out, document_get_text(described, "title"));
	fputs("</title><desc>", out);
	put(out, document_get_text(described, "description"));
	fputs("</desc>\n", out);
	for (size_t i = 0; i < chart.count; i++)
		draw_column(&chart, i);
	draw_axes(&chart);
	draw_marks(&chart, marks);
	draw_legend(&chart);
	fputs("</svg><figcaption>", out);
	list_marks(&chart, marks);
	fputs("</figcaption></figure>\n", out);
}
