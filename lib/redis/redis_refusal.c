/* SPDX-License-Identifier: ISC */

/* The first word of an error is its code. */
#include <stddef.h>
#include <string.h>

#include "redis_refusal.h"

#define WRAPPED "ERR Error running script"

/* Is this the code of the error that begins here? */
static bool begins_with(const char *error, const char *code)
{
	size_t length = strlen(code);

	return strncmp(error, code, length) == 0 &&
	       (error[length] == ' ' || error[length] == '\0');
}

/* A wrapped one stands behind a colon, with or without a minus. */
bool redis_refusal_has_code(const char *error, const char *code)
{
	const char *at = error;

	if (begins_with(error, code))
		return true;
	if (strncmp(error, WRAPPED, strlen(WRAPPED)) != 0)
		return false;
	while ((at = strstr(at, ": ")) != NULL) {
		at += strlen(": ");
		if (begins_with(at + (*at == '-'), code))
			return true;
	}
	return false;
}

static bool has_one_of(const char *error, const char *const *codes,
		       size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (redis_refusal_has_code(error, codes[i]))
			return true;
	return false;
}

bool redis_refusal_is_of_server(const char *error)
{
	static const char *const codes[] = {
		"READONLY", "MASTERDOWN",  "LOADING", "NOREPLICAS", "UNBLOCKED",
		"MISCONF",  "CLUSTERDOWN", "NOAUTH",  "WRONGPASS",
	};

	return has_one_of(error, codes, sizeof(codes) / sizeof(codes[0]));
}

bool redis_refusal_is_of_account(const char *error)
{
	/* of a command in a script: Redis 6 and 7.0, 7.2 and Valkey, and for
	 * one that was renamed away Redis, then Valkey */
	static const char *const inside[] = {
		"The user executing the script can't run this command",
		"The user executing the script can't access",
		"ACL failure in script: ",
		"Unknown Redis command called from ",
		"Unknown command called from ",
	};

	if (redis_refusal_has_code(error, "NOPERM") ||
	    strncmp(error, "ERR unknown command", 19) == 0)
		return true;
	for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); i++)
		if (strstr(error, inside[i]) != NULL)
			return true;
	return false;
}

bool redis_refusal_is_of_key(const char *error)
{
	return redis_refusal_has_code(error, "WRONGTYPE");
}
