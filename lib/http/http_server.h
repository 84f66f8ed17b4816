/* SPDX-License-Identifier: ISC */
#ifndef WEIR_HTTP_SERVER_H
#define WEIR_HTTP_SERVER_H

/*
 * Shows things to browsers and scrapers: GET and HEAD of a table of paths, in a
 * thread of its own, and nothing that could harm the program around it.
 *
 * One thread, one poll(), at most `connections` connections, each with a
 * buffer of HTTP_HEAD_MAX bytes; one request a connection. The head of a
 * request must be complete HTTP_HEAD_MS after the connection began, and the
 * answer taken after HTTP_ANSWER_MS more. When all places are taken the oldest
 * connection that has sent no whole request goes, so that many silent clients
 * do not shut out one that speaks.
 *
 * Refused: methods but GET and HEAD (405), a target above HTTP_TARGET_MAX
 * bytes (414), a head above HTTP_HEAD_MAX (431), a body above HTTP_BODY_MAX
 * (413; a smaller one is thrown away), what is no HTTP/1 (400), and a Host that
 * is not this server (421), so that no web page of strangers can read it
 * through a name of theirs that resolves to this host (DNS rebinding).
 * Allowed are localhost, 127.0.0.1, [::1] and the address of the connection,
 * with the port; on a unix socket localhost with any port; and the names of
 * the options with any port.
 *
 * Each answer, errors as well, has the security headers that http_answer.c
 * lists.
 */
#include <stdbool.h>
#include <stddef.h>

#define HTTP_TARGET_MAX 2048
#define HTTP_HEAD_MAX	8192
#define HTTP_BODY_MAX	2048
#define HTTP_HEAD_MS	5000
#define HTTP_ANSWER_MS	10000
#define HTTP_ETAG_SIZE	68

/* Borrowed for the time of the handler. */
struct http_request {
	const char *path;   /* "/incident/17" */
	const char *rest;   /* "17", of a row that ends in "/"; else "" */
	const char *query;  /* what follows "?"; "": nothing */
	const char *accept; /* of the header; "": none */
};

/* Zeroed but for status (200) and type (text/plain) when the handler gets it.
 */
struct http_answer {
	unsigned int status;
	const char *type;   /* a constant */
	const char *policy; /* Content-Security-Policy, a constant; NULL: that
			       of the options */
	char *body;	    /* malloc'd; the server frees it. NULL: of an error
			       status its name, else empty */
	size_t length;	    /* of body, in bytes */
	char etag[HTTP_ETAG_SIZE]; /* without quotes; "": none. Where the client
				      has it already the answer becomes 304 */
};

/* Called in the server's thread, for GET and HEAD alike: what it waits for, all
 * clients wait for. */
typedef void http_handler(void *context, const struct http_request *request,
			  struct http_answer *answer_r);

/* A path that ends in "/" and is longer has all below it, too. The longest row
 * that fits is asked; none: 404. */
struct http_row {
	const char *path; /* NULL ends the table */
	http_handler *handler;
	void *context;
};

struct http_options {
	const char *setting; /* for errors: "metrics", "keeper.page" */
	const char *program; /* likewise, see socket_file.h */
	const char *listen;  /* "127.0.0.1:8026", "[::1]:8026", "unix:/path"
			      */
	const char *user;    /* of the lock of a unix socket; "": this one */
	const char *group;   /* of a unix socket; "": that of the process */
	const char *const *names; /* allowed as Host, name_count of them; "*":
				     any */
	size_t name_count;
	const char *policy;	  /* Content-Security-Policy; NULL: "default-src
				     'none'; frame-ancestors 'none'" */
	unsigned int connections; /* at most, 1 to 64 */
	const struct http_row *rows; /* must outlive the server */
};

struct http_server;

/* Opens the socket (a unix one with mode 0660), for a caller that may be about
 * to give up root. Copies the options but for rows. NULL when it cannot; the
 * reason is logged. Not thread-safe (umask). */
struct http_server *http_server_open(const struct http_options *options);

/* Begins to answer. False: no thread; that is logged. */
bool http_server_start(struct http_server *server);

/* The address it listens on, with the port that the kernel chose for port 0;
 * borrowed. */
const char *http_server_address(const struct http_server *server);

/* Ends the thread, which may be in a handler, removes a unix socket and frees
 * all. Sets NULL; NULL is fine. */
void http_server_free(struct http_server **server);

#endif
