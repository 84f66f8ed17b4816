/* SPDX-License-Identifier: ISC */
/* The report of a flood whose journal is known to the record: figures, where
 * they are from, what is not known, and what strangers wrote into it. */
#include <check.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/moment.h"
#include "lib/base/sha256.h"
#include "lib/report/report.h"
#include "lib/report/report_detail.h"
#include "lib/settings/settings.h"
#include "lib/watch/journal_file.h"
#include "t/lib/settings_text.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))
#define OPENED_MS      UINT64_C(1777621803250) /* 2026-05-01 07:50:03.250 */
#define SECOND_MS      UINT64_C(1000)
#define UID	       "1777621803250-17"

static char directory[] = "/tmp/ut_report.XXXXXX";
static struct settings *settings;
static struct journal_file *file;
static json_t *document;
static char *error;

/* the journal */

static void add(uint64_t when_ms, enum journal_kind kind, const char *members)
{
	json_t *json = json_loads(members, 0, NULL);
	char *text;

	ck_assert_msg(json != NULL, "%s", members);
	text = journal_members(json);
	ck_assert(journal_file_add(
		file, when_ms,
		&(struct journal_record){ 0, when_ms, kind, text }));
	free(text);
}

static const char *since = ""; /* a member of the records of incidents */

static void add_incident(uint64_t when_ms, const char *act, const char *state,
			 unsigned int stopped, const char *text)
{
	char *members = alloc_format(
		"{\"incident\":17,\"name\":\"17\",\"uid\":\"" UID "\","
		"\"act\":\"%s\",\"level\":\"warning\",\"state\":\"%s\","
		"\"opened\":\"2026-05-01T07:50:03.250Z\",%s\"limit\":\"own\","
		"\"subject\":\"sender:script@dev.example\","
		"\"source\":\"client:10.20.0.7\",\"stopped\":%u,"
		"\"let_in\":100,\"held\":0,\"monitored\":0,\"others_hit\":2,"
		"\"windows\":1,\"taken_by\":\"\",\"before\":[5,2],"
		"\"related\":[],\"text\":\"%s\"}",
		act, state, since, stopped, text);

	add(when_ms, JOURNAL_INCIDENT, members);
	free(members);
}

static void add_message(uint64_t when_ms, const char *role, const char *verdict,
			const char *subject)
{
	char moment[MOMENT_TEXT_SIZE];
	char *members = alloc_format(
		"{\"role\":\"%s\",\"when\":\"%s\",\"queue_id\":\"4Zx9\","
		"\"stage\":\"end\",\"verdict\":\"%s\",\"limit\":\"own\","
		"\"subject\":\"sender:script@dev.example\",\"used\":100,"
		"\"max\":100,\"per_ms\":60000,\"client\":\"10.20.0.7\","
		"\"helo\":\"dev\",\"login\":\"\",\"listener\":\"\","
		"\"sender\":\"script@dev.example\","
		"\"recipients\":[\"jake@corp.example\"],\"recipients_all\":1,"
		"\"bytes\":800,\"headers\":{\"subject\":\"%s\","
		"\"php_script\":\"33:cdomail.php\",\"cut\":1},"
		"\"content\":\"0011223344556677\",\"incident\":17,"
		"\"uid\":\"" UID "\"}",
		role, moment_format_utc(when_ms, moment), verdict, subject);

	add(when_ms, JOURNAL_MESSAGE, members);
	free(members);
}

static void begin(void)
{
	strcpy(directory, "/tmp/ut_report.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	settings = settings_of(
		"journal = { directory = \"%s\"; };"
		"limits = ( { name = \"own\"; key = \"sender\"; max = 100;"
		"per = \"1m\"; action = \"tempfail\"; }, { name = \"idle\";"
		"key = \"recipient\"; max = 9; per = \"1h\"; action = "
		"\"reject\"; } );",
		directory);
	file = journal_file_new(&(struct journal_file_options){
		.directory = directory,
		.host = "gw1",
		.program = "weir-milter 0.0",
		.run_ms = OPENED_MS - 9 * SECOND_MS });
}

