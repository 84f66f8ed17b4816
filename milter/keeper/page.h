/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PAGE_H
#define WEIR_PAGE_H

/*
 * The status page: what happens now, for a browser, read only. Served by two
 * threads: that of lib/http, which never waits for Redis longer than a moment,
 * and one that reads Redis, at most once a second however many look, and not at
 * all while no one does. While Redis is away the page says so, and since when.
 */
#include <stdbool.h>

#include "lib/http/http_server.h"
#include "lib/settings/settings.h"
#include "channels.h"

struct page;

struct current_settings;
struct metrics_site;

/* What weir-keeper knows besides; all of it outlives the page. */
struct page_sources {
	/* A reload of keeper.page and keeper.names needs a restart. */
	struct current_settings *settings;
	struct channels *channels;
	struct metrics_site *metrics;
};

/* Opens the socket, before root is given up. keeper.page is not "". path: of
 * the configuration, where weirctl needs -c, else NULL; borrowed. NULL when it
 * cannot; the reason is logged. */
struct page *page_open(const struct settings *settings, const char *path);

/* False: no thread; that is logged. */
bool page_start(struct page *page, const struct page_sources *sources);

/* Ends the threads, waits for an answer of Redis at most. Sets NULL. */
void page_free(struct page **page);

#endif
