/* SPDX-License-Identifier: ISC */
#ifndef WEIR_HTTP_CONNECTION_H
#define WEIR_HTTP_CONNECTION_H

/*
 * One client: it sends a head, gets an answer, and is gone. Never waits; the
 * server polls and says when.
 */
#include <stdint.h>

#include "http_host.h"
#include "http_server.h"

enum http_phase {
	HTTP_CLOSING, /* answered; waits until the client closes, so that a
			 reset does not take the answer away from it */
	HTTP_READING,
	HTTP_WRITING
};

struct http_connection {
	int fd; /* -1: a free place */
	enum http_phase phase;
	uint64_t begun_ms, end_ms; /* of a steady clock */
	char *head;		   /* HTTP_HEAD_MAX bytes, and a NUL */
	size_t head_length;
	char *out;
	size_t out_length, sent;
	size_t drained; /* bytes behind the head */
};

/* How all requests are answered. */
struct http_service {
	const struct http_row *rows;
	struct http_hosts hosts;
	const char *policy;
};

/* Takes the descriptor over. */
void http_connection_open(struct http_connection *connection, int fd,
			  uint64_t now_ms);
void http_connection_close(struct http_connection *connection);

/* What poll(2) is to wait for. */
short http_connection_events(const struct http_connection *connection);

/* It may be read or written, or its time may be over; it may close itself. */
void http_connection_step(struct http_connection *connection,
			  const struct http_service *service, short events,
			  uint64_t now_ms);

#endif
