/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PAGE_ROWS_H
#define WEIR_PAGE_ROWS_H

/* The rows of the page's tables, see page_document.h. Pure. */
#include "page_document.h"

/* "incidents", "near", "orders", "hour", "system", "chart", "notes"; the
 * caller's. */
json_t *page_rows_make(const struct page_frame *frame,
		       const struct page_facts *facts);

/* Those of the tables that are files of their own. */
json_t *page_rows_incidents(const struct page_frame *frame,
			    const struct page_facts *facts);
json_t *page_rows_system(const struct page_frame *frame,
			 const struct page_facts *facts);

#endif
