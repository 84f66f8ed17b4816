/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SYNTAX_H
#define WEIR_SYNTAX_H

/*
 * The grammar of libconfig, token by token: what is wrong with the first token
 * that does not fit, and what to write instead; libconfig itself says only
 * "syntax error". Where versions of libconfig differ (a comma behind the last
 * element, two texts without a comma in a list) the stricter way holds. One
 * thread.
 */
#include <stdbool.h>

#include "token.h"

struct text;

#define SYNTAX_DEPTH_MAX 64

enum syntax_expect {
	SYNTAX_NAME,	 /* of a setting; the group may end */
	SYNTAX_EQUALS,	 /* = or : */
	SYNTAX_VALUE,	 /* behind = */
	SYNTAX_FIRST,	 /* element of a list or array; it may end */
	SYNTAX_ELEMENT,	 /* behind a comma */
	SYNTAX_SEPARATOR /* behind a value */
};

struct syntax {
	enum syntax_expect expect;
	struct {
		char bracket;
		unsigned int line;
	} open[SYNTAX_DEPTH_MAX];
	unsigned int depth;
	bool has_text; /* the value that has just ended is a text */
	bool is_over;  /* nothing more can be said */
};

/* {0} is the start of a file. Does the token fit? Else fault gets "found X,
 * allowed is Y", and the syntax is over. */
bool syntax_take(struct syntax *syntax, const struct token *token,
		 struct text *fault);

/* The same at the end of the file, in last_line; *line_r is that of what is
 * still open. */
bool syntax_end(struct syntax *syntax, unsigned int last_line,
		unsigned int *line_r, struct text *fault);

#endif
