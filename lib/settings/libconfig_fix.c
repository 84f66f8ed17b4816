/* SPDX-License-Identifier: ISC */
/*
 * The includes are followed as libconfig follows them: to the same depth, and
 * relative to the directory of the main file. An include that includes itself
 * is left to libconfig, which reports it well.
 */
#include "libconfig_fix.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "errors.h"
#include "source.h"
#include "syntax.h"
#include "token.h"

/* MAX_INCLUDE_DEPTH of libconfig */
#define DEPTH_MAX 10

#define FAULT_SIZE 1024

struct walk {
	const char *directory;
	struct source_list *files;
	struct errors *errors;
	bool has_relative, has_absolute;
	struct syntax syntax;
	unsigned int last_line; /* of the file that was read last */
	unsigned int depth;
	bool is_too_deep, is_broken;
};

/* What is said around the words that were found. */
static const struct message {
	enum token_kind kind;
	const char *before, *after;
} messages[] = {
	{ TOKEN_TOO_LARGE, "number: found ",
	  ", allowed is -2147483648 to 2147483647, and what fits 64 bits with "
	  "an L behind it" },
	{ TOKEN_OPEN_STRING, "string: found ",
	  " without a closing quote on its line, allowed is text that ends "
	  "there" },
	{ TOKEN_NUL, "string: found \\x00 in ",
	  ", allowed is text without NUL" },
	{ TOKEN_LEADING_ZERO, "number: found ",
	  ", allowed is a number without a zero before it; a mode is written "
	  "in quotes, \"0660\"" },
	{ TOKEN_NO_NUMBER, "number: found ",
	  ", allowed is a number, and text such as a span or a size in double "
	  "quotes" },
	{ TOKEN_INCLUDE, "@include: found ",
	  ", allowed are includes that are all absolute or all relative to "
	  "the directory of the main file" },
};

static void report(struct walk *walk, const char *file,
		   const struct token *token)
{
	const struct message *message = messages;
	char *words = token_words(token), quote[ERRORS_QUOTE_SIZE];
	struct text text;

	while (message->kind != token->kind)
		message++;
	text_init(&text, quote, sizeof(quote));
	errors_quote(&text, words);
	errors_add(walk->errors, file, token->line, "%s%s%s", message->before,
		   quote, message->after);
	free(words);
}

static void walk_source(struct walk *walk, const char *file,
			const struct source *source);

/* Absolute and relative includes do not go together in libconfig 1.5. */
static void note_include(struct walk *walk, const char *file,
			 const struct token *token)
{
	bool is_absolute = token->length > 0 && token->text[0] == '/';

	walk->has_absolute = walk->has_absolute || is_absolute;
	walk->has_relative = walk->has_relative || !is_absolute;
	if (walk->has_absolute && walk->has_relative) {
		walk->is_broken = true;
		report(walk, file, token);
	}
}

static void walk_include(struct walk *walk, const char *file,
			 const struct token *token)
{
	char *name = alloc_copy(token->text, token->length);
	char *path = source_path(walk->directory, name);
	struct source source;
	char *reason;

	note_include(walk, file, token);
	reason = source_read(path, SOURCE_BYTES_MAX, &source);
	if (reason == NULL) {
		walk_source(walk, path, &source);
	} else {
		walk->is_broken = true;
		errors_add(walk->errors, file, token->line,
			   "@include: found %s at %s, allowed is a "
			   "readable file",
			   reason, path);
	}
	source_clear(&source);
	free(reason);
	free(path);
	free(name);
}

static void report_syntax(struct walk *walk, const char *file,
			  unsigned int line, const struct text *fault)
{
	walk->is_broken = true;
	errors_add(walk->errors, file, line, "syntax: %s", fault->data);
}

/* A number that is misread is one for the syntax. */
static void walk_token(struct walk *walk, const char *file, struct token *token)
{
	char buffer[FAULT_SIZE];
	struct text fault;

	if (token->kind == TOKEN_INCLUDE) {
		walk_include(walk, file, token);
		return;
	}
	if ((token->kind & TOKEN_MISREAD) != 0) {
		report(walk, file, token);
		walk->is_broken = walk->is_broken ||
				  token->kind == TOKEN_OPEN_STRING ||
				  token->kind == TOKEN_NO_NUMBER;
		token->kind = token->kind == TOKEN_NUL ? TOKEN_TEXT
						       : TOKEN_NUMBER;
	}
	text_init(&fault, buffer, sizeof(buffer));
	if (!walk->is_broken && !syntax_take(&walk->syntax, token, &fault))
		report_syntax(walk, file, token->line, &fault);
}

/* libconfig knows no byte order mark. */
static void walk_mark(struct walk *walk, const char *file,
		      struct token_scan *scan, const struct source *source)
{
	if (!source_has_mark(source, "\xef\xbb\xbf"))
		return;
	errors_add(walk->errors, file, 1,
		   "file: found a byte order mark, allowed is plain UTF-8 "
		   "without one");
	scan->position = strlen("\xef\xbb\xbf");
	walk->is_broken = true;
}

/* Behind an open string everything is inside out; libconfig would report the
 * end of the file, and leak the string. */
static void walk_source(struct walk *walk, const char *file,
			const struct source *source)
{
	struct token token = { .kind = TOKEN_OTHER };
	struct token_scan scan;
	bool is_open = false;

	source_list_add(walk->files, file);
	if (++walk->depth > DEPTH_MAX)
		walk->is_too_deep = true;
	token_scan_init(&scan, source->data, source->length);
	walk_mark(walk, file, &scan, source);
	while (!walk->is_too_deep && !is_open) {
		token_next(&scan, &token);
		if (token.kind == TOKEN_END)
			break;
		is_open = token.kind == TOKEN_OPEN_STRING;
		walk_token(walk, file, &token);
	}
	walk->last_line = scan.line;
	walk->depth--;
}

/* Brackets that are still open. */
static void walk_end(struct walk *walk, const char *path)
{
	char buffer[FAULT_SIZE];
	struct text fault;
	unsigned int line;

	text_init(&fault, buffer, sizeof(buffer));
	if (!walk->is_broken && !walk->is_too_deep &&
	    !syntax_end(&walk->syntax, walk->last_line, &line, &fault))
		report_syntax(walk, path, line, &fault);
}

void libconfig_fix_file(const char *path, const char *directory,
			struct errors *errors, struct libconfig_fix *fix_r)
{
	struct walk walk = { .directory = directory,
			     .errors = errors,
			     .files = fix_r->files };
	struct source source;
	char *reason = source_read(path, SOURCE_BYTES_MAX, &source);

	if (reason == NULL) {
		walk_source(&walk, path, &source);
		walk_end(&walk, path);
	} else {
		errors_add(errors, path, 0,
			   "settings: found %s, allowed is a readable file",
			   reason);
	}
	fix_r->may_parse = reason == NULL && !walk.is_broken;
	errors_end_text(errors);
	fix_r->include_directory = walk.has_absolute ? NULL : directory;
	source_clear(&source);
	free(reason);
}
