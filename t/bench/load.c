/* SPDX-License-Identifier: ISC */
/*
 * Load on a milter, without a MTA. Closed loop: each connection sends its
 * next packet when the last one is answered, as the processes of a MTA do, so
 * that messages a second and latency both follow from how fast the milter
 * answers. One thread serves all connections and keeps out of the way of the
 * milter on a small machine. Idle connections are opened first; the word
 * "holding" on standard output says that they are through HELO.
 */
#include "load.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

enum {
	EVENTS = 256,
	/* A MTA gives up after so long; so a milter that hangs ends the run. */
	PATIENCE_MS = 30000,
	HEARTBEAT_MS = 100
};

static volatile sig_atomic_t is_interrupted;

static void interrupt(int signal_number)
{
	(void)signal_number;
	is_interrupted = 1;
}

uint64_t load_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void take_signals(void)
{
	struct sigaction action;

	memset(&action, 0, sizeof(action));
	action.sa_handler = interrupt;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void raise_file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static uint8_t *new_body(const struct options *options)
{
	size_t length = options->body_bytes < MILTER_CHUNK_SIZE
				? options->body_bytes
				: MILTER_CHUNK_SIZE;
	static const char line[] = "the same newsletter, again and again\r\n";
	uint8_t *body = malloc(length + 1);
	size_t i;

	if (body == NULL)
		err(EX_OSERR, "a body");
	for (i = 0; i < length; i++)
		body[i] = (uint8_t)line[i % (sizeof(line) - 1)];
	return body;
}

/* One round of epoll; the load stops when a signal has come. */
static void serve(struct load *load, int timeout_ms, uint64_t *heard_ns)
{
	struct epoll_event events[EVENTS];
	int i, n = epoll_wait(load->epoll, events, EVENTS, timeout_ms);

	if (n < 0 && errno != EINTR)
		err(EX_OSERR, "epoll_wait");
	for (i = 0; i < n; i++)
		session_ready(events[i].data.ptr, events[i].events);
	if (n > 0)
		*heard_ns = load_now_ns();
	if (is_interrupted)
		load->is_stopping = true;
}

static void check_patience(uint64_t heard_ns)
{
	if (load_now_ns() - heard_ns > PATIENCE_MS * UINT64_C(1000000))
		errx(EX_TEMPFAIL, "the milter has not answered for %d s",
		     PATIENCE_MS / 1000);
}

static struct session **new_sessions(struct load *load, unsigned count,
				     bool is_idle)
{
	struct session **sessions = calloc(count + 1, sizeof(*sessions));
	unsigned i;

	if (sessions == NULL)
		err(EX_OSERR, "%u sessions", count);
	for (i = 0; i < count; i++) {
		sessions[i] = session_new(load, is_idle);
		if (sessions[i] == NULL)
			err(EX_UNAVAILABLE, "%s", load->options->socket);
	}
	return sessions;
}

static void free_sessions(struct session **sessions, unsigned count)
{
	unsigned i;

	for (i = 0; i < count; i++)
		session_free(&sessions[i]);
	free(sessions);
}

static void wait_for_idle(struct load *load)
{
	uint64_t heard_ns = load_now_ns();

	while (load->idle_ready < load->options->idle && !load->is_stopping) {
		serve(load, HEARTBEAT_MS, &heard_ns);
		check_patience(heard_ns);
	}
	if (load->options->idle > 0 && !load->options->is_json) {
		printf("holding %u\n", load->idle_ready);
		fflush(stdout);
	}
}

static void set_deadline(struct load *load)
{
	load->tally->started_ns = load_now_ns();
	if (load->options->seconds > 0)
		load->deadline_ns = load->tally->started_ns +
				    (uint64_t)(load->options->seconds * 1e9);
}

static void hold(struct load *load)
{
	uint64_t heard_ns = 0;

	while (!load->is_stopping &&
	       (load->deadline_ns == 0 || load_now_ns() < load->deadline_ns))
		serve(load, HEARTBEAT_MS, &heard_ns);
}

static void send_all(struct load *load)
{
	struct session **sessions = new_sessions(
		load, load->options->connections, false);
	uint64_t heard_ns = load_now_ns();

	while (load->active > 0) {
		serve(load, HEARTBEAT_MS, &heard_ns);
		check_patience(heard_ns);
	}
	free_sessions(sessions, load->options->connections);
}

static void run(struct load *load)
{
	struct session **idle = new_sessions(load, load->options->idle, true);

	wait_for_idle(load);
	set_deadline(load);
	if (load->options->connections > 0)
		send_all(load);
	else
		hold(load);
	free_sessions(idle, load->options->idle);
}

int main(int argc, char **argv)
{
	static struct tally tally;
	struct options options;
	struct load load = { .options = &options, .tally = &tally };
	uint8_t *body;

	options_read(argc, argv, &options);
	take_signals();
	raise_file_limit();
	load.epoll = epoll_create1(EPOLL_CLOEXEC);
	if (load.epoll < 0)
		err(EX_OSERR, "epoll_create1");
	load.body = body = new_body(&options);
	run(&load);
	report_print(&options, &tally);
	free(body);
	close(load.epoll);
	return tally.verdicts[VERDICT_LOST] == 0 ? EX_OK : EX_PROTOCOL;
}
