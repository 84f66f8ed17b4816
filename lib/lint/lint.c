/* SPDX-License-Identifier: ISC */
/* Asks each question about each exemption and limit. */
#include "lint.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/settings/endpoint.h"
#include "lib/settings/limit.h"
#include "lib/settings/settings.h"
#include "lint_question.h"

#define TEXT_SIZE 1024

/* The file, or where that is NULL the main one. */
static const char *file_of(const struct settings *settings, const char *file)
{
	return file != NULL ? file : settings->path;
}

void lint_add_place(struct text *text, const struct settings *settings,
		    const char *from, const char *file, int line)
{
	file = file_of(settings, file);
	if (strcmp(file_of(settings, from), file) == 0)
		text_add_format(text, "line %d", line);
	else
		text_add_format(text, "%s:%d", file, line);
}

/* What the questions of a table are about. */
struct topic {
	const struct settings *settings;
	size_t index;
	const char *group; /* "limits", "exempt", "redis", "keeper.alerts" */
	const char *name;  /* of a limit or channel, or NULL */
	const char *file;
	int line;
};

/* The main file comes first. */
static bool is_before(const struct settings *settings,
		      const struct lint_finding *a,
		      const struct lint_finding *b)
{
	int order = strcmp(a->file, b->file);

	if (order == 0)
		return a->line < b->line;
	if (strcmp(a->file, settings->path) == 0)
		return true;
	return strcmp(b->file, settings->path) != 0 && order < 0;
}

/* Lists are short and nearly in order. */
void lint_add(struct lint_list *list, const struct settings *settings,
	      const struct lint_finding *finding)
{
	struct lint_finding added = *finding;
	size_t at = list->count;

	added.file = file_of(settings, finding->file);
	list->entries = alloc_resize(list->entries, ++list->count,
				     sizeof(*list->entries));
	for (; at > 0 && is_before(settings, &added, &list->entries[at - 1]);
	     at--)
		list->entries[at] = list->entries[at - 1];
	list->entries[at] = added;
}

static void ask_all(struct lint_list *list, struct topic topic,
		    const struct lint_question *questions)
{
	for (size_t i = 0; questions[i].ask != NULL; i++) {
		char buffer[TEXT_SIZE];
		struct lint_finding finding = { topic.file,
						(unsigned int)topic.line,
						NULL };
		struct text text;

		text_init(&text, buffer, sizeof(buffer));
		questions[i].ask(topic.settings, topic.index, &text);
		if (text.length == 0)
			continue;
		finding.text = alloc_format(
			"%s%s%s: %s", topic.group,
			topic.name == NULL ? "" : ".",
			topic.name == NULL ? "" : topic.name, buffer);
		lint_add(list, topic.settings, &finding);
		if (questions[i].is_last)
			return;
	}
}

/* There is no login; what is read names no sender. */
static void ask_metrics(const struct settings *settings, size_t index,
			struct text *text)
{
	(void)index;
	if (settings->metrics[0] != '\0' &&
	    !endpoint_is_of_this_host(settings->metrics))
		text_add_format(text,
				"everybody who reaches %s can read the names "
				"of the limits and how much mail there is; "
				"listen on 127.0.0.1, or let a packet filter "
				"pass Prometheus only",
				settings->metrics);
}

static const struct lint_question metrics_questions[] = {
	{ ask_metrics, .is_last = false },
	{ .ask = NULL },
};

void lint_collect(const struct settings *settings, struct lint_list *list_r)
{
	const struct settings_redis *redis = &settings->redis;
	struct topic topic = { settings,    0,
			       "redis",	    NULL,
			       redis->file, redis->line > 0 ? redis->line : 1 };

	*list_r = (struct lint_list){ 0 };
	ask_all(list_r, topic, lint_redis_questions);
	topic = (struct topic){ settings, 0, "metrics", NULL, NULL, 1 };
	ask_all(list_r, topic, metrics_questions);
	for (size_t i = 0; i < settings->exempt_count; i++) {
		const struct match *exempt = &settings->exempt[i];

		topic = (struct topic){ settings,     i,
					"exempt",     NULL,
					exempt->file, exempt->line };
		ask_all(list_r, topic, lint_exempt_questions);
	}
	for (size_t i = 0; i < settings->limit_count; i++) {
		const struct limit *limit = &settings->limits[i];

		topic = (struct topic){ settings,    i,		  "limits",
					limit->name, limit->file, limit->line };
		ask_all(list_r, topic, lint_limit_questions);
	}
	for (size_t i = 0; i < settings->keeper.alert_count; i++) {
		const struct settings_alert *alert =
			&settings->keeper.alerts[i];

		topic = (struct topic){ settings,	 i,
					"keeper.alerts", alert->name,
					alert->file,	 alert->line };
		ask_all(list_r, topic, lint_channel_questions);
	}
}

void lint_clear(struct lint_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->entries[i].text);
	free(list->entries);
	*list = (struct lint_list){ 0 };
}
