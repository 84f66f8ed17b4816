/* SPDX-License-Identifier: ISC */
#ifndef WEIR_HTTP_ANSWER_H
#define WEIR_HTTP_ANSWER_H

/*
 * An answer as bytes, with the same security headers whatever it says: what
 * an error page lacks is what an attacker asks for. Pure.
 */
#include <stdbool.h>
#include <stdint.h>

#include "http_server.h"

/* What the answer depends on besides itself. */
struct http_reply {
	const char *policy;	   /* of the server */
	const char *if_none_match; /* "": none */
	bool is_head;
	uint64_t now_ms; /* since the epoch */
};

/* The whole answer, malloc'd; frees the body. */
char *http_answer_write(struct http_answer *answer,
			const struct http_reply *reply, size_t *length_r);

#endif
