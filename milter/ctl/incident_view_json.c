/* SPDX-License-Identifier: ISC */
#include "incident_view_json.h"

#include "lib/base/json.h"
#include "lib/fleet/incident_about.h"
#include "lib/fleet/incident_json.h"
#include "order_print.h"

static json_t *orders_json(const struct incident_view *view)
{
	json_t *array = json_array();
	uint64_t now_ms = view->orders.now_ms;

	for (size_t i = 0; i < view->orders.count; i++) {
		const struct order *order = &view->orders.orders[i];

		if (incident_has_order(&view->detail, order, now_ms))
			json_array_append_new(
				array,
				order_text_json(order, ORDER_USED_UNKNOWN,
						now_ms));
	}
	return array;
}

static json_t *evidence_json(const struct incident_evidence *evidence)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "directory",
		document_string(evidence->directory[0] == '\0'
					? NULL
					: evidence->directory),
		"fault", document_string(evidence->fault), "records",
		document_number(evidence->records), "messages",
		document_number(json_array_size(evidence->samples)), "held_ids",
		document_number(evidence->held), "left_out",
		document_number(evidence->left_out), "broken",
		document_number(evidence->broken + evidence->unreadable));
}

json_t *incident_view_json(const struct incident_view *view)
{
	json_t *object = incident_json_detail(view->settings, &view->detail);

	json_object_set_new(object, "orders", orders_json(view));
	json_object_set_new(object, "evidence", evidence_json(&view->evidence));
	return object;
}
