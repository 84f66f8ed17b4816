/* SPDX-License-Identifier: ISC */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

/*
 * Without this the parts of the load generator could not share what they
 * count: options (what to send), tally (what came of it), and sessions (one
 * SMTP client each, as the milter sees it), all in one thread around epoll.
 */
#include "histogram.h"
#include "milter_client.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct options {
	struct sockaddr_storage address;
	socklen_t address_length;
	const char *socket; /* as given */
	unsigned connections;
	unsigned idle;
	uint64_t messages; /* 0: until the time is over */
	double seconds;	   /* 0: until the messages are sent */
	unsigned messages_per_connection;
	unsigned senders;
	unsigned first_sender;
	unsigned recipients_per_message;
	unsigned recipients;
	unsigned clients;
	unsigned headers;
	size_t body_bytes;
	bool is_json;
};

/* Ends the process with EX_USAGE and a word when they make no sense. */
void options_read(int argc, char **argv, struct options *options_r);

/* What is timed: a stage, a group of them, or the whole message. */
enum timing {
	TIMING_CONNECT, /* socket, negotiation, CONNECT, HELO */
	TIMING_MAIL,
	TIMING_RCPT,
	TIMING_DATA,
	TIMING_CONTENT, /* headers, end of headers, body */
	TIMING_EOM,
	TIMING_MESSAGE, /* from MAIL to the last answer */
	TIMINGS
};

enum verdict {
	VERDICT_ACCEPTED,
	VERDICT_QUARANTINED,
	VERDICT_TEMPFAILED,
	VERDICT_REJECTED,
	VERDICT_DISCARDED,
	VERDICT_LOST, /* the milter broke off: the MTA's default action */
	VERDICTS
};

struct tally {
	uint64_t verdicts[VERDICTS];
	uint64_t refused_recipients;
	uint64_t connections;
	struct histogram timings[TIMINGS];
	uint64_t started_ns;
	uint64_t ended_ns; /* of the last message */
};

void report_print(const struct options *options, const struct tally *tally);

/* The whole run. */
struct load {
	const struct options *options;
	struct tally *tally;
	const uint8_t *body; /* as much as one packet takes */
	uint64_t messages_begun;
	uint64_t deadline_ns; /* 0: none */
	int epoll;
	unsigned active;     /* sessions that send and are not over */
	unsigned idle_ready; /* idle ones that are through HELO */
	bool is_stopping;
};

uint64_t load_now_ns(void);

/*
 * A client that stays idle after HELO, or sends messages over one connection
 * after another until the run is over. NULL when the milter cannot be
 * reached. Counted in load->active unless it is idle. The load must outlive
 * it.
 */
struct session *session_new(struct load *load, bool is_idle);

/* Hangs up as a MTA does. */
void session_free(struct session **session);

/* To be called when its socket can be read or written (level-triggered). */
void session_ready(struct session *session, uint32_t events);

#endif
