/* SPDX-License-Identifier: ISC */
/*
 * What is escaped is valid UTF-8 without control bytes, is bounded, and stays
 * within its buffer. Keys besides: two values never share one. The first three
 * bytes say how long the buffer is, which byte of a second value is another
 * one, and which.
 */
#include "lib/base/text.h"
#include "t/lib/fuzz.h"

#define BUFFER_MAX  300
#define ESCAPED_MAX 64

static void check_characters(const struct text *text)
{
	for (size_t i = 0; i < text->length;) {
		size_t step = text_utf8_length(text->data + i,
					       text->length - i);

		HOLDS(step > 0);
		i += step;
	}
	HOLDS(fuzz_is_plain(text->data, text->length));
	HOLDS(memchr(text->data, ' ', text->length) == NULL);
	HOLDS(text->data[text->length] == '\0');
	HOLDS(text->length < text->size);
}

static void check_escaped(const char *data, size_t length, size_t room)
{
	char *buffer = malloc(room);
	struct text text;

	HOLDS(buffer != NULL);
	text_init(&text, buffer, room);
	text_add_escaped(&text, data, length, ESCAPED_MAX);
	check_characters(&text);
	HOLDS(text.length <= 4 * ESCAPED_MAX + 3);
	HOLDS(memchr(buffer, '"', text.length) == NULL);
	free(buffer);
}

static void make_key(struct text *text, char buffer[TEXT_KEY_MAX + 2],
		     const char *data, size_t length, bool is_joined)
{
	text_init(text, buffer, TEXT_KEY_MAX + 2);
	text_add_key(text, data, length, is_joined);
	check_characters(text);
	HOLDS(!text->is_cut && text->length <= TEXT_KEY_MAX);
	HOLDS(strpbrk(buffer, "{}") == NULL);
	HOLDS(!is_joined || strchr(buffer, '+') == NULL);
}

static void check_keys(const char *data, size_t length, const char *other,
		       size_t other_length, bool is_joined)
{
	char buffers[2][TEXT_KEY_MAX + 2];
	struct text keys[2];
	bool is_same = length == other_length &&
		       (length == 0 || memcmp(data, other, length) == 0);

	make_key(&keys[0], buffers[0], data, length, is_joined);
	make_key(&keys[1], buffers[1], other, other_length, is_joined);
	HOLDS(is_same == (strcmp(buffers[0], buffers[1]) == 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_input_of(data, size);
	size_t room = 1 + fuzz_take_byte(&input) % BUFFER_MAX;
	size_t at = fuzz_take_byte(&input);
	char byte = (char)fuzz_take_byte(&input);
	char *other = fuzz_copy(input.data, input.length);

	if (at < input.length)
		other[at] = byte;
	check_escaped(input.data, input.length, room);
	for (int i = 0; i < 2; i++) {
		check_keys(input.data, input.length, other, input.length, i);
		check_keys(input.data, input.length, other, input.length / 2,
			   i);
	}
	free(other);
	return 0;
}
