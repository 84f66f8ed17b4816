/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ORDER_PRINT_H
#define WEIR_ORDER_PRINT_H

/*
 * Orders for people, with what is left of their time and
 * their budget.
 */
#include <stdint.h>
#include <stdio.h>

#include "milter/common/order_text.h"
#include "context.h"

/* "block 17: sender:jake@example.com, reject", and below it until when, who
 * and why. */
void order_print(const struct order *order, uint64_t used, uint64_t now_ms,
		 FILE *out);

/* Asks what a permit has used, and appends the order to array; where that is
 * NULL prints it, behind before. False when Redis did not answer or refused:
 * then what is used is unknown. */
bool order_print_asked(struct context *context, const struct order *order,
		       uint64_t now_ms, const char *before, json_t *array);

/* "until 2026-11-25 12:45:24 +0000" or "until it is lifted". */
void order_print_until(const struct order *order, FILE *out);

#endif
