/* SPDX-License-Identifier: ISC */
/* Files of a journal, and all that can be done to one afterwards. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "journal_help.h"
#include "lib/base/json.h"
#include "lib/watch/journal_reader.h"

#define DAY_MS	UINT64_C(86400000)
#define NOON_MS (UINT64_C(20600) * DAY_MS + DAY_MS / 2)

static struct journal_file *file;

static struct journal_file *make_file(size_t max_bytes)
{
	return journal_file_new(
		&(struct journal_file_options){ .directory = journal_directory,
						.host = "gw1",
						.program = "ut_journal_file 1",
						.run_ms = NOON_MS,
						.max_bytes = max_bytes });
}

static void setup(void)
{
	journal_help_setup();
	file = make_file(0);
}

static void teardown(void)
{
	journal_file_free(&file);
	journal_help_teardown();
}

static void write_records(int count)
{
	for (int i = 0; i < count; i++)
		ck_assert(journal_help_add(file, NOON_MS + (uint64_t)i, i));
}

static void end_file(void)
{
	ck_assert(journal_file_end(file, NOON_MS + 1000, "stop"));
}

/* A finished file of count records between begin and end. */
static struct journal_bytes whole_file(int count, char path_r[512])
{
	write_records(count);
	end_file();
	ck_assert_uint_eq(journal_help_files(path_r), 1);
	return journal_help_read(path_r);
}

START_TEST(a_file_is_whole)
{
	char path[512];
	struct journal_bytes bytes = whole_file(3, path);
	struct journal_help_verdict verdict = journal_help_check(path);

	ck_assert_uint_eq(verdict.records, 5);
	ck_assert_uint_eq(verdict.broken, 0);
	ck_assert(verdict.has_end && !verdict.is_cut);
	ck_assert_ptr_nonnull(strstr(path, "/gw1."));
	ck_assert_ptr_nonnull(strstr(path, ".20260527T120000Z.jsonl"));
	free(bytes.data);
}
END_TEST

START_TEST(its_group_may_read_it_and_nobody_else)
{
	mode_t before = umask(077);
	struct stat status;
	char path[512];
	struct journal_bytes bytes = whole_file(1, path);

	umask(before);
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0640);
	free(bytes.data);
}
END_TEST

/* Bits and other bytes, also the newlines between the lines. */
START_TEST(each_changed_byte_of_a_file_is_found)
{
	char path[512];
	struct journal_bytes bytes = whole_file(3, path);

	for (size_t i = 0; i < bytes.length; i++) {
		char right = bytes.data[i];
		struct journal_help_verdict verdict;

		bytes.data[i] = (char)(right ^ (1 << (i % 8)));
		journal_help_write(path, bytes.data, bytes.length);
		verdict = journal_help_check(path);
		/* the last newline is the end of the last line */
		if (i == bytes.length - 1)
			ck_assert(verdict.is_cut);
		else
			ck_assert_msg(verdict.broken != 0, "byte %zu", i);
		bytes.data[i] = right;
	}
	free(bytes.data);
}
END_TEST

START_TEST(a_cut_at_each_byte_is_found)
{
	char path[512];
	struct journal_bytes bytes = whole_file(3, path);

	for (size_t length = 0; length < bytes.length; length++) {
		struct journal_help_verdict verdict;

		journal_help_write(path, bytes.data, length);
		verdict = journal_help_check(path);
		ck_assert_uint_eq(verdict.broken, 0);
		ck_assert(!verdict.has_end || verdict.is_cut);
		ck_assert(verdict.is_cut ==
			  (length != 0 && bytes.data[length - 1] != '\n'));
	}
	free(bytes.data);
}
END_TEST

/* Puts line numbers together; 0 ends them. */
static void write_lines(const char *path, const struct journal_bytes *bytes,
			const int *numbers)
{
	char *made = calloc(1, 3 * bytes->length);
	size_t at = 0;

	for (; *numbers != 0; numbers++) {
		const char *start = bytes->data;
		size_t length;

		for (int i = 1; i < *numbers; i++)
			start = strchr(start, '\n') + 1;
		length = (size_t)(strchr(start, '\n') + 1 - start);
		memcpy(made + at, start, length);
		at += length;
	}
	journal_help_write(path, made, at);
	free(made);
}

