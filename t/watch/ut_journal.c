/* SPDX-License-Identifier: ISC */
/* The thread that writes: a disk that is slow, full or missing keeps nobody
 * waiting, and what is lost is told. */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "journal_help.h"
#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/watch/journal.h"
#include "lib/watch/journal_reader.h"

#define STOP_MS	  5000
#define LINES_MAX 50

static struct journal *journal;
static char directory[128];

/* The disk: this stands before the C library's. */
static atomic_bool is_stalled;
static atomic_int failures;
static atomic_int syncs;

int fdatasync(int fd)
{
	(void)fd;
	atomic_fetch_add(&syncs, 1);
	while (atomic_load(&is_stalled))
		usleep(1000);
	if (atomic_load(&failures) == 0)
		return 0;
	atomic_fetch_sub(&failures, 1);
	errno = EIO;
	return -1;
}

/* the log */

static pthread_mutex_t lines_lock = PTHREAD_MUTEX_INITIALIZER;
static char *lines[LINES_MAX];
static size_t line_count;

static void keep_line(void *unused, enum log_gravity gravity, const char *line)
{
	(void)unused;
	(void)gravity;
	pthread_mutex_lock(&lines_lock);
	if (line_count < LINES_MAX)
		lines[line_count++] = strdup(line);
	pthread_mutex_unlock(&lines_lock);
}

static size_t count_lines(const char *word)
{
	size_t count = 0;

	pthread_mutex_lock(&lines_lock);
	for (size_t i = 0; i < line_count; i++)
		count += strstr(lines[i], word) != NULL;
	pthread_mutex_unlock(&lines_lock);
	return count;
}

static uint64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* the mirror */

static atomic_uint mirrored, heads;
static struct journal_head last_head;

static void mirror_record(void *context, const struct journal_head *head,
			  const char *line, size_t length)
{
	char hash[SHA256_TEXT_SIZE];

	(void)context;
	ck_assert_str_eq(sha256_text(line, length, hash), head->hash);
	atomic_fetch_add(&mirrored, 1);
}

static void mirror_head(void *context, const struct journal_head *head)
{
	(void)context;
	last_head = *head;
	atomic_fetch_add(&heads, 1);
}

static void setup(void)
{
	const struct journal_options options = {
		.directory = directory,
		.host = "gw1",
		.program = "ut_journal 1",
		.owner = "weir",
		.wall_ms = wall_ms,
		.mirror = { mirror_record, mirror_head, NULL, NULL },
	};

	log_open_sink(keep_line, NULL);
	journal_help_setup();
	snprintf(directory, sizeof(directory), "%s/journal", journal_directory);
	ck_assert_int_eq(mkdir(directory, 0700), 0);
	journal = journal_new(&options);
}

/* Its files are in a directory of that of the test. */
static size_t find_files(char path_r[512])
{
	char outer[64];
	size_t count;

	memcpy(outer, journal_directory, sizeof(outer));
	snprintf(journal_directory, 64, "%.50s/journal", outer);
	count = journal_help_files(path_r);
	memcpy(journal_directory, outer, sizeof(outer));
	return count;
}

static void teardown(void)
{
	char path[512];

	ck_assert(journal_stop(journal, STOP_MS));
	journal_free(&journal);
	while (find_files(path) != 0)
		unlink(path);
	rmdir(directory);
	ck_assert_int_eq(rmdir(journal_directory), 0);
	log_open_stderr("ut_journal");
	while (line_count > 0)
		free(lines[--line_count]);
}

static void add(enum journal_kind kind, int i)
{
	journal_add(journal, kind,
		    kind == JOURNAL_MESSAGE ? JOURNAL_SAMPLE : JOURNAL_ACT,
		    json_pack("{s:i}", "i", i));
}

static uint64_t written(enum journal_kind kind)
{
	struct journal_counts counts;

	journal_count(journal, &counts);
	return counts.written[kind];
}

