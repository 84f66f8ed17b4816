/* SPDX-License-Identifier: ISC */

/* One line of INFO: "run_id:" and 40 hexadecimal digits. */
#include <string.h>

#include "redis_client.h"
#include "redis_run_id.h"

struct redis_run_id redis_run_id_read(const char *info)
{
	struct redis_run_id run = { "" };
	const char *line = strstr(info, "run_id:");
	size_t length;

	if (line == NULL)
		return run;
	line += strlen("run_id:");
	length = strcspn(line, "\r\n");
	if (length < sizeof(run.id))
		memcpy(run.id, line, length);
	return run;
}

bool redis_run_id_ask(struct redis_client *redis, struct redis_run_id *run_r)
{
	struct redis_value *value = redis_client_say(redis, "INFO", "server",
						     NULL);
	bool is_answered = value != NULL || redis_client_was_refused(redis);

	*run_r = redis_run_id_read(redis_value_text(value, NULL));
	redis_value_free(&value);
	return is_answered;
}

bool redis_run_id_is_another(const struct redis_run_id *before,
			     const struct redis_run_id *now)
{
	return before->id[0] != '\0' && now->id[0] != '\0' &&
	       strcmp(before->id, now->id) != 0;
}
