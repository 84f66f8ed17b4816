/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ORDER_PRINT_H
#define WEIR_ORDER_PRINT_H

/*
 * Orders for people and for programs, with what is left of their time and
 * their budget.
 */
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "lib/policy/order.h"
#include "context.h"

/* Of a permit whose windows were not read. */
#define ORDER_USED_UNKNOWN UINT64_MAX

/* What a permit has used; false, and unknown, when Redis did not answer. Other
 * orders have used nothing. */
bool order_print_used(struct context *context, const struct order *order,
		      uint64_t *used_r);

/* As one JSON object; what is not known is null. */
json_t *order_print_json(const struct order *order, uint64_t used,
			 uint64_t now_ms);

/* "block 17: sender:jake@example.com, reject", and below it until when, who
 * and why. */
void order_print(const struct order *order, uint64_t used, uint64_t now_ms,
		 FILE *out);

/* "until 2026-11-25 12:45:24 +0000" or "until it is lifted". */
void order_print_until(const struct order *order, FILE *out);

/* What it does, in a few words: "reject", "4000 of 5000 left", "max 500 for
 * own-sender". At most size bytes. */
void order_print_effect(const struct order *order, uint64_t used, char *text,
			size_t size);

#endif
