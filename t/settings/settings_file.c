/* SPDX-License-Identifier: ISC */

/* The directory is left and removed, whatever a test has put into it. */
#include "settings_file.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/settings/settings.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

char settings_file_directory[] = "/tmp/ut_settings.XXXXXX";
void settings_file_enter(void)
{
	ck_assert_ptr_nonnull(mkdtemp(settings_file_directory));
	ck_assert_int_eq(chdir(settings_file_directory), 0);
}

void settings_file_leave(void)
{
	static const char *const patterns[] = { "*", "sub/*" };
	glob_t found;

	for (int i = COUNT_OF(patterns) - 1; i >= 0; i--) {
		if (glob(patterns[i], 0, NULL, &found) != 0)
			continue;
		for (size_t j = 0; j < found.gl_pathc; j++)
			remove(found.gl_pathv[j]);
		globfree(&found);
	}
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(settings_file_directory), 0);
}

void write_bytes(const char *path, const char *data, size_t length)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(data, 1, length, file), length);
	ck_assert_int_eq(fclose(file), 0);
}

void write_file(const char *path, const char *text)
{
	write_bytes(path, text, strlen(text));
}

char *errors_of(const char *path)
{
	struct settings_errors errors;
	struct settings *settings = settings_read(path, &errors);
	char *all = alloc_text(""), *more;

	ck_assert((settings == NULL) == (errors.count > 0));
	for (size_t i = 0; i < errors.count; i++) {
		more = alloc_format("%s%s%s", all, i > 0 ? "\n" : "",
				    errors.lines[i]);
		free(all);
		all = more;
	}
	settings_release(&settings);
	ck_assert_ptr_null(settings);
	settings_errors_clear(&errors);
	ck_assert_uint_eq(errors.count, 0);
	return all;
}

void expect_errors(const char *text, const char *wanted)
{
	char *found;

	write_file(MAIN_FILE, text);
	found = errors_of(MAIN_FILE);
	ck_assert_str_eq(found, wanted);
	free(found);
}

struct settings *read_good(const char *text)
{
	struct settings_errors errors;
	struct settings *settings;

	write_file(MAIN_FILE, text);
	settings = settings_read(MAIN_FILE, &errors);
	ck_assert_msg(settings != NULL, "%s",
		      errors.count > 0 ? errors.lines[0] : "no error told");
	settings_errors_clear(&errors);
	return settings;
}
