/* SPDX-License-Identifier: ISC */

/*
 * A line is made once, in a buffer on the stack, and then given to the sink
 * in use; stderr, the journal and syslog are sinks like those of the tests.
 * One lock keeps lines apart, so that a sink needs none of its own.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "log.h"
#include "text.h"

#define LINE_MAX_LENGTH 2000

static void to_stderr(void *context, enum log_gravity gravity,
		      const char *line);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static log_sink *sink_in_use = to_stderr;
static void *sink_context;
static const char *program_name;
static atomic_int threshold_in_use = LOG_GRAVITY_INFO;

static const int priorities[] = {
	[LOG_GRAVITY_CRITICAL] = LOG_CRIT,   [LOG_GRAVITY_ERROR] = LOG_ERR,
	[LOG_GRAVITY_WARNING] = LOG_WARNING, [LOG_GRAVITY_NOTICE] = LOG_NOTICE,
	[LOG_GRAVITY_INFO] = LOG_INFO,	     [LOG_GRAVITY_DEBUG] = LOG_DEBUG,
};

/* One write a line, so that the lines of several processes do not mix. */
static void write_stderr(const char *before, const char *colon,
			 const char *line)
{
	char buffer[LINE_MAX_LENGTH + 256];
	int length = snprintf(buffer, sizeof(buffer) - 1, "%.200s%s%s", before,
			      colon, line);
	ssize_t ignored;

	if (length < 0)
		return;
	buffer[length] = '\n';
	/* A log that cannot be written must not stop the mail. */
	ignored = write(STDERR_FILENO, buffer, (size_t)length + 1);
	(void)ignored;
}

static void to_stderr(void *context, enum log_gravity gravity, const char *line)
{
	(void)context;
	(void)gravity;
	if (program_name == NULL)
		write_stderr("", "", line);
	else
		write_stderr(program_name, ": ", line);
}

/* The journal takes the level from the line (sd-daemon(3)) and knows the
 * program by itself; the facility is that of the unit. */
static void to_journal(void *context, enum log_gravity gravity,
		       const char *line)
{
	const char level[] = { '<', (char)('0' + priorities[gravity]), '>',
			       '\0' };

	(void)context;
	write_stderr(level, "", line);
}

static void to_syslog(void *context, enum log_gravity gravity, const char *line)
{
	(void)context;
	syslog(priorities[gravity], "%s", line);
}

static void use(log_sink *sink, void *context, const char *program)
{
	(void)pthread_mutex_lock(&lock);
	sink_in_use = sink;
	sink_context = context;
	program_name = program;
	(void)pthread_mutex_unlock(&lock);
}

/* systemd.exec(5): JOURNAL_STREAM is DEVICE:INODE of the stream that systemd
 * made. A process with another standard error may
 * inherit the word. */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat status;
	char own[64];

	if (stream == NULL || fstat(STDERR_FILENO, &status) != 0)
		return false;
	snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)status.st_dev,
		 (uintmax_t)status.st_ino);
	return strcmp(own, stream) == 0;
}

void log_open_stderr(const char *program)
{
	/* libmilter logs by syslog(3) in any case */
	openlog(program, LOG_PID, LOG_MAIL);
	use(stderr_is_journal() ? to_journal : to_stderr, NULL, program);
}

void log_open_syslog(const char *program)
{
	openlog(program, LOG_PID, LOG_MAIL);
	use(to_syslog, NULL, program);
}

void log_open_sink(log_sink *sink, void *context)
{
	use(sink, context, NULL);
}

void log_set_threshold(enum log_gravity threshold)
{
	atomic_store_explicit(&threshold_in_use, (int)threshold,
			      memory_order_relaxed);
}

bool log_is_wanted(enum log_gravity gravity)
{
	return (int)gravity <=
	       atomic_load_explicit(&threshold_in_use, memory_order_relaxed);
}

/* raw has its NUL and is_long if printf had more. What is cut is cut between
 * two characters, and says so. */
static void make_line(char line[LINE_MAX_LENGTH + 1], const char *raw,
		      bool is_long)
{
	size_t length = strlen(raw);
	struct text text;

	text_init(&text, line, LINE_MAX_LENGTH + 1);
	text_add_line(&text, raw, length, length);
	if (!is_long && !text.is_cut)
		return;
	text_init(&text, line, LINE_MAX_LENGTH + 1 - strlen("..."));
	text_add_line(&text, raw, length, length);
	text.size = LINE_MAX_LENGTH + 1;
	text.is_cut = false;
	text_add_string(&text, "...");
}

__attribute__((format(printf, 2, 0))) static void
log_line(enum log_gravity gravity, const char *format, va_list arguments)
{
	char raw[LINE_MAX_LENGTH + 1];
	char line[LINE_MAX_LENGTH + 1];
	int length;

	if (!log_is_wanted(gravity))
		return;
	length = vsnprintf(raw, sizeof(raw), format, arguments);
	if (length < 0)
		return;
	make_line(line, raw, length > LINE_MAX_LENGTH);
	(void)pthread_mutex_lock(&lock);
	sink_in_use(sink_context, gravity, line);
	(void)pthread_mutex_unlock(&lock);
}

void log_at(enum log_gravity gravity, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	log_line(gravity, format, arguments);
	va_end(arguments);
}

#define LOG_FUNCTION(name, gravity)                   \
	void name(const char *format, ...)            \
	{                                             \
		va_list arguments;                    \
                                                      \
		va_start(arguments, format);          \
		log_line(gravity, format, arguments); \
		va_end(arguments);                    \
	}

LOG_FUNCTION(log_error, LOG_GRAVITY_ERROR)
LOG_FUNCTION(log_warning, LOG_GRAVITY_WARNING)
LOG_FUNCTION(log_notice, LOG_GRAVITY_NOTICE)
LOG_FUNCTION(log_info, LOG_GRAVITY_INFO)
