/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LEDGER_LOSS_H
#define WEIR_LEDGER_LOSS_H

/*
 * After a loss of the store each window of this process owes it a part of
 * itself. That is not worked out at once, which would keep callers waiting: the
 * windows get an old mark, and each becomes a debt when it is charged again,
 * would have to make room, or when the delivering thread comes to it. Of the
 * ledger alone, whose lock is held for each function.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/store/window_table.h"

/* The mark of a debt that goes with what the store must hold at least. */
#define LEDGER_LOSS_FLOOR 1

struct ledger_loss {
	struct window_table *windows, *unsynced;
	size_t unowed;	  /* windows with an old mark */
	uint64_t lost_ms; /* these may owe what was charged since */
	bool is_sure;	  /* that it is lost */
};

/* Keeps both tables: what was charged, and what of it is owed. */
void ledger_loss_init(struct ledger_loss *loss, struct window_table *windows,
		      struct window_table *unsynced);

/* The store may lack what was charged after since_ms; is_sure: it does. Without
 * that a window owes no more than that the store holds at least what this
 * process has charged. */
void ledger_loss_begin(struct ledger_loss *loss, uint64_t since_ms,
		       bool is_sure);

/* Before these are charged. Those that would make room for them, too: their
 * debts are to stay. */
void ledger_loss_owe_before(struct ledger_loss *loss,
			    const struct charge *charges, size_t count,
			    uint64_t now_ms);

/* A few more of them, until there are enough debts. */
void ledger_loss_owe_some(struct ledger_loss *loss, size_t enough,
			  uint64_t now_ms);

#endif
