/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CHANNEL_CURL_H
#define WEIR_CHANNEL_CURL_H

/*
 * What webhooks and mail have in common: a handle of libcurl that takes its
 * time from the try, follows nobody, keeps no descriptor for a command, and
 * verifies who answers.
 */
#include <curl/curl.h>

#include "channel_kind.h"

/* Once, before there are threads. */
void channel_curl_begin(void);

/* The caller's, for curl_easy_cleanup(); fault_r is where
 * libcurl writes what went wrong, and must live as long. way must, too. */
CURL *channel_curl_new(struct channel_try *way, const char *protocols,
		       char fault_r[CURL_ERROR_SIZE]);

/* What libcurl says of a failure, without the URL. */
const char *channel_curl_fault(CURLcode code, const char *fault);

/* The host of a URL, for people; at most size bytes. */
void channel_curl_host(const char *url, char *host_r, size_t size);

#endif
