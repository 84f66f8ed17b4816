/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PAGE_CELL_H
#define WEIR_PAGE_CELL_H

/* What a row of the page shows, as text. Pure. */
#include <stdint.h>

#include <jansson.h>

#define PAGE_CLOCK_SIZE 32

/* members (given up), with an empty "show" and this "class". */
json_t *page_cell_row(json_t *members, const char *class);

/* One cell; bytes of any kind. */
void page_cell_put(json_t *row, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a text of a stranger: what is not seen is escaped, what is long
 * is cut. */
void page_cell_put_value(json_t *row, const char *name, const char *value);

/* "10:44:09" of the same UTC day as now_ms, else "16 Apr 10:44"; "-" of 0.
 * Returns buffer. */
const char *page_cell_clock(uint64_t moment_ms, uint64_t now_ms,
			    char buffer[PAGE_CLOCK_SIZE]);

#endif
