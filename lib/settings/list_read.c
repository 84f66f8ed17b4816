/* SPDX-License-Identifier: ISC */
/*
 * Entries come from the settings or from lines of a file; either way they go
 * through one function, which knows the place to complain about.
 */
#include "list_read.h"

#include <stdlib.h>
#include <string.h>

#include "../base/alloc.h"
#include "../base/text.h"
#include "complaint.h"
#include "reader.h"
#include "source.h"

#define FILE_PREFIX "file:"
#define BLANKS	    " \t\r\f\v"
#define HINT_SIZE   256
#define PATH_SIZE   256

struct list_reader {
	struct reader *reader;
	const struct list_kind *kind;
	void *list;
	size_t count;
	const config_setting_t *setting; /* the entry, or who names the file */
	const char *file;		 /* NULL: the entry stands in setting */
	unsigned int line;
};

static void refuse_line(struct list_reader *list, const char *entry,
			const char *allowed)
{
	char path[PATH_SIZE], found[COMPLAINT_QUOTE_SIZE];
	struct text text;

	text_init(&text, path, sizeof(path));
	reader_add_path(list->setting, &text);
	text_init(&text, found, sizeof(found));
	complaint_quote(&text, entry);
	complaints_add(list->reader->complaints, list->file, list->line,
		       "%s: found %s, allowed is %s", path, found, allowed);
}

static void refuse_entry(struct list_reader *list, const char *entry,
			 const char *hint)
{
	char *allowed = alloc_format(hint[0] != '\0' ? "%s (%s)" : "%s%s",
				     list->kind->allowed, hint);

	if (list->file != NULL)
		refuse_line(list, entry, allowed);
	else
		reader_refuse(list->reader, list->setting, allowed);
	free(allowed);
}

static void add_entry(struct list_reader *list, const char *entry)
{
	char buffer[HINT_SIZE];
	struct text hint;

	text_init(&hint, buffer, sizeof(buffer));
	if (!reader_is_plain(entry))
		text_add_string(&hint, "without control bytes");
	else if (list->kind->add(list->reader, list->list, entry, &hint))
		return;
	refuse_entry(list, entry, hint.data);
}

/* False, with one complaint, when the list has grown too long. */
static bool count_entry(struct list_reader *list)
{
	list->count++;
	if (list->count == LIST_ENTRIES_MAX + 1)
		reader_complain(list->reader, list->setting,
				"found more than %d entries, allowed are as "
				"many",
				LIST_ENTRIES_MAX);
	return list->count <= LIST_ENTRIES_MAX;
}

/* Cuts comment and blanks off; line is changed. */
static char *trim_line(char *line)
{
	size_t length;

	line += strspn(line, BLANKS);
	for (char *mark = strchr(line, '#'); mark != NULL;
	     mark = strchr(mark + 1, '#'))
		if (mark == line || strchr(BLANKS, mark[-1]) != NULL) {
			*mark = '\0';
			break;
		}
	length = strlen(line);
	while (length > 0 && strchr(BLANKS, line[length - 1]) != NULL)
		length--;
	line[length] = '\0';
	return line;
}

/* line[0..length) has a NUL behind it. False: the list is too long. */
static bool read_line(struct list_reader *list, char *line, size_t length)
{
	char *entry;

	if (memchr(line, '\0', length) != NULL) {
		refuse_entry(list, line, "without NUL bytes");
		return true;
	}
	entry = trim_line(line);
	if (entry[0] == '\0')
		return true;
	if (!count_entry(list))
		return false;
	add_entry(list, entry);
	return true;
}

static void read_lines(struct list_reader *list, struct source *source)
{
	char *line = source->data, *end = line + source->length;
	bool is_going_on = true;

	for (list->line = 1; is_going_on && line < end; list->line++) {
		char *newline = memchr(line, '\n', (size_t)(end - line));

		if (newline == NULL)
			newline = end;
		*newline = '\0';
		is_going_on = read_line(list, line, (size_t)(newline - line));
		line = newline + 1;
	}
}

static void read_file(struct list_reader *list, const char *name)
{
	char *path = source_path(list->reader->directory, name);
	struct source source;
	char *reason = source_read(path, SOURCE_BYTES_MAX, &source);

	if (reason != NULL) {
		reader_complain(list->reader, list->setting,
				"found %s at %s, allowed is a readable file",
				reason, path);
	} else {
		list->file = path;
		read_lines(list, &source);
		list->file = NULL;
	}
	source_clear(&source);
	free(reason);
	free(path);
}

static void read_element(struct list_reader *list)
{
	const char *value;

	if (config_setting_type(list->setting) != CONFIG_TYPE_STRING) {
		refuse_entry(list, "", "");
		return;
	}
	value = config_setting_get_string(list->setting);
	if (strncmp(value, FILE_PREFIX, strlen(FILE_PREFIX)) == 0 &&
	    reader_is_plain(value))
		read_file(list, value + strlen(FILE_PREFIX));
	else if (count_entry(list))
		add_entry(list, value);
}

void list_read(struct reader *reader, const config_setting_t *setting,
	       const struct list_kind *kind, void *list)
{
	struct list_reader state = { .reader = reader,
				     .kind = kind,
				     .list = list };
	unsigned int count = reader_count(setting);

	if (count == 0)
		reader_complain(reader, setting,
				"found an empty list, allowed is at least "
				"one entry: %s",
				kind->allowed);
	for (unsigned int i = 0; i < count; i++) {
		state.setting = reader_element(setting, i);
		read_element(&state);
	}
}
