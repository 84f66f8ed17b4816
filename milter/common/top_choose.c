/* SPDX-License-Identifier: ISC */

/* A partition, then qsort(3) with one comparison for each order. */
#include "top_choose.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/policy/near_limit.h"
#include "window_text.h"

static bool has_key(const struct top_row *row, const char *key)
{
	size_t length = strcspn(row->subject, ":");

	return strlen(key) == length && memcmp(row->subject, key, length) == 0;
}

static const struct limit *limit_of(const struct settings *settings,
				    const struct top_row *row)
{
	for (size_t i = 0; i < settings->limit_count; i++) {
		const struct limit *limit = &settings->limits[i];

		if (strcmp(limit->name, row->limit) == 0 &&
		    limit->per_ms == row->per_ms)
			return limit;
	}
	return NULL;
}

static bool is_foreign(const struct top_row *row, const struct top_wish *wish)
{
	return !wish->wants_all && wish->settings != NULL &&
	       wish->settings->limit_count != 0 &&
	       limit_of(wish->settings, row) == NULL;
}

static bool is_wanted(const struct top_row *row, const struct top_wish *wish)
{
	return (wish->key == NULL || has_key(row, wish->key)) &&
	       (wish->limit == NULL || strcmp(row->limit, wish->limit) == 0) &&
	       (wish->wants_all ||
		near_limit_is_worth(row->window.used, row->max));
}

/* orders */

static int compare_numbers(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_subject(const void *a, const void *b)
{
	const struct top_row *left = a, *right = b;
	int order = strcmp(left->subject, right->subject);

	return order != 0 ? order : strcmp(left->limit, right->limit);
}

/* One number a row, so that the order is one for whatever Redis holds; as in
 * the table, what has no max is at 0 percent. */
static double share_of(const struct top_row *row)
{
	return row->max == 0 ? 0 : (double)row->window.used / (double)row->max;
}

/* What refuses is full, even when the next small message would fit: of two
 * thousand full windows the one that refuses most comes first. */
static int by_percent(const void *a, const void *b)
{
	const struct top_row *rows[] = { a, b };
	double shares[2];
	int order;

	for (int i = 0; i < 2; i++) {
		shares[i] = share_of(rows[i]);
		if (rows[i]->refused != 0 && shares[i] < 1)
			shares[i] = 1;
	}
	if (shares[0] != shares[1])
		return shares[0] < shares[1] ? 1 : -1;
	order = compare_numbers(rows[1]->refused, rows[0]->refused);
	return order != 0 ? order : by_subject(a, b);
}

static int by_used(const void *a, const void *b)
{
	const struct top_row *left = a, *right = b;
	int order = compare_numbers(right->window.used, left->window.used);

	return order != 0 ? order : by_subject(a, b);
}

static int by_refused(const void *a, const void *b)
{
	const struct top_row *left = a, *right = b;
	int order = compare_numbers(right->refused, left->refused);

	return order != 0 ? order : by_percent(a, b);
}

static int by_since(const void *a, const void *b)
{
	const struct top_row *left = a, *right = b;
	int order = compare_numbers(left->since_ms, right->since_ms);

	return order != 0 ? order : by_subject(a, b);
}

size_t top_choose(struct top *top, const struct top_wish *wish)
{
	static int (*const comparisons[TOP_ORDERS])(const void *,
						    const void *) = {
		[TOP_BY_PERCENT] = by_percent, [TOP_BY_USED] = by_used,
		[TOP_BY_REFUSED] = by_refused, [TOP_BY_SINCE] = by_since,
		[TOP_BY_SUBJECT] = by_subject,
	};
	size_t count = 0;

	for (size_t i = 0; i < top->count; i++) {
		struct top_row row = top->rows[i];

		if (!is_wanted(&row, wish) || is_foreign(&row, wish))
			continue;
		top->rows[i] = top->rows[count];
		top->rows[count++] = row;
	}
	if (count != 0)
		qsort(top->rows, count, sizeof(*top->rows),
		      comparisons[wish->order]);
	return count;
}

size_t top_choose_foreign(const struct top *top, const struct top_wish *wish)
{
	size_t count = 0;

	for (size_t i = 0; i < top->count; i++)
		count += is_wanted(&top->rows[i], wish) &&
			 is_foreign(&top->rows[i], wish);
	return count;
}

enum limit_unit top_choose_unit(const struct settings *settings,
				const struct top_row *row)
{
	const struct limit *limit = limit_of(settings, row);

	return limit == NULL ? LIMIT_MESSAGES : limit->unit;
}

json_t *top_choose_json(const struct top_row *row)
{
	return document_make(
		"subject:s limit:s per_ms:n used:n max:n percent:n since:m "
		"last:m refused:n bucket_ms:n buckets:o",
		row->subject, row->limit, row->per_ms, row->window.used,
		row->max,
		(uint64_t)window_text_percent(row->window.used, row->max),
		row->since_ms, row->last_ms, row->refused, row->shape.width_ms,
		window_text_buckets(&row->window, &row->shape));
}
