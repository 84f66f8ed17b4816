/* SPDX-License-Identifier: ISC */
/*
 * Entries come from the settings or from lines of a file; either way they go
 * through one function, which knows the place to report.
 */
#include "list_read.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/alloc.h"
#include "lib/base/letter.h"
#include "lib/base/text.h"
#include "errors.h"
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
	const char *file;		 /* NULL: the entry is in setting */
	unsigned int line;
};

static void refuse_line(struct list_reader *list, const char *entry,
			const char *allowed)
{
	char path[PATH_SIZE], found[ERRORS_QUOTE_SIZE];
	struct text text;

	text_init(&text, path, sizeof(path));
	reader_add_path(list->setting, &text);
	text_init(&text, found, sizeof(found));
	errors_quote(&text, entry);
	errors_add(list->reader->errors, list->file, list->line,
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

/* Behind the first word; a quoted local part may have blanks in it. */
static const char *skip_word(const char *entry)
{
	bool is_quoted = false;

	for (; *entry != '\0'; entry++) {
		if (*entry == '"')
			is_quoted = !is_quoted;
		else if (is_quoted && entry[0] == '\\' && entry[1] != '\0')
			entry++;
		else if (!is_quoted && strchr(BLANKS, *entry) != NULL)
			break;
	}
	return is_quoted ? NULL : entry;
}

/* What a table of an MTA says of an entry that is in it (access(5)). */
static bool is_yes(const char *word)
{
	static const char *const words[] = { "OK",  "RELAY", "PERMIT", "ACCEPT",
					     "YES", "TRUE",  "ANY",    "1",
					     "x",   "-" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(word, words[i]) == 0)
			return true;
	return false;
}

/* "kim@example.com OK" is kim@example.com. NULL: there is more in it than one
 * entry. Freed with free(). */
static char *only_word(const char *entry)
{
	const char *end = skip_word(entry), *rest;

	if (end == NULL)
		return alloc_text(entry);
	rest = end + strspn(end, BLANKS);
	if (*rest != '\0' && !is_yes(rest))
		return NULL;
	return alloc_copy(entry, (size_t)(end - entry));
}

static bool add_word(struct list_reader *list, const char *entry,
		     struct text *hint)
{
	char *word = only_word(entry);
	bool is_added = false;

	if (word != NULL && letter_has_control(word))
		text_add_string(hint, "without control bytes");
	else if (word != NULL)
		is_added = list->kind->add(list->reader, list->list, word,
					   hint);
	else
		text_add_string(hint, "one entry, with OK or nothing behind "
				      "it; a blank within a login is written "
				      "?");
	free(word);
	return is_added;
}

/* entry has no blanks around it. */
static void add_entry(struct list_reader *list, const char *entry)
{
	char buffer[HINT_SIZE];
	struct text hint;

	text_init(&hint, buffer, sizeof(buffer));
	if (add_word(list, entry, &hint))
		return;
	refuse_entry(list, entry, hint.data);
}

/* False, with one error, when the list has grown too long. */
static bool count_entry(struct list_reader *list)
{
	list->count++;
	if (list->count == LIST_ENTRIES_MAX + 1)
		reader_error(list->reader, list->setting,
			     "found more than %d entries, allowed are as "
			     "many",
			     LIST_ENTRIES_MAX);
	return list->count <= LIST_ENTRIES_MAX;
}

/* Cuts blanks off; text is changed. */
static char *trim(char *text)
{
	size_t length;

	text += strspn(text, BLANKS);
	length = strlen(text);
	while (length > 0 && strchr(BLANKS, text[length - 1]) != NULL)
		length--;
	text[length] = '\0';
	return text;
}

/* Cuts comment and blanks off; line is changed. */
static char *trim_line(char *line)
{
	for (char *mark = strchr(line, '#'); mark != NULL;
	     mark = strchr(mark + 1, '#'))
		if (mark == line || strchr(BLANKS, mark[-1]) != NULL) {
			*mark = '\0';
			break;
		}
	return trim(line);
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

	if (source_has_mark(source, "\xef\xbb\xbf"))
		line += 3;
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
		reader_error(list->reader, list->setting,
			     "found %s at %s, allowed is a readable file",
			     reason, path);
	} else if (source_has_mark(&source, "\xff\xfe") ||
		   source_has_mark(&source, "\xfe\xff")) {
		reader_error(list->reader, list->setting,
			     "found UTF-16 at %s, allowed is a file in "
			     "UTF-8",
			     path);
	} else {
		source_list_add(list->reader->files, path);
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
	char *copy, *value;

	if (config_setting_type(list->setting) != CONFIG_TYPE_STRING) {
		refuse_entry(list, "", "");
		return;
	}
	copy = alloc_text(config_setting_get_string(list->setting));
	value = trim(copy);
	if (strncmp(value, FILE_PREFIX, strlen(FILE_PREFIX)) == 0 &&
	    !letter_has_control(value))
		read_file(list, value + strlen(FILE_PREFIX));
	else if (count_entry(list))
		add_entry(list, value);
	free(copy);
}

void list_read(struct reader *reader, const config_setting_t *setting,
	       const struct list_kind *kind, void *list)
{
	struct list_reader state = { .reader = reader,
				     .kind = kind,
				     .list = list };
	unsigned int count = reader_count(setting);

	if (count == 0)
		reader_error(reader, setting,
			     "found an empty list, allowed is at least "
			     "one entry: %s",
			     kind->allowed);
	for (unsigned int i = 0; i < count; i++) {
		state.setting = reader_element(setting, i);
		read_element(&state);
	}
}
