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

/* What weir-keeper knows besides. */
struct page_sources {
	/* The state of the channels; NULL: there are none. */
	void (*channels)(void *context, struct channels_state *state_r);
	void (*channels_clear)(struct channels_state *state);
	http_handler *metrics; /* of /metrics; NULL: 404 */
	void *context;	       /* of both handlers */
};

/* Opens the socket, before root is given up. A reference of settings is
 * taken; keeper.page is not "". path: of the configuration, where weirctl needs
 * -c, else NULL; borrowed. NULL when it cannot; the reason is logged. */
struct page *page_open(struct settings *settings, const char *path);

/* False: no thread; that is logged. */
bool page_start(struct page *page, const struct page_sources *sources);

/* After a reload; keeper.page and keeper.names need a restart. */
void page_set_settings(struct page *page, struct settings *settings);

/* Ends the threads, waits for an answer of Redis at most. Sets NULL. */
void page_free(struct page **page);

#endif
