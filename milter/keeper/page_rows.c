/* SPDX-License-Identifier: ISC */

/* Near limits, orders and the last hour. */
#include "page_rows.h"

#include <inttypes.h>
#include <stdlib.h>

#include "lib/base/count_text.h"
#include "lib/base/json.h"
#include "lib/base/moment.h"
#include "lib/base/span_text.h"
#include "lib/store/window_value.h"
#include "milter/common/order_text.h"
#include "milter/common/top_choose.h"
#include "milter/common/window_text.h"
#include "page_cell.h"
#include "page_chart.h"

#define EFFECT_SIZE 400

/* near a limit */

static void put_window(json_t *row, const struct top_row *near)
{
	uint64_t counts[WINDOW_SLOTS_MAX];
	unsigned int count = window_value_chart(&near->window, &near->shape,
						counts);
	char *path = page_chart_path(counts, NULL, count,
				     page_chart_max(counts, count));
	char span[SPAN_TEXT_SIZE];

	page_cell_put(row, "chart", "%s", path);
	page_cell_put(row, "chart_label", "its window of %s",
		      span_text(near->per_ms, span));
	free(path);
}

static json_t *near_row(const struct page_frame *frame,
			const struct top_row *near, uint64_t now_ms)
{
	unsigned int percent = window_text_percent(near->window.used,
						   near->max);
	enum limit_unit unit = top_choose_unit(frame->settings, near);
	json_t *row = page_cell_row(
		top_choose_json(near),
		percent >= 100 || near->refused != 0 ? "bad" : "warn");
	char used[WINDOW_TEXT_SIZE], max[WINDOW_TEXT_SIZE],
		span[SPAN_TEXT_SIZE], refused[COUNT_TEXT_SIZE];

	page_cell_put_value(row, "subject", near->subject);
	page_cell_put_value(row, "limit", near->limit);
	page_cell_put(row, "used", "%s / %s",
		      window_text_amount(unit, near->window.used, used),
		      window_text_amount(unit, near->max, max));
	page_cell_put(row, "percent", "%u%%", percent);
	page_cell_put(row, "percent_bar", "M0 0h%uv10H0z",
		      percent < 100 ? percent : 100);
	page_cell_put(
		row, "for", "%s",
		span_text(near->since_ms < now_ms ? now_ms - near->since_ms : 0,
			  span));
	page_cell_put(row, "refused", "%s", count_text(near->refused, refused));
	put_window(row, near);
	return row;
}

static json_t *near_rows(const struct page_frame *frame,
			 const struct page_facts *facts)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < facts->near_count; i++)
		json_array_append_new(rows, near_row(frame, &facts->top.rows[i],
						     facts->top.now_ms));
	return rows;
}

/* orders */

static void put_left(json_t *row, const struct order *order, uint64_t now_ms)
{
	char span[SPAN_TEXT_SIZE];

	if (order->until_ms == ORDER_EVER_MS)
		page_cell_put(row, "left", "until it is lifted");
	else if (now_ms < order->from_ms)
		page_cell_put(row, "left", "begins in %s",
			      span_text(order->from_ms - now_ms, span));
	else
		page_cell_put(row, "left", "%s left",
			      span_text(order->until_ms - now_ms, span));
}

static json_t *order_row(const struct order *order, uint64_t used,
			 uint64_t now_ms)
{
	json_t *row = page_cell_row(order_text_json(order, used, now_ms),
				    order_kind_name(order->kind));
	char effect[EFFECT_SIZE];

	order_text_effect(order, used, effect, sizeof(effect));
	page_cell_put(row, "order", "%s %" PRIu64, order_kind_name(order->kind),
		      order->id);
	page_cell_put_value(row, "subject", order->subject);
	page_cell_put_value(row, "effect", effect);
	put_left(row, order, now_ms);
	page_cell_put_value(row, "by", order->by);
	page_cell_put_value(row, "reason", order->reason);
	return row;
}

static json_t *order_rows(const struct page_facts *facts)
{
	const struct order_list *list = &facts->status.orders;
	json_t *rows = json_array();

	for (size_t i = 0; i < list->count; i++)
		if (list->now_ms < list->orders[i].until_ms)
			json_array_append_new(rows, order_row(&list->orders[i],
							      facts->used[i],
							      list->now_ms));
	return rows;
}

/* the last hour */

enum series {
	ACCEPTED,
	TEMPFAILED,
	REJECTED,
	HELD,
	SERIES
};

