/* SPDX-License-Identifier: ISC */
/*
 * The distance is computed row by row, with the two rows before the current
 * one kept; words longer than any name are far from all of them.
 */
#include "suggestion.h"

#include <string.h>

#include "lib/base/letter.h"

#define WORD_MAX 64

static size_t min_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t distance(const char *a, const char *b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2], *spare;
	size_t length = strlen(b);

	for (size_t j = 0; j <= length; j++)
		last[j] = j;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			char x = letter_lower(a[i - 1]),
			     y = letter_lower(b[j - 1]);

			row[j] = min_of(last[j - 1] + (x != y),
					min_of(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && x == letter_lower(b[j - 2]) &&
			    y == letter_lower(a[i - 2]))
				row[j] = min_of(row[j], before[j - 2] + 1);
		}
		spare = before;
		before = last;
		last = row;
		row = spare;
	}
	return last[length];
}

/* A third of its letters may be wrong, at least one: "tag" is not "max". */
void suggestion_init(struct suggestion *suggestion, const char *word)
{
	size_t wrong = strlen(word) / 3;

	suggestion->word = word;
	suggestion->name = NULL;
	suggestion->distance = (wrong > 0 ? wrong : 1) + 1;
}

void suggestion_offer(struct suggestion *suggestion, const char *name)
{
	size_t found;

	if (strlen(suggestion->word) > WORD_MAX || strlen(name) > WORD_MAX)
		return;
	found = distance(suggestion->word, name);
	if (found < suggestion->distance) {
		suggestion->distance = found;
		suggestion->name = name;
	}
}
