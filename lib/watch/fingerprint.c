/* SPDX-License-Identifier: ISC */
/*
 * In three passes over a bounded copy: decoded, made valid UTF-8, folded. What
 * a subject has beyond the bound is not looked at.
 */
#include "fingerprint.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/sha256.h"
#include "lib/base/text.h"

/* What is looked at of a subject, in bytes; ISO-8859-1 becomes at most twice as
 * long. */
#define LOOKED_AT  1000
#define WORK_SIZE  (2 * LOOKED_AT + 1)
#define HEX_MIN	   8
#define SCRIPT_MAX 500

/* encoded words */

struct word {
	const char *charset, *text;
	size_t charset_length, text_length;
	size_t length; /* of all of it */
	char encoding; /* 'b', 'q' */
};

static const char *find(const char *at, const char *end, char c)
{
	return at >= end ? NULL : memchr(at, c, (size_t)(end - at));
}

/* "=?charset?Q?text?=", a language behind "*" (RFC 2231) is no part of the
 * charset. */
static bool read_word(const char *at, const char *end, struct word *word_r)
{
	const char *charset_end, *text_end, *language;

	if (end - at < 2 || at[0] != '=' || at[1] != '?')
		return false;
	charset_end = find(at + 2, end, '?');
	if (charset_end == NULL || end - charset_end < 4 ||
	    charset_end[2] != '?')
		return false;
	text_end = find(charset_end + 3, end, '?');
	if (text_end == NULL || text_end + 1 == end || text_end[1] != '=')
		return false;
	language = find(at + 2, charset_end, '*');
	*word_r = (struct word){
		.charset = at + 2,
		.charset_length =
			(size_t)((language != NULL ? language : charset_end) -
				 (at + 2)),
		.encoding = (char)(charset_end[1] | 0x20),
		.text = charset_end + 3,
		.text_length = (size_t)(text_end - (charset_end + 3)),
		.length = (size_t)(text_end + 2 - at),
	};
	return word_r->encoding == 'b' || word_r->encoding == 'q';
}

static bool has_charset(const struct word *word, const char *name)
{
	return word->charset_length == strlen(name) &&
	       strncasecmp(word->charset, name, word->charset_length) == 0;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void add_byte(struct text *out, unsigned char byte, bool is_latin1)
{
	char bytes[2] = { (char)(0xc0 | byte >> 6),
			  (char)(0x80 | (byte & 0x3f)) };

	if (is_latin1 && byte >= 0x80) {
		text_add(out, bytes, 2);
		return;
	}
	bytes[0] = (char)byte;
	text_add(out, bytes, 1);
}

static void decode_q(const struct word *word, bool is_latin1, struct text *out)
{
	for (size_t i = 0; i < word->text_length; i++) {
		char c = word->text[i];
		bool is_hex = c == '=' && i + 2 < word->text_length &&
			      digit_of(word->text[i + 1]) >= 0 &&
			      digit_of(word->text[i + 2]) >= 0;

		if (is_hex) {
			c = (char)(digit_of(word->text[i + 1]) << 4 |
				   digit_of(word->text[i + 2]));
			i += 2;
		} else if (c == '_') {
			c = ' ';
		}
		add_byte(out, (unsigned char)c, is_latin1);
	}
}

static void decode_b(const struct word *word, bool is_latin1, struct text *out)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0;
	unsigned int count = 0;

	for (size_t i = 0; i < word->text_length; i++) {
		const char *letter = memchr(letters, word->text[i],
					    sizeof(letters) - 1);

		if (letter == NULL)
			continue;
		bits = bits << 6 | (uint32_t)(letter - letters);
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		add_byte(out, (unsigned char)(bits >> count), is_latin1);
	}
}

/* False where it is in a charset that is not known here. */
static bool decode(const struct word *word, struct text *out)
{
	bool is_latin1 = has_charset(word, "iso-8859-1");

	if (!is_latin1 && !has_charset(word, "utf-8") &&
	    !has_charset(word, "us-ascii"))
		return false;
	(word->encoding == 'q' ? decode_q : decode_b)(word, is_latin1, out);
	return true;
}

