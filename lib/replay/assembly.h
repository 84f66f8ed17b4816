/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ASSEMBLY_H
#define WEIR_ASSEMBLY_H

/*
 * Puts messages together from events, and hands them out in the order in which
 * they ended, because that is the order in which a milter charged them. The
 * recipients of a message are known only when it is delivered, so a message
 * waits until it has all of them, and the ones behind it wait with it: until it
 * was removed from the queue, or horizon_ms of the log have passed, or max
 * messages wait. Then its other recipients are hidden.
 *
 * Only messages that a milter would see: those of smtpd (client=), and those
 * of sendmail(1) if with_local. Bounded: of more than max messages the oldest
 * goes first, and is counted. One thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "log_event.h"
#include "log_message.h"

struct assembly;

struct assembly_options {
	uint64_t horizon_ms;
	size_t max;	      /* messages held */
	bool with_local;      /* mail of sendmail(1), too */
	bool with_recipients; /* else it is enough to know how many */
	/* Takes each message; it is gone after the call. */
	void (*take)(void *context, const struct log_message *message);
	void *context;
};

struct assembly_counts {
	uint64_t messages;    /* that were handed out */
	uint64_t hiding;      /* of them, those with hidden recipients */
	uint64_t unfinished;  /* without an end in the log */
	uint64_t local;	      /* of sendmail(1), and left out */
	uint64_t turned_away; /* recipients refused before a milter */
};

struct assembly *assembly_new(const struct assembly_options *options);
void assembly_free(struct assembly **assembly);

/* What a line says. */
void assembly_add(struct assembly *assembly, const struct log_line *line,
		  struct log_event *event);

/* The log is over: hands out what waits. */
void assembly_finish(struct assembly *assembly);

const struct assembly_counts *assembly_counts(const struct assembly *assembly);

#endif
