/* SPDX-License-Identifier: ISC */

/* Which entry matches which value; each pair of both on its own. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/pattern.h"

#define COUNT(rows)   ((int)(sizeof(rows) / sizeof((rows)[0])))
#define DATA(literal) (literal), sizeof(literal) - 1

static const struct {
	const char *entry;
	const char *value;
	size_t length;
	bool is_match;
} pairs[] = {
	/* exact */
	{ "jake@example.com", DATA("jake@example.com"), true },
	{ "jake@example.com", DATA("jake@example.co"), false },
	{ "jake@example.com", DATA("xjake@example.com"), false },
	{ "jake@example.com", DATA("jake@example.com\0"), false },
	{ "jake@example.com", DATA("Jake@example.com"), false },
	{ "mail.example.com", DATA("mail.example.com"), true },
	{ "example.com", DATA("jake@example.com"), false },
	{ "\"a b\"@x", DATA("\"a b\"@x"), true },
	{ "login", DATA("login"), true },
	/* the null sender */
	{ "<>", DATA(""), true },
	{ "<>", DATA("<>"), false },
	{ "<>", DATA("a"), false },
	{ "jake@example.com", DATA(""), false },
	{ "@example.com", DATA(""), false },
	{ ".example.com", DATA(""), false },
	/* a domain */
	{ "@example.com", DATA("jake@example.com"), true },
	{ "@example.com", DATA("jake@a.example.com"), false },
	{ "@example.com", DATA("jake@xexample.com"), false },
	{ "@example.com", DATA("example.com"), false },
	{ "@example.com", DATA("\"a@example.com\"@b"), false },
	{ "@example.com", DATA("\"a@b\"@example.com"), true },
	{ "@example.com", DATA("a@b@example.com"), true },
	/* a domain and what is below it */
	{ ".example.com", DATA("jake@example.com"), true },
	{ ".example.com", DATA("jake@a.example.com"), true },
	{ ".example.com", DATA("jake@a.b.example.com"), true },
	{ ".example.com", DATA("example.com"), true },
	{ ".example.com", DATA("a.example.com"), true },
	{ ".example.com", DATA("a.b.example.com"), true },
	{ ".example.com", DATA("xexample.com"), false },
	{ ".example.com", DATA("jake@xexample.com"), false },
	{ ".example.com", DATA("example.com@x"), false },
	{ ".example.com", DATA("a.example.com@x"), false },
	{ ".example.com", DATA("example.com.org"), false },
	{ ".example.com", DATA("com"), false },
	{ ".example.com", DATA("jake@"), false },
	{ ".example.com", DATA("example.com@"), false },
	{ ".com", DATA("jake@a.b.example.com"), true },
	/* a local part */
	{ "postmaster@", DATA("postmaster@example.com"), true },
	{ "postmaster@", DATA("postmaster@"), true },
	{ "postmaster@", DATA("postmaster"), false },
	{ "postmaster@", DATA("xpostmaster@example.com"), false },
	{ "postmaster@", DATA("\"postmaster@\"@example.com"), false },
	{ "a@b@", DATA("a@b@example.com"), true },
	/* globs */
	{ "*.example.?om", DATA("a.example.com"), true },
	{ "*.example.?om", DATA("jake@a.example.com"), true },
	{ "*.example.?om", DATA("example.com"), false },
	{ "*", DATA(""), true },
	{ "*", DATA(".a/b"), true },
	{ "*", DATA("a\0b"), false },
	{ "a*", DATA("a\0b"), false },
	{ "jake?@*", DATA("jake1@x"), true },
	{ "jake?@*", DATA("jake@x"), false },
	{ "web[0-9]@*", DATA("web7@x"), true },
	{ "web[!0-9]@*", DATA("web7@x"), false },
	{ "web[]]", DATA("web]"), true },
	{ "web[[:digit:]]", DATA("web7"), true },
	{ "a\\*b?", DATA("a*bc"), true },
	{ "a\\*b?", DATA("axbc"), false },
	{ "\\\\[a]", DATA("\\a"), true },
	{ "\\[*", DATA("[x"), true },
	/* address literals are no globs */
	{ "[192.0.2.1]", DATA("[192.0.2.1]"), true },
	{ "[192.0.2.1]", DATA("2"), false },
	{ "@[192.0.2.1]", DATA("jake@[192.0.2.1]"), true },
	{ "jake@[ipv6:2001:db8::1]", DATA("jake@[ipv6:2001:db8::1]"), true },
	{ "*@\\[192.0.2.1\\]", DATA("jake@[192.0.2.1]"), true },
	{ "*@[192.0.2.1]", DATA("jake@2"), true },
	{ "x[192.0.2.1]", DATA("x2"), true },
};

