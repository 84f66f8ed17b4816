/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ORDER_JSON_H
#define WEIR_ORDER_JSON_H

/*
 * An order as a JSON object, as it is kept in Redis, readable for other
 * versions of weir: its number is outside, its times are milliseconds since the
 * epoch. Unknown members are ignored.
 */
#include <stdbool.h>
#include <stddef.h>

#include "lib/policy/order.h"
#include "lib/base/json.h"

json_t *order_json_make(const struct order *order);

/* False when the text is no order that this version can follow: not JSON, an
 * unknown kind or action, no subject, a count above WINDOW_COUNT_MAX, a time
 * after the year 9999. On success order_r is the caller's to clear; id is not
 * set. */
bool order_json_parse(const char *text, size_t length, struct order *order_r);

#endif
