/* SPDX-License-Identifier: ISC */
#ifndef WEIR_METRICS_SITE_H
#define WEIR_METRICS_SITE_H

/*
 * What weir-keeper answers at /metrics: the site, as Redis has it, and its own
 * channels. While Redis is away what comes from there is left out, and
 * weir_redis_up says so.
 */
#include "lib/http/http_server.h"
#include "channels.h"

struct current_settings;
struct metrics_site;

/* Both must outlive it. */
struct metrics_site *metrics_site_new(struct current_settings *settings,
				      struct channels *channels);

/* A handler (see http_server.h), whose context is the site: by one thread. */
void metrics_site_answer(void *site, const struct http_request *request,
			 struct http_answer *answer_r);

/* Sets NULL. */
void metrics_site_free(struct metrics_site **site);

#endif
