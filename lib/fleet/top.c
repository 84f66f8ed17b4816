/* SPDX-License-Identifier: ISC */

/* A member of the index, "LIMIT:PER:SUBJECT", names its hash and its window:
 * neither a limit nor a span has a colon in it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/units.h"
#include "lib/redis/redis_client.h"
#include "lib/store/window_value.h"
#include "top.h"
#include "top_gone_lua.h"
#include "top_look_lua.h"
#include "top_lua.h"
#include "lib/redis/redis_args.h"

static char *member_of(const char *subject, const char *limit, uint64_t per_ms)
{
	char per[UNITS_TEXT_SIZE];

	return alloc_format("%s:%s:%s", limit, units_format_span(per_ms, per),
			    subject);
}

/* Of a member, or of a list. */
static char *key_of(const char *prefix, const char *name)
{
	return alloc_format("%s:{busy}:%s", prefix, name);
}

/* writing */

static void add_key(struct redis_args *args, const char *prefix,
		    const struct near_limit_window *window)
{
	char *member = member_of(window->subject, window->limit,
				 window->per_ms);

	redis_args_take(args, key_of(prefix, member));
	free(member);
}

static void add_window(struct redis_args *args,
		       const struct near_limit_window *window)
{
	redis_args_take(args, member_of(window->subject, window->limit,
					window->per_ms));
	redis_args_add_number(args, window->used);
	redis_args_add_number(args, window->max);
	redis_args_add_number(args, window->refused);
	redis_args_add_number(args, window->per_ms);
	redis_args_add_number(args, window_shape_of(window->per_ms).width_ms);
}

/* What the index has no room for is counted, and has no hash any more. */
static bool let_go(struct redis_client *redis, const char *prefix,
		   const struct redis_value *members)
{
	size_t count = redis_value_count(members);
	struct redis_args args = { 0 };

	if (count == 0)
		return true;
	redis_args_add_script(&args, top_gone_lua, sizeof(top_gone_lua),
			      count + 1);
	redis_args_take(&args, key_of(prefix, "more"));
	for (size_t i = 0; i < count; i++)
		redis_args_take(
			&args, key_of(prefix, redis_value_text_at(members, i)));
	redis_args_add_number(&args, TOP_MORE_MAX);
	for (size_t i = 0; i < count; i++)
		redis_args_add(&args, redis_value_text_at(members, i));
	return redis_args_do(&args, redis);
}

bool top_note(struct redis_client *redis, const char *prefix,
	      const struct near_limit_window *windows, size_t count)
{
	struct redis_args args = { 0 };
	struct redis_value *value;
	bool is_taken;

	redis_args_add_script(&args, top_lua, sizeof(top_lua), count + 3);
	redis_args_take(&args, key_of(prefix, "index"));
	redis_args_take(&args, key_of(prefix, "ends"));
	redis_args_take(&args, key_of(prefix, "more"));
	for (size_t i = 0; i < count; i++)
		add_key(&args, prefix, &windows[i]);
	redis_args_add_number(&args, TOP_MAX);
	for (size_t i = 0; i < count; i++)
		add_window(&args, &windows[i]);
	value = redis_args_ask(&args, redis);
	is_taken = value != NULL && let_go(redis, prefix, value);
	redis_value_free(&value);
	return is_taken;
}

/* reading */

/* Takes a member apart; false when it is none of ours. */
static bool read_member(const char *member, struct top_row *row)
{
	const char *per = strchr(member, ':');
	const char *subject = per == NULL ? NULL : strchr(per + 1, ':');
	char *span;
	bool is_span;

	if (subject == NULL)
		return false;
	span = alloc_copy(per + 1, (size_t)(subject - per - 1));
	is_span = units_parse_span(span, &row->per_ms) && row->per_ms != 0;
	free(span);
	if (!is_span)
		return false;
	row->limit = alloc_copy(member, (size_t)(per - member));
	row->subject = alloc_text(subject + 1);
	row->shape = window_shape_of(row->per_ms);
	return true;
}

static void row_clear(struct top_row *row)
{
	free(row->subject);
	free(row->limit);
	memset(row, 0, sizeof(*row));
}

void top_clear(struct top *top)
{
	for (size_t i = 0; i < top->count; i++)
		row_clear(&top->rows[i]);
	free(top->rows);
	memset(top, 0, sizeof(*top));
}

static bool send_row(struct redis_client *redis, const char *key)
{
	return redis_client_send_command(
		redis, "HMGET %s since last max refused", key);
}

static void take_row(const struct redis_value *value, struct top_row *row)
{
	row->since_ms = redis_value_number_at(value, 0);
	row->last_ms = redis_value_number_at(value, 1);
	row->max = redis_value_number_at(value, 2);
	row->refused = redis_value_number_at(value, 3);
}

static bool send_window(struct redis_client *redis, const char *prefix,
			const struct top_row *row)
{
	char per[UNITS_TEXT_SIZE];

	return redis_client_send_command(redis, "HGETALL %s:{%s}:%s:%s", prefix,
					 row->subject, row->limit,
					 units_format_span(row->per_ms, per));
}

