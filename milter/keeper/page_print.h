/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PAGE_PRINT_H
#define WEIR_PAGE_PRINT_H

/*
 * The document as HTML, whole without a script: page.html with its marks
 * replaced. All text goes through one escape. Pure.
 */
#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

struct page_print_options {
	bool is_paused;	 /* it does not load itself again */
	bool wants_all;	 /* and its link leads to the short one */
	const char *now; /* the time on top, "10:44:21 UTC" */
};

void page_print(const json_t *document,
		const struct page_print_options *options, FILE *out);

#endif
