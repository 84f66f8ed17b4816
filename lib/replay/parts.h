/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PARTS_H
#define WEIR_PARTS_H

/*
 * The messages that an assembly is putting together. A part is found by its
 * host and queue id until it is complete; once it has ended it is in the line
 * of those that wait to be handed out, and leaves the line at its front only. A
 * peer is a process of the MTA with which a client speaks. Both tables are
 * bounded: the oldest goes first. Of assembly.c only; assembly_finish() and
 * assembly_free() are here, too.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/hash_list.h"
#include "lib/base/hash_table.h"
#include "assembly.h"

struct part {
	UT_hash_handle hh;
	struct log_message message;
	struct hash_list seen; /* of the addresses that were delivered to */
	uint64_t expected;
	char from[LOG_CLIENT_MAX + 1]; /* its client, behind no filter */
	bool is_known;		       /* it is found by its key */
	bool has_ended, is_complete, is_stopped;
	bool is_anchor; /* no message yet: it holds refused MAILs together */
	/* Refused before it: recipients of Postfix; of Sendmail a chain of
	 * MAILs with the same queue id, the newest first. And whose. */
	struct part *before, *owner;
	struct peer *peer;
	struct part *prev, *next; /* the line */
	size_t key_length;
	char key[];
};

struct peer {
	UT_hash_handle hh;
	struct part *refused; /* recipients before there was a queue id */
	char *login;
	bool is_discarding; /* goes on with a message that is discarded */
	size_t key_length;
	char key[];
};

#define PARTS_SEEN_MAX 131072

struct assembly {
	struct assembly_options options;
	struct assembly_counts counts;
	struct part *known, *line;
	struct peer *peers;
	size_t waiting;		       /* in the line */
	uint64_t seen[PARTS_SEEN_MAX]; /* hashes of hosts and queue ids */
};

/* The part of the line's queue id, the peer of its process; or NULL. */
struct part *parts_find(struct assembly *assembly, const struct log_line *line);
struct peer *parts_find_peer(struct assembly *assembly,
			     const struct log_line *line);

/* Was there a message with this queue id on the host of the line, of whatever
 * instance? Of some of the oldest this is no longer known. */
bool parts_have_seen(const struct assembly *assembly,
		     const struct log_line *line, const struct slice *id);

/* A message of this queue id begins; one that had it before is over. */
struct part *parts_open(struct assembly *assembly, const struct log_line *line);

/* A part that is in no table, with so many bytes for a key. */
struct part *parts_make(size_t key_length);

/* It has ended, and is added to the line; once. */
void parts_end(struct assembly *assembly, struct part *part, uint64_t time_ms);

/* Nothing more is to come: it only waits for its turn. */
void parts_complete(struct assembly *assembly, struct part *part);

/* Out of the line, before its turn. */
void parts_leave(struct assembly *assembly, struct part *part);

/* Frees a part that is not in the line. What was refused before it is a
 * message of its own then. */
void parts_drop(struct assembly *assembly, struct part *part);

/* Hands out those at the front that are complete, or have waited long
 * enough. */
void parts_advance(struct assembly *assembly, uint64_t now_ms);

/* The peer, made when it is new. */
struct peer *parts_meet_peer(struct assembly *assembly,
			     const struct log_line *line);
void parts_forget_peer(struct assembly *assembly, struct peer *peer);

#endif
