/* SPDX-License-Identifier: ISC */

/* To standard output, or to a file that is whole at any moment. */
#include "report_print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "report.h"

#define MODE 0640

const char *const report_format_names[REPORT_FORMATS + 1] = {
	[REPORT_HTML] = "html",
	[REPORT_MARKDOWN] = "markdown",
	[REPORT_TEXT] = "text",
	[REPORT_JSON] = "json",
};

static void print_json(const json_t *document, FILE *out)
{
	(void)json_dumpf(document, out, JSON_INDENT(2));
	fputc('\n', out);
}

void report_print(const json_t *document, enum report_format format, FILE *out)
{
	static void (*const printers[REPORT_FORMATS])(const json_t *document,
						      FILE *out) = {
		[REPORT_HTML] = report_print_html,
		[REPORT_MARKDOWN] = report_print_markdown,
		[REPORT_TEXT] = report_print_text,
		[REPORT_JSON] = print_json,
	};

	printers[format](document, out);
}

/* files */

static bool fail(const char *path, const char *what, char **error_r)
{
	*error_r = alloc_format("%s: %s", path, what);
	return false;
}

/* A link may lead anywhere, a device is no report. */
static bool may_replace(const char *path, char **error_r)
{
	struct stat status;

	if (lstat(path, &status) != 0)
		return errno == ENOENT ? true
				       : fail(path, strerror(errno), error_r);
	return S_ISREG(status.st_mode)
		       ? true
		       : fail(path,
			      "it is no regular file, and is not replaced",
			      error_r);
}

/* Beside path, so that it can be renamed. */
static int open_beside(const char *path, char **made_r)
{
	const char *slash = strrchr(path, '/');
	int length = slash == NULL ? 0 : (int)(slash - path) + 1;

	*made_r = alloc_format("%.*s.%s.XXXXXX", length, path, path + length);
	return mkstemp(*made_r);
}

static bool write_to(int fd, const json_t *document, enum report_format format)
{
	FILE *out = fchmod(fd, MODE) == 0 ? fdopen(fd, "w") : NULL;
	bool is_good;

	if (out == NULL) {
		close(fd);
		return false;
	}
	report_print(document, format, out);
	is_good = fflush(out) == 0 && ferror(out) == 0 && fsync(fd) == 0;
	return fclose(out) == 0 && is_good;
}

bool report_save(const json_t *document, enum report_format format,
		 const char *path, char **error_r)
{
	bool is_good;
	char *made;
	int fd;

	*error_r = NULL;
	if (!may_replace(path, error_r))
		return false;
	fd = open_beside(path, &made);
	is_good = fd >= 0 && write_to(fd, document, format) &&
		  rename(made, path) == 0;
	if (!is_good) {
		(void)fail(path, strerror(errno), error_r);
		if (fd >= 0)
			unlink(made);
	}
	free(made);
	return is_good;
}
