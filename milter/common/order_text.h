/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ORDER_TEXT_H
#define WEIR_ORDER_TEXT_H

/*
 * An order for programs and in a few words, with what is left of its budget.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "lib/policy/order.h"

struct redis_client;

/* Of a permit whose windows were not read. */
#define ORDER_USED_UNKNOWN UINT64_MAX

/* What a permit has used; false, and unknown, when Redis did not answer. Other
 * orders have used nothing. */
bool order_text_used(struct redis_client *redis, const char *prefix,
		     uint64_t now_ms, const struct order *order,
		     uint64_t *used_r);

/* As one JSON object; what is not known is null. */
json_t *order_text_json(const struct order *order, uint64_t used,
			uint64_t now_ms);

/* What it does: "reject", "4000 of 5000 left", "max 500 for own-sender". At
 * most size bytes. */
void order_text_effect(const struct order *order, uint64_t used, char *text,
		       size_t size);

#endif
