/* SPDX-License-Identifier: ISC */

/*
 * Runs a harness over its corpus, without a fuzzer: fuzz_NAME takes the files
 * of t/corpus/NAME, each as it is and each cut off at every byte. A harness
 * ends the process where something does not hold, so a file whose test is
 * missing is the one at fault.
 */
#include <dirent.h>
#include <err.h>
#include <sysexits.h>

#include "fuzz.h"

#define FILE_MAX (1 << 20)
#define HEADS_OF 2048 /* larger files are not cut off at every byte */

static uint8_t whole[FILE_MAX];

/* In memory of exactly that size, as libFuzzer does. */
static void run(const uint8_t *data, size_t size)
{
	char *copy = malloc(size == 0 ? 1 : size);

	HOLDS(copy != NULL);
	if (size != 0)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput((const uint8_t *)copy, size);
	free(copy);
}

static void run_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t size;

	if (file == NULL)
		err(EX_NOINPUT, "%s", path);
	size = fread(whole, 1, sizeof(whole), file);
	if (ferror(file) || size == sizeof(whole))
		errx(EX_NOINPUT, "%s: not readable, or too large", path);
	fclose(file);
	run(whole, size);
	for (size_t head = 0; size <= HEADS_OF && head < size; head++)
		run(whole, head);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	char directory[256], path[600];
	struct dirent **entries;
	int count;

	(void)argc;
	name = name == NULL ? argv[0] : name + 1;
	if (strncmp(name, "fuzz_", strlen("fuzz_")) != 0)
		errx(EX_USAGE, "the program is not named fuzz_NAME");
	snprintf(directory, sizeof(directory), "t/corpus/%s",
		 name + strlen("fuzz_"));
	count = scandir(directory, &entries, is_visible, alphasort);
	if (count <= 0)
		errx(EX_NOINPUT, "%s: no files there", directory);
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", directory,
			 entries[i]->d_name);
		run_file(path);
		printf("ok %d - %s\n", i + 1, entries[i]->d_name);
		fflush(stdout);
		free(entries[i]);
	}
	free(entries);
	return 0;
}