/* What a milter writes of a flood of 452 messages, of which 100 were let in. */
static void write_flood(const char *subject)
{
	add(OPENED_MS - 9 * SECOND_MS, JOURNAL_PROCESS,
	    "{\"act\":\"start\",\"file\":\"/etc/weir/weir.conf\",\"limits\":["
	    "\"own: tempfail a sender above 100 messages in 1m\","
	    "\"idle: reject a recipient above 9 messages in 1h\"]}");
	add_message(OPENED_MS - SECOND_MS, "before", "accept", subject);
	add_incident(OPENED_MS + 250, "opened", "open", 12, "");
	add_message(OPENED_MS + 260, "first", "tempfail", subject);
	add(OPENED_MS + 3 * SECOND_MS, JOURNAL_ALERT,
	    "{\"channel\":\"noc\",\"act\":\"opened\",\"result\":\"told\","
	    "\"uid\":\"" UID "\",\"tries\":1,\"took_ms\":9,\"detail\":\"\","
	    "\"incident\":17}");
	add_incident(OPENED_MS + 60 * SECOND_MS, "taken", "open", 300, "ann");
	add(OPENED_MS + 61 * SECOND_MS, JOURNAL_ORDER,
	    "{\"act\":\"block\",\"at\":\"2026-05-01T07:51:04.000Z\","
	    "\"id\":\"1777621864000-0\",\"by\":\"ann\",\"reason\":\"ticket "
	    "4711\",\"account\":\"\",\"subject\":\"client:10.20.0.7\","
	    "\"number\":3,\"order\":{\"kind\":\"block\",\"action\":\"reject\","
	    "\"until_ms\":1777629064000}}");
	add(OPENED_MS + 61 * SECOND_MS, JOURNAL_MINUTE,
	    "{\"stopped\":300,\"let_in\":100,\"held\":0,\"bytes\":700,"
	    "\"incident\":17,\"uid\":\"" UID "\"}");
	add_incident(OPENED_MS + 70 * SECOND_MS, "note", "open", 352,
		     "ann: owner: web team");
	add(OPENED_MS + 121 * SECOND_MS, JOURNAL_MINUTE,
	    "{\"stopped\":52,\"let_in\":0,\"held\":0,\"bytes\":0,\"left_out\":7,"
	    "\"incident\":17,\"uid\":\"" UID "\"}");
	add_message(OPENED_MS + 80 * SECOND_MS, "last", "reject", subject);
	/* another incident that had the number before */
	add(OPENED_MS + 90 * SECOND_MS, JOURNAL_MINUTE,
	    "{\"stopped\":9999,\"incident\":17,\"uid\":\"1-17\"}");
	add_incident(OPENED_MS + 980 * SECOND_MS, "quiet", "quiet", 352, "");
}

static void end(void)
{
	if (file != NULL) {
		journal_file_end(file, OPENED_MS + 999 * SECOND_MS, "stop");
		journal_file_free(&file);
	}
}

static void setup(void)
{
	begin();
}

static void teardown(void)
{
	DIR *stream = opendir(directory);
	const struct dirent *entry;

	end();
	while (stream != NULL && (entry = readdir(stream)) != NULL) {
		char *path = alloc_format("%s/%s", directory, entry->d_name);

		unlink(path);
		free(path);
	}
	closedir(stream);
	rmdir(directory);
	settings_release(&settings);
	json_decref(document);
	document = NULL;
	free(error);
	error = NULL;
}

/* Redis has forgotten it: mail of an earlier one is not its own. Older
 * journals do not say. */
static const struct {
	const char *since;
	uint64_t from_ms;
} sinces[] = {
	{ "", 0 },
	{ "\"from\":\"2026-05-01T07:50:01.250Z\",", OPENED_MS - 2 * SECOND_MS },
};

START_TEST(test_what_came_before_is_of_an_earlier_one)
{
	const struct report_journal_options options = {
		.number = 17, .uid = UID, .directory = directory
	};
	struct report_journal journal;
	struct incident_detail detail;

	since = sinces[_i].since;
	add_incident(OPENED_MS + 250, "opened", "open", 12, "");
	end();
	ck_assert(report_journal_read(&options, &journal, &error));
	/* between the beginning and the end of the file */
	ck_assert_uint_eq(journal.record_count, 3);
	report_detail_make(&journal, &journal.records[1], &detail);
	ck_assert_uint_eq(detail.incident.from_ms, sinces[_i].from_ms);
	incident_detail_clear(&detail);
	report_journal_clear(&journal);
}
END_TEST

/* Its process began days before, in a file of that day. */
START_TEST(test_settings_of_an_earlier_day)
{
	const struct report_journal_options options = { .number = 17,
							.uid = UID,
							.opened_ms = OPENED_MS,
							.directory =
								directory };
	struct report_journal journal;
	size_t found = 0;

	add(OPENED_MS - UINT64_C(172800000), JOURNAL_PROCESS,
	    "{\"act\":\"start\",\"limits\":[\"own: tempfail\"]}");
	add_incident(OPENED_MS + 250, "opened", "open", 12, "");
	end();
	ck_assert(report_journal_read(&options, &journal, &error));
	ck_assert_uint_eq(journal.source_count, 2);
	for (size_t i = 0; i < journal.record_count; i++)
		found += json_object_get(journal.records[i].json, "limits") !=
			 NULL;
	ck_assert_uint_eq(found, 1);
	report_journal_clear(&journal);
}
END_TEST

