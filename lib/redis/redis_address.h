/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_ADDRESS_H
#define WEIR_REDIS_ADDRESS_H

/*
 * Without this the link of the mail path and the client of weirctl would
 * each have their own idea of where "[::1]:6379" is.
 *
 * "unix:/path", "host:port" or "[v6]:port", taken apart. Pure, thread-safe.
 */
#include <stdbool.h>

struct redis_address {
	const char *path; /* of a unix socket, in the text; else NULL */
	char *host;	  /* else; without brackets */
	int port;
};

/* text must outlive the address. False when it is no address. */
bool redis_address_parse(const char *text, struct redis_address *address_r);

/* Frees what it holds, leaves {0}. */
void redis_address_clear(struct redis_address *address);

#endif
