/* SPDX-License-Identifier: ISC */

/* Reading, writing, closing: one function each. */
#include "http_connection.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "http_answer.h"
#include "http_head.h"
#include "http_listen.h"

#define CLOSING_MS 1000
#define DRAIN_MAX  65536

void http_connection_open(struct http_connection *connection, int fd,
			  uint64_t now_ms)
{
	*connection = (struct http_connection){
		.fd = fd,
		.phase = HTTP_READING,
		.begun_ms = now_ms,
		.end_ms = now_ms + HTTP_HEAD_MS,
		.head = alloc_zero(HTTP_HEAD_MAX + 1),
	};
}

void http_connection_close(struct http_connection *connection)
{
	close(connection->fd);
	free(connection->head);
	free(connection->out);
	*connection = (struct http_connection){ .fd = -1 };
}

short http_connection_events(const struct http_connection *connection)
{
	return connection->phase == HTTP_WRITING ? POLLOUT : POLLIN;
}

/* A row that ends in "/" and is more than that has all below it. */
static bool row_fits(const struct http_row *row, const char *path)
{
	size_t length = strlen(row->path);

	if (length > 1 && row->path[length - 1] == '/')
		return strncmp(row->path, path, length) == 0;
	return strcmp(row->path, path) == 0;
}

static const struct http_row *find_row(const struct http_row *row,
				       const char *path)
{
	const struct http_row *found = NULL;

	for (; row->path != NULL; row++)
		if (row_fits(row, path) &&
		    (found == NULL || strlen(row->path) > strlen(found->path)))
			found = row;
	return found;
}

static void ask_handler(const struct http_service *service,
			const struct http_head *head,
			struct http_answer *answer)
{
	const struct http_row *row = find_row(service->rows, head->path);
	struct http_request request = {
		.path = head->path,
		.rest = "",
		.query = head->query,
		.accept = head->accept,
	};

	if (row == NULL) {
		answer->status = 404;
		return;
	}
	if (strlen(head->path) > strlen(row->path))
		request.rest = head->path + strlen(row->path);
	answer->status = 200;
	row->handler(row->context, &request, answer);
}

static void write_some(struct http_connection *connection, uint64_t now_ms)
{
	ssize_t count = send(connection->fd, connection->out + connection->sent,
			     connection->out_length - connection->sent,
			     MSG_NOSIGNAL | MSG_DONTWAIT);

	if (count < 0 && errno != EAGAIN && errno != EINTR) {
		http_connection_close(connection);
		return;
	}
	if (count > 0)
		connection->sent += (size_t)count;
	if (connection->sent < connection->out_length)
		return;
	shutdown(connection->fd, SHUT_WR);
	connection->phase = HTTP_CLOSING;
	connection->end_ms = now_ms + CLOSING_MS;
}

/* error is the status where the head is none that may be answered. */
static void answer(struct http_connection *connection,
		   const struct http_service *service,
		   const struct http_head *head, unsigned int error,
		   uint64_t now_ms)
{
	struct http_answer answer = {
		.status = error,
		.type = "text/plain; charset=utf-8",
	};
	char local[HTTP_ADDRESS_SIZE];
	unsigned int port;

	http_local_address(connection->fd, local, &port);
	if (error == 0 &&
	    !http_host_is_allowed(&service->hosts, head->host, local, port))
		answer.status = 421;
	if (answer.status == 0)
		ask_handler(service, head, &answer);
	connection->out = http_answer_write(
		&answer,
		&(struct http_reply){
			.policy = service->policy,
			.if_none_match = head->if_none_match,
			.is_head = head->is_head,
			.now_ms = clock_wall_ms(),
		},
		&connection->out_length);
	connection->phase = HTTP_WRITING;
	connection->end_ms = now_ms + HTTP_ANSWER_MS;
	write_some(connection, now_ms);
}

static void read_head(struct http_connection *connection,
		      const struct http_service *service, uint64_t now_ms)
{
	ssize_t count = recv(
		connection->fd, connection->head + connection->head_length,
		HTTP_HEAD_MAX - connection->head_length, MSG_DONTWAIT);
	struct http_head head = http_head_none;
	size_t length;

	if (count <= 0) {
		if (count == 0 || (errno != EAGAIN && errno != EINTR))
			http_connection_close(connection);
		return;
	}
	connection->head_length += (size_t)count;
	length = http_head_length(connection->head, connection->head_length);
	if (length != 0)
		answer(connection, service, &head,
		       http_head_parse(connection->head, length, &head),
		       now_ms);
	else if (connection->head_length == HTTP_HEAD_MAX)
		answer(connection, service, &head,
		       http_head_refuse(connection->head, HTTP_HEAD_MAX),
		       now_ms);
}

static void drain(struct http_connection *connection)
{
	char waste[4096];
	ssize_t count = recv(connection->fd, waste, sizeof(waste),
			     MSG_DONTWAIT);

	if (count > 0)
		connection->drained += (size_t)count;
	if (count == 0 || connection->drained > DRAIN_MAX ||
	    (count < 0 && errno != EAGAIN && errno != EINTR))
		http_connection_close(connection);
}

void http_connection_step(struct http_connection *connection,
			  const struct http_service *service, short events,
			  uint64_t now_ms)
{
	if (events != 0 && connection->phase == HTTP_READING)
		read_head(connection, service, now_ms);
	else if (events != 0 && connection->phase == HTTP_WRITING)
		write_some(connection, now_ms);
	else if (events != 0)
		drain(connection);
	if (connection->fd >= 0 && now_ms >= connection->end_ms)
		http_connection_close(connection);
}
