/* SPDX-License-Identifier: ISC */

/* The other direction of text_add_key(): a text is decoded only if encoding
 * gives it again. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "subject_printed.h"

#define HEX	   "0123456789ABCDEF"
#define DIGEST_HEX 64 /* of the SHA-256 behind "%~" */

struct printed {
	const char *data;
	size_t length;
};

static int hex_digit(char digit)
{
	const char *at = digit == '\0' ? NULL : strchr(HEX, digit);

	return at == NULL ? -1 : (int)(at - HEX);
}

/* %XX to bytes; NULL if anything else follows a '%'. */
static char *decode(const struct printed *printed, size_t *length_r)
{
	char *decoded = alloc_array(printed->length + 1, 1);
	size_t length = 0;

	for (size_t i = 0; i < printed->length; i++) {
		int high, low;

		if (printed->data[i] != '%') {
			decoded[length++] = printed->data[i];
			continue;
		}
		if (i + 2 >= printed->length ||
		    (high = hex_digit(printed->data[i + 1])) < 0 ||
		    (low = hex_digit(printed->data[i + 2])) < 0) {
			free(decoded);
			return NULL;
		}
		decoded[length++] = (char)(high * 16 + low);
		i += 2;
	}
	*length_r = length;
	return decoded;
}

/* The same without the %XX of what is not ASCII. */
static void decode_high(struct text *text, const char *data, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		int high = -1, low = -1;

		if (data[i] == '%' && i + 2 < length) {
			high = hex_digit(data[i + 1]);
			low = hex_digit(data[i + 2]);
		}
		if (high < 8 || low < 0) {
			text_add(text, &data[i], 1);
			continue;
		}
		text_add(text, (const char[]){ (char)(high * 16 + low) }, 1);
		i += 2;
	}
}

/* Would text_add_key() write these bytes so? */
static bool is_printed_as(const char *data, size_t length, bool is_joined,
			  const struct printed *printed)
{
	char buffer[TEXT_KEY_MAX + 1];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_add_key(&text, data, length, is_joined);
	return text.length == printed->length &&
	       memcmp(text.data, printed->data, printed->length) == 0;
}

/* Or would a terminal that cannot show their letters, and has %XX instead of
 * them (terminal_put_subject())? */
static bool is_shown_as(const char *data, size_t length, bool is_joined,
			const struct printed *printed)
{
	char buffers[3][3 * TEXT_KEY_MAX + 1];
	struct text texts[3];

	if (printed->length > 3 * TEXT_KEY_MAX)
		return false;
	for (int i = 0; i < 3; i++)
		text_init(&texts[i], buffers[i], sizeof(buffers[i]));
	text_add_key(&texts[0], data, length, is_joined);
	decode_high(&texts[1], texts[0].data, texts[0].length);
	decode_high(&texts[2], printed->data, printed->length);
	return texts[1].length == texts[2].length &&
	       memcmp(texts[1].data, texts[2].data, texts[1].length) == 0;
}

bool subject_printed_is_shortened(const char *data, size_t length,
				  bool is_joined)
{
	struct printed head = { data, 0 };
	const char *mark;
	size_t decoded_length = 0;
	char *decoded;
	bool is_printed;

	if (length > TEXT_KEY_MAX || length < DIGEST_HEX + 2)
		return false;
	head.length = length - DIGEST_HEX - 2;
	mark = data + head.length;
	if (mark[0] != '%' || mark[1] != '~')
		return false;
	for (size_t i = 2; i < DIGEST_HEX + 2; i++)
		if (mark[i] == '\0' ||
		    strchr("0123456789abcdef", mark[i]) == NULL)
			return false;
	decoded = decode(&head, &decoded_length);
	is_printed = decoded != NULL &&
		     is_printed_as(decoded, decoded_length, is_joined, &head);
	free(decoded);
	return is_printed;
}

char *subject_printed_read(const char *data, size_t length, bool is_joined,
			   size_t *length_r)
{
	const struct printed printed = { data, length };
	char *decoded = decode(&printed, length_r);

	if (decoded != NULL &&
	    is_shown_as(decoded, *length_r, is_joined, &printed))
		return decoded;
	free(decoded);
	*length_r = length;
	return alloc_copy(data, length);
}
