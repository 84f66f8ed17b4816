/* SPDX-License-Identifier: ISC */

/*
 * weir-milter: from the command line to a running milter, and down again.
 *
 * The main thread takes the signals and ticks once a second; libmilter runs
 * in a thread of its own. A signal for the whole process goes to the main
 * thread first, as long as it does not block it, so libmilter's own signal
 * thread never sees one: SIGHUP, which would stop libmilter, reloads here as
 * SIGUSR1 does, and SIGTERM ends within a second and a half instead of five.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/settings/settings.h"
#include "milter/common/clock.h"
#include "milter/common/core_dump.h"
#include "accept_limit.h"
#include "listener.h"
#include "paths.h"
#include "pid_file.h"
#include "process.h"
#include "service.h"
#include "session.h"
#include "milter/common/settings_print.h"

#define PROGRAM	      "weir-milter"
#define DEFAULT_FILE  WEIR_SYSCONFDIR "/weir/weir.conf"
#define TICK_MS	      1000
#define DRAIN_MS      1000 /* how long a stop waits for messages under way */
#define DRAIN_STEP_MS 10
#define MTA_TIMEOUT_S 3600 /* of a silent session; longer than any MTA's */

struct options {
	const char *path;
	bool is_test, is_detached, is_verbose;
};

static volatile sig_atomic_t must_stop, must_reload;
static atomic_bool milter_has_ended;

static void on_signal(int number)
{
	if (number == SIGTERM || number == SIGINT)
		must_stop = 1;
	else
		must_reload = 1;
}

static void usage(FILE *out)
{
	fprintf(out,
		"usage: " PROGRAM " [-c FILE] [-dhtvV]\n"
		"  -c FILE  read this configuration (" DEFAULT_FILE ")\n"
		"  -t       check the configuration, print its limits, exit\n"
		"  -d       go into the background, log to syslog\n"
		"  -v       log accepted messages too\n"
		"  -V       print the version\n"
		"  -h       print this\n");
}

static int read_options(int argc, char **argv, struct options *options_r)
{
	int option;

	*options_r = (struct options){ .path = DEFAULT_FILE };
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
			usage(stdout);
			exit(EX_OK);
		default:
			usage(stderr);
			return EX_USAGE;
		}
	}
	if (optind == argc)
		return EX_OK;
	fprintf(stderr, PROGRAM ": unexpected argument \"%s\"\n", argv[optind]);
	usage(stderr);
	return EX_USAGE;
}

/* SIGHUP and SIGUSR1 reload, SIGTERM and SIGINT stop, SIGPIPE is an error
 * code of write(). Other threads are started with all of them blocked. */
static void take_signals(void)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1 };
	struct sigaction action = { .sa_handler = on_signal };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaction(numbers[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void *milter_main(void *nothing)
{
	int result;

	accept_limit_guard_thread();
	result = smfi_main();
	log_error("libmilter stopped %s",
		  result == MI_SUCCESS ? "on request" : "with an error");
	atomic_store(&milter_has_ended, true);
	kill(getpid(), SIGTERM);
	return nothing;
}

static bool start_milter(void)
{
	sigset_t all, before;
	pthread_t thread;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&thread, NULL, milter_main, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error != 0)
		log_error("cannot start a thread: %s", strerror(error));
	return error == 0;
}

static void reload(struct service *service)
{
	must_reload = 0;
	process_notify("RELOADING=1");
	service_reload(service);
	process_notify("READY=1");
}

/* Until a signal says stop. A signal cuts the wait of poll() short. */
static void run(struct service *service, const struct listener *listener)
{
	uint64_t next_ms = clock_steady_ms() + TICK_MS;
	bool is_intact = true;

	while (!must_stop) {
		uint64_t now_ms = clock_steady_ms();

		if (now_ms < next_ms && !must_reload) {
			poll(NULL, 0, (int)(next_ms - now_ms));
			continue;
		}
		if (must_reload)
			reload(service);
		if (now_ms < next_ms)
			continue;
		next_ms = now_ms + TICK_MS;
		service_tick(service);
		if (is_intact && !socket_file_is_intact(&listener->file)) {
			is_intact = false;
			log_error("%s: the socket was removed; no new sessions "
				  "until weir-milter is restarted",
				  listener->file.path);
		}
	}
}

/*
 * libmilter's pool cannot be drained: from its stop on it serves no session
 * any more. So it is not stopped: new sessions find no socket, messages
 * under way get a second to end, and then the process ends as it is.
 */
static void stop(struct service *service, const struct listener *listener,
		 struct pid_file *pid_file)
{
	uint64_t end_ms = clock_steady_ms() + DRAIN_MS;

	process_notify("STOPPING=1");
	socket_file_remove(&listener->file);
	while (service_messages(service) != 0 && clock_steady_ms() < end_ms)
		poll(NULL, 0, DRAIN_STEP_MS);
	service_flush(service);
	pid_file_remove(pid_file);
	log_notice("stopped, %u messages in progress",
		   service_messages(service));
}

/*
 * What needs root, or a terminal to complain to, comes first. libmilter must
 * know the callbacks before it opens the socket.
 */
static int prepare(const struct settings *settings,
		   const struct options *options, struct listener *listener_r,
		   struct pid_file *pid_file_r)
{
	int code;

	if (options->is_detached &&
	    !process_detach(listener_given_fd(settings)))
		return EX_OSERR;
	process_raise_file_limit();
	take_signals();
	smfi_settimeout(MTA_TIMEOUT_S);
	if (smfi_register(*session_description()) != MI_SUCCESS)
		return EX_SOFTWARE;
	if (!listener_open(settings, listener_r))
		return EX_UNAVAILABLE;
	code = pid_file_take(settings->pid_file, pid_file_r);
	if (code == EX_OK && !process_drop_root(settings->user)) {
		pid_file_remove(pid_file_r);
		code = EX_CONFIG;
	}
	if (code != EX_OK) {
		socket_file_remove(&listener_r->file);
		return code;
	}
	if (options->is_detached)
		log_open_syslog(PROGRAM);
	return EX_OK;
}

static int serve(struct settings *settings, const struct options *options)
{
	struct listener listener;
	struct pid_file pid_file;
	struct service *service;
	int code = prepare(settings, options, &listener, &pid_file);

	if (code != EX_OK)
		return code;
	core_dump_guard(settings);
	service = service_new(settings_acquire(settings), listener.is_stream);
	session_serve(service);
	if (!service_start(service) || !start_milter()) {
		socket_file_remove(&listener.file);
		pid_file_remove(&pid_file);
		return EX_OSERR;
	}
	log_notice("weir " WEIR_VERSION " serves %s, limits: %zu, from %s",
		   settings->listen, settings->limit_count, settings->path);
	process_report_ready();
	run(service, &listener);
	stop(service, &listener, &pid_file);
	return atomic_load(&milter_has_ended) ? EX_UNAVAILABLE : EX_OK;
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

int main(int argc, char **argv)
{
	struct settings *settings;
	struct options options;
	int code = read_options(argc, argv, &options);

	if (code != EX_OK)
		return code;
	log_open_stderr(PROGRAM);
	if (options.is_detached)
		options.path = absolute_path(options.path);
	if (options.is_test)
		return settings_print(options.path);
	settings = settings_read_or_report(options.path);
	if (settings == NULL)
		return EX_CONFIG;
	if (options.is_verbose)
		log_set_threshold(LOG_GRAVITY_DEBUG);
	code = serve(settings, &options);
	/* libmilter's threads may still run: nothing is taken down */
	fflush(NULL);
	_exit(code);
}
