/* SPDX-License-Identifier: ISC */
#ifndef WEIR_HTTP_LISTEN_H
#define WEIR_HTTP_LISTEN_H

/*
 * The socket of a server: from "127.0.0.1:8026", "[::1]:8026", "localhost:0"
 * or "unix:/path" to a descriptor.
 */
#include <stdbool.h>

#include "lib/base/socket_file.h"
#include "http_server.h"

#define HTTP_ADDRESS_SIZE 128

struct http_listener {
	int fd;
	bool is_unix;
	struct socket_file file;
};

/* False when it cannot; the reason is logged, and nothing is left open. */
bool http_listen(const struct http_options *options,
		 struct http_listener *listener_r);

/* Closes it, and removes the path of a unix socket. */
void http_listener_close(struct http_listener *listener);

/* The address of our side of a socket: "127.0.0.1", "[::1]", with its port;
 * "" and 0 of a unix socket. */
void http_local_address(int fd, char address[HTTP_ADDRESS_SIZE],
			unsigned int *port_r);

#endif
