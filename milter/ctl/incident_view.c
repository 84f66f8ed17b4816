/* SPDX-License-Identifier: ISC */

/* The incident first, then the orders that may be about it. */
#include "incident_view.h"

#include <string.h>

bool incident_view_read(const struct globals *globals, struct context *context,
			uint64_t number, struct incident_view *view_r)
{
	struct incident_view *view = view_r;

	memset(view, 0, sizeof(*view));
	view->settings = context->settings;
	view->path = globals->path == globals->chosen ? NULL : globals->path;
	if (!incident_read(context->redis, context->prefix, number,
			   &view->detail))
		return false;
	if (!order_book_read(context->redis, context->prefix, &view->orders)) {
		incident_detail_clear(&view->detail);
		return false;
	}
	if (view->detail.incident.number != 0)
		incident_evidence_read(view->settings, &view->detail.incident,
				       &view->evidence);
	return true;
}

void incident_view_clear(struct incident_view *view)
{
	incident_evidence_clear(&view->evidence);
	order_list_clear(&view->orders);
	incident_detail_clear(&view->detail);
	memset(view, 0, sizeof(*view));
}
