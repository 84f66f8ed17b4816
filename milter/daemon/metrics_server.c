/* SPDX-License-Identifier: ISC */

/* One path, and no more. */
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/http/http_server.h"
#include "lib/settings/endpoint.h"
#include "lib/settings/settings.h"
#include "metrics_page.h"
#include "metrics_server.h"

#define CONNECTIONS 8

struct metrics_server {
	struct http_server *http;
	struct http_row rows[2];
};

static void answer(void *context, const struct http_request *request,
		   struct http_answer *answer_r)
{
	enum metrics_format format = metrics_format_wanted(request->accept);

	answer_r->type = metrics_format_type(format);
	answer_r->body = metrics_page(context, format, &answer_r->length);
}

/* What listens on loopback, or on a socket, is for this host, and a Host of
 * another name comes from a web page that should not read it. Anywhere else a
 * scraper may know this host by any name. */
static const char *const any_host[] = { "*" };

static struct http_server *open_http(const struct settings *settings,
				     const struct http_row *rows)
{
	return http_server_open(&(struct http_options){
		.setting = "metrics",
		.program = "weir-milter",
		.listen = settings->metrics,
		.user = settings->user,
		.group = settings->listen_group,
		.names = any_host,
		.name_count = endpoint_is_of_this_host(settings->metrics) ? 0
									  : 1,
		.connections = CONNECTIONS,
		.rows = rows,
	});
}

struct metrics_server *metrics_server_open(const struct settings *settings)
{
	struct metrics_server *server;

	if (settings->metrics[0] == '\0')
		return NULL;
	server = alloc_zero(sizeof(*server));
	server->rows[0] = (struct http_row){ "/metrics", answer, NULL };
	server->http = open_http(settings, server->rows);
	if (server->http == NULL)
		metrics_server_stop(&server);
	return server;
}

void metrics_server_start(struct metrics_server *server,
			  struct service *service)
{
	if (server == NULL)
		return;
	server->rows[0].context = service;
	if (http_server_start(server->http))
		log_notice("metrics: served at %s",
			   http_server_address(server->http));
}

void metrics_server_stop(struct metrics_server **server_r)
{
	struct metrics_server *server = *server_r;

	if (server == NULL)
		return;
	http_server_free(&server->http);
	free(server);
	*server_r = NULL;
}
