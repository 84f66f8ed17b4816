/* SPDX-License-Identifier: ISC */
/*
 * Complaints arrive as the readers walk their tables, not as the file has
 * them; each remembers its file's rank, its line and its turn, and sorting by
 * these three gives the order of the lines.
 */
#include "complaint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "settings.h"

#define COMPLAINT_SIZE 2048
#define QUOTE_MOST     80

struct complaint {
	size_t file, turn;
	unsigned int line;
	char *text;
};

static size_t rank_file(struct complaints *complaints, const char *file)
{
	for (size_t i = 0; i < complaints->file_count; i++)
		if (strcmp(complaints->files[i], file) == 0)
			return i;
	complaints->files = alloc_resize(complaints->files,
					 complaints->file_count + 1,
					 sizeof(*complaints->files));
	complaints->files[complaints->file_count] = alloc_text(file);
	return complaints->file_count++;
}

void complaints_name_file(struct complaints *complaints, const char *file)
{
	rank_file(complaints, file);
}

void complaints_add(struct complaints *complaints, const char *file,
		    unsigned int line, const char *format, ...)
{
	char text[COMPLAINT_SIZE];
	struct complaint *complaint;
	va_list args;

	if (complaints->count == COMPLAINTS_MAX) {
		complaints->dropped++;
		return;
	}
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	complaints->entries = alloc_resize(complaints->entries,
					   complaints->count + 1,
					   sizeof(*complaints->entries));
	complaint = &complaints->entries[complaints->count];
	complaint->file = rank_file(complaints, file);
	complaint->line = line;
	complaint->turn = complaints->count++;
	complaint->text = alloc_text(text);
}

void complaints_settle(struct complaints *complaints)
{
	complaints->settled = complaints->count;
}

bool complaints_are_settled(const struct complaints *complaints,
			    const char *file, unsigned int line)
{
	for (size_t i = 0; i < complaints->settled; i++) {
		const struct complaint *complaint = &complaints->entries[i];

		if (complaint->line == line &&
		    strcmp(complaints->files[complaint->file], file) == 0)
			return true;
	}
	return false;
}

static int compare_sizes(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int compare_complaints(const void *a, const void *b)
{
	const struct complaint *one = a, *other = b;

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

static char *format_complaint(const struct complaints *complaints,
			      const struct complaint *complaint)
{
	const char *file = complaints->files[complaint->file];

	if (complaint->line == 0)
		return make_printable(
			alloc_format("%s: %s", file, complaint->text));
	return make_printable(alloc_format("%s:%u: %s", file, complaint->line,
					   complaint->text));
}

static void complaints_clear(struct complaints *complaints)
{
	for (size_t i = 0; i < complaints->count; i++)
		free(complaints->entries[i].text);
	for (size_t i = 0; i < complaints->file_count; i++)
		free(complaints->files[i]);
	free(complaints->entries);
	free(complaints->files);
	memset(complaints, 0, sizeof(*complaints));
}

void complaints_finish(struct complaints *complaints,
		       struct settings_errors *errors_r)
{
	size_t count = complaints->count + (complaints->dropped > 0);

	memset(errors_r, 0, sizeof(*errors_r));
	if (count > 0) {
		qsort(complaints->entries, complaints->count,
		      sizeof(*complaints->entries), compare_complaints);
		errors_r->lines = alloc_array(count, sizeof(char *));
		errors_r->count = count;
	}
	for (size_t i = 0; i < complaints->count; i++)
		errors_r->lines[i] = format_complaint(complaints,
						      &complaints->entries[i]);
	if (complaints->dropped > 0)
		errors_r->lines[count - 1] = alloc_format(
			"%s: found %zu more mistakes, these are "
			"the first %d",
			complaints->files[0], complaints->dropped,
			COMPLAINTS_MAX);
	complaints_clear(complaints);
}

/* Adds value, escaped, with its spaces, cut behind most bytes. */
static void add_words(struct text *text, const char *value, size_t most)
{
	size_t left = most;

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

void complaint_quote(struct text *text, const char *value)
{
	const char *scheme = strstr(value, "://"), *at = strrchr(value, '@');

	text_add_string(text, "\"");
	if (scheme != NULL && at != NULL && at > scheme) {
		text_add_string(text, "...");
		value = at;
	}
	add_words(text, value, QUOTE_MOST);
	text_add_string(text, "\"");
}
