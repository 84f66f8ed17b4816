/* SPDX-License-Identifier: ISC */
/* The file lives only as long as it is read, in a directory of its own. */
#include "settings_text.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/settings/settings.h"

static struct {
	const char *name, *text;
} beside;

void settings_beside(const char *name, const char *text)
{
	beside.name = name;
	beside.text = text;
}

static char *write_file(const char *directory, const char *name,
			const char *text)
{
	char *path = alloc_format("%s/%s", directory, name);
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	return path;
}

static struct settings *read_text(const char *text)
{
	char directory[] = "/tmp/ut_settings_text.XXXXXX", *path, *other = NULL;
	struct settings_errors errors;
	struct settings *settings;

	ck_assert_ptr_nonnull(mkdtemp(directory));
	path = write_file(directory, "weir.conf", text);
	if (beside.name != NULL)
		other = write_file(directory, beside.name, beside.text);
	settings = settings_read(path, &errors);
	unlink(path);
	if (other != NULL)
		unlink(other);
	rmdir(directory);
	ck_assert_msg(settings != NULL, "%s",
		      errors.count > 0 ? errors.lines[0] : "no error told");
	settings_errors_clear(&errors);
	free(other);
	free(path);
	return settings;
}

struct settings *settings_of(const char *format, ...)
{
	struct settings *settings;
	char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	ck_assert_int_ge(vasprintf(&text, format, arguments), 0);
	va_end(arguments);
	settings = read_text(text);
	free(text);
	return settings;
}
