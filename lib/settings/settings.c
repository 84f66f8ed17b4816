/* SPDX-License-Identifier: ISC */
/*
 * The snapshot is written by one thread before anybody else sees it; from
 * then on only its count of references changes.
 */
#include "settings.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/network.h"
#include "lib/base/pattern.h"
#include "lib/base/text.h"
#include "alert_rules.h"
#include "groups.h"

struct snapshot {
	struct settings settings; /* first: the one is found by the other */
	atomic_uint references;
};

struct settings *settings_new(const char *path)
{
	struct snapshot *snapshot = alloc_zero(sizeof(*snapshot));
	struct settings *settings = &snapshot->settings;

	atomic_init(&snapshot->references, 1);
	settings->path = alloc_text(path);
	settings->identity = address_rules_default;
	field_default(settings_fields, settings);
	return settings;
}

const struct limit *settings_limit(const struct settings *settings,
				   const char *name)
{
	for (size_t i = 0; i < settings->limit_count; i++)
		if (strcmp(settings->limits[i].name, name) == 0)
			return &settings->limits[i];
	return NULL;
}

struct settings *settings_acquire(struct settings *settings)
{
	struct snapshot *snapshot = (struct snapshot *)settings;

	/* Who has a reference already needs no order to make another. */
	atomic_fetch_add_explicit(&snapshot->references, 1,
				  memory_order_relaxed);
	return settings;
}

static void free_snapshot(struct snapshot *snapshot)
{
	struct settings *settings = &snapshot->settings;

	for (size_t i = 0; i < settings->exempt_count; i++)
		match_clear(&settings->exempt[i]);
	for (size_t i = 0; i < settings->limit_count; i++)
		limit_clear(&settings->limits[i]);
	field_clear(settings_fields, settings);
	alloc_wipe(&settings->redis.password);
	free(settings->redis.file);
	for (size_t i = 0; i < settings->keeper.alert_count; i++)
		alert_rules_clear(&settings->keeper.alerts[i]);
	free(settings->keeper.alerts);
	source_list_clear(&settings->files);
	free(settings->exempt);
	free(settings->limits);
	free(settings->path);
	free(snapshot);
}

void settings_release(struct settings **settings)
{
	struct snapshot *snapshot = (struct snapshot *)*settings;

	*settings = NULL;
	if (snapshot == NULL)
		return;
	/* All that other threads did with it comes before it is freed. */
	if (atomic_fetch_sub_explicit(&snapshot->references, 1,
				      memory_order_acq_rel) == 1)
		free_snapshot(snapshot);
}

bool settings_charge_at_data(const struct settings *settings)
{
	return settings->charge_at_data != NULL &&
	       pattern_list_count(settings->charge_at_data) != 0;
}

void settings_errors_clear(struct settings_errors *errors)
{
	alloc_free_texts(errors->lines, errors->count);
	memset(errors, 0, sizeof(*errors));
}

/* NULL is a text of its own: no password is not an empty one. */
static bool is_same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* With NULL behind the last; NULL: none. */
static bool is_same_list(char *const *a, char *const *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	while (*a != NULL && is_same_text(*a, *b)) {
		a++;
		b++;
	}
	return is_same_text(*a, *b);
}

char *settings_needs_restart(enum settings_program program,
			     const struct settings *running,
			     const struct settings *wanted)
{
	const struct settings *a = running, *b = wanted;
	enum {
		MILTER = SETTINGS_OF_MILTER,
		KEEPER = SETTINGS_OF_KEEPER,
		BOTH = MILTER | KEEPER
	};
	const struct {
		const char *name;
		int programs;
		bool is_same;
	} rows[] = {
		{ "listen", MILTER, is_same_text(a->listen, b->listen) },
		{ "listen_mode", MILTER, a->listen_mode == b->listen_mode },
		{ "listen_group", MILTER,
		  is_same_text(a->listen_group, b->listen_group) },
		{ "user", MILTER, is_same_text(a->user, b->user) },
		{ "pid_file", MILTER, is_same_text(a->pid_file, b->pid_file) },
		{ "redis.server", BOTH,
		  is_same_text(a->redis.server, b->redis.server) },
		{ "redis.database", BOTH,
		  a->redis.database == b->redis.database },
		{ "redis.user", BOTH,
		  is_same_text(a->redis.user, b->redis.user) },
		{ "redis.prefix", BOTH,
		  is_same_text(a->redis.prefix, b->redis.prefix) },
		{ "redis.timeout", BOTH,
		  a->redis.timeout_ms == b->redis.timeout_ms },
		{ "memory_subjects", MILTER,
		  a->memory_subjects == b->memory_subjects },
		{ "journal.directory", BOTH,
		  is_same_text(a->journal.directory, b->journal.directory) },
		{ "keeper.user", KEEPER,
		  is_same_text(a->keeper.user, b->keeper.user) },
		{ "keeper.pid_file", KEEPER,
		  is_same_text(a->keeper.pid_file, b->keeper.pid_file) },
		{ "keeper.page", KEEPER,
		  is_same_text(a->keeper.page, b->keeper.page) },
		{ "keeper.names", KEEPER,
		  is_same_list(a->keeper.names, b->keeper.names) },
		{ "metrics", MILTER, is_same_text(a->metrics, b->metrics) },
	};

	char names[256];
	struct text text;

	text_init(&text, names, sizeof(names));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((rows[i].programs & (int)program) != 0 && !rows[i].is_same)
			text_add_format(&text, "%s%s",
					text.length == 0 ? "" : ", ",
					rows[i].name);
	return text.length == 0 ? NULL : alloc_text(names);
}