static const char *const series_names[SERIES] = { "accepted", "tempfailed",
						  "rejected", "held" };
static const enum series series_of[VERDICT_KINDS] = {
	[VERDICT_ACCEPT] = ACCEPTED,  [VERDICT_MONITOR] = ACCEPTED,
	[VERDICT_QUARANTINE] = HELD,  [VERDICT_TEMPFAIL] = TEMPFAILED,
	[VERDICT_DISCARD] = REJECTED, [VERDICT_REJECT] = REJECTED,
};

/* Messages a minute, from the oldest on; and what they are drawn on top of. */
struct hour {
	uint64_t values[SERIES][WINDOW_SLOTS_MAX];
	uint64_t below[SERIES][WINDOW_SLOTS_MAX];
	uint64_t all[WINDOW_SLOTS_MAX];
	unsigned int count;
	uint64_t first_ms, width_ms;
};

static void read_hour(const struct totals *totals, struct hour *hour)
{
	const struct window_shape *shape = &totals->shapes[TOTALS_HOUR];
	uint64_t counts[WINDOW_SLOTS_MAX];

	*hour = (struct hour){ .width_ms = shape->width_ms };
	for (int i = 0; i < VERDICT_KINDS; i++) {
		const struct window *window = &totals->windows[i][TOTALS_HOUR];

		hour->count = window_value_chart(window, shape, counts);
		hour->first_ms = (window->head + 1 - hour->count) *
				 shape->width_ms;
		for (unsigned int j = 0; j < hour->count; j++)
			hour->values[series_of[i]][j] += counts[j];
	}
	for (int i = 0; i < SERIES; i++)
		for (unsigned int j = 0; j < hour->count; j++) {
			hour->below[i][j] = hour->all[j];
			hour->all[j] += hour->values[i][j];
		}
}

static json_t *hour_rows(const struct hour *hour)
{
	json_t *rows = json_array();

	for (unsigned int j = hour->count; j-- > 0;) {
		json_t *row = page_cell_row(json_object(), "");
		uint64_t minute_ms = hour->first_ms + j * hour->width_ms;
		char count[COUNT_TEXT_SIZE], clock[MOMENT_TEXT_SIZE];

		json_object_set_new(row, "minute", document_moment(minute_ms));
		page_cell_put(row, "minute", "%.5s",
			      moment_format_near(minute_ms, minute_ms, clock));
		for (int i = 0; i < SERIES; i++) {
			json_object_set_new(
				row, series_names[i],
				document_number(hour->values[i][j]));
			page_cell_put(row, series_names[i], "%s",
				      count_text(hour->values[i][j], count));
		}
		json_array_append_new(rows, row);
	}
	return rows;
}

static json_t *chart_of(const struct hour *hour)
{
	json_t *chart = json_object();
	uint64_t max = page_chart_max(hour->all, hour->count);

	for (int i = 0; i < SERIES; i++) {
		char *path = page_chart_path(hour->values[i], hour->below[i],
					     hour->count, max);

		json_object_set_new(chart, series_names[i], json_string(path));
		free(path);
	}
	json_object_set_new(
		chart, "label",
		document_format("at most %" PRIu64 " messages a minute", max));
	return chart;
}

/* below the tables */

static json_t *notes_of(const struct page_facts *facts)
{
	json_t *incidents =
		facts->incidents_more != 0
			? document_format("%zu more of the last 7 days, see "
					  "weirctl incidents --since 7d",
					  facts->incidents_more)
			: json_string(facts->incident_count == 0
					      ? "No flood in 7 days."
					      : "");
	json_t *near = facts->near_count > PAGE_NEAR_USUAL
			       ? document_format("%d of %zu are shown.",
						 PAGE_NEAR_USUAL,
						 facts->near_count)
			       : json_string(facts->near_count == 0
						     ? "Nothing is at half of "
						       "a limit or above."
						     : "");

	return document_make(
		"incidents:o near:o orders:s", incidents, near,
		facts->status.orders.count == 0 ? "No order is in force." : "");
}

json_t *page_rows_make(const struct page_frame *frame,
		       const struct page_facts *facts)
{
	struct hour hour;

	read_hour(&facts->status.totals, &hour);
	return document_make(
		"incidents:o near:o orders:o hour:o system:o chart:o notes:o",
		page_rows_incidents(frame, facts), near_rows(frame, facts),
		order_rows(facts), hour_rows(&hour),
		page_rows_system(frame, facts), chart_of(&hour),
		notes_of(facts));
}
