/* SPDX-License-Identifier: ISC */

#include "service_needs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/settings/password.h"
#include "lib/settings/source.h"

#define SERVICE_ACCOUNT "weir"

/* Takes setting and path. */
static struct service_need *add(struct service_needs *needs, char *setting,
				char *path, int mode, const char *loss)
{
	struct service_need *need;

	needs->list = alloc_resize(needs->list, needs->count + 1,
				   sizeof(*needs->list));
	need = &needs->list[needs->count++];
	*need = (struct service_need){ .setting = setting,
				       .path = path,
				       .mode = mode,
				       .loss = loss,
				       .line = 1 };
	return need;
}

static void add_files(struct service_needs *needs,
		      const struct settings *settings)
{
	for (size_t i = 0; i < settings->files.count; i++)
		add(needs, NULL, alloc_text(settings->files.paths[i]), R_OK,
		    NULL);
}

static void add_redis(struct service_needs *needs,
		      const struct settings_redis *redis, const char *loss)
{
	struct service_need *need;

	if (strncmp(redis->server, "unix:", strlen("unix:")) != 0)
		return;
	need = add(needs, alloc_text("redis.server"),
		   alloc_text(redis->server + strlen("unix:")), W_OK, loss);
	need->file = redis->file;
	if (redis->line > 0)
		need->line = redis->line;
}

static void add_directory(struct service_needs *needs, const char *setting,
			  const char *path, const char *loss)
{
	if (path[0] != '\0')
		add(needs, alloc_text(setting), alloc_text(path), W_OK | X_OK,
		    loss);
}

/* weir-milter makes the key where there is none. */
static void add_key(struct service_needs *needs,
		    const struct settings *settings)
{
	const char *directory = settings->journal.directory;

	if (settings->evidence.hashes_recipients && directory[0] != '\0')
		add(needs, alloc_text("evidence.recipients"),
		    alloc_format("%s/recipients.key", directory), R_OK,
		    "recipients are hashed with a key of each process alone");
}

/* member: behind the name of the channel. Takes path. */
static struct service_need *add_of_channel(struct service_needs *needs,
					   const struct settings_alert *alert,
					   const char *member, char *path,
					   int mode)
{
	struct service_need *need = add(
		needs, alloc_format("keeper.alerts.%s%s", alert->name, member),
		path, mode, "the channel sends nothing");

	need->file = alert->file;
	need->line = alert->line;
	return need;
}

/* Without it weir-keeper does not start. */
static void add_secret(struct service_needs *needs, const char *directory,
		       const struct settings_alert *alert)
{
	char *reason = NULL, *path = NULL;
	struct service_need *need;

	if (strncmp(alert->secret_file, "credential:", strlen("credential:")) !=
	    0)
		path = password_path(directory, alert->secret_file, &reason);
	free(reason);
	if (path == NULL)
		return;
	need = add_of_channel(needs, alert, ".secret_file", path, R_OK);
	need->loss = NULL;
	need->secret = alert;
}

static void add_channel(struct service_needs *needs,
			const struct settings *settings,
			const struct settings_alert *alert)
{
	char *directory = source_directory(settings->path);

	if (alert->secret_file[0] != '\0')
		add_secret(needs, directory, alert);
	if (alert->ca_file[0] != '\0')
		add_of_channel(needs, alert, ".ca_file",
			       source_path(directory, alert->ca_file), R_OK);
	if (alert->command != NULL)
		add_of_channel(needs, alert, "", alloc_text(alert->command[0]),
			       X_OK);
	free(directory);
}

static void collect_milter(struct service_needs *needs,
			   const struct settings *settings)
{
	add_files(needs, settings);
	add_redis(needs, &settings->redis, "weir-milter counts without Redis");
	add_directory(needs, "journal.directory", settings->journal.directory,
		      "weir-milter writes no journal");
	add_key(needs, settings);
}

/* A site without alerts and page may run no weir-keeper. */
static void collect_keeper(struct service_needs *needs,
			   const struct settings *settings)
{
	const struct settings_keeper *keeper = &settings->keeper;

	if (keeper->alert_count == 0 && keeper->page[0] == '\0')
		return;
	add_files(needs, settings);
	add_redis(needs, &settings->redis, "weir-keeper hears of no incident");
	add_directory(needs, "journal.directory", settings->journal.directory,
		      "weir-keeper writes none and removes no old ones");
	add_directory(needs, "keeper.reports", keeper->reports,
		      "no reports are written");
	if (settings->journal.anchor != NULL)
		add(needs, alloc_text("journal.anchor"),
		    alloc_text(settings->journal.anchor[0]), X_OK,
		    "the journal is not anchored");
	for (size_t i = 0; i < keeper->alert_count; i++)
		add_channel(needs, settings, &keeper->alerts[i]);
}

void service_needs_collect(enum settings_program program,
			   const struct settings *settings,
			   struct service_needs *needs_r)
{
	*needs_r = (struct service_needs){ 0 };
	if (program == SETTINGS_OF_KEEPER)
		collect_keeper(needs_r, settings);
	else
		collect_milter(needs_r, settings);
}

void service_needs_clear(struct service_needs *needs)
{
	for (size_t i = 0; i < needs->count; i++) {
		free(needs->list[i].setting);
		free(needs->list[i].path);
	}
	free(needs->list);
	*needs = (struct service_needs){ 0 };
}

const char *service_needs_user(enum settings_program program,
			       const struct settings *settings)
{
	if (program == SETTINGS_OF_KEEPER)
		return settings->keeper.user;
	return settings->user[0] != '\0' ? settings->user : SERVICE_ACCOUNT;
}
