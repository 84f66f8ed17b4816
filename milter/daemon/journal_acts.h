/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JOURNAL_ACTS_H
#define WEIR_JOURNAL_ACTS_H

/*
 * What operators did, in the journal of each milter: every new entry of the log
 * of orders (see order_book.h) becomes one record. How far the journals of a
 * directory have come is in Redis, PREFIX:{journal}:acts, so that what was done
 * while no milter ran is not missed, and a new directory has what was done
 * before it. One thread.
 */
#include <stdbool.h>
#include <stdint.h>

struct journal;
struct journal_acts;
struct order_list;
struct redis_client;

/* place: the host and the directory of the journal, "mx1:/var/lib/weir". Copies
 * it and prefix; journal must outlive it. NULL where that is NULL. */
struct journal_acts *journal_acts_new(struct journal *journal,
				      const char *prefix, const char *place);

/* To be called when the book of orders has changed, and once at the start.
 * False when Redis did not answer or refused: the next call looks again. */
bool journal_acts_look(struct journal_acts *acts, struct redis_client *redis);

/* About once a second: orders that have ended by themselves since the last
 * call. now_ms is on the clock of the list, Redis's. acts may be NULL. */
void journal_acts_end(struct journal_acts *acts, const struct order_list *list,
		      uint64_t now_ms);

/* The same of permits whose budget is used up; asks Redis for each that is in
 * force. False when it did not answer or refused. */
bool journal_acts_use(struct journal_acts *acts, struct redis_client *redis,
		      const struct order_list *list, uint64_t now_ms);

#endif
