/* SPDX-License-Identifier: ISC */

/* The port stands behind the last colon. */
#include <stdlib.h>
#include <string.h>

#include "../base/alloc.h"
#include "redis_address.h"

bool redis_address_parse(const char *text, struct redis_address *address_r)
{
	const char *colon = strrchr(text, ':');
	size_t length;

	*address_r = (struct redis_address){ NULL, NULL, 0 };
	if (strncmp(text, "unix:", 5) == 0) {
		address_r->path = text + 5;
		return true;
	}
	if (colon == NULL)
		return false;
	length = (size_t)(colon - text);
	if (text[0] == '[' && length > 2)
		address_r->host = alloc_copy(text + 1, length - 2);
	else
		address_r->host = alloc_copy(text, length);
	address_r->port = (int)strtol(colon + 1, NULL, 10);
	return true;
}

void redis_address_clear(struct redis_address *address)
{
	free(address->host);
	*address = (struct redis_address){ NULL, NULL, 0 };
}
