/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENT_VIEW_H
#define WEIR_INCIDENT_VIEW_H

/*
 * All that `weirctl incident` shows of one incident, read once for people and
 * for --json. One thread.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/fleet/incident.h"
#include "lib/fleet/order_book.h"
#include "context.h"
#include "incident_evidence.h"

struct incident_view {
	const struct settings *settings;
	const char *path; /* of the configuration, if -c named it, else NULL */
	struct incident_detail detail;
	struct order_list orders; /* of the whole site */
	struct incident_evidence evidence;
};

/* False when Redis did not answer or refused; the view is empty then.
 * detail.incident.number is 0 where there is no such incident. */
bool incident_view_read(const struct globals *globals, struct context *context,
			uint64_t number, struct incident_view *view_r);
void incident_view_clear(struct incident_view *view);

#endif
