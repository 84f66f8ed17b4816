/* SPDX-License-Identifier: ISC */
/* What is taken for a request has a path, and all else has a status. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/http/http_head.h"
#include "lib/http/http_host.h"
#include "lib/http/http_server.h"
#include "t/lib/fuzz.h"

static bool is_error(unsigned int status)
{
	return status == 400 || status == 405 || status == 413 ||
	       status == 414 || status == 505;
}

/* One of its own, with the port 25 after a colon, whatever zeros before it. */
static bool is_own(const char *host)
{
	static const char *const names[] = { "localhost", "127.0.0.1",
					     "[::1]" };
	const char *port = strrchr(host, ':');
	bool is_one = false;

	if (port == NULL || strtoul(port + 1, NULL, 10) != 25)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		is_one |= strlen(names[i]) == (size_t)(port - host) &&
			  strncasecmp(host, names[i], strlen(names[i])) == 0;
	return is_one;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct http_hosts hosts = { NULL, 0 };
	size_t length = http_head_length((const char *)data, size);
	char *copy = fuzz_copy((const char *)data, size);
	struct http_head head;
	unsigned int status = http_head_refuse(copy, size);

	HOLDS(status == 414 || status == 431);
	HOLDS(length <= size);
	HOLDS(length == 0 || data[length - 1] == '\n');
	if (length != 0) {
		status = http_head_parse(copy, length, &head);
		HOLDS(status == 0 || is_error(status));
		HOLDS(status != 0 || (head.path[0] == '/' &&
				      strlen(head.path) <= HTTP_TARGET_MAX));
		if (status == 0 &&
		    http_host_is_allowed(&hosts, head.host, "", 25))
			HOLDS(is_own(head.host));
	}
	free(copy);
	return 0;
}
