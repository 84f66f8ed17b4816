/* SPDX-License-Identifier: ISC */
/*
 * What people write that libconfig does not understand, and what is said of
 * it; then, that nothing is refused which libconfig takes.
 */
#include <check.h>
#include <libconfig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/settings/settings.h"
#include "lib/settings/syntax.h"
#include "settings_file.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define W	MAIN_FILE ":"
#define QUOTES	"allowed is text in straight double quotes, \"like this\""
#define COMMENT "allowed is no such sign; a comment begins with # or //"
#define BARE	"allowed is true, false, a number, or text in double quotes"

static const struct {
	const char *text, *errors;
} faults[] = {
	{ "limits = (\n" LIMIT ",\n);\n",
	  W "3: syntax: found \")\", allowed is no comma behind the last "
	    "element, remove the one before it" },
	{ "exempt = { client = [ \"10.0.0.1\",\n ]; };\n" LIMITS,
	  W "2: syntax: found \"]\", allowed is no comma behind the last "
	    "element, remove the one before it" },
	{ "user = 'weir';\n" LIMITS, W "1: syntax: found \"'\", " QUOTES },
	{ "user = `weir`;\n" LIMITS, W "1: syntax: found \"`\", " QUOTES },
	{ "user = \xe2\x80\x9cweir\xe2\x80\x9d;\n" LIMITS,
	  W "1: syntax: found \"\xe2\x80\x9c\", " QUOTES },
	{ "limits = [ " LIMIT " ];\n",
	  W "1: syntax: found \"{\", allowed is texts or numbers within [ ]; "
	    "a list of groups { } is written in ( )" },
	{ "limits = (\n name = \"l\"; );\n",
	  W "2: syntax: found \"name\", allowed is settings of a list within "
	    "{ }, text in double quotes" },
	{ "exempt = { client = { \"10.0.0.1\" }; };\n" LIMITS,
	  W "1: syntax: found \"10.0.0.1\", allowed is \"name = value;\" "
	    "within { }; a list of values is written in [ ], a list of groups "
	    "in ( )" },
	{ "limits = ( " LIMIT "\n];\n",
	  W "2: syntax: found \"]\", allowed is \")\" for the \"(\" of line "
	    "1" },
	{ "limits = (\n" LIMIT ";\n",
	  W "2: syntax: found \";\", allowed is a comma between two "
	    "elements" },
	{ "limits = (\n" LIMIT "\n" LIMIT " );\n",
	  W "3: syntax: found \"{\", allowed is a comma between two "
	    "elements" },
	{ "redis = {\n server = \"a:1\";\n" LIMITS,
	  W "1: syntax: found \"{\" that is never closed, allowed is \"}\" "
	    "behind its end" },
	{ LIMITS "}\n",
	  W "2: syntax: found \"}\" with nothing open, allowed is one for "
	    "each that opens" },
	{ "exempt = { authenticated = yes; };\n" LIMITS,
	  W "1: syntax: found \"yes\", " BARE },
	{ "listen = unix:/run/weir.sock;\n" LIMITS,
	  W "1: syntax: found \"unix\", " BARE },
	{ "-- a comment\n" LIMITS, W "1: syntax: found \"-\", " COMMENT },
	{ "; a comment\n" LIMITS,
	  W "1: syntax: found \";\", allowed is one \";\" only, behind a "
	    "value; a comment begins with # or //" },
	{ "user = \"weir\";;\n" LIMITS,
	  W "1: syntax: found \";\", allowed is one \";\" only, behind a "
	    "value; a comment begins with # or //" },
	{ "user \"weir\";\n" LIMITS,
	  W "1: syntax: found \"weir\", allowed is \"=\" and a value behind a "
	    "name; text is written in double quotes" },
	{ "user == \"weir\";\n" LIMITS,
	  W "1: syntax: found \"=\", allowed is a value there" },
	{ LIMITS "user =\n",
	  W "3: syntax: found the end of the file, allowed is \"name = "
	    "value;\"" },
	{ "user = ;\n" LIMITS,
	  W "1: syntax: found \";\", allowed is a value before it" },
	{ "redis.server = \"a:1\";\n" LIMITS,
	  W "1: syntax: found \".\", allowed is a name without dots; write "
	    "redis = { server = ...; } for redis.server" },
	{ "cache = 500ms;\n" LIMITS,
	  W "1: number: found \"500ms\", allowed is a number, and text such "
	    "as a span or a size in double quotes" },
	{ "include \"more.conf\"\n" LIMITS,
	  W "1: syntax: found \"more.conf\", allowed is \"=\" and a value "
	    "behind a name; text is written in double quotes" },
	{ "@include <more.conf>\n" LIMITS,
	  W "1: syntax: found \"@include \", allowed is @include \"FILE\" "
	    "alone on its line, and elsewhere text in double quotes" },
	{ "user = \"a\" @ \"b\";\n" LIMITS,
	  W "1: syntax: found \"@\", allowed is @include \"FILE\" alone on "
	    "its line, and elsewhere text in double quotes" },
	/* libconfig would make one text of it, that matches nothing */
	{ "exempt = { auth = [ \"kim\"\n\"lee\" ]; };\n" LIMITS,
	  W "2: syntax: found \"lee\", allowed is a comma between two "
	    "elements" },
	{ "user = \"weir\nlisten = \"unix:/a\";\n" LIMITS,
	  W "1: string: found \"weir\" without a closing quote on its line, "
	    "allowed is text that ends there" },
};