/* the report */

static enum report_result make(uint64_t number)
{
	return report_make(
		&(struct report_options){ .number = number,
					  .settings = settings,
					  .program = "weirctl 0.0",
					  .host = "gw1",
					  .now_ms = OPENED_MS +
						    2000 * SECOND_MS },
		&document, &error);
}

static const json_t *section_of(const char *name)
{
	return json_object_get(json_object_get(document, "sections"), name);
}

static json_t *figure_of(const char *section, const char *name)
{
	return json_object_get(json_object_get(section_of(section), "figures"),
			       name);
}

static json_t *rows_of(const char *section, const char *table)
{
	return json_object_get(
		json_object_get(json_object_get(section_of(section), "tables"),
				table),
		"rows");
}

/* Is there a row whose member has that text? Its source, or NULL. */
static const char *find_row(const json_t *rows, const char *member,
			    const char *text)
{
	const json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		if (strstr(document_get_text(row, member), text) != NULL)
			return document_get_text(row, "source");
	return NULL;
}

static const struct {
	const char *section, *name;
	json_int_t value;
	const char *source;
} figures[] = {
	{ "impact", "stopped", 352, "gw1 13" },
	{ "impact", "let_in", 100, "gw1 13" },
	{ "impact", "held", 0, "gw1 13" },
	{ "impact", "others_hit", 2, "gw1 13" },
	{ "impact", "to_alert", 3000, "gw1 5" },
	{ "impact", "to_taken", 60000, "gw1 6" },
	{ "impact", "to_block", 60750, "gw1 7" },
	{ "timeline", "peak", 300, "minute records" },
	{ "evidence", "messages", 3, "journal" },
	{ "evidence", "left_out", 7, "journal" },
	{ "evidence", "cut", 3, "journal" },
};

START_TEST(test_figures)
{
	json_t *figure;

	write_flood("Newsletter 17");
	end();
	ck_assert_int_eq(make(17), REPORT_MADE);
	figure = figure_of(figures[_i].section, figures[_i].name);
	ck_assert_int_eq(json_integer_value(json_object_get(figure, "value")),
			 figures[_i].value);
	ck_assert_str_eq(document_get_text(figure, "source"),
			 figures[_i].source);
}
END_TEST

static const struct {
	const char *section, *table, *member, *text, *source;
} rows[] = {
	{ "preparation", "limits", "limit", "own: tempfail", "gw1 1" },
	{ "preparation", "milters", "program", "weir-milter 0.0", "gw1 0" },
	{ "identification", "events", "comment", "let in, the first", "gw1 2" },
	{ "identification", "events", "comment", "the incident opens",
	  "gw1 3" },
	{ "identification", "events", "comment", "sent by noc, 3.0 s",
	  "gw1 5" },
	{ "identification", "events", "by", "ann", "gw1 6" },
	{ "identification", "events", "comment", "owner: web team", "gw1 9" },
	{ "who", "who", "value", "jake@corp.example", "message records" },
	{ "who", "headers", "value", "33:cdomail.php", "gw1 2" },
	{ "who", "headers", "value", "newsletter #", "gw1 2" },
	{ "containment", "acts", "comment", "reject; ticket 4711", "gw1 7" },
	{ "eradication", "others", "relation", "before", "gw1 13" },
	{ "evidence", "messages", "queue_id", "4Zx9", "gw1 2" },
	{ "custody", "files", "state", "whole", "gw1" },
	{ "lessons", "idle", "limit", "idle: reject", "weir.conf line 1" },
};

START_TEST(test_rows)
{
	const char *source;

	write_flood("Newsletter 17");
	end();
	ck_assert_int_eq(make(17), REPORT_MADE);
	source = find_row(rows_of(rows[_i].section, rows[_i].table),
			  rows[_i].member, rows[_i].text);
	ck_assert_ptr_nonnull(source);
	ck_assert_ptr_nonnull(strstr(source, rows[_i].source));
}
END_TEST

