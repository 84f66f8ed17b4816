/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LOG_EVENT_H
#define WEIR_LOG_EVENT_H

/*
 * What a line says about a message, in the same words for each MTA. The slices
 * point into the line; one whose data is NULL was not said.
 */
#include <stdbool.h>
#include <stdint.h>

#include "log_line.h"
#include "slice.h"

enum log_event_kind {
	LOG_NOTHING,
	LOG_LOGIN,	  /* the connection of this pid has logged in: login */
	LOG_OVER,	  /* the connection of this pid has begun or ended */
	LOG_CLIENT,	  /* a message has begun: client, login */
	LOG_PROXY_CLIENT, /* one that a proxy filter will see: client, login */
	LOG_PROXY_ACCEPTED, /* the filter gave it back: client, login, queued */
	LOG_LOCAL,	    /* a message of sendmail(1) has begun: sender */
	LOG_ACCEPTED,	 /* it is in the queue: sender, bytes, count, client */
	LOG_RECIPIENT,	 /* delivered or not: recipients, origin */
	LOG_REMOVED,	 /* no more is to come */
	LOG_MAIL_STOP,	 /* a milter refused MAIL */
	LOG_RCPT_STOP,	 /* a milter refused a recipient */
	LOG_END_STOP,	 /* a milter refused, discarded or held it */
	LOG_TURNED_AWAY, /* refused before a milter could see all of it */
	LOG_SCRIPT	 /* the script that made it, by its header: script */
};

/* What became of a recipient; it may be said again and again. */
enum log_delivery {
	LOG_DELIVERY_OTHER,
	LOG_DELIVERY_SENT,
	LOG_DELIVERY_DEFERRED, /* it is in the queue, and tried again */
	LOG_DELIVERY_BOUNCED
};

struct log_event {
	enum log_event_kind kind;
	struct slice client; /* "192.0.2.1", no brackets */
	struct slice login, helo, sender;
	struct slice recipients; /* with their brackets: log_event_recipient */
	struct slice original;	 /* what RCPT had, if the log says so */
	/* links: the queue id and client that it had before a filter; the queue
	 * id that the next server gave it, and the address of that */
	struct slice first_id, first_client, queued, relay;
	uint64_t bytes, count; /* count: of recipients */
	enum log_delivery delivery;
	uint64_t delay_ms;   /* of a delivery, since it came, if has_delay */
	struct slice script; /* "33:cdomail.php": a sender's word */
	uint64_t uid;	     /* of who called sendmail(1), if has_uid */
	bool has_uid;
	bool has_delay;
	bool is_hold;	  /* of a stop: it is in the queue, on hold */
	bool is_discard;  /* of a stop: the client got a positive reply */
	bool is_given_up; /* by the client, after a recipient; count is 0 */
};

/*
 * What a line of Postfix (2.3 to 3.10) says about a message. The words are
 * those of its sources: smtpd.c, cleanup_milter.c, qmgr_active.c,
 * pickup.c and global/log_adhoc.c. Pure, thread-safe, never reads beyond the
 * line. True when it says anything; *event_r is LOG_NOTHING otherwise.
 */
bool log_postfix_read(const struct log_line *line, struct log_event *event_r);

/* The same of Sendmail (8.12 to 8.18, LogLevel 9 or above): envelope.c
 * (logsender), deliver.c (logdelivery), srvrsmtp.c and milter.c. */
bool log_sendmail_read(const struct log_line *line, struct log_event *event_r);

/* Takes one address off the front of event->recipients; false when there is
 * none left. */
bool log_event_recipient(struct log_event *event, struct slice *address_r);

#endif
