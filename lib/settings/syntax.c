/* SPDX-License-Identifier: ISC */
/*
 * A stack of brackets and what may come next. What does not fit is looked up in
 * a table of what people write instead, the first row that fits.
 */
#include "syntax.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "errors.h"

#define COUNT_OF(rows) (sizeof(rows) / sizeof((rows)[0]))

static char innermost(const struct syntax *syntax)
{
	return syntax->depth == 0 ? '{'
				  : syntax->open[syntax->depth - 1].bracket;
}

static char closer_of(char bracket)
{
	return bracket == '{' ? '}' : bracket == '[' ? ']' : ')';
}

static bool is_sign(enum literal_kind kind, const struct literal *token,
		    const char *signs)
{
	return kind == LITERAL_SIGN && strchr(signs, *token->text) != NULL;
}

static bool is_word(const struct literal *token, const char *word)
{
	return token->length == strlen(word) &&
	       strncasecmp(token->text, word, token->length) == 0;
}

static bool is_truth(enum literal_kind kind, const struct literal *token)
{
	return kind == LITERAL_NAME &&
	       (is_word(token, "true") || is_word(token, "false"));
}

static bool is_simple(enum literal_kind kind, const struct literal *token)
{
	return kind == LITERAL_TEXT || kind == LITERAL_NUMBER ||
	       is_truth(kind, token);
}

/* what does not fit */

enum place {
	IN_GROUP = 1,
	IN_LIST = 2,
	IN_ARRAY = 4,
	ANYWHERE = 7
};

#define EXPECT(what) (1u << (what))
#define ELEMENTS     (EXPECT(SYNTAX_FIRST) | EXPECT(SYNTAX_ELEMENT))
#define VALUES	     (EXPECT(SYNTAX_VALUE) | ELEMENTS)
#define ANYTHING     (~0u)

static bool is_quote(enum literal_kind kind, const struct literal *token)
{
	return kind == LITERAL_STRAY &&
	       (*token->text == '\'' || *token->text == '`' ||
		strncmp(token->text, "\xe2\x80", 2) == 0 ||
		strncmp(token->text, "\xc2\xab", 2) == 0 ||
		strncmp(token->text, "\xc2\xbb", 2) == 0);
}

static bool is_dashes(enum literal_kind kind, const struct literal *token)
{
	return kind == LITERAL_STRAY && *token->text == '-';
}

static bool is_at(enum literal_kind kind, const struct literal *token)
{
	return kind == LITERAL_STRAY && *token->text == '@';
}

static bool is_dot(enum literal_kind kind, const struct literal *token)
{
	return kind == LITERAL_STRAY && *token->text == '.';
}

static bool is_stray(enum literal_kind kind, const struct literal *token)
{
	(void)token;
	return kind == LITERAL_STRAY;
}

static bool is_close(enum literal_kind kind, const struct literal *token)
{
	return is_sign(kind, token, ")]}");
}

static bool is_open(enum literal_kind kind, const struct literal *token)
{
	return is_sign(kind, token, "([{");
}

static bool is_separator(enum literal_kind kind, const struct literal *token)
{
	return is_sign(kind, token, ",;");
}

static bool is_equals(enum literal_kind kind, const struct literal *token)
{
	return is_sign(kind, token, "=:");
}

static bool is_name(enum literal_kind kind, const struct literal *token)
{
	return kind == LITERAL_NAME && !is_truth(kind, token);
}

static bool is_any(enum literal_kind kind, const struct literal *token)
{
	(void)kind;
	(void)token;
	return true;
}

