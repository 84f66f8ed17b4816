/* SPDX-License-Identifier: ISC */

/* A table of options, and a table of how each kind is read. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/moment.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "arguments.h"
#include "lib/base/clock.h"
#include "terminal.h"

#define WORD_SHOWN 200 /* bytes of what was typed */

static bool is_in_range(const struct argument *argument, uint64_t value)
{
	return value >= argument->min &&
	       (argument->max == 0 || value <= argument->max);
}

static bool read_text(const struct argument *argument, const char *value)
{
	*(const char **)argument->target = value;
	return value[0] != '\0';
}

static bool read_texts(const struct argument *argument, const char *value)
{
	struct argument_texts *texts = argument->target;

	texts->texts = alloc_resize(texts->texts, texts->count + 1,
				    sizeof(*texts->texts));
	texts->texts[texts->count++] = value;
	return value[0] != '\0';
}

static bool read_number(const struct argument *argument, const char *value)
{
	size_t digits = strspn(value, "0123456789");
	uint64_t number;

	if (digits == 0 || digits > 18 || value[digits] != '\0')
		return false;
	number = strtoull(value, NULL, 10);
	*(uint64_t *)argument->target = number;
	return is_in_range(argument, number);
}

static bool read_size(const struct argument *argument, const char *value)
{
	return units_parse_size(value, argument->target) &&
	       is_in_range(argument, *(uint64_t *)argument->target);
}

static bool read_span(const struct argument *argument, const char *value)
{
	return units_parse_span(value, argument->target) &&
	       is_in_range(argument, *(uint64_t *)argument->target);
}

static bool read_lasting(const struct argument *argument, const char *value)
{
	if (strcmp(value, "ever") != 0)
		return read_span(argument, value);
	*(uint64_t *)argument->target = ARGUMENT_EVER;
	return true;
}

static bool read_moment(const struct argument *argument, const char *value)
{
	return moment_parse(value, clock_wall_ms(), argument->target);
}

static bool read_choice(const struct argument *argument, const char *value)
{
	int found = text_find(argument->choices, value);

	if (found >= 0)
		*(int *)argument->target = found;
	return found >= 0;
}

static const char *format_number(uint64_t value, char *buffer)
{
	snprintf(buffer, UNITS_TEXT_SIZE, "%" PRIu64, value);
	return buffer;
}

#define SPAN_ALLOWED "a time span, such as \"90s\", \"2h\" or \"1d\""

/* What is allowed: words, and then a range where it can be written. */
static const struct {
	bool (*read)(const struct argument *argument, const char *value);
	const char *words;
	const char *joint, *end; /* around the range */
	const char *(*format)(uint64_t value, char *buffer);
} kinds[] = {
	[ARGUMENT_TEXT] = { read_text, "a text", "", "", NULL },
	[ARGUMENT_TEXTS] = { read_texts, "a text", "", "", NULL },
	[ARGUMENT_NUMBER] = { read_number, "a whole number", "", "",
			      format_number },
	[ARGUMENT_SIZE] = { read_size, "a size, such as \"50 MB\"", ",", "",
			    units_format_size },
	[ARGUMENT_SPAN] = { read_span, SPAN_ALLOWED, ",", "",
			    units_format_span },
	[ARGUMENT_LASTING] = { read_lasting, SPAN_ALLOWED, ",", ", or \"ever\"",
			       units_format_span },
	[ARGUMENT_MOMENT] = { read_moment,
			      "a point in time, such as \"18:00\", "
			      "\"2026-05-01 18:00\" or \"2026-05-01T16:00:00Z\"",
			      "", "", NULL },
	[ARGUMENT_CHOICE] = { read_choice, "", "", "", NULL },
};

static void print_allowed(const struct argument *argument)
{
	const char *(*format)(uint64_t value,
			      char *buffer) = kinds[argument->kind].format;
	char min[UNITS_TEXT_SIZE], max[UNITS_TEXT_SIZE];

	fputs(kinds[argument->kind].words, stderr);
	if (format != NULL && argument->max != 0)
		fprintf(stderr, "%s from %s to %s", kinds[argument->kind].joint,
			format(argument->min, min), format(argument->max, max));
	else if (format != NULL && argument->min != 0)
		fprintf(stderr, ", at least %s", format(argument->min, min));
	for (int i = 0;
	     argument->kind == ARGUMENT_CHOICE && argument->choices[i] != NULL;
	     i++)
		fprintf(stderr, "%s%s", i == 0 ? "" : ", ",
			argument->choices[i]);
	fprintf(stderr, "%s\n", kinds[argument->kind].end);
}

static struct {
	const struct argument *arguments;
	size_t count;
} shared;

