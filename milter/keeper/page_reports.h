/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PAGE_REPORTS_H
#define WEIR_PAGE_REPORTS_H

/*
 * The reports behind the links of the page. A report reads journals and may
 * take seconds, so a thread makes it, and it is shown for some seconds to all
 * who ask. Thread-safe.
 */

#include "lib/http/http_server.h"

struct current_settings;
struct page_reports;

/* Both are borrowed for the life of it. NULL: no thread. */
struct page_reports *page_reports_new(struct current_settings *settings,
				      const char *host);
/* Waits for a report that is being made; of NULL does nothing. */
void page_reports_free(struct page_reports **reports);

/* "17" as HTML, "17.json" as JSON: what request->rest has. 503 where it takes
 * longer than a moment, with a page that loads itself again. */
void page_reports_answer(struct page_reports *reports,
			 const struct http_request *request,
			 struct http_answer *answer_r);

#endif
