/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ORDER_COMMAND_H
#define WEIR_ORDER_COMMAND_H

/*
 * What the commands that give and lift orders share.
 */
#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/fleet/order_book.h"
#include "context.h"
#include "arguments.h"

/* An order that ends by itself, where nothing else is said, does so then. */
#define ORDER_SPAN_MS UINT64_C(86400000)
/* ... and never later than a window can be long. */
#define ORDER_SPAN_MAX_MS LIMIT_PER_MAX

/* --by, --reason, --owner, --for, --until, --from: 0 or NULL when absent;
 * for_ms also ARGUMENT_EVER. */
struct order_options {
	const char *by, *reason, *owner;
	uint64_t for_ms, until_ms, from_ms;
};

/* Rows for a table of arguments. */
#define ORDER_BY(options)	  ARGUMENT(TEXT, "by", &(options).by)
#define ORDER_MAY_REASON(options) ARGUMENT(TEXT, "reason", &(options).reason)
#define ORDER_REASON(options) \
	ARGUMENT(TEXT, "reason", &(options).reason, .is_required = true)
#define ORDER_FOR(options)                                    \
	ARGUMENT(SPAN, "for", &(options).for_ms, .min = 1000, \
		 .max = ORDER_SPAN_MAX_MS)
/* ... or "ever", until it is lifted */
#define ORDER_FOR_OR_EVER(options)                               \
	ARGUMENT(LASTING, "for", &(options).for_ms, .min = 1000, \
		 .max = ORDER_SPAN_MAX_MS)
#define ORDER_UNTIL(options) ARGUMENT(MOMENT, "until", &(options).until_ms)

/* The operator: --by, or the login name, also behind sudo(8). */
const char *order_command_who(const struct order_options *options);

/*
 * Fills in who, why, and from when until when; complains and returns false
 * where the end is not after the beginning, or both --for and --until are
 * given. The order points into words and subject, and owns nothing.
 */
bool order_command_fill(const struct context *context,
			const struct order_options *options,
			const struct subject *subject, struct order *order_r);

/*
 * Gives an order, in the place of those of its kind, subject and limits (but
 * permits, of which there may be several); orders whose time is over leave the
 * book. Prints what is in force now and whether the milters that are alive
 * have taken it. Returns an exit code.
 */
int order_command_give(const struct globals *globals, struct context *context,
		       const struct order *order);

/*
 * Lifts all orders that the filter takes; prints them. act: for the log.
 * COMMAND_NOTHING where there is none.
 */
typedef bool order_filter(const struct order *order, const void *user_data);

int order_command_lift(const struct globals *globals, struct context *context,
		       const char *act, const struct order_options *options,
		       order_filter *filter, const void *user_data);

/* The options of a command that lifts orders: --by, --reason, and one argument.
 */
struct lift_options {
	struct order_options order;
	const char *what;
};

/* Reads them, and works with a struct lift_options as its context. Returns an
 * exit code. */
int order_command_run_lift(const struct globals *globals, int argc, char **argv,
			   context_work *work);

/*
 * Waits until every milter that is alive knows the newest orders, at most two
 * seconds. For people it says so; with --json each object of document (one, or
 * an array of them), which it takes over, gets the member "milters" and is
 * printed then. EX_UNAVAILABLE when Redis went away before that.
 */
int order_command_await(const struct globals *globals, struct context *context,
			json_t *document);

#endif
