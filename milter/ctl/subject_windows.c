/* SPDX-License-Identifier: ISC */

/* The windows are asked about in one round trip. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/fleet/top.h"
#include "lib/policy/subject_match.h"
#include "lib/store/window_value.h"
#include "subject_windows.h"

static char *key_of(const struct context *context,
		    const struct subject *subject, const struct limit *limit)
{
	char window[WINDOW_KEY_SIZE];
	struct text text;

	text_init(&text, window, sizeof(window));
	subject_add_window(&text, subject->text, limit);
	return alloc_format("%s:%s", context->prefix, window);
}

void subject_windows_make(const struct context *context,
			  const struct subject *subject,
			  const struct limit *limit,
			  struct subject_windows *windows_r)
{
	const struct settings *settings = context->settings;

	windows_r->count = 0;
	if (subject_is_network(subject, settings->ipv6_prefix))
		return; /* windows are of single clients */
	windows_r->windows = alloc_array(settings->limit_count,
					 sizeof(*windows_r->windows));
	for (size_t i = 0; i < settings->limit_count; i++) {
		const struct limit *one = &settings->limits[i];

		if (one->key != subject->key || limit_is_ceiling(one) ||
		    (limit != NULL && limit != one))
			continue;
		windows_r->windows[windows_r->count++] =
			(struct subject_window){
				.limit = one,
				.key = key_of(context, subject, one),
				.shape = window_shape_of(one->per_ms),
				.is_counted = subject_is_counted(settings, one,
								 subject),
			};
	}
}

static bool take(struct context *context, struct subject_window *window)
{
	struct redis_value *value = redis_client_take(context->redis);
	bool is_answered = value != NULL;

	if (is_answered)
		window->is_there = window_value_read(value, &window->shape,
						     context->now_ms,
						     &window->window);
	redis_value_free(&value);
	return is_answered;
}

bool subject_windows_read(struct context *context,
			  const struct subject *subject,
			  struct subject_windows *windows)
{
	bool is_good = true;

	for (size_t i = 0; i < windows->count && is_good; i++) {
		const char *options[] = { "HGETALL", windows->windows[i].key };

		is_good = redis_client_send(context->redis, 2, options, NULL);
	}
	for (size_t i = 0; i < windows->count && is_good; i++)
		is_good = take(context, &windows->windows[i]);
	for (size_t i = 0; i < windows->count && is_good; i++) {
		struct subject_window *window = &windows->windows[i];

		is_good = top_find(context->redis, context->prefix,
				   subject->text, window->limit->name,
				   window->limit->per_ms, &window->refused,
				   &window->since_ms, &window->last_ms);
	}
	return is_good;
}

void subject_windows_clear(struct subject_windows *windows)
{
	for (size_t i = 0; i < windows->count; i++)
		free(windows->windows[i].key);
	free(windows->windows);
	memset(windows, 0, sizeof(*windows));
}
