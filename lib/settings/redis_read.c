/* SPDX-License-Identifier: ISC */
/*
 * The table of the redis group; the password is the only setting that is read
 * from a file of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "endpoint.h"
#include "groups.h"
#include "password.h"
#include "reader.h"
#include "settings.h"
#include "source.h"

static const char *const on_failure_names[] = { [ON_FAILURE_LOCAL] = "local",
						[ON_FAILURE_ACCEPT] = "accept",
						[ON_FAILURE_TEMPFAIL] =
							"tempfail",
						NULL };

static bool read_password_file(struct reader *reader, const struct field *field,
			       const config_setting_t *setting, void *target)
{
	struct settings_redis *redis = target;
	char *path, *reason;

	if (!field_text.read(reader, field, setting, target))
		return false;
	if (redis->password_file[0] == '\0')
		return true;
	path = password_path(reader->directory, redis->password_file, &reason);
	if (path != NULL)
		redis->password = password_read(path, &reason);
	if (redis->password == NULL)
		reader_error(reader, setting, "%s", reason);
	else
		source_list_add(reader->files, path);
	free(reason);
	free(path);
	return true;
}

static const struct field_kind field_password_file = {
	.read = read_password_file, .clear = field_clear_text
};

const struct field redis_fields[] = {
	FIELD(text, "server", settings_redis, server, .max = ENDPOINT_MAX,
	      .check = endpoint_check_server,
	      .allowed = endpoint_server_allowed,
	      .default_text = "127.0.0.1:6379"),
	FIELD(number, "database", settings_redis, database, .max = 65535),
	FIELD(text, "user", settings_redis, user, .max = 128,
	      .check = field_check_graphic,
	      .allowed = "at most 128 bytes of printable ASCII without spaces",
	      .default_text = ""),
	FIELD(password_file, "password_file", settings_redis, password_file,
	      .max = 4095,
	      .allowed = "the path of a file, \"credential:NAME\" or \"\"",
	      .default_text = ""),
	FIELD(text, "prefix", settings_redis, prefix, .min = 1, .max = 32,
	      .check = field_check_name,
	      .allowed = "1 to 32 bytes of A-Z a-z 0-9 _ . -",
	      .default_text = "weir"),
	FIELD(span, "timeout", settings_redis, timeout_ms, .min = 10,
	      .max = 10000, .default_value = 200),
	FIELD(choice, "on_failure", settings_redis, on_failure,
	      .choices = on_failure_names, .default_value = ON_FAILURE_LOCAL),
	{ .name = NULL },
};

static bool read_redis(struct reader *reader, const struct field *field,
		       const config_setting_t *setting, void *target)
{
	struct settings_redis *redis = &((struct settings *)target)->redis;

	redis->file = reader_file(reader, setting);
	redis->line = (int)config_setting_source_line(setting);
	return field_group.read(reader, field, setting, target);
}

const struct field_kind field_redis = { .read = read_redis,
					.words = "a group { }" };
