/* SPDX-License-Identifier: ISC */

/* The key of hashed recipients stays the same, also where it cannot be kept. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "milter/daemon/evidence_key.h"

static char directory[] = "/tmp/weir-key-XXXXXX", path[64], lines[1000];

static void hear(void *context, enum log_gravity gravity, const char *line)
{
	(void)context;
	(void)gravity;
	snprintf(lines + strlen(lines), sizeof(lines) - strlen(lines), "%s\n",
		 line);
}

static void start(void)
{
	memset(directory + strlen(directory) - 6, 'X', 6);
	ck_assert_ptr_nonnull(mkdtemp(directory));
	snprintf(path, sizeof(path), "%s/recipients.key", directory);
	lines[0] = '\0';
	log_open_sink(hear, NULL);
}

static void stop(void)
{
	if (unlink(path) != 0)
		rmdir(path);
	rmdir(directory);
}

START_TEST(one_key_for_all_milters)
{
	unsigned char key[EVIDENCE_KEY_SIZE], again[EVIDENCE_KEY_SIZE];
	struct stat status;

	evidence_key_load(directory, key);
	evidence_key_load(directory, again);
	ck_assert_mem_eq(key, again, sizeof(key));
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 0777, 0600);
	ck_assert_int_eq(status.st_size, EVIDENCE_KEY_SIZE);
	ck_assert_str_eq(lines, "");
}
END_TEST

START_TEST(what_cannot_be_read)
{
	unsigned char key[EVIDENCE_KEY_SIZE], again[EVIDENCE_KEY_SIZE];

	ck_assert_int_eq(mkdir(path, 0700), 0);
	evidence_key_load(directory, key);
	ck_assert_ptr_nonnull(strstr(lines, "recipients.key: "));
	ck_assert_ptr_nonnull(strstr(
		lines, "; until a reload can read it, recipients are hashed "
		       "with a key of this process alone\n"));
	evidence_key_load(directory, again);
	ck_assert_mem_eq(key, again, sizeof(key));
}
END_TEST

/* Too short: not overwritten, not used. */
START_TEST(what_is_no_key)
{
	unsigned char key[EVIDENCE_KEY_SIZE], again[EVIDENCE_KEY_SIZE];
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs("short", file);
	fclose(file);
	evidence_key_load(directory, key);
	evidence_key_load(directory, again);
	ck_assert_mem_eq(key, again, sizeof(key));
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "%032d", 7);
	fclose(file);
	evidence_key_load(directory, again);
	ck_assert_mem_eq(again, "00000000000000000000000000000007",
			 sizeof(again));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("evidence key");
	TCase *tests = tcase_create("evidence key");

	tcase_add_checked_fixture(tests, start, stop);
	tcase_add_test(tests, one_key_for_all_milters);
	tcase_add_test(tests, what_cannot_be_read);
	tcase_add_test(tests, what_is_no_key);
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
