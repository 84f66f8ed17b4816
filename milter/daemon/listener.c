/* SPDX-License-Identifier: ISC */

/* libmilter binds; what libmilter leaves out is in socket_file.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <libmilter/mfapi.h>

#include "lib/base/log.h"
#include "listener.h"

int listener_given_fd(const struct settings *settings)
{
	if (strncmp(settings->listen, "fd:", 3) != 0)
		return -1;
	return atoi(settings->listen + 3); /* checked by the settings */
}

/* fd:N may be either: the socket itself shows which. */
static bool fd_is_stream(int fd)
{
	struct sockaddr_storage address = { 0 };
	socklen_t length = sizeof(address);

	return getsockname(fd, (struct sockaddr *)(void *)&address, &length) ==
		       0 &&
	       address.ss_family != AF_UNIX;
}

bool listener_open(const struct settings *settings, struct listener *listener_r)
{
	const struct socket_file_rules rules = {
		.setting = "listen",
		.program = "weir-milter",
		.user = settings->user,
		.group = settings->listen_group,
		.mode = settings->listen_mode,
	};
	bool is_unix = strncmp(settings->listen, "unix:", 5) == 0;
	int given = listener_given_fd(settings);
	mode_t mask;
	int result;

	*listener_r = (struct listener){ .file.lock_fd = -1 };
	listener_r->is_stream = given >= 0 ? fd_is_stream(given) : !is_unix;
	if (is_unix &&
	    !socket_file_claim(&listener_r->file, settings->listen + 5, &rules))
		return false;
	/* the mode that libmilter's bind() leaves is right from the start */
	mask = umask(~settings->listen_mode & 0777);
	result = smfi_setconn(settings->listen);
	if (result == MI_SUCCESS)
		result = smfi_opensocket(true);
	umask(mask);
	if (result != MI_SUCCESS) {
		log_error("listen: cannot open \"%s\": %s", settings->listen,
			  strerror(errno));
		return false;
	}
	return !is_unix || socket_file_settle(&listener_r->file, &rules);
}
