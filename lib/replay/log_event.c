/* SPDX-License-Identifier: ISC */

/* "<a@x>,<b@y>" of both, and "jake,root" of Sendmail's local mail. */
#include "log_event.h"

bool log_event_recipient(struct log_event *event, struct slice *address_r)
{
	struct slice *list = &event->recipients;

	if (list->data == NULL || list->length == 0)
		return false;
	if (slice_address(list, address_r)) {
		slice_skip(list, ",");
	} else if (!slice_take(list, ",", address_r)) {
		*address_r = *list;
		slice_drop(list, list->length);
	}
	return true;
}