void arguments_share(const struct argument *arguments, size_t count)
{
	shared.arguments = arguments;
	shared.count = count;
}

/* While the words are gone through. */
struct arguments_walk {
	const char *command;
	const struct argument *arguments;
	size_t count;
	bool is_seen[32];
	bool is_over; /* no more words are wanted */
};

/* What is behind the beginning of a word that is shown. */
static const char *dots(const char *word)
{
	return strlen(word) > WORD_SHOWN ? "..." : "";
}

static bool complain(const struct arguments_walk *walk, const char *before,
		     const char *word, const char *behind)
{
	return terminal_error("weirctl %s: %s%.*s%s%s", walk->command, before,
			      WORD_SHOWN, word, dots(word), behind);
}

bool argument_read(const char *command, const struct argument *argument,
		   const char *value)
{
	if (kinds[argument->kind].read(argument, value))
		return true;
	terminal_print_to(
		stderr, "weirctl %s: --%s: found \"%.*s%s\", allowed is ",
		command, argument->name, WORD_SHOWN, value, dots(value));
	print_allowed(argument);
	return false;
}

static const struct argument *find(const struct arguments_walk *walk,
				   const char *name, size_t length)
{
	for (size_t i = 0; i < walk->count; i++)
		if (strlen(walk->arguments[i].name) == length &&
		    memcmp(walk->arguments[i].name, name, length) == 0)
			return &walk->arguments[i];
	return NULL;
}

/* "--name" or "-x", of those that every command has. */
static const struct argument *find_shared(const char *word)
{
	for (size_t i = 0; i < shared.count; i++) {
		const struct argument *argument = &shared.arguments[i];

		if (word[1] == '-'
			    ? strcmp(argument->name, word + 2) == 0
			    : argument->letter == word[1] && word[2] == '\0')
			return argument;
	}
	return NULL;
}

/* An option of the command itself, which may be given once. */
static bool see(struct arguments_walk *walk, const struct argument *argument)
{
	size_t index = (size_t)(argument - walk->arguments);

	if (walk->is_seen[index] && argument->kind != ARGUMENT_TEXTS)
		return complain(walk, "--", argument->name,
				" may be given only once");
	walk->is_seen[index] = true;
	return true;
}

/* One option at argv[*at]; *at moves on to the last word of it. */
static bool take_option(struct arguments_walk *walk, char **argv, int *at)
{
	const char *word = argv[*at], *value = NULL;
	size_t length = strcspn(word + 2, "=");
	const struct argument *argument = word[1] == '-'
						  ? find(walk, word + 2, length)
						  : NULL;

	if (argument != NULL && !see(walk, argument))
		return false;
	if (argument != NULL && word[2 + length] == '=')
		value = word + 2 + length + 1;
	if (argument == NULL)
		argument = find_shared(word);
	if (argument == NULL)
		return complain(walk, "unknown option \"", word,
				"\"; see --help");
	walk->is_over = argument->is_last;
	if (argument->kind == ARGUMENT_FLAG) {
		*(bool *)argument->target = true;
		return value == NULL ||
		       complain(walk, "--", argument->name, " takes no value");
	}
	if (value == NULL)
		value = argv[++*at];
	if (value == NULL)
		return complain(walk, "", word, " needs a value");
	return argument_read(walk->command, argument, value);
}

static bool is_complete(const struct arguments_walk *walk)
{
	for (size_t i = 0; i < walk->count; i++)
		if (walk->arguments[i].is_required && !walk->is_seen[i])
			return complain(walk, "--", walk->arguments[i].name,
					" is missing; see --help");
	return true;
}

static bool has_words(const struct arguments_walk *walk, int words, int min,
		      int max, char **argv)
{
	if (words < min)
		return complain(walk, "an argument is missing; see --help", "",
				"");
	if (words > max)
		return complain(walk, "unexpected argument \"", argv[max + 1],
				"\"; see --help");
	return true;
}

int arguments_read(int argc, char **argv, const struct argument *arguments,
		   size_t count, int min_words, int max_words)
{
	struct arguments_walk walk = { .command = argv[0],
				       .arguments = arguments,
				       .count = count };
	bool is_open = true; /* options may still come */
	int kept = 1;

	for (int i = 1; i < argc && !walk.is_over; i++) {
		if (is_open && strcmp(argv[i], "--") == 0)
			is_open = false;
		else if (!is_open || argv[i][0] != '-' || argv[i][1] == '\0')
			argv[kept++] = argv[i];
		else if (!take_option(&walk, argv, &i))
			return 0;
	}
	if (walk.is_over || !is_complete(&walk) ||
	    !has_words(&walk, kept - 1, min_words, max_words, argv))
		return 0;
	if (kept < argc)
		argv[kept] = NULL;
	return kept;
}
