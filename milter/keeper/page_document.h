/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PAGE_DOCUMENT_H
#define WEIR_PAGE_DOCUMENT_H

/*
 * What the page shows, as one JSON value: the server's HTML and the script in
 * the browser both print it and compute nothing. Pure.
 *
 * "weir", "host", "made", "mood" ("calm", "flood", "warn"), "sentence",
 * "title", "bar", "warnings", "status" (as `weirctl --json status`), and
 * arrays of rows: "incidents" (as `weirctl --json incidents`), "near" (as top),
 * "orders" (as orders), "hour" and "system". Each row has besides its members
 * "show", the cells by name as they are printed, and "class"; "notes" has what
 * stands below a table. "chart" is of the last hour. See page_layout.h for the
 * cells.
 */

#include <jansson.h>

#include "lib/settings/settings.h"
#include "page_facts.h"

#define PAGE_NEAR_USUAL 20

struct page_frame {
	struct settings *settings;
	const char *host; /* of this keeper */
	const char *path; /* of the configuration, or NULL; see page.h */
};

/* The caller's. */
json_t *page_document_make(const struct page_frame *frame,
			   const struct page_facts *facts);

/* Before Redis was read for the first time. */
json_t *page_document_empty(const char *host);

/* A copy that says that Redis does not answer, and why, since it was made. */
json_t *page_document_stale(const json_t *document, const char *why);

/* A copy without the rows of near above PAGE_NEAR_USUAL. */
json_t *page_document_short(const json_t *document);

#endif