static void take_members(const struct redis_value *members, struct top *top)
{
	size_t count = redis_value_count(members);

	top->rows = alloc_array(count, sizeof(*top->rows));
	for (size_t i = 0; i < count; i++)
		if (read_member(redis_value_text_at(members, i),
				&top->rows[top->count]))
			top->count++;
}

static bool ask_index(struct redis_client *redis, const char *prefix,
		      struct top *top)
{
	struct redis_args args = { 0 };
	struct redis_value *value;
	bool is_answered;

	redis_args_add_script(&args, top_look_lua, sizeof(top_look_lua), 2);
	redis_args_take(&args, key_of(prefix, "index"));
	redis_args_take(&args, key_of(prefix, "more"));
	redis_args_add_number(&args, TOP_MAX);
	value = redis_args_ask(&args, redis);
	is_answered = value != NULL;
	top->now_ms = redis_value_number_at(value, 0);
	take_members(redis_value_at(value, 1), top);
	top->more = redis_value_number_at(value, 2);
	redis_value_free(&value);
	return is_answered;
}

static bool send_all(struct redis_client *redis, const char *prefix,
		     const struct top *top)
{
	bool is_sent = true;

	for (size_t i = 0; i < top->count && is_sent; i++) {
		const struct top_row *row = &top->rows[i];
		char *member = member_of(row->subject, row->limit, row->per_ms);
		char *key = key_of(prefix, member);

		is_sent = send_row(redis, key) &&
			  send_window(redis, prefix, row);
		free(key);
		free(member);
	}
	return is_sent;
}

static bool take_all(struct redis_client *redis, struct top *top)
{
	for (size_t i = 0; i < top->count; i++) {
		struct top_row *row = &top->rows[i];
		struct redis_value *value = redis_client_take(redis);

		if (value == NULL)
			return false;
		take_row(value, row);
		redis_value_free(&value);
		/* a key that is not a window is an empty one */
		value = redis_client_take(redis);
		if (value == NULL && !redis_client_was_refused(redis))
			return false;
		window_value_read(value, &row->shape, top->now_ms,
				  &row->window);
		redis_value_free(&value);
	}
	return true;
}

static void begin_removal(struct redis_args *args, const char *prefix,
			  const char *list)
{
	redis_args_add(args, "ZREM");
	redis_args_take(args, key_of(prefix, list));
}

/* Takes off what has no hash any more. */
static void sweep(struct redis_client *redis, const char *prefix,
		  struct top *top)
{
	struct redis_args index = { 0 }, ends = { 0 };
	size_t kept = 0;

	begin_removal(&index, prefix, "index");
	begin_removal(&ends, prefix, "ends");
	for (size_t i = 0; i < top->count; i++) {
		struct top_row *row = &top->rows[i];
		char *member;

		if (row->last_ms != 0) {
			top->rows[kept++] = *row;
			continue;
		}
		member = member_of(row->subject, row->limit, row->per_ms);
		redis_args_add(&index, member);
		redis_args_take(&ends, member);
		row_clear(row);
	}
	if (kept != top->count && redis_args_do(&index, redis))
		redis_args_do(&ends, redis);
	redis_args_clear(&index);
	redis_args_clear(&ends);
	top->count = kept;
}

bool top_read(struct redis_client *redis, const char *prefix, struct top *top_r)
{
	memset(top_r, 0, sizeof(*top_r));
	if (!ask_index(redis, prefix, top_r) ||
	    !send_all(redis, prefix, top_r) || !take_all(redis, top_r)) {
		redis_client_skip(redis);
		top_clear(top_r);
		return false;
	}
	sweep(redis, prefix, top_r);
	return true;
}

bool top_find(struct redis_client *redis, const char *prefix,
	      const char *subject, const char *limit, uint64_t per_ms,
	      uint64_t *refused_r, uint64_t *since_ms_r, uint64_t *last_ms_r)
{
	char *member = member_of(subject, limit, per_ms);
	char *key = key_of(prefix, member);
	struct redis_value *value = send_row(redis, key)
					    ? redis_client_take(redis)
					    : NULL;
	bool is_answered = value != NULL;
	struct top_row row = { .subject = NULL };

	if (is_answered)
		take_row(value, &row);
	*refused_r = row.refused;
	*since_ms_r = row.since_ms;
	*last_ms_r = row.last_ms;
	redis_value_free(&value);
	free(key);
	free(member);
	return is_answered;
}

bool top_forget(struct redis_client *redis, const char *prefix,
		const char *subject, const char *limit, uint64_t per_ms)
{
	static const char *const lists[] = { "index", "ends", "more" };
	char *member = member_of(subject, limit, per_ms);
	struct redis_args args = { 0 };
	bool is_done = true;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && is_done;
	     i++) {
		begin_removal(&args, prefix, lists[i]);
		redis_args_add(&args, member);
		is_done = redis_args_do(&args, redis);
	}
	redis_args_add(&args, "DEL");
	redis_args_take(&args, key_of(prefix, member));
	is_done = is_done && redis_args_do(&args, redis);
	redis_args_clear(&args);
	free(member);
	return is_done;
}
