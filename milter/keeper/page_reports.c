/* SPDX-License-Identifier: ISC */

/*
 * A few places, each with one report: wanted, then made, then shown until it is
 * old. The lock is not held while one is made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/redis/redis_client.h"
#include "lib/report/report.h"
#include "lib/base/clock.h"
#include "lib/base/thread.h"
#include "lib/settings/settings.h"
#include "milter/common/current_settings.h"
#include "milter/common/redis_settings.h"
#include "page_reports.h"
#include "worker.h"

#define PLACES	  4
#define FRESH_MS  10000
#define WAIT_MS	  700
#define ANSWER_MS 2000 /* of Redis */

/* The report's style is in it, and it has nothing else. */
#define POLICY                                                           \
	"default-src 'none'; style-src 'unsafe-inline'; img-src data:; " \
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static const char wait_page[] =
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	"<title>weir</title><meta http-equiv=\"refresh\" content=\"1\"></head>"
	"<body><p>The report is being made; this page loads itself again."
	"</p></body></html>\n";

enum place_state {
	PLACE_FREE,
	PLACE_WANTED,
	PLACE_MAKING,
	PLACE_MADE
};

struct place {
	enum place_state state;
	uint64_t number, asked_ms, made_ms; /* steady */
	unsigned int status;		    /* 200, 404, 503 */
	char *texts[2];			    /* HTML, JSON; of 200 */
	size_t lengths[2];
};

struct page_reports {
	struct current_settings *settings;
	const char *host;
	struct worker worker;
	/* under lock */
	struct place places[PLACES];
};

static void clear_place(struct place *place)
{
	free(place->texts[0]);
	free(place->texts[1]);
	*place = (struct place){ 0 };
}

/* the thread */

static enum report_result make(const struct page_reports *reports,
			       struct settings *settings, uint64_t number,
			       json_t **document_r)
{
	struct redis_client *redis = redis_settings_client(&settings->redis,
							   ANSWER_MS);
	char *error = NULL;
	enum report_result result = report_make(
		&(struct report_options){
			.number = number,
			.settings = settings,
			.redis = redis,
			.program = "weir-keeper " WEIR_VERSION,
			.host = reports->host,
			.now_ms = clock_wall_ms(),
		},
		document_r, &error);

	free(error);
	redis_client_free(&redis);
	return result;
}

static void print(const json_t *document, enum report_format format,
		  char **text_r, size_t *length_r)
{
	FILE *out = open_memstream(text_r, length_r);

	if (out == NULL)
		alloc_fail();
	report_print(document, format, out);
	fclose(out);
}

static struct place make_place(const struct page_reports *reports,
			       struct settings *settings, uint64_t number)
{
	struct place made = { .state = PLACE_MADE, .number = number };
	json_t *document = NULL;
	enum report_result result = make(reports, settings, number, &document);

	made.status = result == REPORT_MADE	 ? 200
		      : result == REPORT_UNKNOWN ? 404
						 : 503;
	if (document != NULL) {
		print(document, REPORT_HTML, &made.texts[0], &made.lengths[0]);
		print(document, REPORT_JSON, &made.texts[1], &made.lengths[1]);
		json_decref(document);
	}
	made.made_ms = made.asked_ms = clock_steady_ms();
	return made;
}

static struct place *find_wanted(struct page_reports *reports)
{
	for (size_t i = 0; i < PLACES; i++)
		if (reports->places[i].state == PLACE_WANTED)
			return &reports->places[i];
	return NULL;
}

/* Under lock; it is given up while the report is made. */
static void fill_place(struct page_reports *reports, struct place *place)
{
	struct settings *settings = current_settings_get(reports->settings);
	uint64_t number = place->number;
	struct place made;

	place->state = PLACE_MAKING;
	pthread_mutex_unlock(&reports->worker.lock);
	made = make_place(reports, settings, number);
	settings_release(&settings);
	pthread_mutex_lock(&reports->worker.lock);
	clear_place(place);
	*place = made;
	pthread_cond_broadcast(&reports->worker.changed);
}

