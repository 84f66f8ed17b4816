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
#include "access.h"
#include "milter/common/core_dump.h"
#include "screen.h"
#include "milter/common/settings_print.h"

#define LEAST_TIMEOUT_MS 2000 /* people wait longer than mail */

/* A file that was not named on the command line may surprise. */
void access_tell_choice(const struct control *control)
{
	if (control->chosen_by == NULL || control->path != control->chosen)
		return;
	fputs("weirctl: the configuration is ", stderr);
	screen_put(stderr, control->path, strlen(control->path));
	fprintf(stderr, ", %s; -c FILE takes another\n", control->chosen_by);
}

int access_open_settings(const struct control *control, struct access *access_r)
{
	access_r->settings = settings_read_or_complain(control->path);
	if (access_r->settings == NULL) {
		access_tell_choice(control);
		return EX_CONFIG;
	}
	core_dump_guard(access_r->settings);
	access_r->prefix = access_r->settings->redis.prefix;
	return EX_OK;
}

static bool ask_time(struct access *access)
{
	struct redis_value *time = redis_client_say(access->redis, "TIME",
						    NULL);

	if (time == NULL)
		return false;
	access->now_ms = redis_value_time_ms(time);
	redis_value_free(&time);
	return true;
}

/* Who may connect to a unix socket that this user may not? The group of the
 * socket, or of its directory where that is what shuts the user out. */
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
		fputs("weirctl: run it as root\n", stderr);
	else
		fprintf(stderr,
			"weirctl: run it as root or as a member of group %s\n",
			group->gr_name);
}

struct redis_client *access_connection(const struct access *access)
{
	const struct settings_redis *redis = &access->settings->redis;

	return redis_client_new(&(struct redis_client_options){
		.server = redis->server,
		.database = redis->database,
		.user = redis->user,
		.password = redis->password,
		.timeout_ms = redis->timeout_ms < LEAST_TIMEOUT_MS
				      ? LEAST_TIMEOUT_MS
				      : redis->timeout_ms,
	});
}

int access_open(const struct control *control, struct access *access_r)
{
	int code = access_open_settings(control, access_r);

	if (code != EX_OK)
		return code;
	access_r->redis = access_connection(access_r);
	if (ask_time(access_r))
		return EX_OK;
	code = access_fail(access_r);
	explain_denial(access_r->settings->redis.server);
	access_close(access_r);
	return code;
}

void access_close(struct access *access)
{
	redis_client_free(&access->redis);
	if (access->settings != NULL)
		settings_release(&access->settings);
	memset(access, 0, sizeof(*access));
}

int access_use(const struct control *control, access_work *work, void *context)
{
	struct access access = { 0 };
	int code = access_open(control, &access);

	if (code != EX_OK)
		return code;
	code = work(control, &access, context);
	access_close(&access);
	return code;
}

int access_fail(const struct access *access)
{
	fprintf(stderr, "weirctl: %s\n", redis_client_error(access->redis));
	return EX_UNAVAILABLE;
}

/* Says what is wrong with a subject that was typed, or to be noted. */
static void tell_about(const char *text, const char *reason)
{
	size_t length = strlen(text);

	fputs("weirctl: subject \"", stderr);
	screen_put(stderr, text, length < 200 ? length : 200);
	fprintf(stderr, "%s\": %s\n", length < 200 ? "" : "...", reason);
}

bool access_subject(const struct access *access, const char *text,
		    struct subject *subject_r)
{
	const char *reason = subject_fault(text), *note;

	if (reason != NULL ||
	    !subject_parse(text, strlen(text), access->settings, subject_r,
			   &reason)) {
		tell_about(text, reason);
		return false;
	}
	note = subject_note(subject_r);
	if (note != NULL)
		tell_about(text, note);
	return true;
}

const struct limit *access_limit(const struct access *access, const char *name)
{
	const struct settings *settings = access->settings;

	for (size_t i = 0; i < settings->limit_count; i++)
		if (strcmp(settings->limits[i].name, name) == 0)
			return &settings->limits[i];
	fputs("weirctl: found no limit \"", stderr);
	screen_put(stderr, name, strlen(name));
	fprintf(stderr, "\" in %s, allowed is", settings->path);
	for (size_t i = 0; i < settings->limit_count; i++)
		fprintf(stderr, "%s %s", i == 0 ? "" : ",",
			settings->limits[i].name);
	fputc('\n', stderr);
	return NULL;
}

bool access_counts(const struct limit *limit, const struct subject *subject)
{
	char key[LIMIT_KEY_TEXT_SIZE];

	if (limit->key == subject->key)
		return true;
	fprintf(stderr,
		"weirctl: limit %s counts by %s, so its subject must be one\n",
		limit->name, limit_format_key(limit->key, key));
	return false;
}