/* Of begin, 0, 1, 2, end: lines 1 to 5. */
static const struct {
	int lines[8];
	size_t broken; /* the line where it is found; 0: it ends too soon */
} changes[] = {
	{ { 2, 3, 4, 5 }, 1 },
	{ { 1, 3, 4, 5 }, 2 },
	{ { 1, 2, 4, 5 }, 3 },
	{ { 1, 2, 3, 5 }, 4 },
	{ { 1, 2, 3, 4 }, 0 },
	{ { 1, 2 }, 0 },
	{ { 1 }, 0 },
	{ { 2, 1, 3, 4, 5 }, 1 },
	{ { 1, 3, 2, 4, 5 }, 2 },
	{ { 1, 2, 4, 3, 5 }, 3 },
	{ { 1, 2, 3, 5, 4 }, 4 },
	{ { 1, 1, 2, 3, 4, 5 }, 2 },
	{ { 1, 2, 2, 3, 4, 5 }, 3 },
	{ { 1, 2, 3, 4, 4, 5 }, 5 },
	{ { 1, 2, 3, 4, 5, 5 }, 6 },
	{ { 1, 2, 3, 4, 5, 1 }, 6 },
};

START_TEST(lines_that_were_moved_are_found)
{
	char path[512];
	struct journal_bytes bytes = whole_file(3, path);
	struct journal_help_verdict verdict;

	write_lines(path, &bytes, changes[_i].lines);
	verdict = journal_help_check(path);
	ck_assert_uint_eq(verdict.first_broken, changes[_i].broken);
	ck_assert(changes[_i].broken != 0 || !verdict.has_end);
	free(bytes.data);
}
END_TEST

START_TEST(whatever_is_in_a_file_is_read)
{
	char path[512];
	size_t length = 3 * JOURNAL_LINE_MAX;
	char *bytes = malloc(length);

	snprintf(path, sizeof(path), "%s/x.jsonl", journal_directory);
	memset(bytes, 'x', length);
	bytes[2 * JOURNAL_LINE_MAX] = '\n';
	journal_help_write(path, bytes, length);
	ck_assert_uint_eq(journal_help_check(path).broken, 1);
	memset(bytes, 0, length);
	journal_help_write(path, bytes, length);
	ck_assert(journal_help_check(path).is_cut);
	memset(bytes, '\n', length);
	journal_help_write(path, bytes, length);
	ck_assert_uint_eq(journal_help_check(path).broken, length);
	free(bytes);
}
END_TEST

/* one file after another */

static void read_begin(const char *path, struct journal_line *line_r)
{
	struct journal_bytes bytes = journal_help_read(path);

	ck_assert(journal_line_read(bytes.data, strcspn(bytes.data, "\n"),
				    line_r));
	free(bytes.data);
}

/* The newest file goes on from that head. */
static void assert_goes_on(const struct journal_head *head)
{
	struct journal_line begin;
	char path[512];

	journal_help_files(path);
	read_begin(path, &begin);
	ck_assert_str_eq(document_get_text(begin.json, "after"), head->name);
	ck_assert_uint_eq(document_get_number(begin.json, "after_n"), head->n);
	ck_assert_str_eq(begin.prev, head->hash);
	journal_line_clear(&begin);
}

START_TEST(a_new_day_has_a_new_file)
{
	struct journal_head head;
	char path[512];

	write_records(2);
	ck_assert(journal_help_add(file, NOON_MS + DAY_MS / 2 - 1, 2));
	ck_assert_uint_eq(journal_help_files(path), 1);
	ck_assert(journal_help_add(file, NOON_MS + DAY_MS / 2, 3));
	ck_assert_uint_eq(journal_help_files(path), 2);
	ck_assert_ptr_nonnull(strstr(path, ".20260528T000000Z.jsonl"));
	journal_help_files(path);
	head = *journal_file_head(file);
	ck_assert_uint_eq(head.n, 1);
	end_file();
	ck_assert(!journal_help_check(path).is_cut);
}
END_TEST

