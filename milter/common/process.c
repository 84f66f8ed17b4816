/* SPDX-License-Identifier: ISC */

/* Each step as its manual page says. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "process.h"

#define FILES_WANTED 4096

static int ready_fd = -1; /* the parent waits at its other end */

void process_raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
		log_warning("cannot raise the limit of open files: %s",
			    strerror(errno));
	if (limit.rlim_max < FILES_WANTED)
		log_warning("only %ju open files are allowed; each session of "
			    "the MTA uses one, at least %d are recommended",
			    (uintmax_t)limit.rlim_max, FILES_WANTED);
}

/* The parent's end: 0 when the child was ready, else the child's code. */
static int wait_for_child(int fd, pid_t child)
{
	char byte;
	int status;

	if (read(fd, &byte, 1) == 1)
		return EX_OK;
	if (waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	    WEXITSTATUS(status) != 0)
		return WEXITSTATUS(status);
	return EX_SOFTWARE;
}

/*
 * Closes what the caller had open: a lock of flock(1) would stay locked, the
 * reader of a pipe would wait. The terminal is closed when weir is ready.
 */
static void close_inherited(int kept_fd)
{
	unsigned int low = STDERR_FILENO, high = (unsigned int)ready_fd;

	if (kept_fd > STDERR_FILENO)
		low = (unsigned int)kept_fd;
	if (low > high) {
		low = high;
		high = (unsigned int)kept_fd;
	}
	/* an empty range is refused, and that is fine */
	close_range(STDERR_FILENO + 1, low - 1, 0);
	close_range(low + 1, high - 1, 0);
	close_range(high + 1, UINT_MAX, 0);
}

bool process_detach(int kept_fd)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) != 0) {
		log_error("cannot make a pipe: %s", strerror(errno));
		return false;
	}
	child = fork();
	if (child < 0) {
		log_error("cannot fork: %s", strerror(errno));
		return false;
	}
	if (child != 0) {
		close(ends[1]);
		_exit(wait_for_child(ends[0], child));
	}
	close(ends[0]);
	ready_fd = ends[1];
	close_inherited(kept_fd);
	setsid();
	return true;
}

static void leave_terminal(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (chdir("/") != 0)
		log_warning("cannot change to /: %s", strerror(errno));
	if (null < 0)
		return;
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
}

void process_report_ready(void)
{
	process_notify("READY=1");
	if (ready_fd < 0)
		return;
	leave_terminal();
	if (write(ready_fd, "", 1) != 1)
		log_warning(
			"the starting process did not wait for weir to be ready");
	close(ready_fd);
	ready_fd = -1;
}

/* RELOADING=1 must carry the time at which it began (sd_notify(3)). */
static void add_monotonic_usec(char *text, size_t size, const char *state)
{
	if (strcmp(state, "RELOADING=1") == 0)
		snprintf(text, size, "%s\nMONOTONIC_USEC=%" PRIu64, state,
			 clock_steady_ns() / 1000);
	else
		snprintf(text, size, "%s", state);
}

void process_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char text[128];
	size_t length;
	int fd;

	if (path == NULL || (path[0] != '/' && path[0] != '@'))
		return;
	length = strlen(path);
	if (length >= sizeof(address.sun_path))
		return;
	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	add_monotonic_usec(text, sizeof(text), state);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL,
		   (const struct sockaddr *)(const void *)&address,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			       length)) < 0)
		log_warning("cannot notify systemd: %s", strerror(errno));
	close(fd);
}

static bool become(const struct passwd *account)
{
	if (initgroups(account->pw_name, account->pw_gid) != 0 ||
	    setgid(account->pw_gid) != 0 || setuid(account->pw_uid) != 0) {
		log_error("cannot become user %s: %s", account->pw_name,
			  strerror(errno));
		return false;
	}
	if (account->pw_uid != 0 && setuid(0) == 0) {
		log_error(
			"user %s could become root again; weir does not start",
			account->pw_name);
		return false;
	}
	return true;
}

bool process_drop_root(const char *setting, const char *user)
{
	const struct passwd *account;

	if (user[0] == '\0') {
		if (geteuid() != 0)
			return true;
		log_error("%s: not set, and weir must not run as root: name "
			  "an unprivileged account, such as \"weir\"",
			  setting);
		return false;
	}
	account = getpwnam(user);
	if (account == NULL) {
		log_error("%s: there is no account \"%s\"", setting, user);
		return false;
	}
	if (account->pw_uid == 0) {
		log_error("%s: \"%s\" is root; name an unprivileged account",
			  setting, user);
		return false;
	}
	if (geteuid() == account->pw_uid)
		return true;
	if (geteuid() != 0) {
		log_error("%s: only root can become \"%s\"", setting, user);
		return false;
	}
	return become(account);
}
