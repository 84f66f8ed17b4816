/* SPDX-License-Identifier: ISC */

/* One POST. What it answers is read for the log only, and 4 KB of it. */
#include <stdio.h>
#include <string.h>

#include "lib/alert/alert_formats.h"
#include "lib/base/alloc.h"
#include "lib/base/sha256.h"
#include "channel_curl.h"

#define ANSWER_MAX  4096
#define ANSWER_KEPT 100 /* bytes, for the outcome */
#define HOST_SIZE   100

void channel_webhook_write(const struct channel_try *way,
			   const struct alert *alert,
			   struct channel_load *load_r)
{
	switch (way->rules->format) {
	case ALERT_WEIR:
		load_r->body = alert_format_weir(alert);
		break;
	case ALERT_PAGERDUTY:
		load_r->body = alert_format_pagerduty(
			alert, way->secret == NULL ? "" : way->secret);
		break;
	case ALERT_SLACK:
		load_r->body = alert_format_slack(alert);
		break;
	case ALERT_ALERTMANAGER:
		load_r->body = alert_format_alertmanager(alert);
		break;
	}
	load_r->length = strlen(load_r->body);
}

struct answer {
	size_t length; /* so far, of all of it */
	char kept[ANSWER_KEPT + 1];
};

/* Reading ends where it is too long: what the status says holds all the same.
 */
static size_t take_answer(char *data, size_t size, size_t count, void *context)
{
	struct answer *answer = context;
	size_t length = size * count;

	if (answer->length < ANSWER_KEPT) {
		size_t room = ANSWER_KEPT - answer->length;
		size_t more = length < room ? length : room;

		memcpy(answer->kept + answer->length, data, more);
		answer->kept[answer->length + more] = '\0';
	}
	answer->length += length;
	return answer->length > ANSWER_MAX ? 0 : length;
}

static struct curl_slist *add_header(struct curl_slist *list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(list, line);

	if (longer == NULL)
		alloc_fail();
	return longer;
}

static struct curl_slist *make_headers(const struct channel_try *way)
{
	struct curl_slist *list = NULL;
	char hmac[SHA256_TEXT_SIZE], line[SHA256_TEXT_SIZE + 40];

	list = add_header(list, "Content-Type: application/json");
	list = add_header(list, "Expect:"); /* no round trip before the body */
	if (way->secret == NULL || way->rules->format == ALERT_PAGERDUTY)
		return list;
	sha256_hmac_text(way->secret, strlen(way->secret), way->load->body,
			 way->load->length, hmac);
	(void)snprintf(line, sizeof(line), "X-Weir-Signature: sha256=%s", hmac);
	return add_header(list, line);
}

static enum channel_verdict verdict_of(long status)
{
	if (status >= 200 && status < 300)
		return CHANNEL_DONE;
	/* Request Timeout, Too Early, Too Many Requests */
	if (status >= 500 || status == 408 || status == 425 || status == 429)
		return CHANNEL_LATER;
	return CHANNEL_NEVER;
}

static void conclude_status(struct channel_try *way, CURL *curl, long status,
			    const struct answer *answer)
{
	enum channel_verdict verdict = verdict_of(status);
	char host[HOST_SIZE];
	curl_off_t hold_s = 0;

	channel_curl_host(way->rules->url, host, sizeof(host));
	if (verdict == CHANNEL_LATER &&
	    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &hold_s) ==
		    CURLE_OK &&
	    hold_s > 0)
		way->hold_ms = (uint64_t)hold_s * 1000;
	channel_conclude(
		way, verdict, "%ld from %s%s%s", status, host,
		status >= 300 && status < 400
			? ", a redirect, which is not followed"
		: verdict == CHANNEL_DONE || answer->kept[0] == '\0' ? ""
								     : ": ",
		verdict == CHANNEL_DONE || status < 400 ? "" : answer->kept);
}

static void conclude(struct channel_try *way, CURL *curl, CURLcode code,
		     const struct answer *answer, const char *fault)
{
	char host[HOST_SIZE];
	long status = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (status >= 200 &&
	    (code == CURLE_OK || answer->length > ANSWER_MAX)) {
		conclude_status(way, curl, status, answer);
		return;
	}
	channel_curl_host(way->rules->url, host, sizeof(host));
	channel_conclude(way,
			 code == CURLE_UNSUPPORTED_PROTOCOL ||
					 code == CURLE_URL_MALFORMAT
				 ? CHANNEL_NEVER
				 : CHANNEL_LATER,
			 "%s: %s", host, channel_curl_fault(code, fault));
}

void channel_webhook_run(struct channel_try *way)
{
	char fault[CURL_ERROR_SIZE];
	struct answer answer = { 0 };
	CURL *curl = channel_curl_new(way, "http,https", fault);
	struct curl_slist *headers = make_headers(way);

	curl_easy_setopt(curl, CURLOPT_URL, way->rules->url);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, way->load->body);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
			 (curl_off_t)way->load->length);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "weir/" WEIR_VERSION);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
	conclude(way, curl, curl_easy_perform(curl), &answer, fault);
	curl_slist_free_all(headers);
	curl_easy_cleanup(curl);
}
