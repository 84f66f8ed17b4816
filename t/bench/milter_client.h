/* SPDX-License-Identifier: ISC */
#ifndef BENCH_MILTER_CLIENT_H
#define BENCH_MILTER_CLIENT_H

/*
 * Without this a milter could only be measured through a whole MTA, whose own
 * cost hides it.
 *
 * The MTA's side of the milter protocol, version 6, as Postfix 3.7 speaks it
 * (src/milter/milter8.c there): the same offer, the same macros before each
 * command, nothing sent for stages the milter does not want, nothing awaited
 * where it said that it would not answer. It does no I/O: packets gather in
 * `out`, and what was read is put into `in`. Not thread-safe.
 */
#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum milter_stage {
	MILTER_CONNECT,
	MILTER_HELO,
	MILTER_MAIL,
	MILTER_RCPT,
	MILTER_DATA,
	MILTER_HEADER,
	MILTER_EOH,
	MILTER_BODY,
	MILTER_EOM,
	MILTER_STAGES
};

/* What a milter can ask to be told with a command; the others are ignored. */
enum milter_macro {
	MACRO_HOST,
	MACRO_DAEMON_NAME,
	MACRO_DAEMON_ADDR,
	MACRO_VERSION,
	MACRO_CLIENT,
	MACRO_CLIENT_ADDR,
	MACRO_CLIENT_NAME,
	MACRO_CLIENT_PORT,
	MACRO_QUEUE_ID,
	MACRO_AUTH_TYPE,
	MACRO_AUTH_AUTHEN,
	MACRO_AUTH_AUTHOR,
	MACRO_MAIL_ADDR,
	MACRO_MAIL_HOST,
	MACRO_MAIL_MAILER,
	MACRO_RCPT_ADDR,
	MACRO_RCPT_HOST,
	MACRO_RCPT_MAILER,
	MACROS
};

/* Values by macro; NULL where there is none: it is not sent then. */
struct milter_values {
	const char *value[MACROS];
};

struct milter_bytes {
	uint8_t *data;
	size_t start;  /* what lies before has been dealt with */
	size_t length; /* end of what is there */
	size_t size;
};

struct milter_client {
	uint32_t protocol; /* SMFIP_* as agreed */
	uint8_t macros[MILTER_STAGES][MACROS];
	uint8_t macro_count[MILTER_STAGES];
	struct milter_bytes out;
	struct milter_bytes in;
};

/* One packet of the milter; data is valid until `in` is filled again. */
struct milter_packet {
	char command; /* SMFIR_* or SMFIC_OPTNEG */
	const uint8_t *data;
	size_t length;
};

enum milter_found {
	MILTER_NO_PACKET,
	MILTER_PACKET,
	MILTER_BROKEN
};

/* For a new connection; keeps the memory of an earlier one. Starts as zeroes.
 */
void milter_client_start(struct milter_client *client);
void milter_client_free(struct milter_client *client);

/* Queues the offer that opens a connection. */
void milter_client_offer(struct milter_client *client);

/* Reads the answer to it; false when a MTA would give the milter up. */
bool milter_client_agree(struct milter_client *client,
			 const struct milter_packet *answer);

/* Whether the stage's own command is sent at all. */
bool milter_client_sends(const struct milter_client *client,
			 enum milter_stage stage);

/* Whether the milter answers that command. */
bool milter_client_waits(const struct milter_client *client,
			 enum milter_stage stage);

/* Queues a stage: its macros, then its command unless that is not wanted. */
void milter_client_queue(struct milter_client *client, enum milter_stage stage,
			 const struct milter_values *values, const void *data,
			 size_t length);

/* Queues a command that has neither data, macros nor answer. */
void milter_client_queue_bare(struct milter_client *client, char command);

/* Takes the next whole packet out of what has been read. */
enum milter_found milter_client_take(struct milter_client *client,
				     struct milter_packet *packet_r);

/* Room for at least `more` bytes at data + length. */
void milter_bytes_reserve(struct milter_bytes *bytes, size_t more);

#endif
