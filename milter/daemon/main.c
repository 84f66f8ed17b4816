/* SPDX-License-Identifier: ISC */

/*
 * weir-milter: from the command line to a running milter, and down again.
 *
 * The main thread takes the signals and ticks once a second; libmilter runs
 * in a thread of its own, and its signal thread never gets one: SIGHUP, which
 * would stop libmilter, reloads here as SIGUSR1 does, and SIGTERM ends within a
 * second and a half instead of five.
 */
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include <libmilter/mfapi.h>

#include "lib/base/log.h"
#include "lib/settings/settings.h"
#include "lib/base/clock.h"
#include "lib/base/thread.h"
#include "milter/common/core_dump.h"
#include "milter/common/pid_file.h"
#include "milter/common/process.h"
#include "milter/common/program.h"
#include "milter/common/watchdog.h"
#include "accept_limit.h"
#include "listener.h"
#include "metrics_server.h"
#include "service.h"
#include "session.h"

#define PROGRAM	      "weir-milter"
#define TICK_MS	      1000
#define DRAIN_MS      1000 /* how long a stop waits for messages under way */
#define DRAIN_STEP_MS 10
#define MTA_TIMEOUT_S 3600 /* of a silent session; longer than any MTA's */

static atomic_bool milter_has_ended;

/*
 * libmilter's signal thread calls sigwait() by its name, and the linker finds
 * this one first. A thread in sigwait() gets a signal of the process if the
 * main thread has one already and did not run yet: on a busy machine a reload
 * stopped the milter. This one waits with every signal blocked.
 */
int sigwait_never(const sigset_t *signals, int *signal_r) __asm__("sigwait");

int sigwait_never(const sigset_t *signals, int *signal_r)
{
	(void)signals;
	(void)signal_r;
	for (;;)
		pause();
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

static void reload(struct service *service)
{
	process_notify("RELOADING=1");
	service_reload(service);
	process_notify("READY=1");
}

/* Until a signal says stop. A signal cuts the wait of poll() short. */
static void run(struct service *service, const struct listener *listener)
{
	uint64_t next_ms = clock_steady_ms() + TICK_MS;
	bool is_intact = true;
	struct watchdog watchdog;

	watchdog_init(&watchdog);
	while (!program_must_stop()) {
		uint64_t now_ms = clock_steady_ms();

		if (now_ms < next_ms && !program_must_reload()) {
			poll(NULL, 0, (int)(next_ms - now_ms));
			continue;
		}
		if (program_take_reload())
			reload(service);
		if (now_ms < next_ms)
			continue;
		next_ms = now_ms + TICK_MS;
		service_tick(service);
		watchdog_tick(&watchdog, now_ms);
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
	while (atomic_load(&service->messages) != 0 &&
	       clock_steady_ms() < end_ms)
		poll(NULL, 0, DRAIN_STEP_MS);
	service_flush(service);
	pid_file_remove(pid_file);
	log_notice("stopped, %u messages in progress",
		   atomic_load(&service->messages));
}

/*
 * What needs root, or a terminal to complain to, comes first. libmilter must
 * know the callbacks before it opens the socket.
 */
static int prepare(const struct settings *settings,
		   const struct program_options *options,
		   struct listener *listener_r, struct pid_file *pid_file_r,
		   struct metrics_server **metrics_r)
{
	int code;

	if (options->is_detached &&
	    !process_detach(listener_given_fd(settings)))
		return EX_OSERR;
	process_raise_file_limit();
	program_take_signals();
	smfi_settimeout(MTA_TIMEOUT_S);
	if (smfi_register(*session_description()) != MI_SUCCESS)
		return EX_SOFTWARE;
	if (!listener_open(settings, listener_r))
		return EX_UNAVAILABLE;
	code = pid_file_take("pid_file", settings->pid_file, pid_file_r);
	if (code == EX_OK)
		*metrics_r = metrics_server_open(settings);
	if (code == EX_OK && !process_drop_root("user", settings->user)) {
		pid_file_remove(pid_file_r);
		code = EX_CONFIG;
	}
	if (code != EX_OK) {
		socket_file_remove(&listener_r->file);
		metrics_server_stop(metrics_r);
		return code;
	}
	if (options->is_detached)
		log_open_syslog(PROGRAM);
	return EX_OK;
}

static int serve(struct settings *settings,
		 const struct program_options *options)
{
	struct listener listener;
	struct pid_file pid_file;
	struct metrics_server *metrics = NULL;
	struct service *service;
	int code = prepare(settings, options, &listener, &pid_file, &metrics);

	if (code != EX_OK)
		return code;
	core_dump_guard(settings);
	service = service_new(settings, listener.is_stream);
	session_serve(service);
	if (!service_start(service, settings) ||
	    !thread_start(NULL, milter_main, NULL)) {
		metrics_server_stop(&metrics);
		socket_file_remove(&listener.file);
		pid_file_remove(&pid_file);
		return EX_OSERR;
	}
	log_notice("weir " WEIR_VERSION " serves %s, limits: %zu, from %s",
		   settings->listen, settings->limit_count, settings->path);
	metrics_server_start(metrics, service);
	process_report_ready();
	run(service, &listener);
	metrics_server_stop(&metrics);
	stop(service, &listener, &pid_file);
	return atomic_load(&milter_has_ended) ? EX_UNAVAILABLE : EX_OK;
}

int main(int argc, char **argv)
{
	static const struct program program = { PROGRAM, SETTINGS_OF_MILTER,
						"limits", "accepted messages" };

	program_run(&program, argc, argv, serve);
}
