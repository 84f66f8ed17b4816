/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SOCKET_FILE_H
#define WEIR_SOCKET_FILE_H

/*
 * The path of a unix socket that a program listens on: its mode, its group,
 * and what an earlier process left there. A lock on PATH.lock guards it,
 * from before the socket is touched until the process ends, so that a second
 * process, started by mistake, cannot replace the socket of the first. The
 * lock file is never removed: two processes could then lock two files.
 *
 * The caller claims the path, binds it under a umask that leaves the mode, and
 * then settles it. The reason for a false is logged.
 */
#include <stdbool.h>
#include <sys/stat.h>

struct socket_file_rules {
	const char *setting; /* "listen": LISTEN_group, LISTEN_mode in errors */
	const char *program; /* "another PROGRAM is running ..." */
	const char *user;    /* gets the lock file that root makes; "": root */
	const char *group;   /* "": of the process */
	mode_t mode;
};

struct socket_file {
	char path[108]; /* "": no unix socket, and nothing is ever wrong */
	int lock_fd;	/* -1: none */
	dev_t device;	/* of the socket as it was bound */
	ino_t inode;
};

/* Locks the path, of at most 107 bytes. True: nothing is there, or a socket
 * without a listener. */
bool socket_file_claim(struct socket_file *file, const char *path,
		       const struct socket_file_rules *rules);

/* After it was bound: its group, its mode, and which socket it is. */
bool socket_file_settle(struct socket_file *file,
			const struct socket_file_rules *rules);

/* Is the path still our socket, the one that was bound? */
bool socket_file_is_intact(const struct socket_file *file);

/* Removes the path, if it is still ours. The lock is left to the end. */
void socket_file_remove(const struct socket_file *file);

#endif