START_TEST(test_faults)
{
	expect_errors(faults[_i].text, faults[_i].errors);
}
END_TEST

/* Texts are joined where that is meant, and ";" may be absent. */
START_TEST(test_good)
{
	struct settings *settings = read_good(
		"contact = \"the \" /* goes on */\n \"desk\"\n"
		"user : \"weir\", cache = \"1s\"\n" LIMITS);

	ck_assert_str_eq(settings->contact, "the desk");
	ck_assert_str_eq(settings->user, "weir");
	settings_release(&settings);
}
END_TEST

/* Is it good for us? is_strict_r: only libconfig 1.7 or a join would pass. */
static bool is_good(const char *data, bool *is_strict_r)
{
	struct syntax syntax = { .expect = SYNTAX_NAME };
	char buffer[1024];
	struct token_scan scan;
	struct token token;
	unsigned int line;
	struct text fault;

	*is_strict_r = false;
	text_init(&fault, buffer, sizeof(buffer));
	token_scan_init(&scan, data, strlen(data));
	while (token_next(&scan, &token), token.kind != TOKEN_END) {
		bool was_element = syntax.expect == SYNTAX_ELEMENT;
		bool was_text = syntax.has_text;

		if (syntax_take(&syntax, &token, &fault))
			continue;
		*is_strict_r = was_element ||
			       (was_text && token.kind == TOKEN_TEXT);
		return false;
	}
	return syntax_end(&syntax, scan.line, &line, &fault);
}

/* Another error than that of the grammar says nothing of it. */
static bool is_same(const char *data, bool is_ours)
{
	config_t config;
	bool is_read, is_other;

	config_init(&config);
	is_read = config_read_string(&config, data);
	is_other = !is_read &&
		   strcmp(config_error_text(&config), "syntax error") != 0;
	config_destroy(&config);
	return is_other || is_read == is_ours;
}

static const char *const pieces[] = {
	"a",  "b",	 "=",	 ":",	  "1",	"\"x\"", "true",
	"{",  "}",	 "(",	 ")",	  "[",	"]",	 ",",
	";",  "\n",	 "c",	 "=",	  "d=", "1;",	 "e = {",
	"};", "f = ( {", "} );", "g = [", "];", "/**/",	 "#\n",
};

/* Made-up files, most of them wrong, near to what is right. */
START_TEST(test_same_as_libconfig)
{
	unsigned int seed = 1, good = 0;

	for (int round = 0; round < 100000; round++) {
		char data[256];
		struct text text;
		bool is_strict, is_ours;

		text_init(&text, data, sizeof(data));
		for (int i = 0; i < 2 + round % 9; i++) {
			seed = seed * 1103515245U + 12345U;
			text_add_format(
				&text, "%s ",
				pieces[(seed >> 16) % COUNT_OF(pieces)]);
		}
		is_ours = is_good(data, &is_strict);
		good += is_ours;
		if (!is_strict)
			ck_assert_msg(is_same(data, is_ours), "ours %d: %s",
				      is_ours, data);
	}
	ck_assert_uint_gt(good, 200);
}
END_TEST

/* libconfig 1.5 loses the string that it was reading when it meets an error. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:strbuf_append\n";
}

int main(void)
{
	Suite *suite = suite_create("syntax");
	TCase *tcase = tcase_create("syntax");

	tcase_add_checked_fixture(tcase, settings_file_enter,
				  settings_file_leave);
	tcase_add_loop_test(tcase, test_faults, 0, COUNT_OF(faults));
	tcase_add_test(tcase, test_good);
	tcase_add_test(tcase, test_same_as_libconfig);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return check_run_apart(suite);
}
