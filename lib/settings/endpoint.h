/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ENDPOINT_H
#define WEIR_ENDPOINT_H

/*
 * Without this "inet:127.0.0.1:8891", which is how Postfix writes what
 * libmilter calls "inet:8891@127.0.0.1", would fail at the first start only,
 * and with libmilter's words.
 *
 * Checks the texts that name a socket; opens and resolves nothing. False
 * refuses the text; then hint, if anything was added to it, says what to
 * write instead.
 */
#include <stdbool.h>

struct text;

/* "inet6:", a port and the longest host name */
#define ENDPOINT_MAX 300

/* What libmilter can listen on: unix:/path, inet:port@host, inet6:, fd:N. */
bool endpoint_check_listen(const char *value, struct text *hint);
extern const char endpoint_listen_allowed[];

/* Does it lead to this host alone: a unix socket, or loopback? Of what Redis,
 * or a page, is at: unix:/path, host:port, [v6]:port. */
bool endpoint_is_of_this_host(const char *value);

/* Where Redis is: unix:/path, host:port, [v6]:port. */
bool endpoint_check_server(const char *value, struct text *hint);
extern const char endpoint_server_allowed[];

/* Where the status page is served: unix:/path, or ADDRESS:PORT of this host;
 * "" is allowed. Metrics of another host, too. */
bool endpoint_check_page(const char *value, struct text *hint);
bool endpoint_check_metrics(const char *value, struct text *hint);
extern const char endpoint_page_allowed[], endpoint_metrics_allowed[];

/* The name or the IPv4 address of a host. */
bool endpoint_check_host(const char *value, struct text *hint);

/* A webhook: https:, to this host http:, too. */
bool endpoint_check_url(const char *value, struct text *hint);
extern const char endpoint_url_allowed[];

/* A mail server: smtps://HOST[:PORT] or smtp:. */
bool endpoint_check_smtp(const char *value, struct text *hint);
extern const char endpoint_smtp_allowed[];

#endif
