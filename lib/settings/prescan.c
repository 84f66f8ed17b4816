/* SPDX-License-Identifier: ISC */
/*
 * The includes are followed as libconfig follows them: to the same depth, and
 * relative to the directory of the main file. An include that includes itself
 * is left to libconfig, which reports it well.
 */
#include "prescan.h"

#include <stdlib.h>
#include <string.h>

#include "../base/alloc.h"
#include "../base/text.h"
#include "complaint.h"
#include "literal.h"
#include "source.h"

/* MAX_INCLUDE_DEPTH of libconfig */
#define DEPTH_MAX 10

struct walk {
	const char *directory;
	struct complaints *complaints;
	bool has_relative, has_absolute;
	unsigned int depth;
	bool is_too_deep, is_broken;
};

/* What is said around the words that were found. */
struct message {
	const char *before, *after;
};

static const struct message messages[] = {
	[LITERAL_TOO_LARGE] = { "number: found ",
				", allowed is -2147483648 to 2147483647, and "
				"what fits 64 bits with an L behind it" },
	[LITERAL_OPEN_STRING] = { "string: found ",
				  " without a closing quote on its line, "
				  "allowed is text that ends there" },
	[LITERAL_NUL] = { "string: found \\x00 in ",
			  ", allowed is text without NUL" },
};

static const struct message mixed_includes = {
	"@include: found ",
	", allowed are includes that are all absolute or all relative to the "
	"directory of the main file"
};

/* The first line of it, without the quotes of a string. */
static char *first_line(const struct literal *literal)
{
	const char *end = memchr(literal->text, '\n', literal->length);
	const char *start = literal->text;
	size_t length = end != NULL ? (size_t)(end - start) : literal->length;

	if (length > 0 && start[0] == '"') {
		start++;
		length--;
	}
	if (length > 0 && start[length - 1] == '"')
		length--;
	return alloc_copy(start, length);
}

static void complain(struct walk *walk, const char *file,
		     const struct literal *literal,
		     const struct message *message)
{
	char *words = first_line(literal), quote[COMPLAINT_QUOTE_SIZE];
	struct text text;

	text_init(&text, quote, sizeof(quote));
	complaint_quote(&text, words);
	complaints_add(walk->complaints, file, literal->line, "%s%s%s",
		       message->before, quote, message->after);
	free(words);
}

static void walk_source(struct walk *walk, const char *file,
			const struct source *source);

/* Absolute and relative includes do not go together in libconfig 1.5. */
static void note_include(struct walk *walk, const char *file,
			 const struct literal *literal)
{
	bool is_absolute = literal->length > 0 && literal->text[0] == '/';

	walk->has_absolute = walk->has_absolute || is_absolute;
	walk->has_relative = walk->has_relative || !is_absolute;
	if (walk->has_absolute && walk->has_relative) {
		walk->is_broken = true;
		complain(walk, file, literal, &mixed_includes);
	}
}

static void walk_include(struct walk *walk, const char *file,
			 const struct literal *literal)
{
	char *name = alloc_copy(literal->text, literal->length);
	char *path = source_path(walk->directory, name);
	struct source source;
	char *reason;

	note_include(walk, file, literal);
	reason = source_read(path, SOURCE_BYTES_MAX, &source);
	if (reason == NULL) {
		walk_source(walk, path, &source);
	} else {
		walk->is_broken = true;
		complaints_add(walk->complaints, file, literal->line,
			       "@include: found %s at %s, allowed is a "
			       "readable file",
			       reason, path);
	}
	source_clear(&source);
	free(reason);
	free(path);
	free(name);
}

static void walk_source(struct walk *walk, const char *file,
			const struct source *source)
{
	enum literal_kind kind = LITERAL_END;
	struct literal_scan scan;
	struct literal literal;

	if (++walk->depth > DEPTH_MAX)
		walk->is_too_deep = true;
	if (source_has_mark(source, "\xef\xbb\xbf"))
		complaints_add(walk->complaints, file, 1,
			       "file: found a byte order mark, allowed is "
			       "plain UTF-8 without one");
	literal_scan_init(&scan, source->data, source->length);
	/*
	 * Behind an open string everything is inside out; libconfig would
	 * complain at the end of the file, and leak the string.
	 */
	while (!walk->is_too_deep && kind != LITERAL_OPEN_STRING &&
	       (kind = literal_next(&scan, &literal)) != LITERAL_END) {
		if (kind == LITERAL_INCLUDE)
			walk_include(walk, file, &literal);
		else
			complain(walk, file, &literal, &messages[kind]);
	}
	walk->is_broken = walk->is_broken || kind == LITERAL_OPEN_STRING;
	walk->depth--;
}

void prescan_file(const char *path, const char *directory,
		  struct complaints *complaints, struct prescan *prescan_r)
{
	struct walk walk = { .directory = directory, .complaints = complaints };
	struct source source;
	char *reason = source_read(path, SOURCE_BYTES_MAX, &source);

	if (reason == NULL)
		walk_source(&walk, path, &source);
	else
		complaints_add(complaints, path, 0,
			       "settings: found %s, allowed is a readable file",
			       reason);
	prescan_r->may_parse = reason == NULL && !walk.is_broken;
	complaints_settle(complaints);
	prescan_r->include_directory = walk.has_absolute ? NULL : directory;
	source_clear(&source);
	free(reason);
}