static struct pattern_list *list_of(const char *entry)
{
	struct pattern_list *list = pattern_list_new();
	const char *reason = NULL;

	ck_assert_msg(pattern_list_add(list, entry, &reason), "'%s' %s", entry,
		      reason);
	return list;
}

START_TEST(pair)
{
	struct pattern_list *list = list_of(pairs[_i].entry);
	/* Without a NUL behind it, so that ASan sees who reads on. */
	char *value = malloc(pairs[_i].length > 0 ? pairs[_i].length : 1);

	ck_assert_ptr_nonnull(value);
	memcpy(value, pairs[_i].value, pairs[_i].length);
	ck_assert_msg(pattern_list_matches(list, value, pairs[_i].length) ==
			      pairs[_i].is_match,
		      "'%s' and '%s'", pairs[_i].entry, pairs[_i].value);
	free(value);
	pattern_list_free(&list);
	ck_assert_ptr_null(list);
	pattern_list_free(&list);
}
END_TEST

static const struct {
	const char *entry;
	const char *reason;
} wrong[] = {
	{ "", "is empty" },
	{ "a\nb", "has control bytes" },
	{ "a\x7f", "has control bytes" },
	{ "\t", "has control bytes" },
	{ "a[b", "is a glob with an unclosed '['" },
	{ "[", "is a glob with an unclosed '['" },
	{ "[]", "is a glob with an unclosed '['" },
	{ "[!]", "is a glob with an unclosed '['" },
	{ "[a\\]", "is a glob with an unclosed '['" },
	{ "[[:alpha]", "is a glob with an unclosed '['" },
	{ "a[b]*[c", "is a glob with an unclosed '['" },
	{ "a*\\", "is a glob that ends in a lone '\\'" },
};

START_TEST(refuse)
{
	struct pattern_list *list = pattern_list_new();
	const char *reason = NULL;

	ck_assert_msg(!pattern_list_add(list, wrong[_i].entry, &reason), "'%s'",
		      wrong[_i].entry);
	ck_assert_str_eq(reason, wrong[_i].reason);
	ck_assert_uint_eq(pattern_list_count(list), 0);
	pattern_list_free(&list);
}
END_TEST

START_TEST(longest_entry)
{
	struct pattern_list *list = pattern_list_new();
	const char *reason = NULL;
	char entry[322];

	memset(entry, 'a', sizeof(entry));
	entry[321] = '\0';
	ck_assert(!pattern_list_add(list, entry, &reason));
	ck_assert_str_eq(reason, "is longer than 320 bytes");
	entry[320] = '\0';
	ck_assert(pattern_list_add(list, entry, &reason));
	ck_assert(pattern_list_matches(list, entry, 320));
	/* As long as can be for a domain: with its dot. */
	entry[0] = '.';
	ck_assert(pattern_list_add(list, entry, &reason));
	ck_assert(pattern_list_matches(list, entry + 1, 319));
	ck_assert(!pattern_list_matches(list, entry + 2, 318));
	pattern_list_free(&list);
}
END_TEST

START_TEST(count)
{
	static const char *const entries[] = { "a",  "@a", ".a", "a@",
					       "*a", "<>", "?a" };
	struct pattern_list *list = pattern_list_new();
	const char *reason = NULL;

	ck_assert_uint_eq(pattern_list_count(list), 0);
	ck_assert(!pattern_list_matches(list, "a", 1));
	for (int twice = 0; twice < 2; twice++)
		for (int i = 0; i < COUNT(entries); i++)
			ck_assert(pattern_list_add(list, entries[i], &reason));
	ck_assert_uint_eq(pattern_list_count(list), COUNT(entries));
	pattern_list_free(&list);
}
END_TEST

