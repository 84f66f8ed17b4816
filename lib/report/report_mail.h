/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REPORT_MAIL_H
#define WEIR_REPORT_MAIL_H

/*
 * One message as the mail logs know it, from its first line to its last. One
 * thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/hash_table.h"
#include "lib/replay/log_event.h"

struct report_delivery {
	char *address, *queued; /* queued: the id at the next server, or NULL */
	enum log_delivery last;
	/* of the last line about it */
	const char *path;
	uint64_t line, when_ms, delay_ms;
	bool has_delay;
	bool is_followed; /* the logs have it at the next server, too */
};

struct report_mail {
	UT_hash_handle hh;	       /* by host and queue id */
	UT_hash_handle hh_next;	       /* by queue id alone, at the end */
	struct report_mail *next;      /* all of them, oldest first */
	char *client, *login, *sender; /* "": not known */
	char *account, *script;	       /* NULL: none */
	struct report_delivery *deliveries;
	size_t delivery_count;
	uint64_t bytes, line, stops;
	uint64_t came_ms, last_ms; /* of its first and last line */
	const char *path;
	bool is_accepted, is_removed, is_sendmail;
	bool is_rejected, is_held, is_discarded; /* at its end, by Sendmail */
	bool is_in_time; /* it came while the incident could be the cause */
	bool is_of;	 /* the incident */
	bool is_inner;	 /* it came from another one of the log */
	const char *id;
	char key[]; /* "HOST ID" */
};

/* Freed with report_mail_free(). */
struct report_mail *report_mail_new(const char *key, size_t length);
void report_mail_free(struct report_mail **mail);

/* What the event says of where it came from. */
void report_mail_set_from(struct report_mail *mail,
			  const struct log_event *event);

/* Of the event's recipients; NULL: there are LOG_RECIPIENTS_MAX others. */
struct report_delivery *report_mail_set_delivery(struct report_mail *mail,
						 const struct slice *address,
						 const struct log_event *event);

/* Was it taken into a queue? */
bool report_mail_is_in(const struct report_mail *mail);

/* Is it in a queue at the end of the logs? */
bool report_mail_is_queued(const struct report_mail *mail);

struct report_log;

/* Follows each message to the next server, as far as the logs do, so that what
 * is of the incident there is so too; then sums what is. first: of a list. */
void report_log_sum(struct report_mail *first, struct report_log *log);

#endif
