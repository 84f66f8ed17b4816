/* SPDX-License-Identifier: ISC */

/* Names and addresses as text: a Host that is written otherwise is refused. */
#include "http_host.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define PORT_DIGITS  5
#define PORT_OF_HTTP 80 /* which a browser leaves out */

/* Bytes of the host before its port, which is 0 when there is none. False: the
 * port is no number. */
static bool split(const char *host, size_t *length_r, unsigned int *port_r)
{
	const char *end = host[0] == '[' ? strchr(host, ']') : host;
	const char *colon = end == NULL ? NULL : strchr(end, ':');
	size_t digits;

	*port_r = 0;
	*length_r = colon == NULL ? strlen(host) : (size_t)(colon - host);
	if (colon == NULL)
		return true;
	digits = strspn(colon + 1, "0123456789");
	*port_r = (unsigned int)strtoul(colon + 1, NULL, 10);
	return digits != 0 && digits <= PORT_DIGITS &&
	       colon[digits + 1] == '\0';
}

static bool is_same(const char *host, size_t length, const char *name)
{
	return length != 0 && strlen(name) == length &&
	       strncasecmp(host, name, length) == 0;
}

bool http_host_is_allowed(const struct http_hosts *hosts, const char *host,
			  const char *local, unsigned int port)
{
	const char *const own[] = { "localhost", "127.0.0.1", "[::1]", local };
	unsigned int given;
	size_t length;

	if (!split(host, &length, &given))
		return false;
	for (size_t i = 0; i < hosts->name_count; i++)
		if (strcmp(hosts->names[i], "*") == 0 ||
		    is_same(host, length, hosts->names[i]))
			return true;
	if (port != 0 && given != port && (given != 0 || port != PORT_OF_HTTP))
		return false;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (is_same(host, length, own[i]))
			return true;
	return false;
}
