/* SPDX-License-Identifier: ISC */
#ifndef WEIR_MARKS_H
#define WEIR_MARKS_H

/*
 * What makes two floods one. Of each window that stops mail up to five marks
 * are made; two windows with a mark in common are of one incident:
 *
 *   the subject    "sender:jake@example.com": always
 *   the source     "auth:LOGIN"; else "client:ADDRESS"; else, where the client
 *                  is shared, "sender:ADDRESS"
 *   the way        "way:CLIENT>RECIPIENT"
 *   the target     "recipient:ADDRESS": where the key has a recipient in it
 *   the content    "content:FINGERPRINT": where headers were seen
 *
 * A source that is a login says all there is to say: two logins that flood one
 * mailbox through one host, or send the same, have neither way nor content.
 *
 * The source, the way and the content are those of at least half of the mail
 * that the window has stopped. Where its key says nothing of who sends (no
 * sender, client or auth in it), that is believed only after MARKS_SURE
 * messages: the first one stopped may be anybody's. The way from a shared
 * client is known at once, and without a source: it accuses nobody. Pure.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sketch.h"

#define MARKS_MAX  5
#define MARKS_SURE 10

enum flood_dimension {
	FLOOD_SENDER,
	FLOOD_LOGIN,
	FLOOD_CLIENT, /* as counted */
	FLOOD_RECIPIENT,
	FLOOD_CONTENT, /* a fingerprint */
	FLOOD_DIMENSIONS
};

/* "sender", "login", "client", "recipient", "content" */
const char *flood_dimension_name(enum flood_dimension dimension);

/* What is known of a window; values are written as in subjects. */
struct marks_window {
	const char *subject;
	const struct sketch *sketches; /* FLOOD_DIMENSIONS of them */
	uint64_t messages;	       /* that it stopped or held */
	/* Where it has seen no recipient, the one that others have seen its
	 * sender write to, or NULL. */
	const char *recipient;
	/* Do several senders share this client? */
	bool (*is_shared)(const void *context, const char *client);
	const void *context;
};

struct marks {
	char *texts[MARKS_MAX]; /* the first is the subject */
	size_t count;
	char *source; /* one of them; NULL: nobody has half */
	/* Messages of others than the source, that a window without a source
	 * in its key has stopped. */
	uint64_t others;
};

/* Does the key of the window say who sends? */
bool marks_name_source(const char *subject);

/* Does it, or do the marks know who sends by now? */
bool marks_are_sure(const struct marks_window *window);

/* The caller clears. */
void marks_make(const struct marks_window *window, struct marks *marks_r);
void marks_clear(struct marks *marks);

/* Adds copies of those that are not among the count of kept, which has room for
 * max. Returns how many there are then. */
size_t marks_keep(const struct marks *marks, char **kept, size_t count,
		  size_t max);

#endif
