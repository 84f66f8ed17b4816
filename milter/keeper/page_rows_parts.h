/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PAGE_ROWS_PARTS_H
#define WEIR_PAGE_ROWS_PARTS_H

/* The tables that are files of their own. */
#include "page_rows.h"

json_t *page_rows_incidents(const struct page_frame *frame,
			    const struct page_facts *facts);
json_t *page_rows_system(const struct page_frame *frame,
			 const struct page_facts *facts);

#endif
