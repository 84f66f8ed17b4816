/* SPDX-License-Identifier: ISC */

/* The incident first, then the orders that may be about it. */
#include "incident_view.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

static void add_subject(struct incident_view *view, char *subject)
{
	if (subject[0] == '\0') /* of a block */
		return;
	for (size_t i = 0; i < view->subject_count; i++)
		if (strcmp(view->subjects[i], subject) == 0)
			return;
	view->subjects[view->subject_count++] = subject;
}

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
	view->subjects = alloc_array(view->detail.window_count,
				     sizeof(*view->subjects));
	for (size_t i = 0; i < view->detail.window_count; i++)
		add_subject(view, view->detail.windows[i].subject);
	if (view->detail.incident.number != 0)
		incident_evidence_read(view->settings, &view->detail.incident,
				       &view->evidence);
	return true;
}

void incident_view_clear(struct incident_view *view)
{
	free(view->subjects);
	incident_evidence_clear(&view->evidence);
	order_list_clear(&view->orders);
	incident_detail_clear(&view->detail);
	memset(view, 0, sizeof(*view));
}

bool incident_view_has_order(const struct incident_view *view,
			     const struct order *order)
{
	const struct incident_detail *detail = &view->detail;

	if (!order_is_in_force(order, view->orders.now_ms))
		return false;
	for (size_t i = 0; i < detail->window_count; i++)
		if (detail->windows[i].order == order->id ||
		    strcmp(detail->windows[i].subject, order->subject) == 0)
			return true;
	for (size_t i = 0; i < detail->mark_count; i++)
		if (strcmp(detail->marks[i], order->subject) == 0)
			return true;
	return strcmp(detail->incident.source, order->subject) == 0;
}

/* The heaviest of a dimension comes first. */
const char *incident_view_half(const struct incident_view *view,
			       enum flood_dimension dimension)
{
	const struct incident_who *top = NULL;
	uint64_t all = 0;

	for (size_t i = 0; i < view->detail.who_count; i++) {
		const struct incident_who *who = &view->detail.who[i];

		if (who->dimension != dimension)
			continue;
		if (top == NULL)
			top = who;
		all += who->messages;
	}
	return top != NULL && top->messages >= all - top->messages ? top->value
								   : NULL;
}