static void await_written(enum journal_kind kind, uint64_t count)
{
	for (int i = 0; i < 10000 && written(kind) < count; i++)
		usleep(1000);
	ck_assert_uint_eq(written(kind), count);
}

START_TEST(records_are_written_and_the_file_is_finished)
{
	struct journal_help_verdict verdict;
	struct journal_head head;
	char path[512];

	ck_assert(!journal_head(journal, &head));
	add(JOURNAL_PROCESS, 0);
	ck_assert(journal_start(journal));
	await_written(JOURNAL_PROCESS, 1);
	add(JOURNAL_MESSAGE, 1);
	add(JOURNAL_ORDER, 2);
	await_written(JOURNAL_ORDER, 1);
	ck_assert(journal_head(journal, &head));
	ck_assert_uint_eq(head.n, 3);
	ck_assert(journal_stop(journal, STOP_MS));
	ck_assert_uint_eq(find_files(path), 1);
	verdict = journal_help_check(path);
	ck_assert_uint_eq(verdict.records, 5);
	ck_assert(verdict.has_end && verdict.broken == 0);
	ck_assert_uint_eq(atomic_load(&mirrored), 5);
}
END_TEST

START_TEST(heads_are_logged_and_the_last_one_is_that_of_the_end)
{
	struct journal_head head;

	add(JOURNAL_PROCESS, 0);
	ck_assert(journal_start(journal));
	await_written(JOURNAL_PROCESS, 1);
	for (int i = 0; i < 5000 && atomic_load(&heads) == 0; i++)
		usleep(1000);
	ck_assert_uint_eq(atomic_load(&heads), 1);
	ck_assert(journal_stop(journal, STOP_MS));
	ck_assert(journal_head(journal, &head));
	ck_assert_uint_eq(atomic_load(&heads), 2);
	ck_assert_str_eq(last_head.hash, head.hash);
	ck_assert_uint_eq(count_lines("journal gw1."), 2);
	ck_assert_uint_eq(count_lines(head.hash), 1);
}
END_TEST

START_TEST(no_journal_takes_what_it_gets)
{
	struct journal_counts counts;
	struct journal_head head;

	journal_add(NULL, JOURNAL_ORDER, JOURNAL_ACT, json_object());
	journal_count(NULL, &counts);
	ck_assert_uint_eq(counts.waiting, 0);
	ck_assert(!journal_head(NULL, &head));
	ck_assert(journal_stop(NULL, 1));
}
END_TEST

/* The first record behind begin is the gap; returns its JSON. */
static json_t *read_gap(const char *path)
{
	struct journal_reader *reader = journal_reader_open(path);
	struct journal_read_line line;
	json_t *gap;

	ck_assert_int_eq(journal_reader_next(reader, &line),
			 JOURNAL_READ_RECORD);
	ck_assert_int_eq(journal_reader_next(reader, &line),
			 JOURNAL_READ_RECORD);
	ck_assert_str_eq(line.line.kind, "gap");
	gap = json_incref(line.line.json);
	journal_reader_close(&reader);
	return gap;
}

/* Without a directory one line says what to do; when it is there, what waited
 * is written, acts before samples, and the gap has the rest. */
START_TEST(what_no_disk_took_is_counted)
{
	const int samples = 12000, acts = 300;
	char path[512];
	json_t *gap;

	ck_assert_int_eq(rmdir(directory), 0);
	add(JOURNAL_PROCESS, 0);
	ck_assert(journal_start(journal));
	for (int i = 0; i < samples; i++)
		add(JOURNAL_MESSAGE, i);
	for (int i = 0; i < acts; i++)
		add(JOURNAL_ORDER, i);
	for (int i = 0; i < 5000 && count_lines("not written") == 0; i++)
		usleep(1000);
	ck_assert_uint_eq(count_lines("not written"), 1);
	ck_assert_uint_eq(count_lines("install -d -o weir -g weir -m 2770 "),
			  1);
	ck_assert_int_eq(mkdir(directory, 0700), 0);
	await_written(JOURNAL_ORDER, (uint64_t)acts);
	ck_assert(journal_stop(journal, STOP_MS));
	ck_assert_uint_eq(find_files(path), 1);
	gap = read_gap(path);
	ck_assert_uint_eq(document_get_number(gap, "lost"),
			  (uint64_t)(samples + acts + 1 - JOURNAL_QUEUE_MAX));
	ck_assert_uint_eq(
		document_get_number(json_object_get(gap, "kinds"), "message"),
		document_get_number(gap, "lost"));
	ck_assert_uint_eq(written(JOURNAL_MESSAGE) +
				  document_get_number(gap, "lost"),
			  (uint64_t)samples);
	json_decref(gap);
	ck_assert_uint_eq(count_lines("written again"), 1);
	ck_assert_uint_eq(journal_help_check(path).broken, 0);
}
END_TEST