static void *reports_main(void *context)
{
	struct page_reports *reports = context;

	pthread_mutex_lock(&reports->worker.lock);
	while (!reports->worker.must_stop) {
		struct place *place = find_wanted(reports);

		if (place != NULL)
			fill_place(reports, place);
		else
			pthread_cond_wait(&reports->worker.changed,
					  &reports->worker.lock);
	}
	pthread_mutex_unlock(&reports->worker.lock);
	return NULL;
}

struct page_reports *page_reports_new(struct current_settings *settings,
				      const char *host)
{
	struct page_reports *reports = alloc_zero(sizeof(*reports));

	reports->settings = settings;
	reports->host = host;
	worker_init(&reports->worker);
	if (!worker_start(&reports->worker, reports_main, reports))
		page_reports_free(&reports);
	return reports;
}

void page_reports_free(struct page_reports **reports)
{
	struct page_reports *old = *reports;

	if (old == NULL)
		return;
	*reports = NULL;
	worker_stop(&old->worker);
	for (size_t i = 0; i < PLACES; i++)
		clear_place(&old->places[i]);
	worker_clear(&old->worker);
	free(old);
}

/* viewers */

/* The one of that number, else a free one, else the one that was asked for
 * longest ago and is not being made; NULL: all are. */
static struct place *find_place(struct page_reports *reports, uint64_t number)
{
	struct place *found = NULL;

	for (size_t i = 0; i < PLACES; i++) {
		struct place *place = &reports->places[i];

		if (place->number == number)
			return place;
		if (place->state != PLACE_MAKING &&
		    (found == NULL || place->asked_ms < found->asked_ms))
			found = place;
	}
	return found;
}

static void want(struct page_reports *reports, struct place *place,
		 uint64_t number, uint64_t now_ms)
{
	if (place->number == number &&
	    (place->state == PLACE_WANTED || place->state == PLACE_MAKING ||
	     now_ms < place->made_ms + FRESH_MS))
		return;
	clear_place(place);
	*place = (struct place){
		.state = PLACE_WANTED,
		.number = number,
		.asked_ms = now_ms,
	};
	pthread_cond_broadcast(&reports->worker.changed);
}

/* NULL: it takes longer. */
static const struct place *wait_place(struct page_reports *reports,
				      uint64_t number)
{
	uint64_t now_ms = clock_steady_ms();
	struct place *place = find_place(reports, number);

	if (place == NULL)
		return NULL;
	want(reports, place, number, now_ms);
	while (place->state != PLACE_MADE && !reports->worker.must_stop &&
	       thread_wait(&reports->worker.changed, &reports->worker.lock,
			   now_ms + WAIT_MS))
		;
	return place->state == PLACE_MADE && place->number == number ? place
								     : NULL;
}

/* "17", "17.json"; 0: neither. */
static uint64_t parse(const char *rest, bool *is_json_r)
{
	size_t digits = strspn(rest, "0123456789");

	*is_json_r = strcmp(rest + digits, ".json") == 0;
	if (digits == 0 || digits > 15 || (rest[digits] != '\0' && !*is_json_r))
		return 0;
	return strtoull(rest, NULL, 10);
}

static void answer_wait(struct http_answer *answer_r, bool is_json)
{
	answer_r->status = 503;
	if (is_json)
		return;
	answer_r->type = "text/html; charset=utf-8";
	answer_r->body = alloc_text(wait_page);
	answer_r->length = sizeof(wait_page) - 1;
}

void page_reports_answer(struct page_reports *reports,
			 const struct http_request *request,
			 struct http_answer *answer_r)
{
	const struct place *place;
	bool is_json;
	uint64_t number = parse(request->rest, &is_json);

	if (number == 0) {
		answer_r->status = 404;
		return;
	}
	pthread_mutex_lock(&reports->worker.lock);
	place = wait_place(reports, number);
	if (place == NULL) {
		answer_wait(answer_r, is_json);
	} else if (place->status != 200) {
		answer_r->status = place->status;
	} else {
		answer_r->type = is_json ? "application/json"
					 : "text/html; charset=utf-8";
		answer_r->policy = POLICY;
		answer_r->length = place->lengths[is_json];
		answer_r->body = alloc_copy(place->texts[is_json],
					    answer_r->length);
	}
	pthread_mutex_unlock(&reports->worker.lock);
}
