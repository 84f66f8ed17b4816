/* SPDX-License-Identifier: ISC */
/* A journal as it was written, and what an attacker may do to it with all the
 * rights that there are on one host. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "journal_help.h"
#include "lib/base/json.h"
#include "lib/watch/journal_audit.h"

#define DAY_MS	UINT64_C(86400000)
#define NOON_MS (UINT64_C(20600) * DAY_MS + DAY_MS / 2)

static struct journal_audit *audit;
static struct journal_file *file;
static char path[512];

static struct journal_file *make_file(const char *host)
{
	return journal_file_new(
		&(struct journal_file_options){ .directory = journal_directory,
						.host = host,
						.program = "ut_journal_audit 1",
						.run_ms = NOON_MS });
}

static void setup(void)
{
	journal_help_setup();
	file = make_file("gw1");
	audit = journal_audit_new();
}

static void teardown(void)
{
	journal_audit_free(&audit);
	journal_file_free(&file);
	journal_help_teardown();
}

static void write_records(int count, uint64_t now_ms)
{
	for (int i = 0; i < count; i++)
		ck_assert(journal_help_add(file, now_ms + (uint64_t)i, i));
}

static struct journal_head end_file(uint64_t now_ms)
{
	ck_assert(journal_file_end(file, now_ms, "stop"));
	journal_help_files(path);
	return *journal_file_head(file);
}

/* Writes the records of a file anew, with another value and right hashes, as
 * whoever has this program can. */
static void forge(const char *from, int changed_line)
{
	struct journal_bytes bytes = journal_help_read(from);
	char *made = calloc(1, 2 * bytes.length), *line = bytes.data;
	struct journal_head head = { .name = "" };
	size_t length = 0;

	for (int i = 0; *line != '\0'; i++) {
		struct journal_line read;
		char *end = strchr(line, '\n');
		enum journal_kind kind;
		char *members;

		ck_assert(journal_line_read(line, (size_t)(end - line), &read));
		if (i == 0)
			memcpy(head.hash, read.prev, sizeof(head.hash));
		ck_assert(journal_kind_find(read.kind, &kind));
		if (i == changed_line)
			json_object_set_new(read.json, "i", json_integer(666));
		members = journal_members(json_incref(read.json));
		length += journal_line_make(
			&(struct journal_record){ (uint64_t)i, NOON_MS, kind,
						  members },
			&head, made + length);
		free(members);
		journal_line_clear(&read);
		line = end + 1;
	}
	journal_help_write(from, made, length);
	free(made);
	free(bytes.data);
}

static void read_path(void)
{
	ck_assert(journal_audit_read(audit, path));
}

static void assert_verdict(enum journal_verdict verdict, const char *finding)
{
	ck_assert_int_eq(journal_audit_verdict(audit), verdict);
	if (finding == NULL) {
		ck_assert_uint_eq(journal_audit_findings(audit), 0);
		return;
	}
	ck_assert_uint_ge(journal_audit_findings(audit), 1);
	ck_assert_msg(strstr(journal_audit_finding(audit, 0), finding) != NULL,
		      "%s", journal_audit_finding(audit, 0));
}

START_TEST(a_whole_file_is_whole)
{
	const struct journal_file_report *report;

	write_records(3, NOON_MS);
	end_file(NOON_MS + 5);
	read_path();
	journal_audit_finish(audit, true);
	assert_verdict(JOURNAL_IS_WHOLE, NULL);
	report = journal_audit_file(audit, 0);
	ck_assert_int_eq(report->state, JOURNAL_WHOLE);
	ck_assert_uint_eq(report->records, 5);
	ck_assert_str_eq(report->first, "2026-05-27T12:00:00.000Z");
	ck_assert_str_eq(report->last, "2026-05-27T12:00:00.005Z");
	ck_assert_uint_eq(report->head.n, 4);
}
END_TEST

START_TEST(a_file_that_is_written_now_is_no_crash)
{
	write_records(3, NOON_MS);
	journal_help_files(path);
	read_path();
	journal_audit_finish(audit, true);
	assert_verdict(JOURNAL_IS_WHOLE, NULL);
	ck_assert_int_eq(journal_audit_file(audit, 0)->state, JOURNAL_OPEN);
}
END_TEST

START_TEST(a_crash_is_no_change)
{
	struct journal_bytes bytes;

	write_records(3, NOON_MS);
	end_file(NOON_MS + 5);
	bytes = journal_help_read(path);
	journal_help_write(path, bytes.data, bytes.length - 300);
	free(bytes.data);
	read_path();
	journal_audit_finish(audit, true);
	assert_verdict(JOURNAL_IS_CUT, NULL);
	ck_assert(journal_audit_file(audit, 0)->is_torn);
}
END_TEST