START_TEST(a_full_file_is_followed_by_the_next)
{
	struct journal_head head = { "", 0, "" };
	char path[512];

	journal_file_free(&file);
	file = make_file(2000);
	for (int i = 0; i < 30; i++)
		ck_assert(journal_help_add(file, NOON_MS + 1000 * (uint64_t)i,
					   i));
	ck_assert_uint_gt(journal_help_files(path), 2);
	/* that of the newest one says which one is before it */
	journal_file_last(journal_directory, "gw1", &head);
	ck_assert_str_eq(head.name, journal_file_head(file)->name);
	ck_assert_str_eq(head.hash, journal_file_head(file)->hash);
}
END_TEST

/* Two in one second: the second one waits for its time. */
START_TEST(no_file_is_written_twice)
{
	char path[512];

	write_records(1);
	end_file();
	ck_assert(!journal_help_add(file, NOON_MS, 1));
	ck_assert_int_eq(journal_file_errno(file), EEXIST);
	ck_assert(journal_help_add(file, NOON_MS + 1000, 1));
	ck_assert_uint_eq(journal_help_files(path), 2);
}
END_TEST

START_TEST(the_next_process_goes_on_from_the_last_whole_line)
{
	struct journal_head head;
	struct journal_bytes bytes;
	char path[512];

	write_records(5);
	head = *journal_file_head(file);
	ck_assert(journal_help_add(file, NOON_MS, 5));
	ck_assert(journal_file_sync(file));
	journal_help_files(path);
	bytes = journal_help_read(path);
	/* the last line lacks its end: a crash */
	journal_help_write(path, bytes.data, bytes.length - 7);
	free(bytes.data);
	journal_file_free(&file);
	file = make_file(0);
	ck_assert(journal_help_add(file, NOON_MS + 60000, 0));
	assert_goes_on(&head);
}
END_TEST

START_TEST(a_file_without_a_record_is_passed_over)
{
	struct journal_head head;
	char path[512];

	write_records(2);
	head = *journal_file_head(file);
	snprintf(path, sizeof(path), "%s/gw1.1.20260527T120001Z.jsonl",
		 journal_directory);
	journal_help_write(path, "{\"n\":0", 6);
	/* that of another host, and what is no file of a journal */
	snprintf(path, sizeof(path), "%s/gw1.x.1.20260527T120002Z.jsonl",
		 journal_directory);
	journal_help_write(path, "{}\n", 3);
	snprintf(path, sizeof(path), "%s/notes.txt", journal_directory);
	journal_help_write(path, "{}\n", 3);
	journal_file_free(&file);
	file = make_file(0);
	ck_assert(journal_help_add(file, NOON_MS + 60000, 0));
	unlink(path);
	snprintf(path, sizeof(path), "%s/gw1.x.1.20260527T120002Z.jsonl",
		 journal_directory);
	unlink(path);
	snprintf(path, sizeof(path), "%s/gw1.1.20260527T120001Z.jsonl",
		 journal_directory);
	unlink(path);
	assert_goes_on(&head);
}
END_TEST

START_TEST(a_file_that_was_removed_is_followed_by_another)
{
	char path[512];

	write_records(1);
	ck_assert_uint_eq(journal_help_files(path), 1);
	unlink(path);
	ck_assert(journal_file_sync(file));
	ck_assert(journal_help_add(file, NOON_MS + 1000, 1));
	ck_assert_uint_eq(journal_help_files(path), 1);
}
END_TEST

START_TEST(no_directory_is_an_error_with_its_path)
{
	journal_file_free(&file);
	file = journal_file_new(&(struct journal_file_options){
		.directory = "/nonexistent/journal",
		.host = "gw1",
		.program = "x" });
	ck_assert(!journal_help_add(file, NOON_MS, 0));
	ck_assert_str_eq(journal_file_error(file),
			 "/nonexistent/journal: No such file or directory");
	ck_assert_int_eq(journal_file_errno(file), ENOENT);
}
END_TEST

START_TEST(any_host_makes_a_name)
{
	char *host = journal_file_host("../g w1\n.example");
	char *none = journal_file_host("");

	ck_assert_str_eq(host, "-.-g-w1-.example");
	ck_assert_ptr_null(strchr(host, '/'));
	ck_assert_int_ne(host[0], '.');
	ck_assert_str_eq(none, "-");
	free(host);
	free(none);
}
END_TEST

/* a disk that is full */

static void limit_file_size(rlim_t bytes)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* At each byte of what six records take: what was added is whole and in order,
 * and what was refused comes when there is room, also when it had begun. */
