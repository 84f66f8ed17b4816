/* SPDX-License-Identifier: ISC */
/*
 * The tokens of libconfig 1.5's scanner.l, as far as they decide where a
 * number, a string or an include begins and ends.
 */
#include "token.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"

/* More digits than any number that fits; longer ones are too large. */
#define DIGITS_MAX 64

void token_scan_init(struct token_scan *scan, const char *data, size_t length)
{
	*scan = (struct token_scan){
		.data = data, .length = length, .line = 1, .is_line_start = true
	};
}

/* NUL at the end; files with NUL bytes are refused by libconfig. */
static char peek(const struct token_scan *scan, size_t ahead)
{
	size_t position = scan->position + ahead;

	return position < scan->length ? scan->data[position] : '\0';
}

static bool is_at_end(const struct token_scan *scan)
{
	return scan->position >= scan->length;
}

static bool starts_with(const struct token_scan *scan, const char *word)
{
	size_t length = strlen(word);

	return scan->length - scan->position >= length &&
	       memcmp(scan->data + scan->position, word, length) == 0;
}

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* blanks and comments */

static void skip_to(struct token_scan *scan, const char *end)
{
	while (!is_at_end(scan) && !starts_with(scan, end)) {
		scan->line += peek(scan, 0) == '\n';
		scan->position++;
	}
}

/* False where there was no comment. */
static bool skip_comment(struct token_scan *scan)
{
	if (starts_with(scan, "/*")) {
		scan->position += 2;
		skip_to(scan, "*/");
		scan->position += is_at_end(scan) ? 0 : 2;
	} else if (starts_with(scan, "#") || starts_with(scan, "//")) {
		skip_to(scan, "\n");
	} else {
		return false;
	}
	scan->is_line_start = false;
	return true;
}

static void skip_blanks(struct token_scan *scan)
{
	while (skip_comment(scan) || is_one_of(peek(scan, 0), " \t\r\f\n")) {
		char c = peek(scan, 0);

		if (!is_one_of(c, " \t\r\f\n"))
			continue;
		scan->line += c == '\n';
		scan->is_line_start = c == '\n' || (scan->is_line_start &&
						    (c == ' ' || c == '\t'));
		scan->position++;
	}
}

/* strings */

/* Bytes of a string that mean one: an escaped quote is no end. */
static size_t string_step(const struct token_scan *scan)
{
	return peek(scan, 0) == '\\' && is_one_of(peek(scan, 1), "\"\\") ? 2
									 : 1;
}

static enum token_kind skip_string(struct token_scan *scan)
{
	enum token_kind kind = TOKEN_TEXT;

	scan->position++;
	while (!is_at_end(scan) && peek(scan, 0) != '"') {
		if (peek(scan, 0) == '\n') {
			kind = TOKEN_OPEN_STRING;
			scan->line++;
		} else if (kind == TOKEN_TEXT && (starts_with(scan, "\\x00") ||
						  starts_with(scan, "\\X00"))) {
			kind = TOKEN_NUL;
		}
		scan->position += string_step(scan);
	}
	if (is_at_end(scan))
		return TOKEN_OPEN_STRING;
	scan->position++;
	return kind;
}

/* numbers */

static const char *skip_sign(const char *text)
{
	return text + (*text == '-' || *text == '+');
}

static size_t count_digits(const char *text)
{
	return strspn(text, "0123456789");
}

static bool is_float(const char *at)
{
	size_t whole = count_digits(at = skip_sign(at)), fraction = 0;

	at += whole;
	if (*at == '.') {
		fraction = count_digits(++at);
		at += fraction;
	}
	if (*at == 'e' || *at == 'E') {
		at = skip_sign(at + 1);
		if (count_digits(at) == 0)
			return false;
		at += count_digits(at);
	}
	return whole + fraction > 0 && *at == '\0';
}

/* word is all that is written without a blank. 0660 is octal for libconfig 1.7
 * and decimal for 1.5. */
static enum token_kind judge_number(const char *word)
{
	bool is_hex = word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
	const char *digits = skip_sign(word);
	long long value;
	size_t longs;
	char *end;

	errno = 0;
	value = strtoll(word, &end, is_hex ? 16 : 10);
	longs = strspn(end, "L");
	if (end == word || longs > 2 || end[longs] != '\0')
		return !is_hex && is_float(word) ? TOKEN_NUMBER
						 : TOKEN_NO_NUMBER;
	if (!is_hex && digits[0] == '0' && count_digits(digits) > 1)
		return TOKEN_LEADING_ZERO;
	return errno == ERANGE || (longs == 0 &&
				   (value > INT_MAX || value < INT_MIN))
		       ? TOKEN_TOO_LARGE
		       : TOKEN_NUMBER;
}

