/* SPDX-License-Identifier: ISC */
#ifndef WEIR_WHY_REPORT_H
#define WEIR_WHY_REPORT_H

/*
 * Which limits look at a message, with what their windows hold, and why the
 * others do not; which exemption and which orders hold for it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/policy/charge_list.h"
#include "lib/policy/orders.h"
#include "lib/settings/settings.h"

/* A limit that does not look at the message. */
struct why_absent {
	const struct limit *limit;
	const char *reason; /* "it has no login"; static */
};

struct why_report {
	/* the windows, as they are before the message: bill.lines[i] is about
	 * bill.charges[i] */
	struct charge_list bill;
	struct arena arena; /* of the bill */
	struct why_absent *absent;
	size_t absent_count;
	const struct match *exempt;  /* of the message or of all its recipients;
					NULL: none */
	const struct order **orders; /* in force, about the message */
	size_t order_count;
};

/* All is the caller's, and must outlive the report. */
struct why_question {
	const struct settings *settings;
	const struct message *message; /* with all its recipients */
	const struct orders *orders;
	struct store *store; /* only peeked at */
	uint64_t now_ms;
};

/* False when the store is not available. The caller clears in both cases. */
bool why_report_make(const struct why_question *question,
		     struct why_report *report_r);
void why_report_clear(struct why_report *report);

#endif
