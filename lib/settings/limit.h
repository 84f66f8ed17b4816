/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LIMIT_H
#define WEIR_LIMIT_H

/*
 * Without this the rules of the file would be strings all the way down.
 *
 * A limit as plain data, read from the file and never changed afterwards.
 * What it does with a message is decided in policy/.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "limit_action.h"

struct network_list;
struct pattern_list;
struct template;

/* What can be counted by, in the order in which joined keys are written. */
enum dimension {
	DIMENSION_SENDER,
	DIMENSION_SENDER_DOMAIN,
	DIMENSION_RECIPIENT,
	DIMENSION_RECIPIENT_DOMAIN,
	DIMENSION_CLIENT,
	DIMENSION_AUTH,
	DIMENSION_HELO,
	DIMENSION_COUNT
};

/*
 * The key of a limit is a set of dimensions, in an unsigned int with the bit
 * LIMIT_KEY_OF(dimension) for each; the empty set is "all".
 */
#define LIMIT_KEY_OF(dimension) (1u << (dimension))
#define LIMIT_KEY_RECIPIENTS                 \
	(LIMIT_KEY_OF(DIMENSION_RECIPIENT) | \
	 LIMIT_KEY_OF(DIMENSION_RECIPIENT_DOMAIN))

/* Longest key text: every name, joined. */
#define LIMIT_KEY_TEXT_SIZE 80

/* "sender+recipient" in any order, or "all"; false if text is neither. */
bool limit_parse_key(const char *text, unsigned int *key_r);

/* "sender+recipient" in the fixed order, or "all". Returns buffer. */
const char *limit_format_key(unsigned int key,
			     char buffer[LIMIT_KEY_TEXT_SIZE]);

enum limit_unit {
	LIMIT_MESSAGES,
	LIMIT_RECIPIENTS,
	LIMIT_BYTES
};

enum limit_count {
	LIMIT_COUNT_ACCEPTED, /* only what was let in is charged */
	LIMIT_COUNT_ATTEMPTS  /* what was refused as well */
};

/* NULL behind the last. */
extern const char *const limit_unit_names[], *const limit_count_names[];
const char *limit_unit_name(enum limit_unit unit);
const char *limit_count_name(enum limit_count count);

struct limit;

/* Is max a ceiling for one message, so that nothing is kept between two? */
bool limit_is_ceiling(const struct limit *limit);

/* What max is in: "1m", "one message". At least UNITS_TEXT_SIZE bytes. */
const char *limit_format_per(const struct limit *limit, char *buffer);

/* Which lists a message must be in; NULL means that anything goes. */
struct match_lists {
	struct network_list *client;
	struct pattern_list *sender, *recipient, *auth, *helo, *listener;
};

enum match_wish {
	MATCH_ANY,
	MATCH_YES,
	MATCH_NO
};

/* All that is set must hold: a conjunction. {0} matches every message. */
struct match {
	struct match_lists in;	/* client = [...], sender = [...] ... */
	struct match_lists out; /* not_client = [...] ... */
	enum match_wish authenticated, local;
	char *file; /* where it is; NULL: in the main file */
	int line;
};

/* Frees the lists, leaves {0}. */
void match_clear(struct match *match);

/* Does it look at recipients, so that it holds for some and not for others? */
bool match_has_recipient(const struct match *match);

/* Does it look at the HELO name? */
bool match_has_helo(const struct match *match);

/* Longest name of a limit, in bytes; names are [A-Za-z0-9_.-]+. */
#define LIMIT_NAME_MAX 64

#define LIMIT_METERS 256

struct limit {
	char *name;
	unsigned int key; /* set of LIMIT_KEY_OF() */
	enum limit_unit unit;
	enum limit_count count;
	enum limit_action action;
	uint64_t max;	 /* 1 to 2^53, in unit */
	uint64_t per_ms; /* 1 to LIMIT_PER_MAX; 0: a ceiling for one message */
	struct match match;
	struct template *reply; /* NULL: the default text of the action */
	/* What counts it for metrics, below LIMIT_METERS; set by
	 * lib/watch/metrics.h before the settings are shared. */
	unsigned int meter;
	char *file; /* where it is; NULL: in the main file */
	int line;
};

/* The longest window: 366 days. */
#define LIMIT_PER_MAX (366ULL * 24 * 3600 * 1000)

/* Frees what the limit holds, not the limit. */
void limit_clear(struct limit *limit);

/*
 * What mail it can count: its match, and where its key has a login, only mail
 * with one. The lists are the limit's.
 */
struct match limit_effective_match(const struct limit *limit);

/*
 * The limit as a sentence: "sender-minute: tempfail a sender above 100
 * messages in 1m". Freed with free().
 */
char *limit_describe(const struct limit *limit);

/*
 * What it matches, for a sentence: "all mail", "mail, only listed clients".
 * Freed with free().
 */
char *match_describe(const struct match *match);

#endif
