/* SPDX-License-Identifier: ISC */
#ifndef WEIR_METRICS_PAGE_H
#define WEIR_METRICS_PAGE_H

/*
 * What this milter answers at /metrics: everything in it is known in the
 * process, so it is there while Redis is away. weir-metrics(7) explains each
 * name; t/e2e/mt_metrics.t compares.
 */
#include <stddef.h>

#include "lib/watch/metrics_text.h"

struct service;

/* The page; freed with free(). Thread-safe. */
char *metrics_page(struct service *service, enum metrics_format format,
		   size_t *length_r);

#endif
