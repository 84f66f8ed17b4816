/* SPDX-License-Identifier: ISC */

/* The settings first: they say where Redis is. */
#include <errno.h>
#include <grp.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/policy/subject_doubt.h"
#include "context.h"
#include "milter/common/redis_settings.h"
#include "milter/common/core_dump.h"
#include "terminal.h"
#include "milter/common/settings_print.h"

#define TIMEOUT_MS_MIN 2000 /* people wait longer than mail */

/* A file that was not named on the command line may surprise. */
void context_report_choice(const struct globals *globals)
{
	if (globals->chosen_by == NULL || globals->path != globals->chosen)
		return;
	terminal_error(
		"weirctl: the configuration is %s, %s; use -c FILE for another",
		globals->path, globals->chosen_by);
}

int context_open_settings(const struct globals *globals,
			  struct context *context_r)
{
	context_r->settings = settings_read_or_report(globals->path);
	if (context_r->settings == NULL) {
		context_report_choice(globals);
		return EX_CONFIG;
	}
	core_dump_guard(context_r->settings);
	context_r->prefix = context_r->settings->redis.prefix;
	return EX_OK;
}

/* Which group may connect to a unix socket that this user may not? The group of
 * the socket, or of its directory where that is what shuts the user out. */
static void explain_denial(const char *server)
{
	const char *path = server + strlen("unix:");
	const struct group *group = NULL;
	struct stat status;
	mode_t needed = S_IWGRP;
	char *copy;

	if (strncmp(server, "unix:", strlen("unix:")) != 0 ||
	    access(path, W_OK) == 0 || errno != EACCES)
		return;
	copy = alloc_text(path);
	if (stat(path, &status) != 0) {
		needed = S_IXGRP;
		status.st_mode = 0;
		(void)stat(dirname(copy), &status);
	}
	free(copy);
	if ((status.st_mode & needed) != 0)
		group = getgrgid(status.st_gid);
	if (group == NULL || group->gr_gid == 0)
		terminal_error("weirctl: run it as root");
	else
		terminal_error(
			"weirctl: run it as root or as a member of group %s",
			group->gr_name);
}

struct redis_client *context_connection(const struct context *context)
{
	const struct settings_redis *redis = &context->settings->redis;

	return redis_settings_client(redis, TIMEOUT_MS_MIN);
}

int context_open(const struct globals *globals, struct context *context_r)
{
	int code = context_open_settings(globals, context_r);

	if (code != EX_OK)
		return code;
	context_r->redis = context_connection(context_r);
	if (redis_client_time(context_r->redis, &context_r->now_ms))
		return EX_OK;
	code = context_fail(context_r);
	explain_denial(context_r->settings->redis.server);
	context_close(context_r);
	return code;
}

void context_close(struct context *context)
{
	redis_client_free(&context->redis);
	settings_release(&context->settings);
	memset(context, 0, sizeof(*context));
}

int context_use(const struct globals *globals, context_work *work,
		void *user_data)
{
	struct context context = { 0 };
	int code = context_open(globals, &context);

	if (code != EX_OK)
		return code;
	code = work(globals, &context, user_data);
	context_close(&context);
	return code;
}

int context_fail(const struct context *context)
{
	terminal_error("weirctl: %s", redis_client_error(context->redis));
	return EX_UNAVAILABLE;
}

/* Says what is wrong with a subject that was typed, or to be noted. */
static void report_about(const char *text, const char *reason)
{
	terminal_error("weirctl: subject \"%.200s%s\": %s", text,
		       strlen(text) < 200 ? "" : "...", reason);
}

bool context_subject(const struct context *context, const char *text,
		     struct subject *subject_r)
{
	const char *reason = subject_fault(text), *note;

	if (reason != NULL ||
	    !subject_parse(text, strlen(text), context->settings, subject_r,
			   &reason)) {
		report_about(text, reason);
		return false;
	}
	note = subject_note(subject_r);
	if (note != NULL)
		report_about(text, note);
	return true;
}

const struct limit *context_limit(const struct context *context,
				  const char *name)
{
	const struct settings *settings = context->settings;
	const struct limit *limit = settings_limit(settings, name);

	if (limit != NULL)
		return limit;
	terminal_print_to(stderr,
			  "weirctl: no limit named \"%s\" in %s; limits are:",
			  name, settings->path);
	for (size_t i = 0; i < settings->limit_count; i++)
		fprintf(stderr, "%s %s", i == 0 ? "" : ",",
			settings->limits[i].name);
	fputc('\n', stderr);
	return NULL;
}

bool context_counts(const struct limit *limit, const struct subject *subject)
{
	char key[LIMIT_KEY_TEXT_SIZE];

	if (limit->key == subject->key)
		return true;
	return terminal_error(
		"weirctl: limit %s counts by %s; the subject must be a %s",
		limit->name, limit_format_key(limit->key, key), key);
}
