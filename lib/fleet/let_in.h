/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LET_IN_H
#define WEIR_LET_IN_H

/*
 * How many messages of each flood this process has let in: all that the MTA was
 * allowed to accept, which are its own as incident_flood.h says, whatever
 * windows they are in. What is held, discarded or refused is not; of a message
 * with recipients that were refused the rest is.
 *
 * A total is that of this process, so telling it twice counts once. It can
 * become less: when the source of an incident is known, the mail of others to
 * its target is no longer part of it. One thread; steady times are those of the
 * recent mail.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "followed_flood.h"

struct let_in;

/* recent must outlive it. Never NULL. */
struct let_in *let_in_new(struct recent_mail *recent);
void let_in_free(struct let_in **let_in);

/*
 * The incidents that are not over, as the answer to a report lists them, and
 * which mail is theirs, read where that has changed. Those that are not listed
 * are followed no more. False: Redis did not answer.
 */
bool let_in_follow(struct let_in *let_in, struct redis_client *redis,
		   const char *prefix, const struct settings *settings,
		   const struct incident_answer *answer, uint64_t steady_ms);

/* One that this process has opened by itself, with its windows; what it has let
 * in. */
uint64_t let_in_local(struct let_in *let_in, const struct settings *settings,
		      const struct incident_detail *local,
		      const struct let_in_time *now);

/* An incident that this window opens now would have let in so much. */
struct incident_let_in let_in_of_window(struct let_in *let_in,
					const struct settings *settings,
					const struct flood_window *window);

/* Counts what is new, of those that are followed. */
void let_in_count(struct let_in *let_in);

/* Has any total changed since it was told? */
bool let_in_has_news(const struct let_in *let_in);

/* These totals, at most LET_IN_MAX; uids are lent until the next call. */
size_t let_in_take(struct let_in *let_in,
		   struct incident_let_in totals_r[LET_IN_MAX]);

/* Redis has them. Returns by how much this one has grown. */
int64_t let_in_told(struct let_in *let_in, const struct incident_let_in *total);

/* What Redis had of this process last; 0: nothing. */
int64_t let_in_total(const struct let_in *let_in, const char *uid);

/* The incident of that uid has another number now. */
void let_in_renumber(struct let_in *let_in, const char *uid, uint64_t number);

/* from one process to the next */

/* What the last process of this place has handed over. Where it did not, or
 * where redis is NULL, what was let in before now is not known. */
void let_in_begin(struct let_in *let_in, struct redis_client *redis,
		  const char *prefix, const char *place,
		  const struct let_in_time *now);
bool let_in_hand_over(struct let_in *let_in, struct redis_client *redis,
		      const char *prefix, const char *place,
		      const struct let_in_time *now);

#endif
