/* SPDX-License-Identifier: ISC */
/*
 * The tokens of libconfig 1.5's scanner.l, as far as they decide where a
 * number, a string or an include begins and ends.
 */
#include "literal.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

/* More digits than any number that fits; longer ones are too large. */
#define DIGITS_MAX 64

void literal_scan_init(struct literal_scan *scan, const char *data,
		       size_t length)
{
	*scan = (struct literal_scan){
		.data = data, .length = length, .line = 1, .is_line_start = true
	};
}

/* NUL at the end; files with NUL bytes are refused by libconfig. */
static char peek(const struct literal_scan *scan, size_t ahead)
{
	size_t position = scan->position + ahead;

	return position < scan->length ? scan->data[position] : '\0';
}

static bool is_at_end(const struct literal_scan *scan)
{
	return scan->position >= scan->length;
}

static bool starts_with(const struct literal_scan *scan, const char *word)
{
	size_t length = strlen(word);

	return scan->length - scan->position >= length &&
	       memcmp(scan->data + scan->position, word, length) == 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void skip_line(struct literal_scan *scan)
{
	while (!is_at_end(scan) && peek(scan, 0) != '\n')
		scan->position++;
}

static void skip_block_comment(struct literal_scan *scan)
{
	scan->position += 2;
	while (!is_at_end(scan) && !starts_with(scan, "*/")) {
		scan->line += peek(scan, 0) == '\n';
		scan->position++;
	}
	if (!is_at_end(scan))
		scan->position += 2;
}

static bool is_name_byte(char c)
{
	return is_letter(c) || is_digit(c) || c == '_' || c == '-' || c == '*';
}

static void skip_name(struct literal_scan *scan)
{
	while (is_name_byte(peek(scan, 0)))
		scan->position++;
}

/* What stands from start to here. */
static void take(const struct literal_scan *scan, size_t start,
		 unsigned int line, struct literal *literal_r)
{
	literal_r->text = scan->data + start;
	literal_r->length = scan->position - start;
	literal_r->line = line;
}

/* Bytes of a string that stand for one: an escaped quote is no end. */
static size_t string_step(const struct literal_scan *scan)
{
	char next = peek(scan, 1);

	return peek(scan, 0) == '\\' && (next == '"' || next == '\\') ? 2 : 1;
}

static bool is_nul_escape(const struct literal_scan *scan)
{
	return starts_with(scan, "\\x00") || starts_with(scan, "\\X00");
}

/* *literal_r is filled in. */
static enum literal_kind scan_string(struct literal_scan *scan,
				     struct literal *literal_r)
{
	enum literal_kind kind = LITERAL_TEXT;
	unsigned int line = scan->line;
	size_t start = scan->position++;

	while (!is_at_end(scan) && peek(scan, 0) != '"') {
		if (peek(scan, 0) == '\n') {
			kind = LITERAL_OPEN_STRING;
			scan->line++;
		} else if (kind == LITERAL_TEXT && is_nul_escape(scan)) {
			kind = LITERAL_NUL;
		}
		scan->position += string_step(scan);
	}
	if (is_at_end(scan))
		kind = LITERAL_OPEN_STRING;
	else
		scan->position++;
	take(scan, start, line, literal_r);
	return kind;
}

static size_t count_digits(const char *text)
{
	return strspn(text, "0123456789");
}

/* Behind "5e10", "+5", "0x1F", "1.5e-3"; NULL where it is no number. */
static const char *skip_number(const char *text, bool *is_integer_r)
{
	bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	size_t digits;

	*is_integer_r = true;
	if (is_hex) {
		digits = strspn(text + 2, "0123456789abcdefABCDEF");
		return digits == 0 ? NULL : text + 2 + digits;
	}
	text += *text == '-' || *text == '+';
	digits = count_digits(text);
	text += digits;
	if (*text == '.') {
		*is_integer_r = false;
		digits += count_digits(text + 1);
		text += 1 + count_digits(text + 1);
	}
	if (digits == 0)
		return NULL;
	if (*text == 'e' || *text == 'E') {
		*is_integer_r = false;
		text += 1 + (text[1] == '-' || text[1] == '+');
		if (count_digits(text) == 0)
			return NULL;
		text += count_digits(text);
	}
	return text;
}

/* "0660": libconfig 1.7 takes it as octal, 1.5 does not. */
static bool has_leading_zero(const char *digits)
{
	digits += *digits == '-' || *digits == '+';
	return digits[0] == '0' && count_digits(digits) > 1;
}

static bool is_too_large(const char *digits, bool is_long)
{
	bool is_hex = strchr(digits, 'x') != NULL ||
		      strchr(digits, 'X') != NULL;
	long long value;

	errno = 0;
	value = strtoll(digits, NULL, is_hex ? 16 : 10);
	return errno == ERANGE ||
	       (!is_long && (value > INT_MAX || value < INT_MIN));
}

/* number is all that stands there in one word. */
static enum literal_kind judge_number(const char *number)
{
	bool is_integer;
	const char *end = skip_number(number, &is_integer);
	size_t longs = end == NULL ? 0 : strspn(end, "L");

	if (end == NULL || longs > 2 || end[longs] != '\0' ||
	    (longs > 0 && !is_integer))
		return LITERAL_NO_NUMBER;
	if (!is_integer)
		return LITERAL_NUMBER;
	if (has_leading_zero(number))
		return LITERAL_LEADING_ZERO;
	return is_too_large(number, longs > 0) ? LITERAL_TOO_LARGE
					       : LITERAL_NUMBER;
}

/* Does the number go on? Letters too: 0x1F, 5L, 1e-3. */
static bool goes_on(const struct literal_scan *scan, size_t start)
{
	char c = peek(scan, 0), last = scan->data[scan->position - 1];
	bool is_exponent = (last == 'e' || last == 'E') &&
			   scan->data[start + 1] != 'x' &&
			   scan->data[start + 1] != 'X';

	return is_digit(c) || is_letter(c) || c == '.' ||
	       (is_exponent && (c == '-' || c == '+'));
}

static enum literal_kind scan_number(struct literal_scan *scan,
				     struct literal *literal_r)
{
	char number[DIGITS_MAX] = "";
	size_t start = scan->position, length;

	scan->position++;
	while (goes_on(scan, start))
		scan->position++;
	take(scan, start, scan->line, literal_r);
	length = literal_r->length;
	if (length >= sizeof(number))
		return LITERAL_TOO_LARGE;
	memcpy(number, literal_r->text, length);
	return judge_number(number);
}

/* Stands on the '@' of an @include at the start of a line. */
static enum literal_kind scan_include(struct literal_scan *scan,
				      struct literal *literal_r)
{
	enum literal_kind kind;
	size_t start = scan->position;

	scan->position += strlen("@include");
	while (peek(scan, 0) == ' ' || peek(scan, 0) == '\t')
		scan->position++;
	if (peek(scan, 0) != '"') {
		take(scan, start, scan->line, literal_r);
		return LITERAL_STRAY;
	}
	kind = scan_string(scan, literal_r);
	if (kind != LITERAL_TEXT)
		return kind;
	literal_r->text++;
	literal_r->length -= 2;
	return LITERAL_INCLUDE;
}

/* A sign, or a whole character that is none. */
static enum literal_kind scan_sign(struct literal_scan *scan,
				   struct literal *literal_r)
{
	size_t start = scan->position;
	size_t length = text_utf8_length(scan->data + start,
					 scan->length - start);
	char c = peek(scan, 0);

	scan->position += length > 0 ? length : 1;
	take(scan, start, scan->line, literal_r);
	return c != '\0' && strchr("=:,;{}[]()", c) != NULL ? LITERAL_SIGN
							    : LITERAL_STRAY;
}

static enum literal_kind scan_token(struct literal_scan *scan,
				    struct literal *literal_r)
{
	char c = peek(scan, 0), next = peek(scan, 1);
	size_t start = scan->position;

	if (c == '"')
		return scan_string(scan, literal_r);
	if (is_digit(c) ||
	    ((c == '-' || c == '+' || c == '.') && is_digit(next)))
		return scan_number(scan, literal_r);
	if (!is_letter(c) && c != '*')
		return scan_sign(scan, literal_r);
	skip_name(scan);
	take(scan, start, scan->line, literal_r);
	return LITERAL_NAME;
}

/* False where there was no comment. */
static bool skip_comment(struct literal_scan *scan)
{
	char c = peek(scan, 0), next = peek(scan, 1);

	if (c == '/' && next == '*')
		skip_block_comment(scan);
	else if (c == '#' || (c == '/' && next == '/'))
		skip_line(scan);
	else
		return false;
	return true;
}

/* Blanks, line ends and comments. */
static void skip_blanks(struct literal_scan *scan)
{
	while (!is_at_end(scan)) {
		char c = peek(scan, 0);

		if (skip_comment(scan)) {
			scan->is_line_start = false;
			continue;
		}
		if (c == '\0' || strchr(" \t\r\f\n", c) == NULL)
			return;
		if (c == '\n')
			scan->line++;
		scan->is_line_start = c == '\n' || (scan->is_line_start &&
						    (c == ' ' || c == '\t'));
		scan->position++;
	}
}

enum literal_kind literal_next(struct literal_scan *scan,
			       struct literal *literal_r)
{
	bool is_line_start;

	skip_blanks(scan);
	if (is_at_end(scan))
		return LITERAL_END;
	is_line_start = scan->is_line_start;
	scan->is_line_start = false;
	if (is_line_start && starts_with(scan, "@include"))
		return scan_include(scan, literal_r);
	return scan_token(scan, literal_r);
}
