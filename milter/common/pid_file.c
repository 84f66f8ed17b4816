/* SPDX-License-Identifier: ISC */

/*
 * Opened, locked, and looked at again: the last owner of the lock may have
 * removed the path between our open() and our flock().
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "pid_file.h"

#define TRIES 100

static bool is_at_path(const struct pid_file *file)
{
	struct stat ours, there;

	return fstat(file->fd, &ours) == 0 && lstat(file->path, &there) == 0 &&
	       ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

static void file_close(struct pid_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

static int complain(struct pid_file *file, bool is_held)
{
	if (is_held)
		log_error("%s: %s: in use by another process; give each "
			  "process its own file",
			  file->setting, file->path);
	else
		log_error("%s: %s: cannot write the process ID: %s",
			  file->setting, file->path, strerror(errno));
	file_close(file);
	return is_held ? EX_UNAVAILABLE : EX_CONFIG;
}

/* True with the lock, or with fd -1 when the path has changed meanwhile. */
static bool try_lock(struct pid_file *file)
{
	struct stat status;

	file->fd = open(file->path,
			O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
			0644);
	if (file->fd < 0 || fstat(file->fd, &status) != 0)
		return false;
	if (!S_ISREG(status.st_mode)) {
		errno = EINVAL;
		return false;
	}
	if (flock(file->fd, LOCK_EX | LOCK_NB) != 0)
		return false;
	if (!is_at_path(file))
		file_close(file);
	return true;
}

int pid_file_take(const char *setting, const char *path,
		  struct pid_file *file_r)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	int code;

	*file_r =
		(struct pid_file){ .setting = setting, .path = path, .fd = -1 };
	if (path[0] == '\0')
		return EX_OK;
	for (int i = 0; i < TRIES && file_r->fd < 0; i++)
		if (!try_lock(file_r))
			return complain(file_r, errno == EWOULDBLOCK);
	if (file_r->fd < 0)
		return complain(file_r, true);
	if (ftruncate(file_r->fd, 0) == 0 &&
	    write(file_r->fd, text, (size_t)length) == length)
		return EX_OK;
	code = complain(file_r, false);
	unlink(path);
	return code;
}

void pid_file_remove(struct pid_file *file)
{
	if (file->fd < 0)
		return;
	if (ftruncate(file->fd, 0) != 0)
		log_warning("%s: %s: cannot empty it: %s", file->setting,
			    file->path, strerror(errno));
	if (is_at_path(file))
		unlink(file->path);
	file_close(file);
}
