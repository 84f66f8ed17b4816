/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LISTENER_H
#define WEIR_LISTENER_H

/*
 * The socket that the MTA connects to: its owner, its mode and its group. A
 * unix socket is guarded by a lock on PATH.lock, from before the socket is
 * touched until the process ends, so that a second milter, started by mistake,
 * cannot replace the socket of the first. The lock file is never removed: two
 * processes could then lock two files.
 */
#include <stdbool.h>
#include <sys/stat.h>

#include "lib/settings/settings.h"

struct listener {
	char path[108]; /* of a unix socket, "" for the others */
	bool is_stream; /* TCP: inet:, inet6:, or an fd that is one */
	int lock_fd;	/* -1: none */
	dev_t device;	/* of the socket as it was bound */
	ino_t inode;
};

/*
 * Takes the lock, removes a socket without a listener, and opens ours through
 * libmilter, with the mode and the group of the settings. False when it cannot;
 * the reason is logged.
 */
bool listener_open(const struct settings *settings,
		   struct listener *listener_r);

/* The descriptor that the settings say to listen on (fd:N); -1 when they say
 * something else. */
int listener_given_fd(const struct settings *settings);

/* Is the path still our socket, the one that was bound? */
bool listener_is_intact(const struct listener *listener);

/* Removes the path, if it is still ours. The lock is left to the end. */
void listener_remove(const struct listener *listener);

#endif