static const struct {
	unsigned int places, expects;
	bool (*is_so)(enum literal_kind kind, const struct literal *token);
	const char *allowed;
} rows[] = {
	{ ANYWHERE, ANYTHING, is_quote,
	  "text in straight double quotes, \"like this\"" },
	{ ANYWHERE, ANYTHING, is_dashes,
	  "no such sign; a comment begins with # or //" },
	{ ANYWHERE, ANYTHING, is_at,
	  "@include \"FILE\" alone on its line, and elsewhere text in double "
	  "quotes" },
	{ ANYWHERE, EXPECT(SYNTAX_EQUALS), is_dot,
	  "a name without dots; write redis = { server = ...; } for "
	  "redis.server" },
	{ ANYWHERE, ANYTHING, is_stray,
	  "a setting \"name = value;\", with text in double quotes and "
	  "comments behind #" },
	{ ANYWHERE, EXPECT(SYNTAX_ELEMENT), is_close,
	  "no comma behind the last element, remove the one before it" },
	{ ANYWHERE, EXPECT(SYNTAX_VALUE), is_close, "a value before it" },
	{ ANYWHERE, VALUES, is_separator, "a value before it" },
	{ ANYWHERE, VALUES, is_equals, "a value there" },
	{ IN_LIST, ELEMENTS, is_name,
	  "settings of a list within { }, text in double quotes" },
	{ IN_ARRAY, ELEMENTS, is_name,
	  "text in double quotes, a number, true or false" },
	{ IN_ARRAY, ELEMENTS, is_open,
	  "texts or numbers within [ ]; a list of groups { } is written in "
	  "( )" },
	{ ANYWHERE, VALUES, is_name,
	  "true, false, a number, or text in double quotes" },
	{ ANYWHERE, EXPECT(SYNTAX_EQUALS), is_any,
	  "\"=\" and a value behind a name; text is written in double "
	  "quotes" },
	{ ANYWHERE, EXPECT(SYNTAX_NAME), is_separator,
	  "one \";\" only, behind a value; a comment begins with # or //" },
	{ ANYWHERE, EXPECT(SYNTAX_NAME), is_equals, "a name before it" },
	{ ANYWHERE, EXPECT(SYNTAX_NAME), is_any,
	  "\"name = value;\" within { }; a list of values is written in "
	  "[ ], a list of groups in ( )" },
	{ IN_GROUP, EXPECT(SYNTAX_SEPARATOR), is_any,
	  "\";\" behind a value, and then the next name; several values are "
	  "written in [ ], with commas" },
	{ ANYWHERE, EXPECT(SYNTAX_SEPARATOR), is_any,
	  "a comma between two elements" },
};

static unsigned int place_of(const struct syntax *syntax)
{
	char bracket = innermost(syntax);

	return bracket == '{' ? IN_GROUP : bracket == '[' ? IN_ARRAY : IN_LIST;
}

static void add_found(struct text *fault, const struct literal *token)
{
	char *words = alloc_copy(token->text, token->length);
	size_t length = strcspn(words, "\n");

	words[length] = '\0';
	if (words[0] == '"' && length > 1 && words[length - 1] == '"') {
		words[length - 1] = '\0';
		memmove(words, words + 1, length - 1);
	}
	text_add_string(fault, "found ");
	errors_quote(fault, words);
	free(words);
}

/* A bracket that closes another than the one that is open. */
static bool is_crossed(const struct syntax *syntax, enum literal_kind kind,
		       const struct literal *token)
{
	return is_close(kind, token) && syntax->expect != SYNTAX_VALUE &&
	       syntax->expect != SYNTAX_EQUALS &&
	       (syntax->depth == 0 ||
		closer_of(innermost(syntax)) != *token->text);
}

static void add_crossed(struct text *fault, const struct syntax *syntax)
{
	char bracket = innermost(syntax);

	if (syntax->depth == 0)
		text_add_string(fault, " with nothing open, allowed is one for "
				       "each that opens");
	else
		text_add_format(fault,
				", allowed is \"%c\" for the \"%c\" of line %u",
				closer_of(bracket), bracket,
				syntax->open[syntax->depth - 1].line);
}

static bool refuse(struct syntax *syntax, enum literal_kind kind,
		   const struct literal *token, struct text *fault)
{
	unsigned int place = place_of(syntax), expect = EXPECT(syntax->expect);

	add_found(fault, token);
	syntax->is_over = true;
	if (is_crossed(syntax, kind, token)) {
		add_crossed(fault, syntax);
		return false;
	}
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if ((rows[i].places & place) != 0 &&
		    (rows[i].expects & expect) != 0 &&
		    rows[i].is_so(kind, token)) {
			text_add_format(fault, ", allowed is %s",
					rows[i].allowed);
			break;
		}
	return false;
}

