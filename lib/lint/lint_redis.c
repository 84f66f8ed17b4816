/* SPDX-License-Identifier: ISC */

/* A password shuts both doors; without one TCP is open, a socket may be. */
#include "lint_question.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/settings/endpoint.h"
#include "lib/settings/settings.h"

#define SCHEME "unix:"

/* May any account go through all directories of path? */
static bool is_way_open(const char *path)
{
	char *copy = alloc_text(path);
	bool is_open = true;
	struct stat stat_of;

	for (char *slash = strchr(copy + 1, '/'); is_open && slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		is_open = stat(copy, &stat_of) == 0 &&
			  (stat_of.st_mode & S_IXOTH) != 0;
		*slash = '/';
	}
	free(copy);
	return is_open;
}

static bool is_socket_open(const char *path, unsigned int *mode_r)
{
	struct stat stat_of;

	if (stat(path, &stat_of) != 0 || !S_ISSOCK(stat_of.st_mode) ||
	    (stat_of.st_mode & S_IWOTH) == 0)
		return false;
	*mode_r = stat_of.st_mode & 07777;
	return is_way_open(path);
}

static const char harm[] =
	"can give orders, empty windows and read who mails whom; ";

static void ask_redis(const struct settings *settings, size_t index,
		      struct text *text)
{
	const char *server = settings->redis.server;
	unsigned int mode;

	(void)index;
	if (settings->redis.password != NULL)
		return;
	if (strncmp(server, SCHEME, strlen(SCHEME)) != 0)
		text_add_format(
			text,
			"without a password %s%s %suse a unix socket that only "
			"weir's group reaches (weir-redis.service), or give "
			"Redis a password and set password_file",
			endpoint_is_of_this_host(server)
				? "every account on this host"
				: "everybody who reaches ",
			endpoint_is_of_this_host(server) ? "" : server, harm);
	else if (is_socket_open(server + strlen(SCHEME), &mode))
		text_add_format(
			text,
			"without a password every account on this host %sthe "
			"socket has the mode %04o: set unixsocketperm 770 and "
			"a group for weir (weir-redis.service does), or give "
			"Redis a password and set password_file",
			harm, mode);
}

const struct lint_question lint_redis_questions[] = {
	{ ask_redis, .is_last = false },
	{ .ask = NULL },
};
