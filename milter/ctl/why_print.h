/* SPDX-License-Identifier: ISC */
#ifndef WEIR_WHY_PRINT_H
#define WEIR_WHY_PRINT_H

/*
 * What would happen to a message, and why, on standard output: for people, or
 * as one JSON value. Redis is asked for what is used of the permits.
 */
#include "lib/fleet/order_book.h"
#include "lib/fleet/incident.h"
#include "context.h"
#include "arguments.h"
#include "simulation.h"
#include "why_report.h"

/* A message as it is described on the command line; all is the caller's. */
struct why_options {
	const char *sender, *client, *auth, *helo, *listener;
	struct argument_texts recipients;
	uint64_t bytes;
};

/* What was asked, and what was found out about it. */
struct why {
	const struct why_options *options;
	struct message message; /* as it is at the end */
	struct order_list list;
	struct orders *orders;
	struct simulation simulation;
	struct why_report report;
	struct incident *incidents; /* of its windows, each once, not over */
	size_t incident_count;
};

void why_print(struct context *context, const struct why *why);
void why_print_json(struct context *context, const struct why *why);

#endif
