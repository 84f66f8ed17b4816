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

struct incidents;
struct redis_client;
struct service;
struct settings;

/* milter: "gw1:4711:1795485849123", never used again; copied. The parts of the
 * service outlive it. */
struct incidents *incidents_new(struct service *service,
				const struct settings *settings,
				const char *milter);

/* Before the first mail, with a Redis that is up or NULL: what the process
 * before has let in. */
void incidents_begin(struct incidents *incidents, struct redis_client *redis);

/* Four times a second, while Redis is up. False: it did not answer or refused;
 * what was to be reported is reported the next time. */
bool incidents_report(struct incidents *incidents, struct redis_client *redis,
		      const struct settings *settings);

/* The next report is the last one: nothing waits until more is known. */
void incidents_hurry(struct incidents *incidents);

/* After the last one, with a Redis that is up or NULL: what the evidence has
 * not written yet is written, and what was let in is there for the next
 * process. */
void incidents_leave(struct incidents *incidents, struct redis_client *redis);

/* Four times a second, while it is away. */
void incidents_count_alone(struct incidents *incidents,
			   const struct settings *settings);

#endif
