/* SPDX-License-Identifier: ISC */

/* The child writes what it could not do, a line each, into a pipe. */
#include "readable.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/settings/settings.h"

#define SERVICE_ACCOUNT "weir"

static const struct passwd *find_account(const struct settings *settings)
{
	return getpwnam(settings->user[0] != '\0' ? settings->user
						  : SERVICE_ACCOUNT);
}

static bool become(const struct passwd *account)
{
	return initgroups(account->pw_name, account->pw_gid) == 0 &&
	       setgid(account->pw_gid) == 0 && setuid(account->pw_uid) == 0;
}

/* The first directory of path that may not be searched, or path, or NULL when
 * it can be read. Freed with free(). */
static char *find_closed(const char *path)
{
	char *part = alloc_text(path);

	for (char *slash = strchr(part + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (access(part, X_OK) != 0 && errno == EACCES)
			return part;
		*slash = '/';
	}
	if (access(path, R_OK) != 0 && errno == EACCES)
		return part;
	free(part);
	return NULL;
}

static void try_all(const struct settings *settings,
		    const struct passwd *account, FILE *out)
{
	for (size_t i = 0; i < settings->files.count; i++) {
		const char *path = settings->files.paths[i];
		char *closed = find_closed(path);

		if (closed == NULL)
			continue;
		fprintf(out,
			"%s: the user %s cannot read it (no permission to %s "
			"%s)\n",
			path, account->pw_name,
			strcmp(closed, path) == 0 ? "read" : "search", closed);
		free(closed);
	}
}

static void add_line(struct settings_errors *errors, char *line)
{
	line[strcspn(line, "\n")] = '\0';
	errors->lines = alloc_resize(errors->lines, errors->count + 1,
				     sizeof(*errors->lines));
	errors->lines[errors->count++] = alloc_text(line);
}

static void read_lines(int fd, struct settings_errors *errors)
{
	FILE *in = fdopen(fd, "r");
	size_t size = 0;
	char *line = NULL;

	while (in != NULL && getline(&line, &size, in) > 0)
		add_line(errors, line);
	free(line);
	if (in != NULL)
		fclose(in);
	else
		close(fd);
}

static _Noreturn void run_child(const struct settings *settings,
				const struct passwd *account, int fd)
{
	FILE *out = fdopen(fd, "w");

	if (out != NULL && become(account))
		try_all(settings, account, out);
	if (out != NULL)
		fflush(out);
	_exit(0);
}

void readable_check(const struct settings *settings,
		    struct settings_errors *errors_r)
{
	const struct passwd *account;
	int pipe_of[2];
	pid_t child;

	memset(errors_r, 0, sizeof(*errors_r));
	if (geteuid() != 0)
		return;
	account = find_account(settings);
	if (account == NULL || account->pw_uid == 0 || pipe(pipe_of) != 0)
		return;
	fflush(NULL);
	child = fork();
	if (child == 0)
		run_child(settings, account, pipe_of[1]);
	close(pipe_of[1]);
	read_lines(pipe_of[0], errors_r);
	if (child > 0)
		waitpid(child, NULL, 0);
}