/* Blanks between two encoded words are no part of the text. */
static void decode_all(const char *at, const char *end, struct text *out)
{
	bool was_decoded = false;

	while (at < end) {
		const char *next = at;
		struct word word;

		while (next < end && strchr(" \t\r\n", *next) != NULL &&
		       *next != '\0')
			next++;
		if (read_word(next, end, &word)) {
			if (!was_decoded)
				text_add(out, at, (size_t)(next - at));
			was_decoded = decode(&word, out);
			if (!was_decoded)
				text_add(out, next, word.length);
			at = next + word.length;
			continue;
		}
		was_decoded = false;
		next += next == at;
		text_add(out, at, (size_t)(next - at));
		at = next;
	}
}

/* folding */

static const char *skip_prefixes(const char *at)
{
	static const char *const prefixes[] = { "re:", "fwd:", "fw:", "aw:",
						"wg:" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]);) {
		size_t length = strlen(prefixes[i]);

		at += strspn(at, " ");
		if (strncmp(at, prefixes[i], length) != 0) {
			i++;
			continue;
		}
		at += length;
		i = 0;
	}
	return at;
}

/* Bytes of a run of hex digits that counts as one, or 0. */
static size_t hex_run(const char *at)
{
	size_t length = 0, hex = 0;
	bool has_letter = false, has_digit = false;

	while (digit_of(at[length]) >= 0 || (hex > 0 && at[length] == '-' &&
					     digit_of(at[length + 1]) >= 0)) {
		has_letter = has_letter || digit_of(at[length]) >= 10;
		has_digit = has_digit ||
			    (at[length] >= '0' && at[length] <= '9');
		hex += at[length] != '-';
		length++;
	}
	return hex >= HEX_MIN && has_letter && has_digit ? length : 0;
}

/* Lower case, one space for what is blank, "?" for what is not UTF-8. */
static void clean(const char *from, size_t length, struct text *out)
{
	for (size_t i = 0; i < length;) {
		unsigned char c = (unsigned char)from[i];
		size_t step = c < 0x80 ? 1
				       : text_utf8_length(from + i, length - i);
		char lower = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);

		if (step > 1)
			text_add(out, from + i, step);
		else if (step == 0)
			text_add_string(out, "?");
		else if (c > ' ' && c != 0x7f)
			text_add(out, &lower, 1);
		else if (out->length > 0 && out->data[out->length - 1] != ' ')
			text_add_string(out, " ");
		i += step == 0 ? 1 : step;
	}
	if (out->length > 0 && out->data[out->length - 1] == ' ')
		out->data[--out->length] = '\0';
}

static void fold(const char *at, struct text *out)
{
	while (*at != '\0') {
		size_t hex = hex_run(at), digits = strspn(at, "0123456789");
		size_t length = text_utf8_length(at, strlen(at));

		if (out->length + (length > 0 ? length : 1) >= out->size)
			return;
		if (hex > 0)
			text_add_string(out, "%");
		else if (digits > 0)
			text_add_string(out, "#");
		else
			text_add(out, at, length > 0 ? length : 1);
		at += hex > 0	   ? hex
		      : digits > 0 ? digits
		      : length > 0 ? length
				   : 1;
	}
}

const char *fingerprint_fold(const char *subject, size_t length,
			     char folded_r[FINGERPRINT_FOLD_MAX + 1])
{
	char decoded[WORK_SIZE], cleaned[WORK_SIZE];
	struct text text, clear, out;

	text_init(&text, decoded, sizeof(decoded));
	decode_all(subject, subject + (length < LOOKED_AT ? length : LOOKED_AT),
		   &text);
	text_init(&clear, cleaned, sizeof(cleaned));
	clean(decoded, text.length, &clear);
	text_init(&out, folded_r, FINGERPRINT_FOLD_MAX + 1);
	fold(skip_prefixes(cleaned), &out);
	return folded_r;
}

const char *fingerprint_of(const char *fold, const char *shape,
			   const char *script, char text_r[FINGERPRINT_SIZE])
{
	char all[4096], hash[SHA256_TEXT_SIZE];
	struct text text;

	text_init(&text, all, sizeof(all));
	text_add(&text, "weir1", sizeof("weir1"));
	text_add(&text, fold, strlen(fold) + 1);
	text_add(&text, shape, strlen(shape) + 1);
	text_add(&text, script, strnlen(script, SCRIPT_MAX));
	sha256_text(all, text.length, hash);
	memcpy(text_r, hash, FINGERPRINT_SIZE - 1);
	text_r[FINGERPRINT_SIZE - 1] = '\0';
	return text_r;
}
