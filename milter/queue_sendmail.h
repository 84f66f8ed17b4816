/* SPDX-License-Identifier: ISC */
#ifndef WEIR_QUEUE_SENDMAIL_H
#define WEIR_QUEUE_SENDMAIL_H

/*
 * Without this mail that weir quarantined in Sendmail could be let go by hand
 * only, one queue id after the other.
 *
 * Sendmail's queue, through sendmail(8); the functions are queue_sendmail of
 * queue.h. Here is what reads the listing of "sendmail -bp -v", which is made
 * for people.
 */
#include "queue.h"

struct queue_sendmail_reader {
	uint64_t now_ms; /* the listing has no year: it is the last such day */
	bool is_held;	 /* this is the listing of quarantined mail, -qQ */
	/* Told of each message, when its last line was read; takes over what
	 * the message owns. */
	void (*take)(void *context, struct queue_message *message);
	void *context;
	size_t unreadable; /* messages */

	struct queue_message message; /* being read; id NULL: none */
	bool is_bad;
};

/* Begin with {0} and the first four members; line has no newline. */
void queue_sendmail_read(struct queue_sendmail_reader *reader, const char *line,
			 size_t length);

/* After the last line. */
void queue_sendmail_end(struct queue_sendmail_reader *reader);

#endif
