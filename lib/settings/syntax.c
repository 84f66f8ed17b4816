/* SPDX-License-Identifier: ISC */
/*
 * A stack of brackets and what may come next. What does not fit is looked up in
 * a table of what people write instead, the first row that fits.
 */
#include "syntax.h"

#include <stdlib.h>

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
#define STRAYS	     (TOKEN_QUOTE | TOKEN_DASH | TOKEN_AT | TOKEN_DOT | TOKEN_OTHER)

static const struct {
	unsigned int places, expects, kinds;
	const char *allowed;
} rows[] = {
	{ ANYWHERE, ANYTHING, TOKEN_QUOTE,
	  "text in straight double quotes, \"like this\"" },
	{ ANYWHERE, ANYTHING, TOKEN_DASH,
	  "no such sign; a comment begins with # or //" },
	{ ANYWHERE, ANYTHING, TOKEN_AT,
	  "@include \"FILE\" alone on its line, and elsewhere text in double "
	  "quotes" },
	{ ANYWHERE, EXPECT(SYNTAX_EQUALS), TOKEN_DOT,
	  "a name without dots; write redis = { server = ...; } for "
	  "redis.server" },
	{ ANYWHERE, ANYTHING, STRAYS,
	  "a setting \"name = value;\", with text in double quotes and "
	  "comments behind #" },
	{ ANYWHERE, EXPECT(SYNTAX_ELEMENT), TOKEN_CLOSE,
	  "no comma behind the last element, remove the one before it" },
	{ ANYWHERE, EXPECT(SYNTAX_VALUE), TOKEN_CLOSE, "a value before it" },
	{ ANYWHERE, VALUES, TOKEN_SEPARATOR, "a value before it" },
	{ ANYWHERE, VALUES, TOKEN_EQUALS, "a value there" },
	{ IN_LIST, ELEMENTS, TOKEN_NAME,
	  "settings of a list within { }, text in double quotes" },
	{ IN_ARRAY, ELEMENTS, TOKEN_NAME,
	  "text in double quotes, a number, true or false" },
	{ IN_ARRAY, ELEMENTS, TOKEN_OPEN,
	  "texts or numbers within [ ]; a list of groups { } is written in "
	  "( )" },
	{ ANYWHERE, VALUES, TOKEN_NAME,
	  "true, false, a number, or text in double quotes" },
	{ ANYWHERE, EXPECT(SYNTAX_EQUALS), ANYTHING,
	  "\"=\" and a value behind a name; text is written in double "
	  "quotes" },
	{ ANYWHERE, EXPECT(SYNTAX_NAME), TOKEN_SEPARATOR,
	  "one \";\" only, behind a value; a comment begins with # or //" },
	{ ANYWHERE, EXPECT(SYNTAX_NAME), TOKEN_EQUALS, "a name before it" },
	{ ANYWHERE, EXPECT(SYNTAX_NAME), ANYTHING,
	  "\"name = value;\" within { }; a list of values is written in "
	  "[ ], a list of groups in ( )" },
	{ IN_GROUP, EXPECT(SYNTAX_SEPARATOR), ANYTHING,
	  "\";\" behind a value, and then the next name; several values are "
	  "written in [ ], with commas" },
	{ ANYWHERE, EXPECT(SYNTAX_SEPARATOR), ANYTHING,
	  "a comma between two elements" },
};

static unsigned int place_of(const struct syntax *syntax)
{
	char bracket = innermost(syntax);

	return bracket == '{' ? IN_GROUP : bracket == '[' ? IN_ARRAY : IN_LIST;
}

static void add_found(struct text *fault, const struct token *token)
{
	char *words = token_words(token);

	text_add_string(fault, "found ");
	errors_quote(fault, words);
	free(words);
}

/* A bracket that closes another than the one that is open. */
static bool is_crossed(const struct syntax *syntax, const struct token *token)
{
	return token->kind == TOKEN_CLOSE && syntax->expect != SYNTAX_VALUE &&
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

static bool refuse(struct syntax *syntax, const struct token *token,
		   struct text *fault)
{
	unsigned int place = place_of(syntax), expect = EXPECT(syntax->expect);

	add_found(fault, token);
	syntax->is_over = true;
	if (is_crossed(syntax, token)) {
		add_crossed(fault, syntax);
		return false;
	}
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if ((rows[i].places & place) != 0 &&
		    (rows[i].expects & expect) != 0 &&
		    (rows[i].kinds & token->kind) != 0) {
			text_add_format(fault, ", allowed is %s",
					rows[i].allowed);
			break;
		}
	return false;
}

/* what fits */

#define SIMPLE (TOKEN_TEXT | TOKEN_NUMBER | TOKEN_TRUTH)

static void open_bracket(struct syntax *syntax, const struct token *token)
{
	syntax->is_over = syntax->depth == SYNTAX_DEPTH_MAX;
	if (syntax->is_over)
		return;
	syntax->open[syntax->depth].bracket = *token->text;
	syntax->open[syntax->depth++].line = token->line;
	syntax->expect = *token->text == '{' ? SYNTAX_NAME : SYNTAX_FIRST;
}

static bool take_value(struct syntax *syntax, const struct token *token)
{
	if ((token->kind & SIMPLE) != 0) {
		syntax->has_text = token->kind == TOKEN_TEXT;
		syntax->expect = SYNTAX_SEPARATOR;
		return true;
	}
	if (token->kind != TOKEN_OPEN || innermost(syntax) == '[')
		return false;
	open_bracket(syntax, token);
	return true;
}

/* The bracket that closes the innermost one ends a value. */
static bool take_close(struct syntax *syntax, const struct token *token)
{
	if (token->kind != TOKEN_CLOSE || syntax->depth == 0 ||
	    closer_of(innermost(syntax)) != *token->text)
		return false;
	syntax->depth--;
	syntax->has_text = false;
	syntax->expect = SYNTAX_SEPARATOR;
	return true;
}

static bool take_name(struct syntax *syntax, const struct token *token)
{
	if (token->kind != TOKEN_NAME)
		return false;
	syntax->expect = SYNTAX_EQUALS;
	return true;
}

/* Behind a value of a group even the ";" may be absent, and a text may go on in
 * another one. */
static bool take_separator(struct syntax *syntax, const struct token *token)
{
	if (innermost(syntax) != '{') {
		syntax->expect = SYNTAX_ELEMENT;
		return *token->text == ',';
	}
	if (token->kind == TOKEN_SEPARATOR) {
		syntax->expect = SYNTAX_NAME;
		return true;
	}
	return take_name(syntax, token) ||
	       (token->kind == TOKEN_TEXT && syntax->has_text);
}

static bool take(struct syntax *syntax, const struct token *token)
{
	switch (syntax->expect) {
	case SYNTAX_NAME:
		return take_name(syntax, token) || take_close(syntax, token);
	case SYNTAX_EQUALS:
		syntax->expect = SYNTAX_VALUE;
		return token->kind == TOKEN_EQUALS;
	case SYNTAX_FIRST:
		return take_value(syntax, token) || take_close(syntax, token);
	case SYNTAX_VALUE:
	case SYNTAX_ELEMENT:
		return take_value(syntax, token);
	case SYNTAX_SEPARATOR:
		return take_close(syntax, token) ||
		       take_separator(syntax, token);
	}
	return false;
}

bool syntax_take(struct syntax *syntax, const struct token *token,
		 struct text *fault)
{
	enum syntax_expect expect = syntax->expect;

	if (syntax->is_over || take(syntax, token))
		return true;
	syntax->expect = expect;
	return refuse(syntax, token, fault);
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
