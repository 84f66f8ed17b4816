/* SPDX-License-Identifier: ISC */

/*
 * Loaded into a Sendmail that is not installed: its log goes to the file
 * WEIR_SENDMAIL_LOG, as syslogd writes it, and its host is mail.gateway.test.
 * Without a dot in the name, Sendmail waits for a minute at each start.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define NAME "mail.gateway.test"

static char file[512];
static const char *program = "sendmail";

/* Sendmail forgets its environment soon. */
__attribute__((constructor)) static void begin(void)
{
	const char *named = getenv("WEIR_SENDMAIL_LOG");

	snprintf(file, sizeof(file), "%s", named == NULL ? "" : named);
}

void openlog(const char *ident, int option, int facility)
{
	(void)option;
	(void)facility;
	program = ident;
}

static void write_line(const char *format, va_list values)
	__attribute__((format(printf, 1, 0)));
static void write_line(const char *format, va_list values)
{
	char text[4096], line[4400], when[32];
	time_t now = time(NULL);
	int saved = errno, fd = open(file, O_WRONLY | O_APPEND | O_CREAT, 0644);
	struct tm tm;

	vsnprintf(text, sizeof(text), format, values);
	strftime(when, sizeof(when), "%b %e %H:%M:%S", localtime_r(&now, &tm));
	snprintf(line, sizeof(line), "%s mail %s[%d]: %s\n", when, program,
		 (int)getpid(), text);
	if (fd >= 0) {
		if (write(fd, line, strlen(line)) < 0)
			abort();
		close(fd);
	}
	errno = saved;
}

void vsyslog(int priority, const char *format, va_list values)
{
	(void)priority;
	write_line(format, values);
}

void syslog(int priority, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	vsyslog(priority, format, values);
	va_end(values);
}

/* what a hardened program calls instead */
void __syslog_chk(int priority, int flag, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void __syslog_chk(int priority, int flag, const char *format, ...)
{
	va_list values;

	(void)flag;
	va_start(values, format);
	vsyslog(priority, format, values);
	va_end(values);
}

int gethostname(char *name, size_t size)
{
	snprintf(name, size, NAME);
	return 0;
}
