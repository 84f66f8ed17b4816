/* SPDX-License-Identifier: ISC */

/*
 * Every ASCII byte has its class in one table; runs of plain bytes, which is
 * nearly always the whole value, are added at once.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "alloc.h"
#include "sha256.h"
#include "text.h"

/* After the head of a long value come "%~" and the digest in hex. */
#define KEY_HEAD_MAX (TEXT_KEY_MAX - 2 - (SHA256_TEXT_SIZE - 1))

enum {
	CONTROL = 1, /* space too */
	KEY = 2,     /* has a meaning in a Redis key */
	JOIN = 4,    /* has one in a joined key */
	QUOTE = 8    /* would end a quoted word */
};

#define CONTROLS_8 \
	CONTROL, CONTROL, CONTROL, CONTROL, CONTROL, CONTROL, CONTROL, CONTROL

static const unsigned char classes[128] = {
	CONTROLS_8,	 CONTROLS_8,	CONTROLS_8,  CONTROLS_8,
	[' '] = CONTROL, ['"'] = QUOTE, ['%'] = KEY, ['+'] = JOIN,
	['\\'] = QUOTE,	 ['{'] = KEY,	['}'] = KEY, [0x7f] = CONTROL,
};

/* Characters that are not seen, or move what is: never shown as they are. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{ 0x80, 0xa0 },	      { 0xad, 0xad },	    { 0x34f, 0x34f },
	{ 0x61c, 0x61c },     { 0x115f, 0x1160 },   { 0x1680, 0x1680 },
	{ 0x17b4, 0x17b5 },   { 0x180b, 0x180f },   { 0x2000, 0x200f },
	{ 0x2028, 0x202f },   { 0x205f, 0x206f },   { 0x2800, 0x2800 },
	{ 0x3000, 0x3000 },   { 0x3164, 0x3164 },   { 0xe000, 0xf8ff },
	{ 0xfdd0, 0xfdef },   { 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 },   { 0xfff0, 0xfffb },   { 0xfffe, 0xffff },
	{ 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0x10ffff },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void text_init(struct text *text, char *buffer, size_t size)
{
	text->data = buffer;
	text->size = size;
	text->length = 0;
	text->is_cut = false;
	buffer[0] = '\0';
}

static size_t room(const struct text *text)
{
	return text->is_cut ? 0 : text->size - 1 - text->length;
}

void text_add(struct text *text, const char *data, size_t length)
{
	size_t max = room(text);

	if (length > max) {
		length = max;
		text->is_cut = true;
	}
	if (length == 0)
		return;
	memcpy(text->data + text->length, data, length);
	text->length += length;
	text->data[text->length] = '\0';
}

/* All of it or nothing. */
static void add_whole(struct text *text, const char *data, size_t length)
{
	if (length > room(text))
		text->is_cut = true;
	else
		text_add(text, data, length);
}

