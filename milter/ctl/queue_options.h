/* SPDX-License-Identifier: ISC */
#ifndef WEIR_QUEUE_OPTIONS_H
#define WEIR_QUEUE_OPTIONS_H

/*
 * The options of hold, release and delete.
 */
#include <stdbool.h>
#include <stdint.h>

#include "command.h"
#include "order_command.h"
#include "milter/queue/queue.h"
#include "milter/queue/queue_filter.h"

/* Texts are those of argv, NULL where absent. */
struct queue_options {
	struct queue_wish wish;	    /* but for its subject */
	struct order_options order; /* who, and why: reason is never NULL */
	const char *subject_text;
	uint64_t incident; /* 0: none */
	const char *config, *tools;
	uint64_t per_minute; /* 0: at once */
	int mta;	     /* index of queue_names, or -1 */
	bool is_yes, is_dry; /* never both */
};

/* False when something is wrong, which was reported. With --json nothing may be
 * asked: without --yes it is a dry run. */
bool queue_options(struct queue_options *options, const struct globals *globals,
		   enum queue_act act, int argc, char **argv);

#endif
