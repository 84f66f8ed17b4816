/* SPDX-License-Identifier: ISC */
/* One record as a line, heads, and names. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/watch/journal_line.h"

#define ZEROS	"0000000000000000000000000000000000000000000000000000000000000000"
#define ONES	"1111111111111111111111111111111111111111111111111111111111111111"
#define WHEN_MS UINT64_C(1795485840001) /* 2026-11-24T01:24:00.001Z */

static size_t make(uint64_t n, const char *members, const char *prev,
		   char line_r[JOURNAL_LINE_MAX + 1])
{
	const struct journal_record record = { n, WHEN_MS, JOURNAL_ORDER,
					       members };
	struct journal_head head = { .n = 7 };
	char hash[SHA256_TEXT_SIZE];
	size_t length;

	strcpy(head.hash, prev);
	length = journal_line_make(&record, &head, line_r);
	line_r[length] = '\0';
	ck_assert_uint_eq(head.n, n);
	ck_assert_str_eq(head.hash, sha256_text(line_r, length - 1, hash));
	return length;
}

START_TEST(a_line_has_its_form)
{
	char line[JOURNAL_LINE_MAX + 1];
	const char *start = "{\"n\":4711,\"t\":\"2026-11-24T02:04:00.001Z\","
			    "\"kind\":\"order\",\"act\":\"block\",\"sum\":\"";
	const char *end = "\",\"prev\":\"" ZEROS "\"}\n";
	size_t length = make(4711, "\"act\":\"block\"", ZEROS, line);

	ck_assert_mem_eq(line, start, strlen(start));
	ck_assert_uint_eq(length, strlen(start) + 16 + strlen(end));
	ck_assert_str_eq(line + length - strlen(end), end);
}
END_TEST

/* As the manual says it: of the line without the member "sum". */
START_TEST(the_sum_is_that_of_the_line_without_it)
{
	char line[JOURNAL_LINE_MAX + 1], without[JOURNAL_LINE_MAX + 1];
	char hash[SHA256_TEXT_SIZE];
	char *sum;

	make(1, "", ZEROS, line);
	sum = strstr(line, "\"sum\":\"");
	ck_assert_ptr_nonnull(sum);
	*strchr(line, '\n') = '\0';
	snprintf(without, sizeof(without), "%.*s%s", (int)(sum - line), line,
		 sum + strlen("\"sum\":\"") + 16 + strlen("\","));
	sha256_text(without, strlen(without), hash);
	ck_assert_mem_eq(sum + strlen("\"sum\":\""), hash, 16);
}
END_TEST

START_TEST(what_was_made_is_read)
{
	char text[JOURNAL_LINE_MAX + 1];
	struct journal_line line;
	size_t length = make(12, "\"a\":1", ZEROS, text);

	ck_assert(journal_line_read(text, length - 1, &line));
	ck_assert_uint_eq(line.n, 12);
	ck_assert_str_eq(line.kind, "order");
	ck_assert_str_eq(line.when, "2026-11-24T02:04:00.001Z");
	ck_assert_str_eq(line.prev, ZEROS);
	ck_assert_uint_eq(document_get_number(line.json, "a"), 1);
	journal_line_clear(&line);
}
END_TEST

START_TEST(each_changed_byte_of_a_line_is_found)
{
	char text[JOURNAL_LINE_MAX + 1];
	struct journal_line line;
	size_t length = make(12, "\"a\":\"b\"", ZEROS, text);

	for (size_t i = 0; i < length - 1; i++)
		for (int bit = 0; bit < 8; bit++) {
			text[i] = (char)(text[i] ^ (1 << bit));
			ck_assert(!journal_line_read(text, length - 1, &line));
			text[i] = (char)(text[i] ^ (1 << bit));
		}
	for (size_t cut = 0; cut < length - 1; cut++)
		ck_assert(!journal_line_read(text, cut, &line));
}
END_TEST

/* members */

static char *members_of(const char *name, size_t bytes, const char *other)
{
	char *value = malloc(bytes + 1);
	json_t *object = json_object();

	memset(value, 'x', bytes);
	value[bytes] = '\0';
	json_object_set_new(object, name, json_string(value));
	if (other != NULL)
		json_object_set_new(object, other, json_integer(5));
	free(value);
	return journal_members(object);
}

