/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ERRORS_H
#define WEIR_ERRORS_H

/*
 * Without this an operator would fix one mistake, start again, and be shown
 * the next one.
 *
 * Collects what is wrong with the settings, in whatever order it is found,
 * and hands it out in the order of the lines: the files in the order in which
 * they were first named, the lines of a file from the top. At most
 * ERRORS_MAX are kept, of the others only how many they were.
 */
#include <stdbool.h>
#include <stddef.h>

struct settings_errors;
struct text;

#define ERRORS_MAX 1000

struct errors_entry;

struct errors {
	struct errors_entry *entries;
	size_t count, dropped, settled;
	char **files;
	size_t file_count;
};

/* {0} is empty. The main file is to be named first. */
void errors_name_file(struct errors *errors, const char *file);

/* line 0: it is about the file as a whole. */
void errors_add(struct errors *errors, const char *file, unsigned int line,
		const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * What has been found so far is about the text of the files; the value of a
 * number that was reported is then not judged.
 */
void errors_end_text(struct errors *errors);
bool errors_in_text(const struct errors *errors, const char *file,
		    unsigned int line);

/*
 * Moves all into *errors_r as lines "FILE:LINE: text" and leaves *errors
 * empty; without errors *errors_r becomes empty.
 */
void errors_finish(struct errors *errors, struct settings_errors *errors_r);

/*
 * Adds value in double quotes, cut and with hostile bytes as \xNN; of a URL
 * only what follows its user and password.
 */
void errors_quote(struct text *text, const char *value);

/* Room for what errors_quote writes, with its NUL. */
#define ERRORS_QUOTE_SIZE 512

#endif