void text_add_string(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

void text_add_format(struct text *text, const char *format, ...)
{
	size_t max = room(text);
	va_list arguments;
	int length;

	if (text->is_cut)
		return;
	va_start(arguments, format);
	length = vsnprintf(text->data + text->length, max + 1, format,
			   arguments);
	va_end(arguments);
	if (length < 0)
		alloc_fail();
	text->is_cut = (size_t)length > max;
	text->length += text->is_cut ? max : (size_t)length;
}

/* RFC 3629, section 4: what may follow each kind of first byte. */
static const struct {
	unsigned char first, last; /* of the first byte */
	unsigned char low, high;   /* of the second byte */
	size_t length;
} sequences[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
	{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

static size_t sequence_length(const unsigned char *bytes, size_t length)
{
	size_t row = 0;

	while (row < COUNT(sequences) && bytes[0] > sequences[row].last)
		row++;
	if (row == COUNT(sequences) || bytes[0] < sequences[row].first ||
	    length < sequences[row].length || bytes[1] < sequences[row].low ||
	    bytes[1] > sequences[row].high)
		return 0;
	for (size_t i = 2; i < sequences[row].length; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	return sequences[row].length;
}

size_t text_utf8_length(const char *data, size_t length)
{
	if (length == 0)
		return 0;
	if ((unsigned char)data[0] < 0x80)
		return 1;
	return sequence_length((const unsigned char *)data, length);
}

/* The code point of a valid sequence. */
static uint32_t decode(const char *data, size_t length)
{
	static const unsigned char masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t code = (unsigned char)data[0] & masks[length];

	for (size_t i = 1; i < length; i++)
		code = code << 6 | ((unsigned char)data[i] & 0x3f);
	return code;
}

bool text_is_visible(const char *data, size_t length)
{
	uint32_t code = decode(data, length);

	for (size_t i = 0; i < COUNT(hidden); i++)
		if (code >= hidden[i].first && code <= hidden[i].last)
			return false;
	return true;
}

static bool is_shown(const char *data, size_t length, const char *extra)
{
	if (length != 1)
		return text_is_visible(data, length);
	return (classes[(unsigned char)data[0]] & (CONTROL | QUOTE)) == 0 ||
	       (data[0] != '\0' && strchr(extra, data[0]) != NULL);
}

/* Bytes from the start of data that can be shown as they are. */
static size_t shown_run(const char *data, size_t length, const char *extra)
{
	size_t run = 0;

	while (run < length) {
		size_t step = text_utf8_length(data + run, length - run);

		if (step == 0 || !is_shown(data + run, step, extra))
			break;
		run += step;
	}
	return run;
}

/* The first bytes of data, at most max, that split no character. */
static size_t whole_characters(const char *data, size_t length, size_t max)
{
	size_t start = max;

	while (start > 0 && max - start < 3 &&
	       ((unsigned char)data[start] & 0xc0) == 0x80)
		start--;
	if (text_utf8_length(data + start, length - start) > max - start)
		return start;
	return max;
}

/* As much of a run as there is room for; ends on a character. */
static void add_run(struct text *text, const char *data, size_t length)
{
	size_t max = room(text);

	if (length > max) {
		text_add(text, data, whole_characters(data, length, max));
		text->is_cut = true;
	} else {
		text_add(text, data, length);
	}
}

/* How text is written for the eye. */
struct form {
	const char *extra;  /* bytes that stay, besides letters */
	const char *before; /* a byte in hex */
	const char *digits;
};

static const struct form word = { "", "\\x", "0123456789abcdef" };
static const struct form line = { " \"\\", "\\x", "0123456789abcdef" };
static const struct form subject = { " \"\\", "%", "0123456789ABCDEF" };

/* A character that is not shown, all of it or nothing; returns its bytes. */
static size_t add_hidden(struct text *text, const char *data, size_t length,
			 const struct form *form)
{
	size_t bytes = text_utf8_length(data, length), count = 0;
	char escape[20];

	bytes += bytes == 0;
	for (size_t i = 0; i < bytes; i++) {
		unsigned char byte = (unsigned char)data[i];

		count += (size_t)snprintf(escape + count,
					  sizeof(escape) - count, "%s%c%c",
					  form->before, form->digits[byte >> 4],
					  form->digits[byte & 15]);
	}
	add_whole(text, escape, count);
	return bytes;
}

static void add_seen(struct text *text, const char *data, size_t length,
		     const struct form *form)
{
	while (length > 0 && !text->is_cut) {
		size_t run = shown_run(data, length, form->extra);

		add_run(text, data, run);
		if (run < length)
			run += add_hidden(text, data + run, length - run, form);
		data += run;
		length -= run;
	}
}

static void add_seen_head(struct text *text, const char *data, size_t length,
			  size_t max, const struct form *form)
{
	if (length <= max) {
		add_seen(text, data, length, form);
		return;
	}
	add_seen(text, data, whole_characters(data, length, max), form);
	add_whole(text, "...", 3);
}

void text_add_escaped(struct text *text, const char *data, size_t length,
		      size_t max)
{
	add_seen_head(text, data, length, max, &word);
}

void text_add_line(struct text *text, const char *data, size_t length,
		   size_t max)
{
	add_seen_head(text, data, length, max, &line);
}

void text_add_subject(struct text *text, const char *data, size_t length,
		      size_t max)
{
	add_seen_head(text, data, length, max, &subject);
}
/* Bytes from the start of data that a key can have as they are. */
static size_t key_run(const char *data, size_t length, int encoded)
{
	size_t run = 0;

	while (run < length) {
		unsigned char byte = (unsigned char)data[run];

		if (byte < 0x80) {
			if ((classes[byte] & encoded) != 0)
				break;
			run++;
		} else {
			size_t step = text_utf8_length(data + run,
						       length - run);

			if (step == 0)
				break;
			run += step;
		}
	}
	return run;
}

static void encode_key(struct text *text, const char *data, size_t length,
		       int encoded)
{
	char escape[8];

	while (length > 0 && !text->is_cut) {
		size_t run = key_run(data, length, encoded);

		add_run(text, data, run);
		if (run < length) {
			(void)snprintf(escape, sizeof(escape), "%%%02X",
				       (unsigned char)data[run++]);
			add_whole(text, escape, 3);
		}
		data += run;
		length -= run;
	}
}

static void add_digest(struct text *text, const char *data, size_t length)
{
	char digest[SHA256_TEXT_SIZE];

	text_add_string(text, sha256_text(data, length, digest));
}

/* Encodes apart first, to see whether the result is short enough. */
static void add_encoded_key(struct text *text, const char *data, size_t length,
			    int encoded)
{
	char buffer[TEXT_KEY_MAX + 1];
	struct text key;

	text_init(&key, buffer, sizeof(buffer));
	encode_key(&key, data, length, encoded);
	if (key.is_cut) {
		text_init(&key, buffer, KEY_HEAD_MAX + 1);
		encode_key(&key, data, length, encoded);
		key.size = sizeof(buffer);
		key.is_cut = false;
		text_add_string(&key, "%~");
		add_digest(&key, data, length);
	}
	text_add(text, key.data, key.length);
}

void text_add_key(struct text *text, const char *data, size_t length,
		  bool is_joined)
{
	int encoded = CONTROL | KEY | (is_joined ? JOIN : 0);

	if (length <= TEXT_KEY_MAX && key_run(data, length, encoded) == length)
		text_add(text, data, length);
	else
		add_encoded_key(text, data, length, encoded);
}

static bool is_octal(char letter)
{
	return letter >= '0' && letter <= '7';
}

void text_undo_octal(char *text)
{
	char *to = text;

	for (const char *at = text; *at != '\0';) {
		if (at[0] == '\\' && (at[1] == '2' || at[1] == '3') &&
		    is_octal(at[2]) && is_octal(at[3])) {
			*to++ = (char)((at[1] - '0') << 6 | (at[2] - '0') << 3 |
				       (at[3] - '0'));
			at += 4;
		} else {
			*to++ = *at++;
		}
	}
	*to = '\0';
}

bool text_is_among(char *const *texts, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(texts[i], text) == 0)
			return true;
	return false;
}

int text_find(const char *const *names, const char *name)
{
	for (int i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return -1;
}