START_TEST(test_minutes)
{
	const json_t *minutes;

	write_flood("x");
	end();
	ck_assert_int_eq(make(17), REPORT_MADE);
	minutes = rows_of("timeline", "minutes");
	ck_assert_uint_eq(json_array_size(minutes), 2);
	ck_assert_str_eq(document_get_text(json_array_get(minutes, 0), "time"),
			 "2026-05-01T07:50:00.000Z");
	ck_assert_uint_eq(
		document_get_number(json_array_get(minutes, 0), "stopped"),
		300);
	ck_assert_uint_eq(
		document_get_number(json_array_get(minutes, 1), "stopped"), 52);
}
END_TEST

/* Years of minutes are still sixty rows, and none is lost. */
START_TEST(test_minutes_are_bounded)
{
	uint64_t stopped = 0;
	const json_t *minutes, *row;
	size_t i;

	write_flood("x");
	for (uint64_t day = 1; day < 90; day++)
		add(OPENED_MS + day * 86400 * SECOND_MS, JOURNAL_MINUTE,
		    "{\"stopped\":1,\"incident\":17,\"uid\":\"" UID "\"}");
	end();
	ck_assert_int_eq(make(17), REPORT_MADE);
	minutes = rows_of("timeline", "minutes");
	ck_assert_uint_le(json_array_size(minutes), 60);
	json_array_foreach(minutes, i, row)
		stopped += document_get_number(row, "stopped");
	ck_assert_uint_eq(stopped, 352 + 89);
}
END_TEST

START_TEST(test_fields)
{
	const json_t *field;

	write_flood("x");
	end();
	ck_assert_int_eq(make(17), REPORT_MADE);
	field = json_object_get(json_object_get(section_of("who"), "fields"),
				"owner");
	ck_assert_str_eq(document_get_text(field, "value"), "web team");
	ck_assert_str_eq(document_get_text(field, "by"), "ann");
	ck_assert_str_eq(document_get_text(field, "source"), "gw1 9");
	field = json_object_get(json_object_get(section_of("impact"), "fields"),
				"impact");
	ck_assert(json_is_null(json_object_get(field, "value")));
}
END_TEST

START_TEST(test_hash)
{
	char hash[SHA256_TEXT_SIZE], said[SHA256_TEXT_SIZE], *text;

	write_flood("x");
	end();
	ck_assert_int_eq(make(17), REPORT_MADE);
	snprintf(said, sizeof(said), "%s", document_get_text(document, "hash"));
	json_object_del(document, "hash");
	text = json_dumps(document, JSON_COMPACT);
	ck_assert_str_eq(sha256_text(text, strlen(text), hash), said);
	free(text);
}
END_TEST

START_TEST(test_edited_line)
{
	char path[400];
	FILE *stream;
	long at;

	write_flood("x");
	end();
	ck_assert_int_eq(make(17), REPORT_MADE);
	snprintf(path, sizeof(path), "%s",
		 document_get_text(
			 json_array_get(rows_of("custody", "files"), 0),
			 "path"));
	json_decref(document);
	stream = fopen(path, "r+");
	ck_assert_ptr_nonnull(stream);
	do
		at = ftell(stream);
	while (getc(stream) != '3' || getc(stream) != '5' ||
	       getc(stream) != '2' || (fseek(stream, at + 1, SEEK_SET), 0));
	fseek(stream, at, SEEK_SET);
	putc('1', stream);
	fclose(stream);
	ck_assert_int_eq(make(17), REPORT_MADE);
	ck_assert_ptr_nonnull(
		find_row(rows_of("custody", "files"), "state", "CHANGED"));
}
END_TEST

START_TEST(test_unknown)
{
	write_flood("x");
	end();
	ck_assert_int_eq(make(18), REPORT_UNKNOWN);
	ck_assert_ptr_null(document);
	ck_assert_str_eq(error, "there is no incident 18 in the journal, and "
				"Redis does not say: it was not asked");
}
END_TEST

START_TEST(test_missing_journal)
{
	const char *const more[] = { "/nowhere/at/all" };

	ck_assert_int_eq(
		report_make(&(struct report_options){ .number = 17,
						      .settings = settings,
						      .journals = more,
						      .journal_count = 1,
						      .program = "weirctl",
						      .host = "gw1" },
			    &document, &error),
		REPORT_FAILED);
	ck_assert_str_eq(error, "/nowhere/at/all: No such file or directory");
}
END_TEST

/* what strangers write */

static char *printed(enum report_format format)
{
	size_t length;
	char *text;
	FILE *out = open_memstream(&text, &length);

	report_print(document, format, out);
	fclose(out);
	return text;
}

/* Line breaks, escapes, a bidi override, markup of each format. */
#define HOSTILE                                                          \
	"</td><script>alert(1)</script><img src=x onerror=y>\\r\\n--- |" \
	" a \\u001b[31m \\u202e \\u0085 'q' \\\" & www.evil.example "    \
	"http://evil.example ![i](j) `c` **b** # "

