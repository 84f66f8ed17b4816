/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PAGE_CHART_H
#define WEIR_PAGE_CHART_H

/*
 * Bars as the path of an SVG, for a view box of PAGE_CHART_STEP units a bar and
 * PAGE_CHART_HEIGHT high. Pure.
 */
#include <stddef.h>
#include <stdint.h>

#define PAGE_CHART_STEP	  10
#define PAGE_CHART_HEIGHT 100

/* values[0..count) from left to right, each on top of below[] (NULL: of
 * nothing), where max is as high as the box. What is not 0 is seen. "" where
 * all are. Freed with free(). */
char *page_chart_path(const uint64_t *values, const uint64_t *below,
		      size_t count, uint64_t max);

/* The greatest; 0 of none. */
uint64_t page_chart_max(const uint64_t *values, size_t count);

#endif