START_TEST(a_full_disk_loses_no_record_that_was_added)
{
	struct rlimit before;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	for (rlim_t bytes = 0; bytes < 2200; bytes += 7) {
		uint64_t now_ms = NOON_MS;
		size_t records = 0;
		char path[512];
		int i = 0;

		limit_file_size(bytes);
		while (i < 6 && journal_help_add(file, now_ms, i))
			i++;
		if (i < 6)
			ck_assert(!journal_help_add(file, now_ms, i) ||
				  i++ < 6);
		setrlimit(RLIMIT_FSIZE, &before);
		for (; i < 6; now_ms += 1000)
			if (journal_help_add(file, now_ms, i))
				i++;
		ck_assert(journal_file_end(file, now_ms, "stop"));
		while (journal_help_files(path) != 0) {
			struct journal_help_verdict verdict =
				journal_help_check(path);

			ck_assert_uint_eq(verdict.broken, 0);
			ck_assert(verdict.has_end || verdict.is_cut);
			records += verdict.records - 1 - verdict.has_end;
			unlink(path);
		}
		ck_assert_uint_eq(records, 6);
	}
}
END_TEST

START_TEST(a_link_in_the_place_of_a_file_is_not_followed)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/gw1.%ld.20260527T120000Z.jsonl",
		 journal_directory, (long)getpid());
	ck_assert_int_eq(symlink("/dev/full", path), 0);
	ck_assert(!journal_help_add(file, NOON_MS, 0));
	ck_assert(journal_help_add(file, NOON_MS + 1000, 0));
}
END_TEST

/* A process that is killed at any moment leaves whole lines. */
START_TEST(a_process_that_is_killed_leaves_whole_lines)
{
	char path[512];

	for (int round = 0; round < 20; round++) {
		pid_t child = fork();
		int status;

		if (child == 0)
			for (int i = 0;; i++)
				journal_help_add(file, NOON_MS, i);
		usleep(1000 + 500 * (unsigned int)round);
		kill(child, SIGKILL);
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		while (journal_help_files(path) != 0) {
			struct journal_help_verdict verdict =
				journal_help_check(path);

			ck_assert_uint_eq(verdict.broken, 0);
			ck_assert(!verdict.has_end);
			unlink(path);
		}
	}
}
END_TEST

START_TEST(who_writes_a_file_is_known)
{
	struct journal_reader *reader;
	char path[512];

	write_records(1);
	journal_help_files(path);
	reader = journal_reader_open(path);
	ck_assert(journal_reader_is_written(reader));
	end_file();
	ck_assert(!journal_reader_is_written(reader));
	journal_reader_close(&reader);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("journal_file");
	TCase *tcase = tcase_create("journal_file");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_file_is_whole);
	tcase_add_test(tcase, its_group_may_read_it_and_nobody_else);
	tcase_add_test(tcase, each_changed_byte_of_a_file_is_found);
	tcase_add_test(tcase, a_cut_at_each_byte_is_found);
	tcase_add_loop_test(tcase, lines_that_were_moved_are_found, 0,
			    (int)(sizeof(changes) / sizeof(changes[0])));
	tcase_add_test(tcase, whatever_is_in_a_file_is_read);
	tcase_add_test(tcase, a_new_day_has_a_new_file);
	tcase_add_test(tcase, a_full_file_is_followed_by_the_next);
	tcase_add_test(tcase, no_file_is_written_twice);
	tcase_add_test(tcase,
		       the_next_process_goes_on_from_the_last_whole_line);
	tcase_add_test(tcase, a_file_without_a_record_is_passed_over);
	tcase_add_test(tcase, a_file_that_was_removed_is_followed_by_another);
	tcase_add_test(tcase, no_directory_is_an_error_with_its_path);
	tcase_add_test(tcase, any_host_makes_a_name);
	tcase_add_test(tcase, a_full_disk_loses_no_record_that_was_added);
	tcase_add_test(tcase, a_link_in_the_place_of_a_file_is_not_followed);
	tcase_add_test(tcase, a_process_that_is_killed_leaves_whole_lines);
	tcase_add_test(tcase, who_writes_a_file_is_known);
	suite_add_tcase(suite, tcase);
	return check_run_apart(suite);
}
