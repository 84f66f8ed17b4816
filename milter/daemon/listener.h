/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LISTENER_H
#define WEIR_LISTENER_H

/*
 * The socket that the MTA connects to, as the settings say: opened through
 * libmilter, and where it is a unix socket, guarded as socket_file.h says.
 */
#include <stdbool.h>

#include "lib/base/socket_file.h"
#include "lib/settings/settings.h"

struct listener {
	struct socket_file file;
	bool is_stream; /* TCP: inet:, inet6:, or an fd that is one */
};

/*
 * Removes a socket without a listener, and opens ours with the mode and the
 * group of the settings. False when it cannot; the reason is logged.
 */
bool listener_open(const struct settings *settings,
		   struct listener *listener_r);

/* The descriptor that the settings say to listen on (fd:N); -1 when they say
 * something else. */
int listener_given_fd(const struct settings *settings);

#endif
