/* SPDX-License-Identifier: ISC */
/* Many files as one, by the times of their records. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal_help.h"
#include "lib/base/json.h"
#include "lib/watch/journal_merge.h"

#define DAY_MS	UINT64_C(86400000)
#define NOON_MS (UINT64_C(20600) * DAY_MS + DAY_MS / 2)

static char paths[3][512];
static char *path_list[] = { paths[0], paths[1], paths[2] };

/* A file of this host that begins after so many milliseconds, with records of
 * 1, 3, 5 ... or of 2, 4, 6 ... ms after that. */
static void write_file(int index, const char *host, uint64_t begin_ms,
		       uint64_t first_ms)
{
	struct journal_file *file = journal_file_new(
		&(struct journal_file_options){
			.directory = journal_directory,
			.host = host,
			.program = "ut_journal_merge 1" });

	for (uint64_t i = 0; i < 4; i++) {
		uint64_t ms = begin_ms + first_ms + 2 * i;

		ck_assert(journal_help_add(file, NOON_MS + ms, (int)ms));
	}
	snprintf(paths[index], sizeof(paths[index]), "%s/%s.jsonl",
		 journal_directory, journal_file_head(file)->name);
	ck_assert(journal_file_end(file, NOON_MS + begin_ms + 20, "stop"));
	journal_file_free(&file);
}

/* The members "i" in the order that they come in; returns how many. */
static size_t read_all(size_t count, int i_r[32], size_t *broken_r,
		       size_t *unreadable_r)
{
	struct journal_merge *merge = journal_merge_new(path_list, count);
	struct journal_read_line line;
	const char *path;
	size_t read = 0;

	while (journal_merge_next(merge, &line, &path)) {
		ck_assert_ptr_nonnull(line.line.json);
		ck_assert_ptr_nonnull(path);
		if (strcmp(line.line.kind, "message") == 0)
			i_r[read++] = (int)document_get_number(line.line.json,
							       "i");
	}
	*broken_r = journal_merge_broken(merge);
	*unreadable_r = journal_merge_unreadable(merge);
	journal_merge_free(&merge);
	return read;
}

START_TEST(records_come_by_their_times)
{
	size_t broken, unreadable;
	int i[32];

	write_file(0, "gw1", 0, 1);
	write_file(1, "gw2", 0, 2);
	write_file(2, "gw1", 60000, 0);
	ck_assert_uint_eq(read_all(3, i, &broken, &unreadable), 12);
	for (int at = 0; at < 8; at++)
		ck_assert_int_eq(i[at], at + 1);
	for (int at = 8; at < 12; at++)
		ck_assert_int_eq(i[at], 60000 + 2 * (at - 8));
	ck_assert_uint_eq(broken + unreadable, 0);
}
END_TEST

START_TEST(what_cannot_be_read_is_counted)
{
	size_t broken, unreadable;
	struct journal_bytes bytes;
	int i[32];

	write_file(0, "gw1", 0, 1);
	write_file(1, "gw2", 0, 2);
	snprintf(paths[2], sizeof(paths[2]), "%s/none.jsonl",
		 journal_directory);
	bytes = journal_help_read(paths[0]);
	strchr(bytes.data, '\n')[4]++; /* line 1, which is a record no more */
	journal_help_write(paths[0], bytes.data, bytes.length);
	free(bytes.data);
	ck_assert_uint_eq(read_all(3, i, &broken, &unreadable), 7);
	/* that line, and perhaps the one behind it */
	ck_assert_uint_ge(broken, 1);
	ck_assert_uint_eq(unreadable, 1);
}
END_TEST

START_TEST(no_file_has_no_record)
{
	size_t broken, unreadable;
	int i[32];

	ck_assert_uint_eq(read_all(0, i, &broken, &unreadable), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("journal_merge");
	TCase *tcase = tcase_create("journal_merge");

	tcase_add_checked_fixture(tcase, journal_help_setup,
				  journal_help_teardown);
	tcase_add_test(tcase, records_come_by_their_times);
	tcase_add_test(tcase, what_cannot_be_read_is_counted);
	tcase_add_test(tcase, no_file_has_no_record);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
