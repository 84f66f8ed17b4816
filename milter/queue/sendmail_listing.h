/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SENDMAIL_LISTING_H
#define WEIR_SENDMAIL_LISTING_H

/*
 * Reads the listing of "sendmail -bp -v", which is made for people: it cuts
 * addresses at 78 columns, has no year, and its size is that of the body. One
 * thread; no I/O.
 */
#include "queue.h"

struct sendmail_listing {
	uint64_t now_ms; /* the listing has no year: it is the last such day */
	bool is_held;	 /* this is the listing of quarantined mail, -qQ */
	/*
	 * Gets each message, when its last line was read, and takes over what
	 * the message owns. directory is that of its queue, "" where the
	 * listing did not say. is_cut: an address of it was cut.
	 */
	void (*take)(void *context, struct queue_message *message,
		     const char *directory, bool is_cut);
	void *context;
	size_t unreadable; /* messages that are not understood */

	struct queue_message message; /* being read; id NULL: none */
	bool is_bad, is_cut;
	char directory[300]; /* of the messages that follow */
};

/* Begin with {0} and the first four members; line has no newline. */
void sendmail_listing_read(struct sendmail_listing *listing, const char *line,
			   size_t length);

/* After the last line. */
void sendmail_listing_end(struct sendmail_listing *listing);

#endif