/* what fits */

static void open_bracket(struct syntax *syntax, const struct literal *token)
{
	syntax->is_over = syntax->depth == SYNTAX_DEPTH_MAX;
	if (syntax->is_over)
		return;
	syntax->open[syntax->depth].bracket = *token->text;
	syntax->open[syntax->depth++].line = token->line;
	syntax->expect = *token->text == '{' ? SYNTAX_NAME : SYNTAX_FIRST;
}

static bool take_value(struct syntax *syntax, enum literal_kind kind,
		       const struct literal *token)
{
	if (is_simple(kind, token)) {
		syntax->has_text = kind == LITERAL_TEXT;
		syntax->expect = SYNTAX_SEPARATOR;
		return true;
	}
	if (!is_open(kind, token) || innermost(syntax) == '[')
		return false;
	open_bracket(syntax, token);
	return true;
}

/* The bracket that closes the innermost one ends a value. */
static bool take_close(struct syntax *syntax, enum literal_kind kind,
		       const struct literal *token)
{
	if (!is_close(kind, token) || syntax->depth == 0 ||
	    closer_of(innermost(syntax)) != *token->text)
		return false;
	syntax->depth--;
	syntax->has_text = false;
	syntax->expect = SYNTAX_SEPARATOR;
	return true;
}

static bool take_name(struct syntax *syntax, enum literal_kind kind,
		      const struct literal *token)
{
	if (!is_name(kind, token))
		return false;
	syntax->expect = SYNTAX_EQUALS;
	return true;
}

/* Behind a value of a group even the ";" may be absent, and a text may go on in
 * another one. */
static bool take_separator(struct syntax *syntax, enum literal_kind kind,
			   const struct literal *token)
{
	if (innermost(syntax) != '{') {
		syntax->expect = SYNTAX_ELEMENT;
		return is_sign(kind, token, ",");
	}
	if (is_separator(kind, token)) {
		syntax->expect = SYNTAX_NAME;
		return true;
	}
	return take_name(syntax, kind, token) ||
	       (kind == LITERAL_TEXT && syntax->has_text);
}

static bool take(struct syntax *syntax, enum literal_kind kind,
		 const struct literal *token)
{
	switch (syntax->expect) {
	case SYNTAX_NAME:
		return take_name(syntax, kind, token) ||
		       take_close(syntax, kind, token);
	case SYNTAX_EQUALS:
		syntax->expect = SYNTAX_VALUE;
		return is_equals(kind, token);
	case SYNTAX_FIRST:
		return take_value(syntax, kind, token) ||
		       take_close(syntax, kind, token);
	case SYNTAX_VALUE:
	case SYNTAX_ELEMENT:
		return take_value(syntax, kind, token);
	case SYNTAX_SEPARATOR:
		return take_close(syntax, kind, token) ||
		       take_separator(syntax, kind, token);
	}
	return false;
}

bool syntax_take(struct syntax *syntax, enum literal_kind kind,
		 const struct literal *token, struct text *fault)
{
	enum syntax_expect expect = syntax->expect;

	if (syntax->is_over || take(syntax, kind, token))
		return true;
	syntax->expect = expect;
	return refuse(syntax, kind, token, fault);
}

bool syntax_end(struct syntax *syntax, unsigned int last_line,
		unsigned int *line_r, struct text *fault)
{
	char bracket = innermost(syntax);
	bool is_unfinished = syntax->expect == SYNTAX_EQUALS ||
			     syntax->expect == SYNTAX_VALUE;

	if (syntax->is_over || (syntax->depth == 0 && !is_unfinished))
		return true;
	syntax->is_over = true;
	*line_r = last_line;
	if (is_unfinished) {
		text_add_string(fault, "found the end of the file, allowed is "
				       "\"name = value;\"");
		return false;
	}
	*line_r = syntax->open[syntax->depth - 1].line;
	text_add_format(fault,
			"found \"%c\" that is never closed, allowed is \"%c\" "
			"behind its end",
			bracket, closer_of(bracket));
	return false;
}
