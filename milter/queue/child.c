/* SPDX-License-Identifier: ISC */

/*
 * Three pipes and one poll(2): a parent that first wrote all input and then
 * read would wait for a program that waits for its reader.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "child.h"

#define PLACES "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin"
#define PIECE  65536

/* One end of a pipe whose lines are collected. */
struct reader {
	enum child_stream stream;
	int fd;
	char *data;
	size_t length, room;
};

struct run {
	const struct child *child;
	pid_t pid;
	bool is_ended; /* and waited for: status */
	int status;
	uint64_t until_ms; /* UINT64_MAX: as long as it wants */
	int fault;	   /* why it was killed; 0: it was not */
	int input;	   /* -1: closed */
	size_t written;
	struct reader readers[2];
};

/* where is it? */

static bool is_program(const char *directory, size_t length, const char *name,
		       char path_r[PATH_MAX])
{
	int size = snprintf(path_r, PATH_MAX, "%.*s/%s", (int)length, directory,
			    name);

	return size > 0 && size < PATH_MAX && access(path_r, X_OK) == 0;
}

bool child_find(const char *tools, const char *name, char path_r[PATH_MAX])
{
	if (name[0] == '/') {
		int size = snprintf(path_r, PATH_MAX, "%s", name);

		if (size < 0 || size >= PATH_MAX) {
			errno = ENAMETOOLONG;
			return false;
		}
		return access(path_r, X_OK) == 0;
	}
	if (tools != NULL && is_program(tools, strlen(tools), name, path_r))
		return true;
	for (const char *at = PLACES; *at != '\0';) {
		size_t length = strcspn(at, ":");

		if (is_program(at, length, name, path_r))
			return true;
		at += length + (at[length] == ':');
	}
	errno = ENOENT;
	return false;
}

/* lines */

static void give_line(const struct run *run, const struct reader *reader,
		      char *line, size_t length)
{
	line[length] = '\0';
	run->child->take(run->child->context, reader->stream, line, length);
}

