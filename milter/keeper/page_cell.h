/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PAGE_CELL_H
#define WEIR_PAGE_CELL_H

/* What a row of the page shows, as text. Pure. */
#include <jansson.h>

/* members (given up), with an empty "show" and this "class". */
json_t *page_cell_row(json_t *members, const char *class);

/* One cell; bytes of any kind. */
void page_cell_put(json_t *row, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a text of a stranger: what is not seen is escaped, what is long
 * is cut. */
void page_cell_put_value(json_t *row, const char *name, const char *value);

#endif
