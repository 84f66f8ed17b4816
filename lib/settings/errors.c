/* SPDX-License-Identifier: ISC */
/*
 * Complaints arrive as the readers walk their tables, not as the file has
 * them; each remembers its file's rank, its line and its turn, and sorting by
 * these three gives the order of the lines.
 */
#include "errors.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "settings.h"

#define ERRORS_TEXT_SIZE 2048
#define QUOTE_MAX	 80

struct errors_entry {
	size_t file, turn;
	unsigned int line;
	char *text;
};

static size_t rank_file(struct errors *errors, const char *file)
{
	for (size_t i = 0; i < errors->file_count; i++)
		if (strcmp(errors->files[i], file) == 0)
			return i;
	errors->files = alloc_resize(errors->files, errors->file_count + 1,
				     sizeof(*errors->files));
	errors->files[errors->file_count] = alloc_text(file);
	return errors->file_count++;
}

void errors_name_file(struct errors *errors, const char *file)
{
	rank_file(errors, file);
}

void errors_add(struct errors *errors, const char *file, unsigned int line,
		const char *format, ...)
{
	char text[ERRORS_TEXT_SIZE];
	struct errors_entry *error;
	va_list args;

	if (errors->count == ERRORS_MAX) {
		errors->dropped++;
		return;
	}
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	errors->entries = alloc_resize(errors->entries, errors->count + 1,
				       sizeof(*errors->entries));
	error = &errors->entries[errors->count];
	error->file = rank_file(errors, file);
	error->line = line;
	error->turn = errors->count++;
	error->text = alloc_text(text);
}

void errors_end_text(struct errors *errors)
{
	errors->settled = errors->count;
}

bool errors_in_text(const struct errors *errors, const char *file,
		    unsigned int line)
{
	for (size_t i = 0; i < errors->settled; i++) {
		const struct errors_entry *error = &errors->entries[i];

		if (error->line == line &&
		    strcmp(errors->files[error->file], file) == 0)
			return true;
	}
	return false;
}

static int compare_sizes(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int compare_errors(const void *a, const void *b)
{
	const struct errors_entry *one = a, *other = b;

	if (one->file != other->file)
		return compare_sizes(one->file, other->file);
	if (one->line != other->line)
		return compare_sizes(one->line, other->line);
	return compare_sizes(one->turn, other->turn);
}

/* Frees line. Names of files are in it as they are: they may have any byte,
 * and the terminal and the log shall see none that moves a cursor. What weir
 * itself has quoted stays. */
static char *make_printable(char *line)
{
	static const char kept[] = " \"\\";
	size_t size = 4 * strlen(line) + 1;
	char *printable = alloc_array(size, 1);
	struct text text;

	text_init(&text, printable, size);
	for (const char *at = line; *at != '\0';) {
		size_t plain = strspn(at, kept);
		size_t word = strcspn(at + plain, kept);

		text_add(&text, at, plain);
		text_add_escaped(&text, at + plain, word, word);
		at += plain + word;
	}
	free(line);
	return printable;
}

static char *format_error(const struct errors *errors,
			  const struct errors_entry *error)
{
	const char *file = errors->files[error->file];

	if (error->line == 0)
		return make_printable(
			alloc_format("%s: %s", file, error->text));
	return make_printable(
		alloc_format("%s:%u: %s", file, error->line, error->text));
}

static void errors_clear(struct errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		free(errors->entries[i].text);
	alloc_free_texts(errors->files, errors->file_count);
	free(errors->entries);
	memset(errors, 0, sizeof(*errors));
}

void errors_finish(struct errors *errors, struct settings_errors *errors_r)
{
	size_t count = errors->count + (errors->dropped > 0);

	memset(errors_r, 0, sizeof(*errors_r));
	if (count > 0) {
		qsort(errors->entries, errors->count, sizeof(*errors->entries),
		      compare_errors);
		errors_r->lines = alloc_array(count, sizeof(char *));
		errors_r->count = count;
	}
	for (size_t i = 0; i < errors->count; i++)
		errors_r->lines[i] = format_error(errors, &errors->entries[i]);
	if (errors->dropped > 0)
		errors_r->lines[count - 1] = alloc_format(
			"%s: found %zu more mistakes, these are "
			"the first %d",
			errors->files[0], errors->dropped, ERRORS_MAX);
	errors_clear(errors);
}

/* Adds value, escaped, with its spaces, cut behind max bytes. */
static void add_words(struct text *text, const char *value, size_t max)
{
	size_t left = max;

	while (*value != '\0' && left > 0) {
		size_t word = strcspn(value, " ");
		size_t taken = word > 0 ? word : 1;

		if (word > 0)
			text_add_escaped(text, value, word, left);
		else
			text_add_string(text, " ");
		value += taken;
		left -= taken < left ? taken : left;
	}
	if (*value != '\0')
		text_add_string(text, "...");
}

void errors_quote(struct text *text, const char *value)
{
	const char *scheme = strstr(value, "://"), *at = strrchr(value, '@');

	text_add_string(text, "\"");
	if (scheme != NULL && at != NULL && at > scheme) {
		text_add_string(text, "...");
		value = at;
	}
	add_words(text, value, QUOTE_MAX);
	text_add_string(text, "\"");
}
