/* SPDX-License-Identifier: ISC */
#ifndef WEIR_QUEUE_FILTER_H
#define WEIR_QUEUE_FILTER_H

/*
 * Without this --sender Jake+x@Example.com would miss the mail that weir
 * counted, and held, as that of jake@example.com.
 *
 * Does this message of the queue match what the administrator asked for?
 * Addresses become identities by the same rules as in mail. Pure.
 */
#include <stdbool.h>

#include "lib/fleet/incident_flood.h"
#include "lib/fleet/quarantine.h"
#include "lib/policy/subject_parse.h"
#include "lib/settings/settings.h"
#include "queue.h"

/* Texts as typed, NULL where absent; what is given must all hold. */
struct queue_wish {
	const char *sender, *recipient; /* "<>" is the null sender */
	const char *client;		/* an address or a network */
	const char *limit;
	const struct subject *subject; /* this or flood, or none */
	const struct incident_flood *flood;
};

struct queue_filter;

/* NULL, and a static *reason_r, when a text is not what it should be.
 * settings, limit, subject and flood must outlive the filter. */
struct queue_filter *queue_filter_new(const struct settings *settings,
				      const struct queue_wish *wish,
				      const char **reason_r);
void queue_filter_free(struct queue_filter **filter);

/* Sender and recipients: what every listing of a queue has. */
bool queue_filter_takes_envelope(const struct queue_filter *filter,
				 const struct queue_message *message);

/* Is more to be known than that: the record of a message that weir held? */
bool queue_filter_asks_record(const struct queue_filter *filter);

/* Is there no message that matches without its record? */
bool queue_filter_needs_record(const struct queue_filter *filter);

/* Is the client to be known where there is no record? */
bool queue_filter_asks_client(const struct queue_filter *filter);

/* Is this the record of this message, and not of another one that had its
 * queue id: the same sender, and held within a day of its arrival? Not when it
 * is NULL. */
bool queue_filter_is_record(const struct queue_filter *filter,
			    const struct queue_message *message,
			    const struct event *record);

/*
 * Do client, limit and subject hold? record is NULL where there is none. The
 * client is the record's, or else the message's. The subject is the record's
 * where that says why the message is held now, or else made of sender,
 * recipients and client; "all" is that of a record only.
 */
bool queue_filter_matches(const struct queue_filter *filter,
			  const struct queue_message *message,
			  const struct event *record);

#endif