static const struct {
	enum report_format format;
	const char *text;
} evils[] = {
	{ REPORT_HTML, "<script" },
	{ REPORT_HTML, "<img" },
	{ REPORT_HTML, "</td><scr" },
	{ REPORT_HTML, "\033" },
	{ REPORT_HTML, "\xe2\x80\xae" },
	{ REPORT_HTML, "\xc2\x85" },
	{ REPORT_HTML, "\r" },
	{ REPORT_HTML, "href=\"h" },
	{ REPORT_HTML, "src=" },
	{ REPORT_HTML, "url(" },
	{ REPORT_MARKDOWN, "<script" },
	{ REPORT_MARKDOWN, "\n---" },
	{ REPORT_MARKDOWN, "http://" },
	{ REPORT_MARKDOWN, "www." },
	{ REPORT_MARKDOWN, "![i](" },
	{ REPORT_MARKDOWN, " `c`" },
	{ REPORT_MARKDOWN, "\033" },
	{ REPORT_MARKDOWN, "--- |" },
	{ REPORT_MARKDOWN, "\xe2\x80\xae" },
	{ REPORT_TEXT, "\033" },
	{ REPORT_TEXT, "\r" },
	{ REPORT_TEXT, "\xe2\x80\xae" },
	{ REPORT_TEXT, "\xc2\x85" },
};

START_TEST(test_hostile)
{
	char *text;

	write_flood(HOSTILE);
	end();
	ck_assert_int_eq(make(17), REPORT_MADE);
	text = printed(evils[_i].format);
	if (evils[_i].format == REPORT_HTML &&
	    strcmp(evils[_i].text, "src=") == 0)
		ck_assert_ptr_nonnull(strstr(text, "&lt;img src=x"));
	else
		ck_assert_msg(strstr(text, evils[_i].text) == NULL,
			      "\"%s\" in %s", evils[_i].text, text);
	free(text);
}
END_TEST

START_TEST(test_html)
{
	char *text;

	write_flood("x");
	end();
	ck_assert_int_eq(make(17), REPORT_MADE);
	text = printed(REPORT_HTML);
	ck_assert_ptr_nonnull(strstr(text, "<title>weir: incident 17</title>"));
	ck_assert_ptr_nonnull(strstr(text, "default-src 'none'; style-src "
					   "'sha256-"));
	ck_assert_ptr_null(strstr(text, "unsafe"));
	ck_assert_ptr_null(strstr(text, "://"));
	ck_assert_ptr_null(strstr(text, "style=\""));
	free(text);
}
END_TEST

/* files */

static void check_unsaved(const char *path, const char *reason)
{
	ck_assert(!report_save(document, REPORT_HTML, path, &error));
	ck_assert_ptr_nonnull(strstr(error, reason));
	free(error);
	error = NULL;
}

START_TEST(test_save)
{
	char *path = alloc_format("%s/report", directory);
	char *link_path = alloc_format("%s/link", directory);
	struct stat status;

	write_flood("x");
	end();
	ck_assert_int_eq(make(17), REPORT_MADE);
	umask(0077);
	ck_assert(report_save(document, REPORT_TEXT, path, &error));
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_eq(status.st_mode & 07777, 0640);
	ck_assert(report_save(document, REPORT_HTML, path, &error));

	ck_assert_int_eq(symlink("/etc/passwd", link_path), 0);
	check_unsaved(link_path, "is no regular file");
	check_unsaved(directory, directory);
	check_unsaved("/nowhere/x", "/nowhere/x: No such file or directory");
	free(link_path);
	free(path);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report");
	TCase *tcase = tcase_create("report");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test_figures, 0, COUNT_OF(figures));
	tcase_add_loop_test(tcase, test_rows, 0, COUNT_OF(rows));
	tcase_add_test(tcase, test_settings_of_an_earlier_day);
	tcase_add_loop_test(tcase, test_what_came_before_is_of_an_earlier_one,
			    0, COUNT_OF(sinces));
	tcase_add_test(tcase, test_minutes);
	tcase_add_test(tcase, test_minutes_are_bounded);
	tcase_add_test(tcase, test_fields);
	tcase_add_test(tcase, test_hash);
	tcase_add_test(tcase, test_edited_line);
	tcase_add_test(tcase, test_unknown);
	tcase_add_test(tcase, test_missing_journal);
	tcase_add_loop_test(tcase, test_hostile, 0, COUNT_OF(evils));
	tcase_add_test(tcase, test_html);
	tcase_add_test(tcase, test_save);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
