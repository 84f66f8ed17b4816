/* SPDX-License-Identifier: ISC */

/* The rules of marks.h, from top to bottom. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "marks.h"

const char *flood_dimension_name(enum flood_dimension dimension)
{
	static const char *const names[] = {
		[FLOOD_SENDER] = "sender",   [FLOOD_LOGIN] = "login",
		[FLOOD_CLIENT] = "client",   [FLOOD_RECIPIENT] = "recipient",
		[FLOOD_CONTENT] = "content",
	};

	return names[dimension];
}

/* The value of a dimension in "sender+recipient:a@x+b@y", or NULL; freed with
 * free(). In a joined subject a + of the value itself is written as %2B. */
static char *value_in(const char *subject, const char *dimension)
{
	const char *value = strchr(subject, ':');
	const char *name = subject, *end = value;
	char *copy, *plus;

	if (value == NULL)
		return NULL;
	for (value++; strncmp(name, dimension, strlen(dimension)) != 0 ||
		      strchr("+:", name[strlen(dimension)]) == NULL;) {
		name += strcspn(name, "+:") + 1;
		if (name > end || (value = strchr(value, '+')) == NULL)
			return NULL;
		value++;
	}
	if (memchr(subject, '+', (size_t)(end - subject)) == NULL)
		return alloc_text(value);
	copy = alloc_copy(value, strcspn(value, "+"));
	while ((plus = strstr(copy, "%2B")) != NULL) {
		*plus = '+';
		memmove(plus + 1, plus + 3, strlen(plus + 3) + 1);
	}
	return copy;
}

bool marks_name_source(const char *subject)
{
	static const char *const names[] = { "sender", "client", "auth" };
	bool has = false;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !has; i++) {
		char *value = value_in(subject, names[i]);

		has = value != NULL;
		free(value);
	}
	return has;
}

/* The value that at least half of all have. */
static const struct sketch_counter *half_of(const struct marks_window *window,
					    enum flood_dimension dimension,
					    uint64_t all)
{
	const struct sketch_counter *top = sketch_top(
		&window->sketches[dimension]);

	return top != NULL && top->count >= all - top->count ? top : NULL;
}

static const struct sketch_counter *
half_of_known(const struct marks_window *window, enum flood_dimension dimension)
{
	return half_of(window, dimension, window->sketches[dimension].total);
}

static void add_mark(struct marks *marks, char *text)
{
	if (text_is_among(marks->texts, marks->count, text))
		free(text);
	else
		marks->texts[marks->count++] = text;
}

/* "auth:jake", "client:192.0.2.1", "sender:jake@example.com" */
static const struct sketch_counter *
find_source(const struct marks_window *window, const char **dimension_r)
{
	const struct sketch_counter *client, *found;

	*dimension_r = "auth";
	found = half_of(window, FLOOD_LOGIN, window->messages);
	if (found != NULL)
		return found;
	*dimension_r = "client";
	client = half_of(window, FLOOD_CLIENT, window->messages);
	if (client == NULL ||
	    !window->is_shared(window->context, client->value))
		return client;
	*dimension_r = "sender";
	return half_of(window, FLOOD_SENDER, window->messages);
}

static const char *recipient_of(const struct marks_window *window)
{
	const struct sketch_counter *recipient = half_of_known(window,
							       FLOOD_RECIPIENT);

	return recipient != NULL ? recipient->value : window->recipient;
}

static void add_way(const struct marks_window *window, struct marks *marks)
{
	const struct sketch_counter *client = half_of(window, FLOOD_CLIENT,
						      window->messages);
	const char *recipient = recipient_of(window);

	if (client != NULL && recipient != NULL)
		add_mark(marks,
			 alloc_format("way:%s>%s", client->value, recipient));
}

/* Without a source. */
static void add_shared_way(const struct marks_window *window,
			   struct marks *marks)
{
	const struct sketch_counter *client = half_of(window, FLOOD_CLIENT,
						      window->messages);

	if (window->sketches[FLOOD_LOGIN].total == 0 && client != NULL &&
	    window->is_shared(window->context, client->value))
		add_way(window, marks);
}

static void add_content(const struct marks_window *window, struct marks *marks)
{
	const struct sketch_counter *content = half_of_known(window,
							     FLOOD_CONTENT);

	if (content != NULL)
		add_mark(marks, alloc_format("content:%s", content->value));
}

/* NULL: none that is believed. */
static const struct sketch_counter *
believed_source(const struct marks_window *window, bool is_named,
		const char **dimension_r)
{
	const struct sketch_counter *source = find_source(window, dimension_r);

	return source != NULL && (is_named || source->count >= MARKS_SURE)
		       ? source
		       : NULL;
}

bool marks_are_sure(const struct marks_window *window)
{
	const char *dimension;

	return marks_name_source(window->subject) ||
	       believed_source(window, false, &dimension) != NULL;
}

static void add_source(const struct marks_window *window, struct marks *marks)
{
	bool is_named = marks_name_source(window->subject);
	const char *dimension;
	const struct sketch_counter *source = believed_source(window, is_named,
							      &dimension);

	if (source == NULL) {
		add_shared_way(window, marks);
		return;
	}
	marks->source = alloc_format("%s:%s", dimension, source->value);
	if (!is_named && window->messages > source->count)
		marks->others = window->messages - source->count;
	add_mark(marks, alloc_text(marks->source));
	if (strcmp(dimension, "auth") == 0)
		return;
	add_way(window, marks);
	add_content(window, marks);
}

void marks_make(const struct marks_window *window, struct marks *marks_r)
{
	char *recipient = value_in(window->subject, "recipient");

	memset(marks_r, 0, sizeof(*marks_r));
	add_mark(marks_r, alloc_text(window->subject));
	add_source(window, marks_r);
	if (recipient != NULL)
		add_mark(marks_r, alloc_format("recipient:%s", recipient));
	free(recipient);
}

void marks_clear(struct marks *marks)
{
	for (size_t i = 0; i < marks->count; i++)
		free(marks->texts[i]);
	free(marks->source);
	memset(marks, 0, sizeof(*marks));
}

size_t marks_keep(const struct marks *marks, char **kept, size_t count,
		  size_t max)
{
	for (size_t i = 0; i < marks->count && count < max; i++)
		if (!text_is_among(kept, count, marks->texts[i]))
			kept[count++] = alloc_text(marks->texts[i]);
	return count;
}
