/* SPDX-License-Identifier: ISC */

/*
 * The thread: poll(2) on the listener, on the descriptor that stops it, and
 * on each connection. No evhttp: libevent 2.1 answers what it cannot parse by
 * itself, without our headers, bounds neither the connections nor the time of
 * a whole request, and its parser is far more than GET needs.
 */
#include "http_server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/base/clock.h"
#include "lib/base/thread.h"
#include "http_connection.h"
#include "http_listen.h"

#define CONNECTIONS_MAX 64
#define POLL_MS		100 /* how exact the deadlines are */
#define GRACE_MS	100 /* in which no connection makes room for another */
#define NO_POLICY	"default-src 'none'; frame-ancestors 'none'"

struct http_server {
	struct http_listener listener;
	char address[HTTP_ADDRESS_SIZE + sizeof("unix:")];
	struct http_service service;
	char **names; /* ours, of the service */
	char *policy;
	struct http_connection connections[CONNECTIONS_MAX];
	unsigned int max;
	int stop_fd;
	pthread_t thread;
	bool is_running;
};

/* The one that has been answered, else the one that is silent longest; one that
 * is being answered goes last. */
static bool goes_before(const struct http_connection *one,
			const struct http_connection *other)
{
	if (one->phase != other->phase)
		return one->phase < other->phase;
	return one->begun_ms < other->begun_ms;
}

/* A free place, or one that may be taken from its client; NULL: none yet. */
static struct http_connection *find_place(struct http_server *server,
					  uint64_t now_ms)
{
	struct http_connection *found = NULL;

	for (unsigned int i = 0; i < server->max; i++) {
		struct http_connection *connection = &server->connections[i];

		if (connection->fd < 0)
			return connection;
		if (now_ms >= connection->begun_ms + GRACE_MS &&
		    (found == NULL || goes_before(connection, found)))
			found = connection;
	}
	return found;
}

static void accept_one(struct http_server *server, uint64_t now_ms)
{
	struct http_connection *place = find_place(server, now_ms);
	int fd;

	if (place == NULL)
		return;
	fd = accept4(server->listener.fd, NULL, NULL,
		     SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		/* without a descriptor this would be asked again at once */
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM)
			poll(NULL, 0, POLL_MS);
		return;
	}
	if (place->fd >= 0)
		http_connection_close(place);
	http_connection_open(place, fd, now_ms);
}

/* False: the server is to stop. */
static bool serve_once(struct http_server *server)
{
	struct pollfd polls[CONNECTIONS_MAX + 2];
	uint64_t now_ms = clock_steady_ms();
	bool has_place = find_place(server, now_ms) != NULL;

	polls[0] = (struct pollfd){ server->stop_fd, POLLIN, 0 };
	polls[1] = (struct pollfd){ has_place ? server->listener.fd : -1,
				    POLLIN, 0 };
	for (unsigned int i = 0; i < server->max; i++)
		polls[i + 2] = (struct pollfd){
			server->connections[i].fd,
			http_connection_events(&server->connections[i]), 0
		};
	if (poll(polls, server->max + 2, POLL_MS) < 0 && errno != EINTR) {
		log_error("%s: poll: %s; it is not served any more",
			  server->address, strerror(errno));
		return false;
	}
	now_ms = clock_steady_ms();
	for (unsigned int i = 0; i < server->max; i++)
		if (server->connections[i].fd >= 0)
			http_connection_step(&server->connections[i],
					     &server->service,
					     polls[i + 2].revents, now_ms);
	if (polls[1].revents != 0)
		accept_one(server, now_ms);
	return polls[0].revents == 0;
}

static void *serve(void *context)
{
	while (serve_once(context))
		;
	return NULL;
}

static void copy_names(struct http_server *server,
		       const struct http_options *options)
{
	server->names = alloc_array(options->name_count, sizeof(char *));
	for (size_t i = 0; i < options->name_count; i++)
		server->names[i] = alloc_text(options->names[i]);
	server->service.hosts = (struct http_hosts){
		(const char *const *)server->names,
		options->name_count,
	};
}

static void name_address(struct http_server *server)
{
	char host[HTTP_ADDRESS_SIZE];
	unsigned int port;

	http_local_address(server->listener.fd, host, &port);
	if (server->listener.is_unix)
		snprintf(server->address, sizeof(server->address), "unix:%s",
			 server->listener.file.path);
	else
		snprintf(server->address, sizeof(server->address), "%.*s:%u",
			 HTTP_ADDRESS_SIZE - 7, host, port);
}

struct http_server *http_server_open(const struct http_options *options)
{
	struct http_server *server = alloc_zero(sizeof(*server));

	if (!http_listen(options, &server->listener)) {
		free(server);
		return NULL;
	}
	server->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (server->stop_fd < 0) {
		log_error("%s: eventfd: %s", options->setting, strerror(errno));
		http_listener_close(&server->listener);
		free(server);
		return NULL;
	}
	server->max = options->connections < CONNECTIONS_MAX
			      ? options->connections
			      : CONNECTIONS_MAX;
	for (unsigned int i = 0; i < CONNECTIONS_MAX; i++)
		server->connections[i].fd = -1;
	server->policy = alloc_text(options->policy == NULL ? NO_POLICY
							    : options->policy);
	server->service.policy = server->policy;
	server->service.rows = options->rows;
	copy_names(server, options);
	name_address(server);
	return server;
}

bool http_server_start(struct http_server *server)
{
	server->is_running = thread_start(&server->thread, serve, server);
	return server->is_running;
}

const char *http_server_address(const struct http_server *server)
{
	return server->address;
}

static void end_thread(struct http_server *server)
{
	uint64_t one = 1;

	if (!server->is_running)
		return;
	if (write(server->stop_fd, &one, sizeof(one)) < 0)
		log_error("%s: cannot stop: %s", server->address,
			  strerror(errno));
	pthread_join(server->thread, NULL);
}

void http_server_free(struct http_server **server)
{
	struct http_server *old = *server;

	if (old == NULL)
		return;
	*server = NULL;
	end_thread(old);
	for (unsigned int i = 0; i < CONNECTIONS_MAX; i++)
		if (old->connections[i].fd >= 0)
			http_connection_close(&old->connections[i]);
	http_listener_close(&old->listener);
	close(old->stop_fd);
	for (size_t i = 0; i < old->service.hosts.name_count; i++)
		free(old->names[i]);
	free(old->names);
	free(old->policy);
	free(old);
}
