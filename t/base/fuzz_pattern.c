/* SPDX-License-Identifier: ISC */
/*
 * The first line is a value, the others are entries of two lists in turn. If
 * one list is within the other, whatever it matches the other matches, too.
 */
#include "lib/base/pattern.h"
#include "t/lib/fuzz.h"

static void add(struct pattern_list *list, const char *entry)
{
	const char *reason = NULL;
	size_t count = pattern_list_count(list);
	bool is_added = pattern_list_add(list, entry, &reason);

	HOLDS(is_added || (reason != NULL && reason[0] != '\0'));
	HOLDS(is_added || pattern_list_count(list) == count);
}

static void fill(struct pattern_list *lists[2], struct fuzz_input *input)
{
	char *entry;

	for (int i = 0; (entry = fuzz_take_until(input, '\n', NULL)) != NULL;
	     i ^= 1) {
		add(lists[i], entry);
		free(entry);
	}
}

static void check(const struct pattern_list *inner,
		  const struct pattern_list *outer, const char *value,
		  size_t length)
{
	bool is_matched = pattern_list_matches(inner, value, length);

	if (memchr(value, '\0', length) != NULL)
		return; /* matches no glob */
	if (pattern_list_takes_all(inner))
		HOLDS(is_matched);
	if (is_matched && pattern_list_is_within(inner, outer))
		HOLDS(pattern_list_matches(outer, value, length));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_input_of(data, size);
	struct pattern_list *lists[2] = { pattern_list_new(),
					  pattern_list_new() };
	size_t length;
	char *value = fuzz_take_until(&input, '\n', &length);

	if (value != NULL) {
		fill(lists, &input);
		check(lists[0], lists[1], value, length);
		check(lists[1], lists[0], value, length);
	}
	free(value);
	pattern_list_free(&lists[0]);
	pattern_list_free(&lists[1]);
	return 0;
}
