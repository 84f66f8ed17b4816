/* SPDX-License-Identifier: ISC */

/* The lock, the probe of what is there already, the mode, the group. */
#include "socket_file.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "alloc.h"
#include "log.h"

/* The lock stays when weir ends: a later start may be by its own account. */
static void lock_give(int fd, const char *path, const char *user)
{
	const struct passwd *account;
	struct stat status;

	if (geteuid() != 0 || user[0] == '\0' || fstat(fd, &status) != 0 ||
	    !S_ISREG(status.st_mode) || status.st_nlink != 1)
		return;
	account = getpwnam(user);
	if (account != NULL &&
	    fchown(fd, account->pw_uid, account->pw_gid) != 0)
		log_warning("%s: cannot change its owner to %s: %s", path, user,
			    strerror(errno));
}

/* What the administrator can do about it; "" where that is not known. */
static const char *remedy_of(int error)
{
	static const struct {
		int error;
		const char *text;
	} remedies[] = {
		{ ENOENT, ": the directory is missing" },
		{ EACCES, ": the directory must belong to the user that weir "
			  "runs as" },
		{ EROFS, ": under systemd the unit needs ReadWritePaths= with "
			 "the directory" },
		{ EPERM, ": weir must be in that group (under systemd "
			 "SupplementaryGroups= in the unit), or the directory "
			 "must belong to it and have mode 2750" },
	};

	for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++)
		if (remedies[i].error == error)
			return remedies[i].text;
	return "";
}

static bool lock_take(struct socket_file *file,
		      const struct socket_file_rules *rules)
{
	char *path = alloc_format("%s.lock", file->path);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool is_locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;

	if (fd < 0)
		log_error("%s: cannot open the lock file: %s%s", path,
			  strerror(errno), remedy_of(errno));
	else if (!is_locked && errno == EWOULDBLOCK)
		log_error("%s: another %s is running on this socket",
			  file->path, rules->program);
	else if (!is_locked)
		log_error("%s: cannot lock: %s", path, strerror(errno));
	if (is_locked)
		lock_give(fd, path, rules->user);
	free(path);
	if (!is_locked && fd >= 0)
		close(fd);
	file->lock_fd = is_locked ? fd : -1;
	return is_locked;
}

/* Is there a listener? */
static bool socket_is_alive(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is_alive;

	if (fd < 0)
		return true;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	is_alive = connect(fd, (struct sockaddr *)(void *)&address,
			   sizeof(address)) == 0 ||
		   errno == EAGAIN;
	close(fd);
	return is_alive;
}

/* There must be nothing at the path, or a socket without a listener. */
static bool path_is_free(const char *path)
{
	struct stat status;

	if (lstat(path, &status) != 0) {
		if (errno == ENOENT)
			return true;
		log_error("%s: %s", path, strerror(errno));
		return false;
	}
	if (!S_ISSOCK(status.st_mode)) {
		log_error("%s: exists and is not a socket", path);
		return false;
	}
	if (socket_is_alive(path)) {
		log_error("%s: another program is listening on it", path);
		return false;
	}
	return true;
}

static bool set_group(const char *path, const struct socket_file_rules *rules)
{
	const struct group *group;

	if (rules->group[0] == '\0')
		return true;
	group = getgrnam(rules->group);
	if (group == NULL) {
		log_error("%s_group: there is no group \"%s\"", rules->setting,
			  rules->group);
		return false;
	}
	/* the directory may be another one's: a link is not followed */
	if (fchownat(AT_FDCWD, path, (uid_t)-1, group->gr_gid,
		     AT_SYMLINK_NOFOLLOW) != 0) {
		log_error("%s: cannot change its group to %s: %s%s", path,
			  rules->group, strerror(errno), remedy_of(errno));
		return false;
	}
	return true;
}

bool socket_file_claim(struct socket_file *file, const char *path,
		       const struct socket_file_rules *rules)
{
	snprintf(file->path, sizeof(file->path), "%s", path);
	return lock_take(file, rules) && path_is_free(file->path);
}

bool socket_file_settle(struct socket_file *file,
			const struct socket_file_rules *rules)
{
	struct stat status;

	if (!set_group(file->path, rules))
		return false;
	if (lstat(file->path, &status) != 0) {
		log_error("%s: %s", file->path, strerror(errno));
		return false;
	}
	/* the umask has made the mode; only an ACL of the directory changes it,
	 * and root does not change it back: the path may be a link by now */
	if (!S_ISSOCK(status.st_mode) ||
	    ((status.st_mode & 0777) != rules->mode &&
	     (geteuid() == 0 || chmod(file->path, rules->mode) != 0))) {
		log_error("%s: is not a socket with %s_mode %04o", file->path,
			  rules->setting, (unsigned int)rules->mode);
		return false;
	}
	file->device = status.st_dev;
	file->inode = status.st_ino;
	return true;
}

bool socket_file_is_intact(const struct socket_file *file)
{
	struct stat status;

	return file->path[0] == '\0' ||
	       (lstat(file->path, &status) == 0 &&
		status.st_dev == file->device && status.st_ino == file->inode);
}

void socket_file_remove(const struct socket_file *file)
{
	if (file->path[0] != '\0' && socket_file_is_intact(file) &&
	    unlink(file->path) != 0)
		log_warning("%s: cannot remove the socket: %s", file->path,
			    strerror(errno));
}
