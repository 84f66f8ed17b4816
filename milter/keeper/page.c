/* SPDX-License-Identifier: ISC */

/* A handler for each path; what they show is made by the reader. */
#include "page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/moment.h"
#include "lib/base/sha256.h"
#include "lib/base/clock.h"
#include "page_css.h"
#include "page_document.h"
#include "page_js.h"
#include "page_print.h"
#include "metrics_site.h"
#include "page_reader.h"
#include "page_reports.h"

#define CONNECTIONS 32
#define HOST_SIZE   256

/* Nothing of others, nothing inline, no form, in no frame. */
#define POLICY                                                        \
	"default-src 'none'; style-src 'self'; script-src 'self'; "   \
	"connect-src 'self'; img-src 'self' data:; base-uri 'none'; " \
	"form-action 'none'; frame-ancestors 'none'"

struct page {
	const char *path; /* NULL: weirctl needs no -c */
	struct page_sources sources;
	char host[HOST_SIZE];
	struct page_reader *reader;
	struct page_reports *reports;
	struct http_server *server;
	struct http_row rows[9];
};

/* handlers, in the thread of the server */

/* What never changes. */
struct file {
	const char *type;
	const void *bytes;
	size_t length;
};

static const struct file css = { "text/css; charset=utf-8", page_css,
				 sizeof(page_css) };
static const struct file js = { "text/javascript; charset=utf-8", page_js,
				sizeof(page_js) };
/* That the page is served; what it shows may be stale. */
static const struct file health = { "text/plain; charset=utf-8", "ok\n", 3 };

static void show_file(void *context, const struct http_request *request,
		      struct http_answer *answer_r)
{
	const struct file *file = context;

	(void)request;
	answer_r->type = file->type;
	answer_r->body = alloc_copy(file->bytes, file->length);
	answer_r->length = file->length;
}

/* With all that is near a limit, or the first of it. */
static json_t *document_of(struct page *page, bool wants_all)
{
	json_t *whole = page_reader_document(page->reader), *part;

	if (wants_all)
		return whole;
	part = page_document_short(whole);
	json_decref(whole);
	return part;
}

static void show_page(void *context, const struct http_request *request,
		      struct http_answer *answer_r)
{
	struct page *page = context;
	bool wants_all = strcmp(request->query, "all") == 0;
	json_t *document = document_of(page, wants_all);
	uint64_t now_ms = clock_wall_ms();
	char clock[MOMENT_TEXT_SIZE];
	char *now = alloc_format("%s UTC",
				 moment_format_near(now_ms, now_ms, clock));
	FILE *out = open_memstream(&answer_r->body, &answer_r->length);

	if (out == NULL)
		alloc_fail();
	page_print(document,
		   &(struct page_print_options){
			   .is_paused = strcmp(request->query, "pause") == 0,
			   .wants_all = wants_all,
			   .now = now,
		   },
		   out);
	fclose(out);
	answer_r->type = "text/html; charset=utf-8";
	json_decref(document);
	free(now);
}

/* The same as long as nothing but the time of reading has changed. */
static void set_etag(struct http_answer *answer_r, const json_t *document)
{
	json_t *timeless = json_copy((json_t *)(uintptr_t)document);
	json_t *status = json_copy(json_object_get(document, "status"));
	char hash[SHA256_TEXT_SIZE], *text;

	json_object_del(timeless, "made");
	if (status != NULL) {
		json_object_del(status, "time");
		json_object_set_new(timeless, "status", status);
	}
	text = document_write(timeless);
	sha256_text(text, strlen(text), hash);
	snprintf(answer_r->etag, sizeof(answer_r->etag), "%.32s", hash);
	free(text);
}

static void show_status(void *context, const struct http_request *request,
			struct http_answer *answer_r)
{
	json_t *document = document_of(context,
				       strcmp(request->query, "all") == 0);

	set_etag(answer_r, document);
	answer_r->type = "application/json";
	answer_r->body = document_write(document);
	answer_r->length = strlen(answer_r->body);
}

static void show_report(void *context, const struct http_request *request,
			struct http_answer *answer_r)
{
	struct page *page = context;

	page_reports_answer(page->reports, request, answer_r);
}

/* life */

static void make_rows(struct page *page)
{
	const struct http_row rows[] = {
		{ "/", show_page, page },
		{ "/page.css", show_file, (void *)&css },
		{ "/page.js", show_file, (void *)&js },
		{ "/status.json", show_status, page },
		{ "/health", show_file, (void *)&health },
		{ "/incident/", show_report, page },
		{ "/metrics", metrics_site_answer, page->sources.metrics },
		{ NULL, NULL, NULL },
	};

	_Static_assert(sizeof(rows) <= sizeof(page->rows),
		       "a row for each path");
	memcpy(page->rows, rows, sizeof(rows));
}

static size_t count_names(char *const *names)
{
	size_t count = 0;

	while (names != NULL && names[count] != NULL)
		count++;
	return count;
}

struct page *page_open(const struct settings *settings, const char *path)
{
	const struct settings_keeper *keeper = &settings->keeper;
	struct page *page = alloc_zero(sizeof(*page));

	gethostname(page->host, sizeof(page->host) - 1);
	page->server = http_server_open(&(struct http_options){
		.setting = "keeper.page",
		.program = "weir-keeper",
		.listen = keeper->page,
		.user = keeper->user,
		.group = "",
		.names = (const char *const *)keeper->names,
		.name_count = count_names(keeper->names),
		.policy = POLICY,
		.connections = CONNECTIONS,
		.rows = page->rows,
	});
	if (page->server == NULL) {
		free(page);
		return NULL;
	}
	page->path = path;
	return page;
}

bool page_start(struct page *page, const struct page_sources *sources)
{
	page->sources = *sources;
	make_rows(page);
	page->reader = page_reader_new(&page->sources, page->host, page->path);
	page->reports = page_reports_new(sources->settings, page->host);
	return page->reader != NULL && page->reports != NULL &&
	       http_server_start(page->server);
}

void page_free(struct page **page)
{
	struct page *old = *page;

	if (old == NULL)
		return;
	*page = NULL;
	http_server_free(&old->server);
	page_reader_free(&old->reader);
	page_reports_free(&old->reports);
	free(old);
}
