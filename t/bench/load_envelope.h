/* SPDX-License-Identifier: ISC */
#ifndef BENCH_LOAD_ENVELOPE_H
#define BENCH_LOAD_ENVELOPE_H

/*
 * Without this each session would have to know what mail looks like.
 *
 * Who sends what to whom, made up from the number of the connection and of
 * the message, so that senders, recipients and clients come round in turn.
 * It holds the values of the macros too. Not thread-safe.
 */
#include "load.h"

struct envelope {
	const struct options *options;
	const uint8_t *body; /* as much as one packet takes */
	struct milter_values values;
	uint64_t message;
	char client_host[64];
	char client_address[32];
	char queue_id[32];
	char sender[64];
	char recipient[64];
};

void envelope_set_client(struct envelope *envelope, uint64_t connection);

/* A new message, which has no queue id yet. */
void envelope_set_message(struct envelope *envelope, uint64_t message);

/* From now on the milter is told the queue id: there is a queue file. */
void envelope_show_queue_id(struct envelope *envelope);

/* How often the stage comes in a message: recipients, headers, chunks. */
size_t envelope_parts(const struct envelope *envelope, enum milter_stage stage);

enum {
	ENVELOPE_BUFFER_SIZE = 256
};

/*
 * What follows the command of that part of the stage; returns its length.
 * *data_r points into buffer or to what lives as long as the envelope.
 */
size_t envelope_data(struct envelope *envelope, enum milter_stage stage,
		     size_t part, char buffer[ENVELOPE_BUFFER_SIZE],
		     const void **data_r);

#endif