/* Does the number go on? Letters too: 0x1F, 5L, 1e-3. */
static bool goes_on(const struct token_scan *scan, const char *start)
{
	char c = peek(scan, 0), last = scan->data[scan->position - 1];
	bool is_exponent = is_one_of(last, "eE") && !is_one_of(start[1], "xX");

	return is_digit(c) || is_letter(c) || c == '.' ||
	       (is_exponent && is_one_of(c, "-+"));
}

static enum token_kind skip_number(struct token_scan *scan)
{
	const char *start = scan->data + scan->position;
	char word[DIGITS_MAX] = "";
	size_t length;

	do
		scan->position++;
	while (goes_on(scan, start));
	length = (size_t)(scan->data + scan->position - start);
	if (length >= sizeof(word))
		return TOKEN_TOO_LARGE;
	memcpy(word, start, length);
	return judge_number(word);
}

/* names, and signs */

static enum token_kind skip_name(struct token_scan *scan)
{
	const char *start = scan->data + scan->position;
	size_t length = 0;

	while (is_letter(peek(scan, length)) || is_digit(peek(scan, length)) ||
	       is_one_of(peek(scan, length), "_-*"))
		length++;
	scan->position += length;
	return (length == 4 && strncasecmp(start, "true", 4) == 0) ||
			       (length == 5 &&
				strncasecmp(start, "false", 5) == 0)
		       ? TOKEN_TRUTH
		       : TOKEN_NAME;
}

/* Quotes of a word processor, too. */
static enum token_kind skip_sign_or_stray(struct token_scan *scan)
{
	static const struct {
		const char *text;
		enum token_kind kind;
	} signs[] = {
		{ "=", TOKEN_EQUALS },	     { ":", TOKEN_EQUALS },
		{ ",", TOKEN_SEPARATOR },    { ";", TOKEN_SEPARATOR },
		{ "(", TOKEN_OPEN },	     { "[", TOKEN_OPEN },
		{ "{", TOKEN_OPEN },	     { ")", TOKEN_CLOSE },
		{ "]", TOKEN_CLOSE },	     { "}", TOKEN_CLOSE },
		{ "'", TOKEN_QUOTE },	     { "`", TOKEN_QUOTE },
		{ "\xe2\x80", TOKEN_QUOTE }, { "\xc2\xab", TOKEN_QUOTE },
		{ "\xc2\xbb", TOKEN_QUOTE }, { "-", TOKEN_DASH },
		{ "@", TOKEN_AT },	     { ".", TOKEN_DOT },
	};
	enum token_kind kind = TOKEN_OTHER;
	size_t length = text_utf8_length(scan->data + scan->position,
					 scan->length - scan->position);

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (starts_with(scan, signs[i].text))
			kind = signs[i].kind;
	scan->position += length > 0 ? length : 1;
	return kind;
}

static enum token_kind skip_token(struct token_scan *scan)
{
	char c = peek(scan, 0);

	if (c == '"')
		return skip_string(scan);
	if (is_digit(c) || (is_one_of(c, "-+.") && is_digit(peek(scan, 1))))
		return skip_number(scan);
	if (is_letter(c) || c == '*')
		return skip_name(scan);
	return skip_sign_or_stray(scan);
}

/* At the path of an @include; what has no path is a stray "@include". */
static bool skip_include(struct token_scan *scan)
{
	if (!scan->is_line_start || !starts_with(scan, "@include"))
		return false;
	scan->position += strlen("@include");
	while (is_one_of(peek(scan, 0), " \t"))
		scan->position++;
	return true;
}

void token_next(struct token_scan *scan, struct token *token_r)
{
	bool is_include;
	size_t start;

	skip_blanks(scan);
	*token_r = (struct token){ .line = scan->line, .kind = TOKEN_END };
	if (is_at_end(scan))
		return;
	start = scan->position;
	is_include = skip_include(scan);
	scan->is_line_start = false;
	if (is_include && peek(scan, 0) != '"') {
		token_r->kind = TOKEN_AT;
		is_include = false;
	} else {
		start = scan->position;
		token_r->kind = skip_token(scan);
	}
	token_r->text = scan->data + start;
	token_r->length = scan->position - start;
	if (is_include && token_r->kind == TOKEN_TEXT) {
		token_r->kind = TOKEN_INCLUDE;
		token_r->text++;
		token_r->length -= 2;
	}
}

char *token_words(const struct token *token)
{
	const char *text = token->text;
	const char *line_end = memchr(text, '\n', token->length);
	size_t length = line_end != NULL ? (size_t)(line_end - text)
					 : token->length;

	if (length > 0 && text[0] == '"') {
		text++;
		length--;
		length -= length > 0 && text[length - 1] == '"';
	}
	return alloc_copy(text, length);
}
