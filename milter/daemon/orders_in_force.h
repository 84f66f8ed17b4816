/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ORDERS_IN_FORCE_H
#define WEIR_ORDERS_IN_FORCE_H

/*
 * The orders as this milter goes by them: read from Redis where they have
 * changed, restored where Redis lost them, and still in force while it is away.
 * Each change, end and use of one is in the journal. Of the housekeeping's
 * thread. What returns bool is false when Redis did not answer or refused.
 */
#include <stdbool.h>
#include <stdint.h>

struct orders_in_force;
struct redis_client;
struct service;
struct settings;

/* milter: as incidents_new() has it; copied. The parts of the service outlive
 * it. */
struct orders_in_force *orders_in_force_new(struct service *service,
					    const struct settings *settings,
					    const char *milter);

/* Windows that weirctl reset has emptied are emptied in the ledger, too. Is it
 * another book than before, as the first one is? */
bool orders_in_force_read(struct orders_in_force *orders,
			  struct redis_client *redis, bool *is_changed_r);

/* Of the book that is in force; 0: none was read yet. */
uint64_t orders_in_force_version(const struct orders_in_force *orders);

/* What operators did since the book was read last, for the journal. */
bool orders_in_force_journal(struct orders_in_force *orders,
			     struct redis_client *redis);

/* Each second: orders that have ended or were used, for the journal. */
bool orders_in_force_journal_ends(struct orders_in_force *orders,
				  struct redis_client *redis);

#endif
