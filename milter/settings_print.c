/* SPDX-License-Identifier: ISC */

/* What a configuration says, for people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "../lib/settings/settings.h"
#include "settings_print.h"

struct settings *settings_read_or_complain(const char *path)
{
	struct settings_errors errors;
	struct settings *settings = settings_read(path, &errors);

	for (size_t i = 0; i < errors.count; i++)
		fprintf(stderr, "%s\n", errors.lines[i]);
	settings_errors_clear(&errors);
	return settings;
}

int settings_print(const char *path)
{
	struct settings *settings = settings_read_or_complain(path);

	if (settings == NULL)
		return EX_CONFIG;
	printf("%s: good, limits: %zu\n", settings->path,
	       settings->limit_count);
	for (size_t i = 0; i < settings->limit_count; i++) {
		char *sentence = limit_describe(&settings->limits[i]);

		printf("  %s\n", sentence);
		free(sentence);
	}
	if (strncmp(settings->listen, "inet", strlen("inet")) == 0)
		printf("note: listen is %s: over TCP an MTA waits longer for "
		       "each message than over a unix socket, see "
		       "weir-milter(8)\n",
		       settings->listen);
	settings_release(&settings);
	return EX_OK;
}
