/* SPDX-License-Identifier: ISC */
/*
 * The words of a command, a line each. What is taken is in its bounds; what
 * is told about the others has no control bytes but the ends of lines.
 */
#include "milter/ctl/arguments.h"
#include "t/lib/fuzz.h"

#define WORDS_MAX  16
#define NUMBER_MIN 5
#define NUMBER_MAX 500

static const char *const choices[] = { "used", "percent", NULL };

static struct wishes {
	bool flag;
	const char *text;
	struct argument_texts texts;
	uint64_t number, size, span, moment;
	int choice;
} wishes;

static const struct argument arguments[] = {
	{ .name = "flag", .kind = ARGUMENT_FLAG, .target = &wishes.flag },
	{ .name = "text", .kind = ARGUMENT_TEXT, .target = &wishes.text },
	{ .name = "limit", .kind = ARGUMENT_TEXTS, .target = &wishes.texts },
	{ .name = "number",
	  .kind = ARGUMENT_NUMBER,
	  .target = &wishes.number,
	  .min = NUMBER_MIN,
	  .max = NUMBER_MAX },
	{ .name = "size", .kind = ARGUMENT_SIZE, .target = &wishes.size },
	{ .name = "for", .kind = ARGUMENT_SPAN, .target = &wishes.span },
	{ .name = "until", .kind = ARGUMENT_MOMENT, .target = &wishes.moment },
	{ .name = "order",
	  .kind = ARGUMENT_CHOICE,
	  .target = &wishes.choice,
	  .choices = choices },
};

static void check(int argc, int count)
{
	HOLDS(count >= 1 && count <= argc && count <= 3);
	HOLDS(wishes.number == 0 ||
	      (wishes.number >= NUMBER_MIN && wishes.number <= NUMBER_MAX));
	HOLDS(wishes.choice == 0 || wishes.choice == 1);
}

/* What stands on standard error while the words are read comes here. */
static int read_words(int argc, char **argv, char **told, size_t *length)
{
	FILE *kept = stderr, *memory = open_memstream(told, length);
	int count;

	HOLDS(memory != NULL);
	stderr = memory;
	count = arguments_read(argc, argv, arguments, ARGUMENT_COUNT(arguments),
			       0, 2);
	stderr = kept;
	fclose(memory);
	return count;
}

static void check_told(char *told, size_t length)
{
	HOLDS(length > 0);
	for (size_t i = 0; i < length; i++)
		if (told[i] == '\n')
			told[i] = '.';
	HOLDS(fuzz_is_plain(told, length));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_input_of(data, size);
	char *argv[WORDS_MAX + 1] = { fuzz_copy("top", 3) }, *all[WORDS_MAX];
	char *told = NULL;
	size_t length = 0;
	int argc = 1, count;

	memset(&wishes, 0, sizeof(wishes));
	while (argc < WORDS_MAX &&
	       (argv[argc] = fuzz_take_until(&input, '\n', NULL)) != NULL)
		argc++;
	memcpy(all, argv, sizeof(all)); /* the words are moved about */
	count = read_words(argc, argv, &told, &length);
	if (count != 0)
		check(argc, count);
	else
		check_told(told, length);
	free(told);
	free(wishes.texts.texts);
	while (argc > 0)
		free(all[--argc]);
	return 0;
}
