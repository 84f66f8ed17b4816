/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SERVICE_NEEDS_H
#define WEIR_SERVICE_NEEDS_H

/*
 * The files, directories and programs that a configuration names and that the
 * account of a service has to reach: what `weirctl check` tries as that
 * account. Pure but for $CREDENTIALS_DIRECTORY; what systemd gives by
 * LoadCredential= is no need.
 */
#include <stddef.h>

#include "lib/settings/settings.h"

struct service_need {
	char *setting; /* "keeper.reports"; NULL: a file of the settings */
	char *path;
	int mode;			     /* as access(2) has it */
	const struct settings_alert *secret; /* whose secret it is; or NULL */
	const char *loss; /* NULL: without it the service does not start */
	const char *file; /* where the setting is; NULL: the main file */
	int line;
};

struct service_needs {
	struct service_need *list;
	size_t count;
};

/* The settings must outlive the list, which the caller clears. */
void service_needs_collect(enum settings_program program,
			   const struct settings *settings,
			   struct service_needs *needs_r);
void service_needs_clear(struct service_needs *needs);

/* The account that the service runs as; "": that of whoever starts it. */
const char *service_needs_user(enum settings_program program,
			       const struct settings *settings);

#endif
