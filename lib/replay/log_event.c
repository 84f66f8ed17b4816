/* SPDX-License-Identifier: ISC */

/* "<a@x>,<b@y>" of both, and "jake,root" of Sendmail's local mail. */
#include "log_event.h"

static bool take_bare(struct slice *list, struct slice *address_r)
{
	if (slice_take(list, ",", address_r))
		return true;
	*address_r = *list;
	list->data += list->length;
	list->length = 0;
	return true;
}

bool log_event_recipient(struct log_event *event, struct slice *address_r)
{
	struct slice *list = &event->recipients;

	if (list->data == NULL || list->length == 0)
		return false;
	if (!slice_address(list, address_r))
		return take_bare(list, address_r);
	slice_skip(list, ",");
	return true;
}
