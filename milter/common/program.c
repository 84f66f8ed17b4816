/* SPDX-License-Identifier: ISC */

#include "program.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "settings_print.h"
#include "paths.h"

#define DEFAULT_FILE WEIR_SYSCONFDIR "/weir/weir.conf"

static volatile sig_atomic_t must_stop, must_reload;

static void usage(FILE *out, const struct program *program)
{
	fprintf(out,
		"usage: %s [-c FILE] [-dhtvV]\n"
		"  -c FILE  read this configuration (" DEFAULT_FILE ")\n"
		"  -t       check the configuration, print its %s, exit\n"
		"  -d       go into the background, log to syslog\n"
		"  -v       log %s too\n"
		"  -V       print the version\n"
		"  -h       print this\n",
		program->name, program->of_test, program->of_verbose);
}

/* A detached process goes to the root directory, and is to find its file when
 * it reloads. */
static const char *absolute_path(const char *path)
{
	char *directory = path[0] == '/' ? NULL : getcwd(NULL, 0);

	if (directory != NULL)
		path = alloc_format("%s/%s", directory, path);
	free(directory);
	return path; /* as long as the process lives */
}

static int read_options(const struct program *program, int argc, char **argv,
			struct program_options *options_r)
{
	int option;

	*options_r = (struct program_options){ .path = DEFAULT_FILE };
	while ((option = getopt(argc, argv, "c:tdvVh")) != -1) {
		switch (option) {
		case 'c':
			options_r->path = optarg;
			break;
		case 't':
			options_r->is_test = true;
			break;
		case 'd':
			options_r->is_detached = true;
			break;
		case 'v':
			options_r->is_verbose = true;
			break;
		case 'V':
			puts("weir " WEIR_VERSION);
			exit(EX_OK);
		case 'h':
			usage(stdout, program);
			exit(EX_OK);
		default:
			usage(stderr, program);
			return EX_USAGE;
		}
	}
	if (optind != argc) {
		fprintf(stderr, "%s: unexpected argument \"%s\"\n",
			program->name, argv[optind]);
		usage(stderr, program);
		return EX_USAGE;
	}
	if (options_r->is_detached)
		options_r->path = absolute_path(options_r->path);
	return EX_OK;
}

_Noreturn void program_run(const struct program *program, int argc, char **argv,
			   int (*serve)(struct settings *settings,
					const struct program_options *options))
{
	struct settings *settings;
	struct program_options options;
	int code = read_options(program, argc, argv, &options);

	if (code != EX_OK)
		exit(code);
	log_open_stderr(program->name);
	if (options.is_test)
		exit(settings_print(options.path, program->settings));
	settings = settings_read_or_report(options.path);
	if (settings == NULL)
		exit(EX_CONFIG);
	if (options.is_verbose)
		log_set_threshold(LOG_GRAVITY_DEBUG);
	code = serve(settings, &options);
	fflush(NULL);
	_exit(code);
}

/* signals */

static void on_signal(int number)
{
	if (number == SIGTERM || number == SIGINT)
		must_stop = 1;
	else
		must_reload = 1;
}

void program_take_signals(void)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
	struct sigaction action = { .sa_handler = on_signal };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

bool program_must_stop(void)
{
	return must_stop != 0;
}

bool program_must_reload(void)
{
	return must_reload != 0;
}

bool program_take_reload(void)
{
	bool is_asked = must_reload != 0;

	must_reload = 0;
	return is_asked;
}

/* settings */

static void log_errors(const struct settings *before,
		       const struct settings_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		log_error("%s", errors->lines[i]);
	log_error("%s: %zu error%s, keeping the old configuration",
		  before->path, errors->count, errors->count == 1 ? "" : "s");
}

struct settings *program_read_again(enum settings_program program,
				    const struct settings *before)
{
	struct settings_errors errors;
	struct settings *settings = settings_read(before->path, &errors);
	char *restart;

	if (settings == NULL) {
		log_errors(before, &errors);
	} else {
		restart = settings_needs_restart(program, before, settings);
		if (restart != NULL)
			log_warning("%s: a new value of %s needs a restart; "
				    "all other settings are in force",
				    settings->path, restart);
		free(restart);
	}
	settings_errors_clear(&errors);
	return settings;
}
