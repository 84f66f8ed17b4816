/* SPDX-License-Identifier: ISC */
#ifndef WEIR_HTTP_HEAD_H
#define WEIR_HTTP_HEAD_H

/*
 * The head of a request: bytes of strangers in, a few fields or an error out.
 * Pure. Lines may end in LF alone, as those of a hand with nc(1) do; that is
 * no danger where each connection has one request.
 */
#include <stdbool.h>
#include <stddef.h>

struct http_head {
	bool is_head; /* HEAD, not GET */
	/* "": it is not there */
	const char *path, *query, *host, *accept, *if_none_match;
};

extern const struct http_head http_head_none;

/* Length of the head at the front of data, with the empty line; 0: its end has
 * not come yet. */
size_t http_head_length(const char *data, size_t length);

/*
 * data[0..length) is a head; it is changed and lent to head_r. Returns 0, or
 * the status of the error: 400, 405, 413, 414 or 505.
 */
unsigned int http_head_parse(char *data, size_t length,
			     struct http_head *head_r);

/* What to answer when HTTP_HEAD_MAX bytes have come and no end: 414 or 431. */
unsigned int http_head_refuse(const char *data, size_t length);

#endif
