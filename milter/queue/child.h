/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CHILD_H
#define WEIR_CHILD_H

/*
 * Without this the MTA's own tools would be run by a shell, and a queue id or
 * an address would be read by it.
 *
 * Runs one program to its end: by its words, never by a shell, with an
 * environment of its own (a fixed PATH, the C locale), in a process group of
 * its own, so that Ctrl-C at the terminal does not stop it in the middle.
 */
#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum child_stream {
	CHILD_OUTPUT,
	CHILD_ERRORS
};

/* One line of the program, without its newline and with a NUL behind it; of a
 * line above CHILD_LINE_MAX bytes only its head comes. */
typedef void child_line(void *context, enum child_stream stream,
			const char *line, size_t length);

#define CHILD_LINE_MAX (16u << 20)

struct child {
	const char *tools;	  /* a directory to look in first, or NULL */
	const char *const *words; /* words[0] is a name, or an absolute path;
				     NULL ends them */
	const char *input;	  /* for its standard input, or NULL */
	size_t input_length;
	const char *const *environment; /* "NAME=VALUE" besides its own, NULL
					   ends them; or NULL */
	child_line *take;
	void *context;
	/* For a program that may hang, else 0: it is killed then, with its
	 * process group; what it has left running in that when it ends, too.
	 * So it is when must_stop becomes true, which may be NULL. */
	unsigned int limit_ms;
	const atomic_bool *must_stop;
};

/* Where is this program: in tools, or else in the places where a system has
 * it? False when in none, with errno. */
bool child_find(const char *tools, const char *name, char path_r[PATH_MAX]);

/*
 * Runs it and waits for its end. Returns its exit status, or 128 and the
 * number of the signal that ended it, or -1 when it could not be started or was
 * killed; then errno says why: ETIMEDOUT after limit_ms, ECANCELED by
 * must_stop.
 */
int child_run(const struct child *child);

#endif
