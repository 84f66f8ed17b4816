/* SPDX-License-Identifier: ISC */

/* The port stands behind the last colon. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "redis_address.h"

#define PORT_MAX 65535

static bool read_port(const char *text, int *port_r)
{
	int port = 0;

	for (; *text >= '0' && *text <= '9' && port <= PORT_MAX; text++)
		port = 10 * port + (*text - '0');
	*port_r = port;
	return *text == '\0' && port >= 1 && port <= PORT_MAX;
}

bool redis_address_parse(const char *text, struct redis_address *address_r)
{
	const char *colon = strrchr(text, ':');
	size_t length;

	*address_r = (struct redis_address){ NULL, NULL, 0 };
	if (strncmp(text, "unix:", 5) == 0) {
		address_r->path = text + 5;
		return text[5] != '\0';
	}
	if (colon == NULL || colon == text ||
	    !read_port(colon + 1, &address_r->port))
		return false;
	length = (size_t)(colon - text);
	if (text[0] == '[' && length > 2 && colon[-1] == ']')
		address_r->host = alloc_copy(text + 1, length - 2);
	else
		address_r->host = alloc_copy(text, length);
	return true;
}

void redis_address_clear(struct redis_address *address)
{
	free(address->host);
	*address = (struct redis_address){ NULL, NULL, 0 };
}