/* Each byte of a file, and each place to cut it: which of the verdicts? */
START_TEST(each_byte_is_found_and_told_apart)
{
	struct journal_bytes bytes;

	write_records(2, NOON_MS);
	end_file(NOON_MS + 5);
	bytes = journal_help_read(path);
	for (size_t i = 0; i < bytes.length; i++) {
		enum journal_verdict wanted = i == bytes.length - 1
						      ? JOURNAL_IS_CUT
						      : JOURNAL_IS_CHANGED;

		bytes.data[i] = (char)(bytes.data[i] ^ 1);
		journal_help_write(path, bytes.data, bytes.length);
		read_path();
		ck_assert_int_eq(journal_audit_verdict(audit), wanted);
		bytes.data[i] = (char)(bytes.data[i] ^ 1);
		journal_audit_free(&audit);
		audit = journal_audit_new();
		journal_help_write(path, bytes.data, i);
		read_path();
		ck_assert_int_eq(journal_audit_verdict(audit), JOURNAL_IS_CUT);
		journal_audit_free(&audit);
		audit = journal_audit_new();
	}
	free(bytes.data);
}
END_TEST

START_TEST(a_chain_that_was_written_anew_is_found_by_a_head_alone)
{
	struct journal_head head;

	write_records(3, NOON_MS);
	head = end_file(NOON_MS + 5);
	forge(path, 2);
	read_path();
	journal_audit_finish(audit, true);
	assert_verdict(JOURNAL_IS_WHOLE, NULL);
	journal_audit_free(&audit);
	audit = journal_audit_new();
	journal_audit_add_head(audit, &head, "/var/log/syslog");
	read_path();
	journal_audit_finish(audit, true);
	assert_verdict(JOURNAL_DIFFERS,
		       "record 4 is not the one that /var/log/syslog knows");
}
END_TEST

START_TEST(heads_that_fit_are_counted)
{
	struct journal_head first, last;

	write_records(2, NOON_MS);
	first = *journal_file_head(file);
	write_records(2, NOON_MS);
	last = end_file(NOON_MS + 5);
	journal_audit_add_head(audit, &last, "syslog");
	journal_audit_add_head(audit, &first, "syslog");
	journal_audit_add_head(audit, &first, "syslog.1");
	strcpy(first.name, "gw9.1.20260527T120000Z");
	journal_audit_add_head(audit, &first, "syslog.1");
	read_path();
	journal_audit_finish(audit, true);
	assert_verdict(JOURNAL_IS_WHOLE, NULL);
	ck_assert_uint_eq(
		journal_audit_anchors(audit, JOURNAL_FROM_LOG).matched, 3);
	ck_assert_uint_eq(
		journal_audit_anchors(audit, JOURNAL_FROM_LOG).checked, 3);
	ck_assert_uint_eq(
		journal_audit_anchors(audit, JOURNAL_FROM_LOG).elsewhere, 1);
}
END_TEST

START_TEST(lines_that_were_cut_off_are_found_by_a_head)
{
	struct journal_bytes bytes;
	struct journal_head head;
	size_t length = 0;

	write_records(3, NOON_MS);
	head = end_file(NOON_MS + 5);
	bytes = journal_help_read(path);
	for (int i = 0; i < 2; i++)
		length = (size_t)(strchr(bytes.data + length, '\n') -
				  bytes.data) +
			 1;
	journal_help_write(path, bytes.data, length);
	free(bytes.data);
	journal_audit_add_head(audit, &head, "syslog");
	read_path();
	journal_audit_finish(audit, false);
	assert_verdict(JOURNAL_DIFFERS,
		       "records 2 to 4 are missing: syslog knows of them");
}
END_TEST

START_TEST(a_hash_is_looked_for)
{
	struct journal_head head;

	write_records(2, NOON_MS);
	head = *journal_file_head(file);
	end_file(NOON_MS + 5);
	head.hash[20] = '\0';
	journal_audit_add_hash(audit, head.hash);
	read_path();
	journal_audit_finish(audit, false);
	assert_verdict(JOURNAL_IS_WHOLE, NULL);
	journal_audit_add_hash(audit, "0123456789abcdef");
	journal_audit_finish(audit, false);
	assert_verdict(JOURNAL_DIFFERS,
		       "no record has the hash 0123456789abcdef");
}
END_TEST