START_TEST(members_are_without_braces)
{
	char *none = journal_members(json_object());
	char *one = journal_members(json_pack("{s:i}", "a", 1));

	ck_assert_str_eq(none, "");
	ck_assert_str_eq(one, "\"a\":1");
	free(none);
	free(one);
}
END_TEST

START_TEST(members_are_ascii_in_one_line)
{
	json_t *object = json_object();
	char *text;

	json_object_set_new(object, "a",
			    document_string("\r\n\033[31m\"<script>\177\xe2\x80"
					    "\xae\xff"));
	text = journal_members(object);
	for (const char *at = text; *at != '\0'; at++)
		ck_assert_msg(*at >= ' ' && *at <= '~', "%s", text);
	free(text);
}
END_TEST

START_TEST(members_that_are_too_long_are_cut_and_counted)
{
	char line[JOURNAL_LINE_MAX + 1];
	char *text = members_of("subject", 20000, "incident");

	ck_assert_ptr_nonnull(strstr(text, "\"incident\":5"));
	ck_assert_ptr_nonnull(strstr(text, "\"cut\":{\"subject\":2"));
	ck_assert_uint_le(make(UINT64_MAX / 2, text, ZEROS, line),
			  JOURNAL_LINE_MAX);
	free(text);
}
END_TEST

START_TEST(the_longest_members_fit_a_line)
{
	char line[JOURNAL_LINE_MAX + 1];
	size_t cuts = 0;

	for (size_t bytes = 7000; bytes < 8300; bytes++) {
		char *text = members_of("a", bytes, NULL);
		size_t length = make(UINT64_MAX / 2, text, ZEROS, line);

		ck_assert_uint_le(length, JOURNAL_LINE_MAX);
		ck_assert_int_eq(line[length - 2], '}');
		cuts += strstr(text, "\"cut\"") != NULL;
		free(text);
	}
	ck_assert_uint_gt(cuts, 100);
	ck_assert_uint_lt(cuts, 500);
}
END_TEST

START_TEST(the_names_of_a_line_are_not_for_others)
{
	char *text = journal_members(json_pack("{s:i, s:i, s:i, s:i, s:i, s:i}",
					       "n", 1, "t", 2, "kind", 3, "sum",
					       4, "prev", 5, "a", 6));

	ck_assert_str_eq(text, "\"a\":6");
	free(text);
}
END_TEST

/* heads */

static const char *const good_heads[] = {
	"journal gw1.4711.20261125T104400Z n=4711 head=" ZEROS,
	"Nov 25 10:44:00 gw1 weir-milter[4711]: journal "
	"gw1.example.com.4711.20261125T104400Z n=0 head=" ZEROS,
	"weir-keeper: journal a-b_c.1.20261125T104400Z n=1 head=" ZEROS "\n",
	"2026-11-25T10:44:00.1+00:00 gw1 weir-milter[4711]: incident=1 act=note "
	"text=ann: journal gw1.1.20261125T104400Z n=9 head=" ONES
	" journal gw1.1.20261125T104400Z n=1 head=" ZEROS,
};

static const char *const bad_heads[] = {
	"",
	"journal",
	"journal gw1 n=1 head=" ZEROS,
	"journal gw1.4711.20261125T104400Z n=1 head=00",
	"journal gw1.4711.20261125T104400Z n=1 head=" ZEROS "0",
	"journal gw1.4711.20261125T104400Z n= head=" ZEROS,
	"journal gw1.4711.20261125T104400Z n=x head=" ZEROS,
	"journal /gw1.4711.20261125T104400Z n=1 head=" ZEROS,
	"journal .gw.4711.20261125T104400Z n=1 head=" ZEROS,
	"journal gw1.x.20261125T104400Z n=1 head=" ZEROS,
	"journal gw1.4711.20261125T104400 n=1 head=" ZEROS,
	"journal .4711.20261125T104400Z n=1 head=" ZEROS,
	/* what a stranger has written */
	"Nov 25 10:44:00 gw1 postfix/smtpd[1]: NOQUEUE: reject: from=<\"journal "
	"gw1.4711.20261125T104400Z n=1 head=" ZEROS " \"@x.example>",
	"Nov 25 10:44:00 gw1 postfix/smtpd[1]: from=<\"a weir-milter[1]: journal "
	"gw1.4711.20261125T104400Z n=1 head=" ZEROS " \"@x.example>",
	"weir-milter: queue-id=- verdict=reject sender=x journal "
	"gw1.4711.20261125T104400Z n=1 head=" ZEROS,
	"weir-milter: incident=1 act=opened who=x",
	"see the journal gw1.4711.20261125T104400Z n=1 head=" ZEROS,
};