/* A caller that waited for the disk would never come back. */
START_TEST(a_disk_that_stands_still_keeps_nobody_waiting)
{
	struct journal_counts counts;

	atomic_store(&is_stalled, true);
	add(JOURNAL_PROCESS, 0);
	ck_assert(journal_start(journal));
	for (int i = 0; i < 5000 && atomic_load(&syncs) == 0; i++)
		usleep(1000);
	ck_assert_int_eq(atomic_load(&syncs), 1);
	for (int i = 0; i < 1000; i++)
		add(JOURNAL_ORDER, i);
	journal_count(journal, &counts);
	ck_assert_uint_eq(counts.waiting, 1000);
	ck_assert(!journal_stop(journal, 50));
	atomic_store(&is_stalled, false);
	await_written(JOURNAL_ORDER, 1000);
}
END_TEST

START_TEST(after_a_sync_that_failed_there_is_a_new_file_and_a_gap)
{
	char path[512];
	json_t *gap;

	atomic_store(&failures, 1);
	add(JOURNAL_PROCESS, 0);
	ck_assert(journal_start(journal));
	await_written(JOURNAL_PROCESS, 1);
	for (int i = 0; i < 5000 && count_lines("not written") == 0; i++)
		usleep(1000);
	ck_assert_uint_eq(count_lines("Input/output error"), 1);
	add(JOURNAL_ORDER, 1);
	await_written(JOURNAL_ORDER, 1);
	ck_assert(journal_stop(journal, STOP_MS));
	ck_assert_uint_eq(find_files(path), 2);
	gap = read_gap(path);
	ck_assert_uint_eq(document_get_number(gap, "lost"), 0);
	ck_assert_uint_eq(document_get_number(gap, "unsynced"), 1);
	json_decref(gap);
}
END_TEST

static void *add_many(void *unused)
{
	(void)unused;
	for (int i = 0; i < 500; i++)
		add(i % 2 == 0 ? JOURNAL_MESSAGE : JOURNAL_ORDER, i);
	return NULL;
}

START_TEST(many_threads_add_at_once)
{
	pthread_t threads[4];
	char path[512];

	ck_assert(journal_start(journal));
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, add_many, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	ck_assert(journal_stop(journal, STOP_MS));
	ck_assert_uint_eq(find_files(path), 1);
	ck_assert_uint_eq(journal_help_check(path).records, 2002);
	ck_assert_uint_eq(journal_help_check(path).broken, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("journal");
	TCase *tcase = tcase_create("journal");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, records_are_written_and_the_file_is_finished);
	tcase_add_test(tcase,
		       heads_are_logged_and_the_last_one_is_that_of_the_end);
	tcase_add_test(tcase, no_journal_takes_what_it_gets);
	tcase_add_test(tcase, what_no_disk_took_is_counted);
	tcase_add_test(tcase, a_disk_that_stands_still_keeps_nobody_waiting);
	tcase_add_test(tcase,
		       after_a_sync_that_failed_there_is_a_new_file_and_a_gap);
	tcase_add_test(tcase, many_threads_add_at_once);
	suite_add_tcase(suite, tcase);
	return check_run_apart(suite);
}
