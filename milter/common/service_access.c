/* SPDX-License-Identifier: ISC */

/*
 * The child writes what it could not reach into a pipe: the number of the need,
 * and the closed path, or behind '=' another fault of a secret, each ended by a
 * NUL.
 */
#include "service_access.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/settings/alert_rules.h"
#include "service_needs.h"

#define FAULT '='

/* NULL: there is none, or it is not ours to try. */
static const struct passwd *find_account(const char *name)
{
	const struct passwd *account = getpwnam(name);

	if (account == NULL || account->pw_uid == 0)
		return NULL;
	return geteuid() == 0 || geteuid() == account->pw_uid ? account : NULL;
}

/* the child */

static bool become(const struct passwd *account)
{
	return geteuid() == account->pw_uid ||
	       (initgroups(account->pw_name, account->pw_gid) == 0 &&
		setgid(account->pw_gid) == 0 && setuid(account->pw_uid) == 0);
}

/* The first directory of path that may not be searched, or path, or NULL when
 * it can be used so. Freed with free(). */
static char *find_closed(const char *path, int mode)
{
	char *part = alloc_text(path);

	for (char *slash = strchr(part + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (access(part, X_OK) != 0 && errno == EACCES)
			return part;
		*slash = '/';
	}
	if (access(path, mode) != 0 && (errno == EACCES || errno == EROFS))
		return part;
	free(part);
	return NULL;
}

/* As weir-keeper will read it. */
static char *find_fault(const struct settings *settings,
			const struct settings_alert *alert)
{
	char *reason, *fault = NULL;
	char *secret = alert_rules_secret(settings, alert, &reason);

	if (reason != NULL)
		fault = alloc_format("%c%s", FAULT, reason);
	free(reason);
	alloc_wipe(&secret);
	return fault;
}

static _Noreturn void run_child(const struct settings *settings,
				const struct passwd *account,
				const struct service_needs *needs, int fd)
{
	FILE *out = fdopen(fd, "w");

	if (out == NULL || !become(account))
		_exit(1);
	for (size_t i = 0; i < needs->count; i++) {
		const struct service_need *need = &needs->list[i];
		char *found = find_closed(need->path, need->mode);

		if (found == NULL && need->secret != NULL)
			found = find_fault(settings, need->secret);
		if (found != NULL)
			fprintf(out, "%zu %s%c", i, found, '\0');
		free(found);
	}
	fflush(out);
	_exit(0);
}

/* the parent */

struct asking {
	const struct settings *settings;
	const struct passwd *account;
	struct service_needs needs;
	struct settings_errors *errors;
	struct lint_list *advice;
};

static const char *verb_of(int mode)
{
	return mode == R_OK ? "read" : mode == X_OK ? "execute" : "write to";
}

/* Has it already been said, of the other service of the same account? */
static bool is_known(const struct settings_errors *errors, const char *line)
{
	for (size_t i = 0; i < errors->count; i++)
		if (strcmp(errors->lines[i], line) == 0)
			return true;
	return false;
}

/* Takes line. */
static void add_error(struct settings_errors *errors, char *line)
{
	if (is_known(errors, line)) {
		free(line);
		return;
	}
	errors->lines = alloc_resize(errors->lines, errors->count + 1,
				     sizeof(*errors->lines));
	errors->lines[errors->count++] = line;
}

/* "(no permission to search /etc/weir)" */
static char *why_not(const struct service_need *need, const char *closed)
{
	return alloc_format("(no permission to %s %s)",
			    strcmp(closed, need->path) == 0
				    ? verb_of(need->mode)
				    : "search",
			    closed);
}

static void add_closed(struct asking *asking, const struct service_need *need,
		       const char *closed)
{
	const char *user = asking->account->pw_name;
	const char *verb = verb_of(need->mode);
	char *why = why_not(need, closed);
	const struct lint_finding finding = { need->file,
					      (unsigned int)need->line, NULL };

	if (need->loss != NULL) {
		struct lint_finding advice = finding;

		advice.text = alloc_format("%s: the user %s cannot %s %s %s, "
					   "so %s",
					   need->setting, user, verb,
					   need->path, why, need->loss);
		lint_add(asking->advice, asking->settings, &advice);
	} else if (need->setting == NULL) {
		add_error(asking->errors,
			  alloc_format("%s: the user %s cannot read it %s",
				       need->path, user, why));
	} else {
		add_error(asking->errors,
			  alloc_format("%s:%d: %s: the user %s cannot read %s "
				       "%s",
				       need->file != NULL
					       ? need->file
					       : asking->settings->path,
				       need->line, need->setting, user,
				       need->path, why));
	}
	free(why);
}

static void read_findings(struct asking *asking, int fd)
{
	FILE *in = fdopen(fd, "r");
	size_t size = 0, index;
	char *text = NULL, *found;

	while (in != NULL && getdelim(&text, &size, '\0', in) > 0) {
		index = strtoul(text, &found, 10);
		if (index >= asking->needs.count || found[0] != ' ')
			continue;
		if (found[1] == FAULT)
			add_error(asking->errors, alloc_text(found + 2));
		else
			add_closed(asking, &asking->needs.list[index],
				   found + 1);
	}
	free(text);
	if (in != NULL)
		fclose(in);
	else
		close(fd);
}

static void ask(struct asking *asking)
{
	int pipe_of[2];
	pid_t child;

	if (pipe(pipe_of) != 0)
		return;
	fflush(NULL);
	child = fork();
	if (child == 0)
		run_child(asking->settings, asking->account, &asking->needs,
			  pipe_of[1]);
	close(pipe_of[1]);
	read_findings(asking, pipe_of[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
}

void service_access_check(const struct settings *settings,
			  unsigned int programs, struct settings_errors *errors,
			  struct lint_list *advice)
{
	static const enum settings_program all[] = { SETTINGS_OF_MILTER,
						     SETTINGS_OF_KEEPER };
	struct asking asking = { .settings = settings,
				 .errors = errors,
				 .advice = advice };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		asking.account = find_account(
			service_needs_user(all[i], settings));
		if ((programs & all[i]) == 0 || asking.account == NULL)
			continue;
		service_needs_collect(all[i], settings, &asking.needs);
		ask(&asking);
		service_needs_clear(&asking.needs);
	}
}
