/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PAGE_READER_H
#define WEIR_PAGE_READER_H

/*
 * The thread that reads Redis for the page, when it is asked and at most once a
 * second, so that a hundred viewers cost what one does and none cost nothing.
 * Thread-safe.
 */

#include <jansson.h>

#include "page.h"
#include "page_document.h"

struct page_reader;

/* All is borrowed for the life of it. NULL: no thread. */
struct page_reader *page_reader_new(const struct page_sources *sources,
				    const char *host, const char *path);
/* Waits for a reading under way; of NULL does nothing. */
void page_reader_free(struct page_reader **reader);

/*
 * The document of the last second, or a stale one if Redis does not answer;
 * see page_document.h. Waits for a new reading, 700 ms at most, and not at all
 * while Redis does not answer. The caller's.
 */
json_t *page_reader_document(struct page_reader *reader);

#endif