START_TEST(a_head_is_found_in_a_log)
{
	struct journal_head head;

	ck_assert(journal_head_parse(good_heads[_i], &head));
	ck_assert_str_eq(head.hash, ZEROS);
}
END_TEST

START_TEST(what_is_no_head_is_not_found)
{
	struct journal_head head;

	ck_assert_msg(!journal_head_parse(bad_heads[_i], &head), "%s",
		      bad_heads[_i]);
}
END_TEST

START_TEST(a_head_is_read_as_it_was_written)
{
	struct journal_head head = { "gw1.1.20261125T104400Z", 77, ZEROS };
	struct journal_head other;
	char *text = journal_head_text(&head);

	ck_assert(journal_head_parse(text, &other));
	ck_assert_str_eq(other.name, head.name);
	ck_assert_uint_eq(other.n, 77);
	free(text);
}
END_TEST

START_TEST(a_name_has_a_host_and_a_time)
{
	ck_assert(journal_name_same_host("gw.1.20261125T104400Z",
					 "gw.22.20261125T104401Z"));
	ck_assert(!journal_name_same_host("gw.x.1.20261125T104400Z",
					  "gw.1.20261125T104400Z"));
	ck_assert_str_eq(journal_name_time("gw.1.20261125T104400Z"),
			 "20261125T104400Z");
	ck_assert(journal_name_same_process("gw.1.20261125T104400Z",
					    "gw.1.20261126T000000Z"));
	ck_assert(!journal_name_same_process("gw.1.20261125T104400Z",
					     "gw.2.20261125T104400Z"));
	ck_assert(!journal_name_same_process("gw.11.20261125T104400Z",
					     "gw.1.20261125T104400Z"));
	ck_assert(!journal_name_same_process("copy", "copy"));
}
END_TEST

static const char *const hosts[][2] = {
	{ "gw.1.20261125T104400Z", "gw" },
	{ "gw.x.org.1.20261125T104400Z", "gw.x.org" },
	{ "gw", "gw" },
	{ "copy.of.it", "copy" },
};

START_TEST(the_host_of_a_name)
{
	char *host = journal_name_host(hosts[_i][0]);

	ck_assert_str_eq(host, hosts[_i][1]);
	free(host);
}
END_TEST

START_TEST(every_kind_has_a_name)
{
	for (int i = 0; i < JOURNAL_KINDS; i++) {
		enum journal_kind kind;

		ck_assert(journal_kind_find(
			journal_kind_name((enum journal_kind)i), &kind));
		ck_assert_int_eq((int)kind, i);
	}
}
END_TEST

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

int main(void)
{
	Suite *suite = suite_create("journal_line");
	TCase *tcase = tcase_create("journal_line");

	tcase_add_test(tcase, a_line_has_its_form);
	tcase_add_test(tcase, the_sum_is_that_of_the_line_without_it);
	tcase_add_test(tcase, what_was_made_is_read);
	tcase_add_test(tcase, each_changed_byte_of_a_line_is_found);
	tcase_add_test(tcase, members_are_without_braces);
	tcase_add_test(tcase, members_are_ascii_in_one_line);
	tcase_add_test(tcase, members_that_are_too_long_are_cut_and_counted);
	tcase_add_test(tcase, the_longest_members_fit_a_line);
	tcase_add_test(tcase, the_names_of_a_line_are_not_for_others);
	tcase_add_loop_test(tcase, a_head_is_found_in_a_log, 0,
			    COUNT_OF(good_heads));
	tcase_add_loop_test(tcase, what_is_no_head_is_not_found, 0,
			    COUNT_OF(bad_heads));
	tcase_add_test(tcase, a_head_is_read_as_it_was_written);
	tcase_add_test(tcase, a_name_has_a_host_and_a_time);
	tcase_add_loop_test(tcase, the_host_of_a_name, 0, 4);
	tcase_add_test(tcase, every_kind_has_a_name);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
