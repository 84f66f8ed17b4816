/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PROGRAM_H
#define WEIR_PROGRAM_H

/*
 * What weir-milter and weir-keeper are to whoever starts and stops them: the
 * same options, signals and messages of a reload.
 */
#include <stdbool.h>

#include "lib/settings/settings.h"

struct program {
	const char *name;
	enum settings_program settings; /* its part of them */
	const char *of_test;	/* what -t prints beside the result: "limits" */
	const char *of_verbose; /* what -v logs, too: "accepted messages" */
};

struct program_options {
	const char *path; /* of the configuration; absolute if is_detached */
	bool is_test, is_detached, is_verbose;
};

/*
 * All of main(): reads the options (-V, -h and -t print and exit; a usage error
 * is EX_USAGE) and the settings (EX_CONFIG, each error reported), then serves
 * and exits with the code of that. Settings and options live as long as the
 * process. Threads may still run at the end: nothing is taken down.
 */
_Noreturn void program_run(const struct program *program, int argc, char **argv,
			   int (*serve)(struct settings *settings,
					const struct program_options *options));

/* SIGHUP and SIGUSR1 reload, SIGTERM and SIGINT stop, SIGPIPE is an error code
 * of write(). Only the main thread takes them: it calls this. */
void program_take_signals(void);

/* Has a signal asked for it? _take_reload: since the last call. */
bool program_must_stop(void);
bool program_must_reload(void);
bool program_take_reload(void);

/*
 * Reads the file of these settings again. NULL: each of its errors was logged,
 * and that the old ones stay in force. What needs a restart of program is
 * logged.
 */
struct settings *program_read_again(enum settings_program program,
				    const struct settings *before);

#endif
