/* SPDX-License-Identifier: ISC */
#ifndef WEIR_EVENT_H
#define WEIR_EVENT_H

/*
 * One verdict with everything that is known of it. The session makes one for
 * each verdict and gives it to a table of sinks: the verdict log, the watch
 * channel, quarantine records, totals. What wants to know of verdicts is one
 * more row of that table, and no change of the session.
 *
 * An event borrows: of the message, the verdict and the settings, or of the
 * JSON that it was read from. What keeps it longer keeps a copy.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/policy/message.h"
#include "lib/policy/verdict.h"
#include "lib/store/window.h"

struct json_t;

struct headers;

#define EVENT_RECIPIENTS_MAX 20

enum event_stage {
	EVENT_AT_MAIL,
	EVENT_AT_RCPT, /* of one recipient */
	EVENT_AT_DATA, /* of a message that is charged there */
	EVENT_AT_END
};

#define EVENT_STAGES (EVENT_AT_END + 1)

/* "mail", "rcpt", "data", "end" */
const char *event_stage_name(enum event_stage stage);

/* No text is ever NULL; texts may be any bytes but NUL. */
struct event {
	uint64_t when_ms;     /* since the epoch */
	uint64_t steady_ms;   /* the same moment on the steady clock */
	const char *host;     /* of the milter */
	const char *queue_id; /* "": not known yet */
	enum event_stage stage;
	enum verdict_kind verdict;
	enum verdict_cause cause;

	/* With VERDICT_BY_LIMIT and VERDICT_BY_BLOCK, else "" and 0: */
	const char *limit;    /* its name; "": a block */
	uint64_t order;	      /* the number of the block */
	const char *subject;  /* "sender:jake@example.com" */
	enum limit_unit unit; /* of used and max */
	uint64_t used, max;   /* of the window, in what the limit counts */
	uint64_t per_ms;      /* 0: in one message */
	uint64_t wait_ms;     /* until there is room; WINDOW_NEVER */
	bool is_cached;	      /* Redis was not asked */
	unsigned int meter;   /* of the limit, see limit.h */

	/* Of what was let in: the meters of all limits that looked at it, a bit
	 * each, LIMIT_METERS of them. NULL: none, or this is a copy. */
	const uint64_t *counted;

	/* With VERDICT_ACCEPT: the window that came nearest to its max, if that
	 * is at half of it or above, else "" and 0. */
	const char *near_limit, *near_subject;
	uint64_t near_per_ms, near_max;
	enum limit_unit near_unit;

	const char *sender; /* identities; "" is the null sender */
	const char *client; /* its address; "": a program on this host */
	const char *login, *helo, *listener;	      /* "": none */
	const char *recipients[EVENT_RECIPIENTS_MAX]; /* the first ones */
	size_t recipient_count;			      /* of recipients[] */
	size_t recipients_all;			      /* of the message */
	const char *content; /* a fingerprint of its headers; "": not seen */
	/* NULL: not seen; a copy has none. */
	const struct headers *headers;
	uint64_t bytes; /* received, or as declared at MAIL; 0: not known */
	/* For sinks, as event_window() says; NULL: none; a copy has none. */
	const struct event_window *window;
};

/* Of one recipient, or of all where that is NULL. What the message and the
 * verdict do not know is 0 or "": when, host, queue id and stage. */
void event_make(struct event *event_r, const struct message *message,
		const struct message_recipient *recipient,
		const struct verdict *verdict);

/* As an object whose members have the names of the fields, as the watch channel
 * has it. The reference is the caller's. */
struct json_t *event_json(const struct event *event);

/* Borrows of the object. What is missing, or of another type, is "" or 0. False
 * when it is no object, or its verdict is not known here. */
bool event_read(const struct json_t *object, struct event *event_r);

/* Is the event about this subject, or has the message got it? */
bool event_has_subject(const struct event *event, const char *subject,
		       unsigned int key);

/* The window that an event is about: of a limit, of a block, or of what is
 * accepted the nearest one. Texts are those of the event. */
struct event_window {
	const char *limit, *subject;
	uint64_t per_ms, max;
	enum limit_unit unit;
	bool is_let_in;
	char key[WINDOW_KEY_SIZE]; /* "LIMIT:PER:SUBJECT", "block:NUMBER" */
};

/* False where it is about none: accepted and far from any limit, exempt, a
 * ceiling for one message. */
bool event_window(const struct event *event, struct event_window *window_r);

/* With texts of its own, in one block: freed with free(). */
struct event *event_copy(const struct event *event);

/*
 * Called for each event, in any thread, several at once; never waits, neither
 * for a disk nor for Redis. Whether the event is one of those that are wanted
 * is asked there first, and cheaply: most are of mail that was accepted.
 */
struct event_sink {
	void (*add)(void *context, const struct event *event);
	void *context;
};

/* The table ends with a row without add. Sets event->window meanwhile. */
void event_give(const struct event_sink *sinks, struct event *event);

#endif
