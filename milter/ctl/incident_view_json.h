/* SPDX-License-Identifier: ISC */
#ifndef WEIR_INCIDENT_VIEW_JSON_H
#define WEIR_INCIDENT_VIEW_JSON_H

/* What `weirctl incident --json` prints. One thread. */
#include <jansson.h>

#include "incident_view.h"

/* incident_json_detail(), and "orders" and "evidence". The caller's. */
json_t *incident_view_json(const struct incident_view *view);

#endif
