/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PID_FILE_H
#define WEIR_PID_FILE_H

/*
 * The pid file, which two processes must not share. It is
 * locked as long as the process lives: the lock shows whether its owner is
 * alive, not the number in it, which another process may have by now.
 */
struct pid_file {
	const char *setting; /* its name, for the log; the caller's */
	const char *path;    /* the caller's, "" = none */
	int fd;		     /* holds the lock; -1: none */
};

/*
 * Locks path and writes the process ID; path "" does nothing. 0, or an exit
 * code when the reason was logged: EX_UNAVAILABLE when another process holds
 * it, EX_CONFIG when it cannot be written. After the last fork.
 */
int pid_file_take(const char *setting, const char *path,
		  struct pid_file *file_r);

/* Removes the path, if it is still ours; where the directory does not let us,
 * an empty file stays. */
void pid_file_remove(struct pid_file *file);

#endif