/* Gives away every whole line; of one that is too long the tail is dropped. */
static void give_lines(const struct run *run, struct reader *reader,
		       size_t from)
{
	char *start = reader->data;
	char *at = start + from, *end = start + reader->length, *newline;

	while ((newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		give_line(run, reader, start, (size_t)(newline - start));
		start = at = newline + 1;
	}
	reader->length = (size_t)(end - start);
	memmove(reader->data, start, reader->length);
	if (reader->length > CHILD_LINE_MAX)
		reader->length = CHILD_LINE_MAX;
}

static void close_reader(const struct run *run, struct reader *reader)
{
	if (reader->length != 0)
		give_line(run, reader, reader->data, reader->length);
	close(reader->fd);
	reader->fd = -1;
}

static void read_piece(const struct run *run, struct reader *reader)
{
	size_t from = reader->length;
	ssize_t size;

	if (reader->room < from + PIECE + 1) {
		reader->room = 2 * (from + PIECE + 1);
		reader->data = alloc_resize(reader->data, reader->room, 1);
	}
	size = read(reader->fd, reader->data + from, PIECE);
	if (size > 0) {
		reader->length += (size_t)size;
		give_lines(run, reader, from);
	} else if (size == 0 || (errno != EINTR && errno != EAGAIN)) {
		close_reader(run, reader);
	}
}

static void write_piece(struct run *run)
{
	const struct child *child = run->child;
	ssize_t size = write(run->input, child->input + run->written,
			     child->input_length - run->written);

	if (size > 0)
		run->written += (size_t)size;
	else if (size < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (size <= 0 || run->written == child->input_length) {
		close(run->input);
		run->input = -1;
	}
}

/* what may hang */

#define LOOK_MS	 50  /* has it ended, must it stop? */
#define DRAIN_MS 200 /* what it has written before its end */

static void kill_group(struct run *run, int fault)
{
	if (run->fault == 0)
		run->fault = fault;
	kill(-run->pid, SIGKILL);
}

/* Its process group keeps its name until it is waited for, so what it has left
 * running can still be found. */
static void look(struct run *run)
{
	const struct child *child = run->child;
	siginfo_t info = { 0 };

	if (child->must_stop != NULL && atomic_load(child->must_stop))
		kill_group(run, ECANCELED);
	else if (clock_steady_ms() >= run->until_ms)
		kill_group(run, ETIMEDOUT);
	if (waitid(P_PID, (id_t)run->pid, &info, WEXITED | WNOHANG | WNOWAIT) ==
		    0 &&
	    info.si_pid != 0) {
		kill(-run->pid, SIGKILL);
		run->is_ended = waitpid(run->pid, &run->status, 0) >= 0;
		run->until_ms = clock_steady_ms() + DRAIN_MS;
	}
}

/* Until the program has closed both of its outputs, or one with a limit has
 * ended: another, of a group of its own, may keep them open. */
static bool is_talking(const struct run *run)
{
	if (run->is_ended && clock_steady_ms() >= run->until_ms)
		return false;
	return run->readers[0].fd >= 0 || run->readers[1].fd >= 0 ||
	       (run->child->limit_ms != 0 && !run->is_ended);
}

static void talk(struct run *run)
{
	bool has_limit = run->child->limit_ms != 0;

	while (is_talking(run)) {
		struct pollfd fds[] = {
			{ run->readers[0].fd, POLLIN, 0 },
			{ run->readers[1].fd, POLLIN, 0 },
			{ run->input, POLLOUT, 0 },
		};
		int ready = poll(fds, 3, has_limit ? LOOK_MS : -1);

		if (ready < 0)
			continue; /* a signal that weirctl waits for */
		for (int i = 0; i < 2; i++)
			if (fds[i].revents != 0)
				read_piece(run, &run->readers[i]);
		if (fds[2].revents != 0)
			write_piece(run);
		if (has_limit && !run->is_ended)
			look(run);
		if (run->is_ended && ready == 0)
			return;
	}
}

/* starting it */

/* An environment of its own: the time zone is all that it inherits. */
static char **make_environment(const struct child *child)
{
	const char *zone = getenv("TZ");
	const char *const *more = child->environment;
	size_t count = 0;
	char **environment;

	while (more != NULL && more[count] != NULL)
		count++;
	environment = alloc_array(count + 4, sizeof(*environment));
	for (size_t i = 0; i < count; i++)
		environment[i] = alloc_text(more[i]);
	environment[count++] = alloc_text("PATH=" PLACES);
	environment[count++] = alloc_text("LC_ALL=C");
	if (zone != NULL)
		environment[count] = alloc_format("TZ=%s", zone);
	return environment;
}

/* theirs: the program's ends, as its descriptors 0, 1 and 2. */
static int spawn(const struct child *child, const char *path,
		 const int theirs[3], pid_t *pid_r)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char **environment = make_environment(child);
	sigset_t set;
	int error;

	posix_spawn_file_actions_init(&actions);
	for (int i = 0; i < 3; i++)
		posix_spawn_file_actions_adddup2(&actions, theirs[i], i);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP |
						      POSIX_SPAWN_SETSIGDEF |
						      POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setpgroup(&attributes, 0);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&attributes, &set);
	sigaddset(&set, SIGPIPE);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	posix_spawnattr_setsigdefault(&attributes, &set);
	error = posix_spawn(pid_r, path, &actions, &attributes,
			    (char *const *)(uintptr_t)child->words,
			    environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	for (char **at = environment; *at != NULL; at++)
		free(*at);
	free(environment);
	return error;
}

/* pipes[i][0] is read from, pipes[i][1] written to; all above descriptor 2,
 * so that none is lost when they become the program's 0, 1 and 2. */
static bool make_pipes(int pipes[3][2])
{
	memset(pipes, -1, 3 * sizeof(*pipes));
	for (int i = 0; i < 3; i++) {
		if (pipe2(pipes[i], O_CLOEXEC) != 0)
			return false;
		for (int j = 0; j < 2; j++) {
			int high = fcntl(pipes[i][j], F_DUPFD_CLOEXEC, 3);

			close(pipes[i][j]);
			pipes[i][j] = high;
			if (high < 0)
				return false;
		}
	}
	return true;
}

static int wait_for(struct run *run)
{
	while (!run->is_ended) {
		if (waitpid(run->pid, &run->status, 0) >= 0)
			run->is_ended = true;
		else if (errno != EINTR)
			return -1;
	}
	if (run->fault != 0) {
		errno = run->fault;
		return -1;
	}
	return WIFEXITED(run->status) ? WEXITSTATUS(run->status)
				      : 128 + WTERMSIG(run->status);
}

static int run_started(const struct child *child, int pipes[3][2], pid_t pid)
{
	struct run run = {
		.child = child,
		.pid = pid,
		.until_ms = child->limit_ms == 0
				    ? UINT64_MAX
				    : clock_steady_ms() + child->limit_ms,
		.input = pipes[0][1],
		.readers = { { CHILD_OUTPUT, pipes[1][0], NULL, 0, 0 },
			     { CHILD_ERRORS, pipes[2][0], NULL, 0, 0 } },
	};

	for (int i = 0; i < 3; i++)
		close(pipes[i][i == 0 ? 0 : 1]);
	fcntl(run.input, F_SETFL, O_NONBLOCK);
	if (child->input_length == 0) {
		close(run.input);
		run.input = -1;
	}
	talk(&run);
	if (run.input >= 0)
		close(run.input);
	for (int i = 0; i < 2; i++) {
		if (run.readers[i].fd >= 0)
			close_reader(&run, &run.readers[i]);
		free(run.readers[i].data);
	}
	return wait_for(&run);
}

int child_run(const struct child *child)
{
	char path[PATH_MAX];
	int pipes[3][2], error;
	pid_t pid;

	if (!child_find(child->tools, child->words[0], path))
		return -1;
	if (!make_pipes(pipes)) {
		error = errno;
	} else {
		const int theirs[3] = { pipes[0][0], pipes[1][1], pipes[2][1] };

		error = spawn(child, path, theirs, &pid);
		if (error == 0)
			return run_started(child, pipes, pid);
	}
	for (int i = 0; i < 6; i++)
		if (pipes[i / 2][i % 2] >= 0)
			close(pipes[i / 2][i % 2]);
	errno = error;
	return -1;
}
