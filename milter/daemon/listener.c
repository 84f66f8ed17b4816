/* SPDX-License-Identifier: ISC */

/*
 * libmilter binds; this is what libmilter leaves out: the lock, the probe of
 * what is there already, the mode, the group.
 */
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

#include <libmilter/mfapi.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "listener.h"

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

static bool lock_take(struct listener *listener, const char *user)
{
	char *path = alloc_format("%s.lock", listener->path);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool is_locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;

	if (fd < 0)
		log_error("%s: cannot open the lock file: %s%s", path,
			  strerror(errno), remedy_of(errno));
	else if (!is_locked && errno == EWOULDBLOCK)
		log_error("%s: another weir-milter is running on this socket",
			  listener->path);
	else if (!is_locked)
		log_error("%s: cannot lock: %s", path, strerror(errno));
	if (is_locked)
		lock_give(fd, path, user);
	free(path);
	if (!is_locked && fd >= 0)
		close(fd);
	listener->lock_fd = is_locked ? fd : -1;
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

static bool socket_set_group(const char *path, const char *name)
{
	const struct group *group;

	if (name[0] == '\0')
		return true;
	group = getgrnam(name);
	if (group == NULL) {
		log_error("listen_group: there is no group \"%s\"", name);
		return false;
	}
	/* the directory may be another one's: a link is not followed */
	if (fchownat(AT_FDCWD, path, (uid_t)-1, group->gr_gid,
		     AT_SYMLINK_NOFOLLOW) != 0) {
		log_error("%s: cannot change its group to %s: %s%s", path, name,
			  strerror(errno), remedy_of(errno));
		return false;
	}
	return true;
}

static bool unix_finish(struct listener *listener,
			const struct settings *settings)
{
	struct stat status;

	if (!socket_set_group(listener->path, settings->listen_group))
		return false;
	if (lstat(listener->path, &status) != 0) {
		log_error("%s: %s", listener->path, strerror(errno));
		return false;
	}
	/* the umask has made the mode; only an ACL of the directory changes it,
	 * and root does not change it back: the path may be a link by now */
	if (!S_ISSOCK(status.st_mode) ||
	    ((status.st_mode & 0777) != settings->listen_mode &&
	     (geteuid() == 0 ||
	      chmod(listener->path, settings->listen_mode) != 0))) {
		log_error("%s: is not a socket with listen_mode %04o",
			  listener->path, (unsigned int)settings->listen_mode);
		return false;
	}
	listener->device = status.st_dev;
	listener->inode = status.st_ino;
	return true;
}

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

static void listener_read(struct listener *listener,
			  const struct settings *settings)
{
	const char *listen = settings->listen;
	int given = listener_given_fd(settings);

	memset(listener, 0, sizeof(*listener));
	listener->lock_fd = -1;
	if (strncmp(listen, "unix:", 5) == 0)
		snprintf(listener->path, sizeof(listener->path), "%s",
			 listen + 5);
	else if (given >= 0)
		listener->is_stream = fd_is_stream(given);
	else
		listener->is_stream = true;
}

bool listener_open(const struct settings *settings, struct listener *listener_r)
{
	char *listen = settings->listen;
	mode_t mask;
	int result;

	listener_read(listener_r, settings);
	if (listener_r->path[0] != '\0' &&
	    (!lock_take(listener_r, settings->user) ||
	     !path_is_free(listener_r->path)))
		return false;
	/* the mode that libmilter's bind() leaves is right from the start */
	mask = umask(~settings->listen_mode & 0777);
	result = smfi_setconn(listen);
	if (result == MI_SUCCESS)
		result = smfi_opensocket(true);
	umask(mask);
	if (result != MI_SUCCESS) {
		log_error("listen: cannot open \"%s\": %s", listen,
			  strerror(errno));
		return false;
	}
	return listener_r->path[0] == '\0' || unix_finish(listener_r, settings);
}

bool listener_is_intact(const struct listener *listener)
{
	struct stat status;

	return listener->path[0] == '\0' ||
	       (lstat(listener->path, &status) == 0 &&
		status.st_dev == listener->device &&
		status.st_ino == listener->inode);
}

void listener_remove(const struct listener *listener)
{
	if (listener->path[0] != '\0' && listener_is_intact(listener) &&
	    unlink(listener->path) != 0)
		log_warning("%s: cannot remove the socket: %s", listener->path,
			    strerror(errno));
}
