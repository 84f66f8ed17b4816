/* SPDX-License-Identifier: ISC */

/* Lines "name:value"; a table says which go where. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "redis_client.h"
#include "redis_health.h"

struct row {
	const char *name;
	size_t offset;
	bool is_number;
};

static const struct row rows[] = {
	{ "redis_version", offsetof(struct redis_health, version), false },
	{ "valkey_version", offsetof(struct redis_health, version), false },
	{ "server_name", offsetof(struct redis_health, server), false },
	{ "role", offsetof(struct redis_health, role), false },
	{ "used_memory", offsetof(struct redis_health, used_bytes), true },
	{ "maxmemory", offsetof(struct redis_health, max_bytes), true },
	{ "maxmemory_policy", offsetof(struct redis_health, policy), false },
	{ "evicted_keys", offsetof(struct redis_health, evicted), true },
};

static void take_word(const char *value, size_t length, char *word)
{
	size_t at = 0;

	for (; at < length && at < REDIS_HEALTH_WORD - 1; at++)
		word[at] = value[at] > ' ' && value[at] <= '~' ? value[at]
							       : '?';
	word[at] = '\0';
}

/* Of digits alone, and of this line: strtoull(3) would go on to the next. */
static uint64_t read_number(const char *value, size_t length)
{
	size_t digits = strspn(value, "0123456789");

	return digits == 0 || digits != length ? 0 : strtoull(value, NULL, 10);
}

static void take_line(const char *line, size_t length,
		      struct redis_health *health)
{
	const char *colon = memchr(line, ':', length);
	size_t name;

	if (colon == NULL)
		return;
	name = (size_t)(colon - line);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *field = (char *)health + rows[i].offset;

		if (strlen(rows[i].name) != name ||
		    memcmp(rows[i].name, line, name) != 0)
			continue;
		if (rows[i].is_number)
			*(uint64_t *)(void *)field = read_number(
				colon + 1, length - name - 1);
		else
			take_word(colon + 1, length - name - 1, field);
	}
}

void redis_health_parse(const char *info, struct redis_health *health_r)
{
	memset(health_r, 0, sizeof(*health_r));
	while (*info != '\0') {
		size_t length = strcspn(info, "\r\n");

		take_line(info, length, health_r);
		info += length;
		info += strspn(info, "\r\n");
	}
}

bool redis_health_read(struct redis_client *redis,
		       struct redis_health *health_r)
{
	struct redis_value *info = redis_client_say(redis, "INFO", NULL);
	bool is_read = info != NULL;

	redis_health_parse(redis_value_text(info, NULL), health_r);
	redis_value_free(&info);
	return is_read;
}

const char *redis_health_name(const struct redis_health *health)
{
	return strcmp(health->server, "valkey") == 0 ? "Valkey" : "Redis";
}

bool redis_health_is_too_old(const struct redis_health *health)
{
	char *rest;
	unsigned long major = strtoul(health->version, &rest, 10);

	return *rest == '.' && major < REDIS_HEALTH_OLDEST;
}

bool redis_health_can_evict(const struct redis_health *health)
{
	return health->max_bytes != 0 &&
	       strcmp(health->policy, "noeviction") != 0;
}
