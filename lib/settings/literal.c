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

/* LITERAL_END: there is nothing wrong with it. *literal_r is filled in. */
static enum literal_kind scan_string(struct literal_scan *scan,
				     struct literal *literal_r)
{
	enum literal_kind kind = LITERAL_END;
	unsigned int line = scan->line;
	size_t start = scan->position++;

	while (!is_at_end(scan) && peek(scan, 0) != '"') {
		if (peek(scan, 0) == '\n') {
			kind = LITERAL_OPEN_STRING;
			scan->line++;
		} else if (kind == LITERAL_END && is_nul_escape(scan)) {
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

/* digits is NUL-terminated, without the L's. */
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

/* Letters too: 0x1F, 5L; an exponent's sign starts a number of its own. */
static bool is_number_byte(char c)
{
	return is_digit(c) || is_letter(c) || c == '.';
}

static enum literal_kind scan_number(struct literal_scan *scan,
				     struct literal *literal_r)
{
	char digits[DIGITS_MAX] = "";
	size_t start = scan->position;
	bool is_plain = true, is_long;
	size_t length;

	scan->position++;
	while (is_number_byte(peek(scan, 0))) {
		is_plain = is_plain && peek(scan, 0) != '.';
		scan->position++;
	}
	take(scan, start, scan->line, literal_r);
	length = literal_r->length;
	while (length > 0 && literal_r->text[length - 1] == 'L')
		length--;
	is_long = length < literal_r->length;
	if (!is_plain)
		return LITERAL_END;
	if (length >= sizeof(digits))
		return LITERAL_TOO_LARGE;
	memcpy(digits, literal_r->text, length);
	return is_too_large(digits, is_long) ? LITERAL_TOO_LARGE : LITERAL_END;
}

/* Stands on the '@' of an @include at the start of a line. */
static enum literal_kind scan_include(struct literal_scan *scan,
				      struct literal *literal_r)
{
	enum literal_kind kind;

	scan->position += strlen("@include");
	while (peek(scan, 0) == ' ' || peek(scan, 0) == '\t')
		scan->position++;
	if (peek(scan, 0) != '"')
		return LITERAL_END;
	kind = scan_string(scan, literal_r);
	if (kind != LITERAL_END)
		return kind;
	literal_r->text++;
	literal_r->length -= 2;
	return LITERAL_INCLUDE;
}

static enum literal_kind scan_token(struct literal_scan *scan,
				    struct literal *literal_r)
{
	char c = peek(scan, 0), next = peek(scan, 1);

	if (c == '#' || (c == '/' && next == '/'))
		skip_line(scan);
	else if (c == '/' && next == '*')
		skip_block_comment(scan);
	else if (c == '"')
		return scan_string(scan, literal_r);
	else if (is_digit(c) || ((c == '-' || c == '+') && is_digit(next)))
		return scan_number(scan, literal_r);
	else if (is_letter(c) || c == '*')
		skip_name(scan);
	else
		scan->position++;
	return LITERAL_END;
}

enum literal_kind literal_next(struct literal_scan *scan,
			       struct literal *literal_r)
{
	while (!is_at_end(scan)) {
		enum literal_kind kind = LITERAL_END;
		char c = peek(scan, 0);

		if (c == '\n') {
			scan->line++;
			scan->position++;
			scan->is_line_start = true;
			continue;
		}
		if (scan->is_line_start && starts_with(scan, "@include"))
			kind = scan_include(scan, literal_r);
		else
			kind = scan_token(scan, literal_r);
		scan->is_line_start = scan->is_line_start &&
				      (c == ' ' || c == '\t');
		if (kind != LITERAL_END)
			return kind;
	}
	return LITERAL_END;
}
