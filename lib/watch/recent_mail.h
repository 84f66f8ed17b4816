/* SPDX-License-Identifier: ISC */
#ifndef WEIR_RECENT_MAIL_H
#define WEIR_RECENT_MAIL_H

/*
 * The last messages that this process has let in. Until a flood is stopped its
 * mail looks like all other mail, so what it had let in by then can only be
 * counted afterwards. A sink of events: those that were accepted, also where a
 * limit that only monitors is over.
 *
 * A ring of bytes: the oldest ones make room. Thread-safe, one lock, held for a
 * copy. Times are those of the steady clock. A position is where a message
 * stands among all that there were: it only grows.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

#define RECENT_MAIL_BYTES (8u << 20)

struct recent_mail;

/* Never NULL. */
struct recent_mail *recent_mail_new(size_t bytes);
void recent_mail_free(struct recent_mail **recent);

/* A sink (see event.h), whose context is the recent mail. */
void recent_mail_add(void *recent, const struct event *event);

/* What was let in before is not known, or not all of it; 0: all is. */
uint64_t recent_mail_since_ms(struct recent_mail *recent);
void recent_mail_set_since(struct recent_mail *recent, uint64_t since_ms);

/* Where the next message will stand. */
uint64_t recent_mail_end(struct recent_mail *recent);

/* One message, with what subjects are made of; lent. */
struct recent_message {
	uint64_t position, steady_ms;
	struct message message;
	bool is_cut; /* it had more recipients than these */
};

/*
 * Gives each message from a position on, as far as it is still there, to visit,
 * without the lock. Returns the position behind the last one.
 */
uint64_t recent_mail_visit(struct recent_mail *recent, uint64_t position,
			   void (*visit)(void *context,
					 const struct recent_message *message),
			   void *context);

/* All of it as bytes, freed with free(), for a process that follows on this
 * host; shift_ms is added to the times. */
char *recent_mail_save(struct recent_mail *recent, int64_t shift_ms,
		       size_t *length_r);

/* What another process has saved, in front of what there is, which must be
 * nothing yet. Any bytes; false when they are not whole, with nothing changed.
 */
bool recent_mail_load(struct recent_mail *recent, const char *data,
		      size_t length, int64_t shift_ms);

#endif
