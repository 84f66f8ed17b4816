/* SPDX-License-Identifier: ISC */

/* By the code of the error, a row each. */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "redis_failure.h"
#include "redis_refusal.h"

static const char *const names[REDIS_FAILURES] = {
	[REDIS_FAILURE_TIMEOUT] = "timeout",
	[REDIS_FAILURE_REFUSED] = "refused",
	[REDIS_FAILURE_OOM] = "oom",
	[REDIS_FAILURE_READONLY] = "readonly",
	[REDIS_FAILURE_NOSCRIPT] = "noscript",
	[REDIS_FAILURE_BUSY] = "busy",
	[REDIS_FAILURE_AUTH] = "auth",
	[REDIS_FAILURE_OTHER] = "other",
};

static const struct {
	const char *code;
	enum redis_failure failure;
} codes[] = {
	{ "OOM", REDIS_FAILURE_OOM },
	{ "READONLY", REDIS_FAILURE_READONLY },
	{ "NOSCRIPT", REDIS_FAILURE_NOSCRIPT },
	{ "BUSY", REDIS_FAILURE_BUSY },
	{ "LOADING", REDIS_FAILURE_BUSY },
	{ "NOAUTH", REDIS_FAILURE_AUTH },
	{ "WRONGPASS", REDIS_FAILURE_AUTH },
};

const char *redis_failure_name(enum redis_failure failure)
{
	return names[failure];
}

/* Redis before 6 has no code for a wrong password, and no user. */
static bool is_login(const char *error)
{
	return strncmp(error, "ERR invalid password", 20) == 0 ||
	       strncmp(error, "ERR AUTH", 8) == 0 ||
	       strncmp(error, "ERR Client sent AUTH", 20) == 0 ||
	       strncmp(error, "ERR wrong number of arguments for 'auth'", 40) ==
		       0;
}

enum redis_failure redis_failure_of(const char *error)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (redis_refusal_has_code(error, codes[i].code))
			return codes[i].failure;
	if (redis_refusal_is_of_account(error) || is_login(error))
		return REDIS_FAILURE_AUTH;
	return REDIS_FAILURE_OTHER;
}
