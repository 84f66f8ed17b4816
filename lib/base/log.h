/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LOG_H
#define WEIR_LOG_H

/*
 * Log lines, to syslog, the journal, standard error or a test. One line a
 * call; a final newline is added, control bytes in the result are written as
 * \xNN, so that no value can forge a second line. Thread-safe once opened;
 * before log_open_* lines go to standard error. A line is at most 2,000 bytes,
 * what is longer ends in "...".
 */
#include <stdarg.h>
#include <stdbool.h>

/* The gravity of a line, gravest first, as in syslog(3). */
enum log_gravity {
	LOG_GRAVITY_CRITICAL, /* needs action at once */
	LOG_GRAVITY_ERROR,    /* needs action */
	LOG_GRAVITY_WARNING,  /* should be looked at */
	LOG_GRAVITY_NOTICE,   /* a normal event worth a line */
	LOG_GRAVITY_INFO,     /* one line a message */
	LOG_GRAVITY_DEBUG     /* only with -v -v */
};

/*
 * Receives finished lines without newline, one at a time from all threads;
 * must not log itself. Tests put their own here.
 */
typedef void log_sink(void *context, enum log_gravity gravity,
		      const char *line);

/* program must outlive the log. On standard error a line begins with it; where
 * that is the journal of systemd, with "<N>", the level, instead. */
void log_open_stderr(const char *program);
void log_open_syslog(const char *program);
void log_open_sink(log_sink *sink, void *context);

/* Lines less grave than this are dropped; LOG_GRAVITY_INFO at the start. */
void log_set_threshold(enum log_gravity threshold);
bool log_is_wanted(enum log_gravity gravity);

/* Of any gravity; the others are of their own. */
void log_at(enum log_gravity gravity, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