START_TEST(thousands)
{
	struct pattern_list *list = pattern_list_new();
	const char *reason = NULL;
	char entry[64];
	int length;

	for (int i = 0; i < 10000; i++) {
		(void)snprintf(entry, sizeof(entry), "%sd%d.example",
			       i % 3 == 0 ? "@" : ".", i);
		ck_assert(pattern_list_add(list, entry, &reason));
	}
	ck_assert_uint_eq(pattern_list_count(list), 10000);
	for (int i = 0; i < 10000; i++) {
		length = snprintf(entry, sizeof(entry), "u@d%d.example", i);
		ck_assert(pattern_list_matches(list, entry, (size_t)length));
		length = snprintf(entry, sizeof(entry), "u@x.d%d.example", i);
		ck_assert(pattern_list_matches(list, entry, (size_t)length) ==
			  (i % 3 != 0));
	}
	pattern_list_free(&list);
}
END_TEST

/* Look-ups stay cheap: these would take minutes if they were quadratic. */
static const struct {
	const char *fill;
	const char *end;
	bool is_match; /* of .example.com; *b*c*z never does */
} hostile[] = {
	{ ".", "", false },
	{ "a.", "", false },
	{ "@", "", false },
	{ "\"", "", false },
	{ "a.", ".example.com", true },
	{ "b", ".example.com", true },
	{ "bc", "", false },
};

START_TEST(huge_values)
{
	struct pattern_list *list = list_of(".example.com");
	size_t end_length = strlen(hostile[_i].end);
	const char *reason = NULL;
	static char value[65000];

	ck_assert(pattern_list_add(list, "*b*c*z", &reason));
	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = hostile[_i].fill[i % strlen(hostile[_i].fill)];
	memcpy(value + sizeof(value) - end_length, hostile[_i].end, end_length);
	ck_assert(pattern_list_matches(list, value, sizeof(value)) ==
		  hostile[_i].is_match);
	pattern_list_free(&list);
}
END_TEST

static const struct {
	const char *inner, *outer; /* one entry each */
	bool is_within;
} relations[] = {
	{ "jake@example.com", "jake@example.com", true },
	{ "jake@example.com", "ann@example.com", false },
	{ "jake@example.com", "@example.com", true },
	{ "jake@example.com", ".com", true },
	{ "jake@example.com", "jake@", true },
	{ "jake@example.com", "*@example.???", true },
	{ "jake@example.com", "*@example.org", false },
	{ "@example.com", "@example.com", true },
	{ "@example.com", ".example.com", true },
	{ "@a.example.com", ".example.com", true },
	{ "@xexample.com", ".example.com", false },
	{ "@example.com", "jake@example.com", false },
	{ "@example.com", "*@example.com", false }, /* true, but not seen */
	{ ".example.com", "@example.com", false },
	{ ".example.com", ".example.com", true },
	{ ".a.example.com", ".example.com", true },
	{ ".example.com", ".a.example.com", false },
	{ "jake@", "jake@", true },
	{ "jake@", "jake@example.com", false },
	{ "jake@", "jake@*", false },
	{ "jake@", "*", true },
	{ "@", ".", false }, /* no user in any domain, not no domain */
	{ "<>", "<>", true },
	{ "<>", "*", true },
	{ "<>", "@example.com", false },
	{ "<>", "?*", false },
	{ "*-bounces@*", "*-bounces@*", true },
	{ "*-bounces@*", "*@*", false },
	{ "*-bounces@*", "*", true },
	{ "*", "jake@example.com", false },
	{ "mail.example.com", ".example.com", true },
};

START_TEST(relation)
{
	struct pattern_list *inner = list_of(relations[_i].inner);
	struct pattern_list *outer = list_of(relations[_i].outer);
	const char *reason = NULL;

	ck_assert(pattern_list_is_within(inner, outer) ==
		  relations[_i].is_within);
	ck_assert(pattern_list_takes_all(outer) ==
		  (strcmp(relations[_i].outer, "*") == 0));
	/* One entry that is not within is enough. */
	ck_assert(pattern_list_add(inner, "other@elsewhere.example", &reason));
	ck_assert(pattern_list_is_within(inner, outer) ==
		  pattern_list_takes_all(outer));
	pattern_list_free(&inner);
	pattern_list_free(&outer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pattern");
	TCase *tcase = tcase_create("pattern");

	tcase_add_loop_test(tcase, pair, 0, COUNT(pairs));
	tcase_add_loop_test(tcase, refuse, 0, COUNT(wrong));
	tcase_add_test(tcase, longest_entry);
	tcase_add_test(tcase, count);
	tcase_add_test(tcase, thousands);
	tcase_add_loop_test(tcase, huge_values, 0, COUNT(hostile));
	tcase_add_loop_test(tcase, relation, 0, COUNT(relations));
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
