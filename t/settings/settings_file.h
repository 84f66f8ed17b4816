/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TEST_SETTINGS_FILE_H
#define WEIR_TEST_SETTINGS_FILE_H

/*
 * Without this the tests of good and of bad settings could not read files in
 * the same way.
 *
 * A directory for each test, in which it runs; what a file in it gives, and
 * what is said of it.
 */
#include <stddef.h>

struct settings;

#define MAIN_FILE "weir.conf"

/* A limit that is right, on one line. */
#define LIMIT                                                       \
	"{ name = \"l\"; key = \"sender\"; max = 1; per = \"1m\"; " \
	"action = \"reject\"; }"
#define LIMITS "limits = ( " LIMIT " );\n"

/* Where the test runs, as an absolute path. */
extern char settings_file_directory[];

/* For tcase_add_checked_fixture(). */
void settings_file_enter(void);
void settings_file_leave(void);

void write_bytes(const char *path, const char *data, size_t length);
void write_file(const char *path, const char *text);

/* The errors of a file, one a line; "" when it is right. Freed with free(). */
char *errors_of(const char *path);

/* This text, as the main file, must give these errors. */
void expect_errors(const char *text, const char *wanted);

/* Reads a text that must be right; the caller releases. */
struct settings *read_good(const char *text);

#endif