/* Two files of one host: the second one says what the first one was. */
static void write_two(char first_r[512])
{
	write_records(3, NOON_MS);
	end_file(NOON_MS + 5);
	memcpy(first_r, path, sizeof(path));
	write_records(3, NOON_MS + DAY_MS);
	end_file(NOON_MS + DAY_MS + 5);
}

START_TEST(the_next_file_knows_the_one_before)
{
	char first[512];

	write_two(first);
	ck_assert(journal_audit_read(audit, first));
	read_path();
	journal_audit_finish(audit, true);
	assert_verdict(JOURNAL_IS_WHOLE, NULL);
	ck_assert_uint_eq(
		journal_audit_anchors(audit, JOURNAL_FROM_NEXT).matched, 1);
	journal_audit_free(&audit);
	audit = journal_audit_new();
	forge(first, 3);
	ck_assert(journal_audit_read(audit, first));
	read_path();
	journal_audit_finish(audit, true);
	assert_verdict(JOURNAL_DIFFERS, "record 4 is not the one that ");
}
END_TEST

START_TEST(a_file_that_was_removed_is_missed)
{
	char first[512];

	write_two(first);
	unlink(first);
	read_path();
	journal_audit_finish(audit, true);
	assert_verdict(JOURNAL_DIFFERS,
		       ".20260527T120000Z.jsonl is missing, records 0 to 4");
	/* one file alone says nothing of the others */
	journal_audit_free(&audit);
	audit = journal_audit_new();
	read_path();
	journal_audit_finish(audit, false);
	assert_verdict(JOURNAL_IS_WHOLE, NULL);
}
END_TEST

START_TEST(a_file_that_was_pruned_is_not_missed)
{
	char first[512], members[600], *name;

	write_two(first);
	unlink(first);
	name = strrchr(first, '/') + 1;
	name[strlen(name) - strlen(".jsonl")] = '\0';
	snprintf(members, sizeof(members), "\"file\":\"%s\"", name);
	read_path();
	ck_assert(journal_file_add(file, NOON_MS + 2 * DAY_MS,
				   &(struct journal_record){ 0, NOON_MS,
							     JOURNAL_PRUNED,
							     members }));
	end_file(NOON_MS + 2 * DAY_MS);
	read_path();
	journal_audit_finish(audit, true);
	assert_verdict(JOURNAL_IS_WHOLE, NULL);
}
END_TEST

START_TEST(another_milter_is_a_witness)
{
	struct journal_file *other = make_file("gw2");
	struct journal_head head;
	char own[512], members[600];

	write_records(3, NOON_MS);
	head = *journal_file_head(file);
	end_file(NOON_MS + 5);
	memcpy(own, path, sizeof(own));
	snprintf(members, sizeof(members),
		 "\"file\":\"%s\",\"record\":%d,\"head\":\"%s\"", head.name,
		 (int)head.n, head.hash);
	ck_assert(journal_file_add(other, NOON_MS,
				   &(struct journal_record){ 0, NOON_MS,
							     JOURNAL_WITNESS,
							     members }));
	ck_assert(journal_file_end(other, NOON_MS, "stop"));
	journal_help_files(path);
	ck_assert_ptr_nonnull(strstr(path, "/gw2."));
	forge(own, 1);
	ck_assert(journal_audit_read(audit, own));
	read_path();
	journal_audit_finish(audit, true);
	assert_verdict(JOURNAL_DIFFERS, "record 3 is not the one that ");
	journal_file_free(&other);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("journal_audit");
	TCase *tcase = tcase_create("journal_audit");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_whole_file_is_whole);
	tcase_add_test(tcase, a_file_that_is_written_now_is_no_crash);
	tcase_add_test(tcase, a_crash_is_no_change);
	tcase_add_test(tcase, each_byte_is_found_and_told_apart);
	tcase_add_test(tcase,
		       a_chain_that_was_written_anew_is_found_by_a_head_alone);
	tcase_add_test(tcase, heads_that_fit_are_counted);
	tcase_add_test(tcase, lines_that_were_cut_off_are_found_by_a_head);
	tcase_add_test(tcase, a_hash_is_looked_for);
	tcase_add_test(tcase, the_next_file_knows_the_one_before);
	tcase_add_test(tcase, a_file_that_was_removed_is_missed);
	tcase_add_test(tcase, a_file_that_was_pruned_is_not_missed);
	tcase_add_test(tcase, another_milter_is_a_witness);
	suite_add_tcase(suite, tcase);
	return check_run_apart(suite);
}
