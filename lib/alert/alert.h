/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ALERT_H
#define WEIR_ALERT_H

/*
 * What an administrator is called for: what happened, with all that is known of
 * it, as plain data. alert_text.h and alert_formats.h write it for people and
 * for the services that call them. Pure, thread-safe.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fleet/incident.h"
#include "lib/fleet/order_book.h"
#include "lib/watch/journal_line.h"

enum alert_act {
	/* of one incident, as struct incident_act names them */
	ALERT_OPENED,
	ALERT_WARNING, /* a monitored one that begins to stop mail */
	ALERT_SERIOUS,
	ALERT_CRITICAL,
	ALERT_CONTAINED,
	ALERT_TAKEN,
	ALERT_QUIET, /* ended, unless it begins again */
	ALERT_AGAIN,
	ALERT_OVER,
	ALERT_REMINDER,
	/* of several incidents */
	ALERT_DIGEST,
	/* of weir itself */
	ALERT_REDIS_AWAY,
	ALERT_REDIS_BACK,
	ALERT_MILTER_SILENT,
	ALERT_MILTER_BACK,
	ALERT_CHANNEL_FAILING,
	ALERT_CHANNEL_WORKS,
	/* somebody tries the channels */
	ALERT_TEST
};

#define ALERT_ACTS (ALERT_TEST + 1)

/* "opened", "redis away" ... */
const char *alert_act_name(enum alert_act act);

/* False when it is the name of none. */
bool alert_act_parse(const char *name, enum alert_act *act_r);

/* Does it say that what was told before has ended? */
bool alert_act_is_end(enum alert_act act);

/* What most of the recorded messages of a flood have in a header. */
struct alert_header {
	const char *name; /* "subject", "php_script", "mailer" */
	const char *value;
	uint64_t count, seen; /* so many have it, of so many recorded */
};

/* An earlier incident with the same marks. */
struct alert_earlier {
	uint64_t number, opened_ms;
};

/*
 * All pointers are borrowed, and need to live for the call only that the alert
 * is given to. What is not known is NULL or 0; the line about it is left out.
 */
struct alert {
	enum alert_act act;
	enum incident_level level; /* a channel takes it `from` this on */
	uint64_t when_ms;	   /* of the act, since the epoch */
	/* What all alerts of one incident have in common: its uid; of all else
	 * a word that is never used twice ("redis-1795485849123"). */
	const char *uid;
	const char *prefix, *host; /* of Redis's keys; of the keeper */
	/* What is to be said of the act: who took or closed it, "block 12", why
	 * Redis is away, the milter, the channel and its fault. */
	const char *text;
	const struct settings *settings; /* never NULL */
	const char *path; /* of the configuration, where weirctl needs -c */

	const struct incident_detail *detail; /* always and only of an act of
						one incident */
	const struct incident *floods;	      /* of a digest */
	size_t flood_count;
	const struct order_list *orders; /* of the whole site */
	const struct alert_header *headers;
	size_t header_count;
	const struct alert_earlier *before;
	size_t before_count;
	const char *const *milters; /* hosts that have seen it */
	size_t milter_count;
	const struct journal_head *heads; /* of the milters' journals, now */
	size_t head_count;
	const char *report; /* the file of its report */
};

#endif
