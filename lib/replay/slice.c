/* SPDX-License-Identifier: ISC */

/* memchr(3) and memmem(3), so that a line of a megabyte is no harder than any
 * other. */
#include <string.h>

#include "slice.h"

#define NUMBER_MAX (UINT64_C(1) << 53)

struct slice slice_of(const char *string)
{
	return (struct slice){ string, strlen(string) };
}

bool slice_is(const struct slice *slice, const char *string)
{
	size_t length = strlen(string);

	return slice->data != NULL && slice->length == length &&
	       memcmp(slice->data, string, length) == 0;
}

void slice_drop(struct slice *slice, size_t length)
{
	slice->data += length;
	slice->length -= length;
}

bool slice_skip(struct slice *slice, const char *string)
{
	size_t length = strlen(string);

	if (slice->data == NULL || slice->length < length ||
	    memcmp(slice->data, string, length) != 0)
		return false;
	slice_drop(slice, length);
	return true;
}

static const char *find(const struct slice *slice, const char *mark)
{
	if (slice->data == NULL)
		return NULL;
	if (mark[1] == '\0')
		return memchr(slice->data, mark[0], slice->length);
	return memmem(slice->data, slice->length, mark, strlen(mark));
}

bool slice_take(struct slice *slice, const char *mark, struct slice *before_r)
{
	const char *at = find(slice, mark);

	if (at == NULL)
		return false;
	before_r->data = slice->data;
	before_r->length = (size_t)(at - slice->data);
	slice_drop(slice, before_r->length + strlen(mark));
	return true;
}

struct slice slice_behind(const struct slice *slice, const char *mark)
{
	struct slice rest = *slice, before;

	if (slice_take(&rest, mark, &before))
		return rest;
	return (struct slice){ NULL, 0 };
}

bool slice_number(struct slice *slice, uint64_t *number_r)
{
	uint64_t number = 0;
	size_t digits = 0;

	while (digits < slice->length && slice->data[digits] >= '0' &&
	       slice->data[digits] <= '9' && number <= NUMBER_MAX)
		number = number * 10 + (uint64_t)(slice->data[digits++] - '0');
	if (digits == 0 || number > NUMBER_MAX)
		return false;
	slice_drop(slice, digits);
	*number_r = number;
	return true;
}

uint64_t slice_fraction_ms(struct slice *slice)
{
	uint64_t ms = 0, unit = 100;

	if (!slice_skip(slice, "."))
		return 0;
	while (slice->length > 0 && slice->data[0] >= '0' &&
	       slice->data[0] <= '9') {
		ms += unit * (uint64_t)(slice->data[0] - '0');
		unit /= 10;
		slice_drop(slice, 1);
	}
	return ms;
}

bool slice_address(struct slice *slice, struct slice *address_r)
{
	bool is_quoted = false;

	if (slice->data == NULL || slice->length == 0 || slice->data[0] != '<')
		return false;
	for (size_t i = 1; i < slice->length; i++) {
		if (is_quoted && slice->data[i] == '\\')
			i++;
		else if (slice->data[i] == '"')
			is_quoted = !is_quoted;
		else if (slice->data[i] == '>' && !is_quoted) {
			address_r->data = slice->data + 1;
			address_r->length = i - 1;
			slice_drop(slice, i + 1);
			return true;
		}
	}
	return false;
}
