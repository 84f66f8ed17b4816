/* SPDX-License-Identifier: ISC */

/* TCP by getaddrinfo(3), unix by socket_file.h. */
#include "http_listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"

#define BACKLOG	    128
#define SOCKET_MODE 0660

static int open_socket(const struct sockaddr *address, socklen_t length)
{
	int fd = socket(address->sa_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1, error;

	if (fd < 0)
		return -1;
	if (address->sa_family != AF_UNIX)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (address->sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(fd, address, length) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

static int open_tcp(const struct http_options *options)
{
	const char *colon = strrchr(options->listen, ':');
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_PASSIVE };
	struct addrinfo *found = NULL;
	bool is_bracketed = options->listen[0] == '[' && colon != NULL &&
			    colon[-1] == ']';
	char *host;
	int error, fd = -1;

	if (colon == NULL) {
		log_error("%s: \"%s\" is neither ADDRESS:PORT nor unix:/PATH",
			  options->setting, options->listen);
		return -1;
	}
	host = alloc_copy(options->listen + is_bracketed,
			  (size_t)(colon - options->listen) -
				  2 * (size_t)is_bracketed);
	error = getaddrinfo(host, colon + 1, &hints, &found);
	free(host);
	if (error == 0)
		fd = open_socket(found->ai_addr, found->ai_addrlen);
	if (fd < 0)
		log_error("%s: cannot listen on %s: %s", options->setting,
			  options->listen,
			  error != 0 ? gai_strerror(error) : strerror(errno));
	if (found != NULL)
		freeaddrinfo(found);
	return fd;
}

static int bind_unix(const struct http_options *options,
		     const struct socket_file *file)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	int fd;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", file->path);
	unlink(file->path); /* without a listener; the lock is ours */
	mask = umask(~SOCKET_MODE & 0777);
	fd = open_socket((struct sockaddr *)(void *)&address, sizeof(address));
	umask(mask);
	if (fd < 0)
		log_error("%s: cannot listen on %s: %s", options->setting,
			  options->listen, strerror(errno));
	return fd;
}

static bool listen_unix(const struct http_options *options, const char *path,
			struct http_listener *listener)
{
	const struct socket_file_rules rules = {
		.setting = options->setting,
		.program = options->program,
		.user = options->user,
		.group = options->group,
		.mode = SOCKET_MODE,
	};

	if (!socket_file_claim(&listener->file, path, &rules))
		return false;
	listener->fd = bind_unix(options, &listener->file);
	return listener->fd >= 0 && socket_file_settle(&listener->file, &rules);
}

bool http_listen(const struct http_options *options,
		 struct http_listener *listener_r)
{
	bool is_open;

	*listener_r = (struct http_listener){
		.fd = -1,
		.is_unix = strncmp(options->listen, "unix:", 5) == 0,
		.file.lock_fd = -1,
	};
	if (listener_r->is_unix) {
		is_open = listen_unix(options, options->listen + 5, listener_r);
	} else {
		listener_r->fd = open_tcp(options);
		is_open = listener_r->fd >= 0;
	}
	if (!is_open)
		http_listener_close(listener_r);
	return is_open;
}

void http_listener_close(struct http_listener *listener)
{
	socket_file_remove(&listener->file);
	if (listener->fd >= 0)
		close(listener->fd);
	if (listener->file.lock_fd >= 0)
		close(listener->file.lock_fd);
	listener->fd = listener->file.lock_fd = -1;
}

void http_local_address(int fd, char address[HTTP_ADDRESS_SIZE],
			unsigned int *port_r)
{
	struct sockaddr_storage local = { 0 };
	socklen_t length = sizeof(local);
	struct sockaddr *any = (struct sockaddr *)(void *)&local;
	char host[NI_MAXHOST], port[NI_MAXSERV];

	address[0] = '\0';
	*port_r = 0;
	if (getsockname(fd, any, &length) != 0 || any->sa_family == AF_UNIX ||
	    getnameinfo(any, length, host, sizeof(host), port, sizeof(port),
			NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	snprintf(address, HTTP_ADDRESS_SIZE,
		 any->sa_family == AF_INET6 ? "[%.*s]" : "%.*s",
		 HTTP_ADDRESS_SIZE - 3, host);
	*port_r = (unsigned int)atoi(port);
}
