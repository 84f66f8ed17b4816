/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENTS_H
#define WEIR_INCIDENTS_H

/*
 * What this milter does about incidents: it reports what its tally has counted,
 * logs and records what became of it, knows the incidents that it has a part in
 * (to restore them where Redis was emptied), and opens its own while Redis is
 * away. Of the housekeeping's thread, but for what says otherwise.
 */
#include <stdbool.h>

#include "lib/settings/settings.h"
#include "lib/watch/flood_tally.h"

struct evidence;
struct incidents;
struct journal;
struct recent_mail;
struct redis_client;

struct incidents_options {
	const char *host, *prefix;
	const char *place;  /* "gw1:LISTEN", that of the next process, too */
	const char *milter; /* "gw1:4711:1795485849123", never used again */
	struct flood_tally *tally;
	struct recent_mail *recent;
	struct journal *journal; /* NULL: none */
	struct evidence *evidence;
	struct settings *settings;
};

/* Copies the texts, acquires the settings; tally, recent and
 * journal must outlive it.
 */
struct incidents *incidents_new(const struct incidents_options *options);

/* From now on. Thread-safe. */
void incidents_set_settings(struct incidents *incidents,
			    struct settings *settings);

/* Before the first mail, with a Redis that is up or NULL: what the process
 * before has let in. */
void incidents_begin(struct incidents *incidents, struct redis_client *redis);

/* Four times a second, while Redis is up. False: it did not answer or refused;
 * what was to be reported is reported the next time. */
bool incidents_report(struct incidents *incidents, struct redis_client *redis);

/* The next report is the last one: nothing waits until more is known. */
void incidents_hurry(struct incidents *incidents);

/* After the last one, with a Redis that is up or NULL: what the evidence has
 * not written yet is written, and what was let in is there for the next
 * process. */
void incidents_leave(struct incidents *incidents, struct redis_client *redis);

/* Four times a second, while it is away. */
void incidents_count_alone(struct incidents *incidents);

#endif
