/* SPDX-License-Identifier: ISC */
/* What a mistyped word most likely means. */
#include <check.h>
#include <stdlib.h>

#include "lib/settings/suggestion.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const char *const names[] = { "name",  "key",	"unit",		"count",
				     "max",   "per",	"action",	"match",
				     "reply", "sender", "sender_domain" };

static const struct {
	const char *word, *name;
} rows[] = {
	{ "max", "max" },
	{ "Max", "max" },
	{ "mxa", "max" }, /* two swapped */
	{ "maxx", "max" },
	{ "ma", "max" },
	{ "mux", "max" },
	{ "actoin", "action" },
	{ "acton", "action" },
	{ "senderdomain", "sender_domain" },
	{ "senders", "sender" },
	{ "repyl", "reply" },
	{ "limit", NULL },
	{ "color", NULL },
	{ "tag", NULL },
	{ "", NULL },
	{ "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
	  NULL },
};

START_TEST(test_rows)
{
	struct suggestion suggestion;

	suggestion_init(&suggestion, rows[_i].word);
	for (int i = 0; i < COUNT_OF(names); i++)
		suggestion_offer(&suggestion, names[i]);
	if (rows[_i].name == NULL)
		ck_assert_msg(suggestion.name == NULL, "%s is near \"%s\"",
			      suggestion.name, rows[_i].word);
	else
		ck_assert_str_eq(suggestion.name, rows[_i].name);
}
END_TEST

/* A name that is longer than any word is never offered, nor overflows. */
START_TEST(test_long_name)
{
	static const char name[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"a";
	struct suggestion suggestion;

	suggestion_init(&suggestion, name + 1);
	suggestion_offer(&suggestion, name);
	ck_assert_ptr_null(suggestion.name);
	suggestion_offer(&suggestion, name + 2);
	ck_assert_ptr_eq(suggestion.name, name + 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nearest");
	TCase *tcase = tcase_create("nearest");

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, test_rows, 0, COUNT_OF(rows));
	tcase_add_test(tcase, test_long_name);
	return check_run(suite);
}
