/* SPDX-License-Identifier: ISC */
#ifndef WEIR_HTTP_HOST_H
#define WEIR_HTTP_HOST_H

/*
 * Is a Host header this server? Without the question any web page could read
 * what is on loopback, through a name of its own that resolves to 127.0.0.1.
 */
#include <stdbool.h>
#include <stddef.h>

struct http_hosts {
	const char *const *names; /* with any port; "*": any host */
	size_t name_count;
};

/* local: the address that the client connected to ("192.0.2.1", "[::1]"), ""
 * on a unix socket; port: likewise, 0 on a unix socket. */
bool http_host_is_allowed(const struct http_hosts *hosts, const char *host,
			  const char *local, unsigned int port);

#endif
