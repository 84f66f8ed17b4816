/* SPDX-License-Identifier: ISC */

/* Text for the eye, text for keys, and what happens at the end of a buffer. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

START_TEST(build)
{
	char buffer[64];
	struct text text;

	memset(buffer, 'x', sizeof(buffer));
	text_init(&text, buffer, sizeof(buffer));
	ck_assert_str_eq(text.data, "");
	text_add(&text, "a\0b", 3);
	text_add_string(&text, "-c");
	text_add_format(&text, "-%d%s", 42, "!");
	text_add(&text, NULL, 0);
	ck_assert_uint_eq(text.length, 9);
	ck_assert_mem_eq(text.data, "a\0b-c-42!", 10);
	ck_assert(!text.is_cut);
}
END_TEST

/* Each way to add "123456789" to a buffer that is too small by one. */
static void add_bytes(struct text *text)
{
	text_add(text, "123456789", 9);
}

static void add_format(struct text *text)
{
	text_add_format(text, "%d", 123456789);
}

static void add_escaped(struct text *text)
{
	text_add_escaped(text, "123456789", 9, 100);
}

static void add_key(struct text *text)
{
	text_add_key(text, "123456789", 9, false);
}

static void (*const ways[])(struct text *text) = { add_bytes, add_format,
						   add_escaped, add_key };

START_TEST(fits_exactly)
{
	char buffer[10];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	ways[_i](&text);
	ck_assert_str_eq(text.data, "123456789");
	ck_assert(!text.is_cut);
}
END_TEST

START_TEST(does_not_fit)
{
	char buffer[10];
	struct text text;

	buffer[9] = '#';
	text_init(&text, buffer, 9);
	ways[_i](&text);
	ck_assert_str_eq(text.data, "12345678");
	ck_assert(text.is_cut);
	ck_assert_int_eq(buffer[9], '#');
	/* A text that was cut has no hole: nothing comes after it. */
	text.length = 4;
	text_add_string(&text, "z");
	text_add_format(&text, "z");
	ck_assert_uint_eq(text.length, 4);
}
END_TEST

START_TEST(smallest_buffer)
{
	char buffer[1] = { 'x' };
	struct text text;

	text_init(&text, buffer, 1);
	ck_assert_int_eq(buffer[0], 0);
	ways[_i](&text);
	ck_assert_int_eq(buffer[0], 0);
	ck_assert(text.is_cut);
}
END_TEST

/* No half of an escape, no half of a character. */
START_TEST(cut_between)
{
	static const char *const wanted[] = { "ab", "ab", "ab", "ab",
					      "ab\\x0a" };
	char buffer[8];
	struct text text;

	text_init(&text, buffer, (size_t)_i + 3);
	text_add_escaped(&text, "ab\n", 3, 100);
	ck_assert_str_eq(text.data, wanted[_i]);
	ck_assert_int_eq(text.is_cut, _i < 4);
	text_init(&text, buffer, 4);
	text_add_escaped(&text, "ab\xc3\xa9", 4, 100);
	ck_assert_str_eq(text.data, "ab");
	ck_assert(text.is_cut);
	text_init(&text, buffer, 4);
	text_add_key(&text, "ab%", 3, false);
	ck_assert(text.is_cut);
}
END_TEST

struct row {
	const char *data;
	size_t length;
	const char *wanted;
};

/* A string literal may have a NUL in it. */
#define DATA(literal) (literal), sizeof(literal) - 1

static const struct row escaped[] = {
	{ DATA(""), "" },
	{ DATA("jake@example.com"), "jake@example.com" },
	{ DATA("a b"), "a\\x20b" },
	{ DATA("\"a\\b\""), "\\x22a\\x5cb\\x22" },
	{ DATA("o'neil"), "o'neil" },
	{ DATA("a\0b\r\n\t\x1b[1m\x7f"),
	  "a\\x00b\\x0d\\x0a\\x09\\x1b[1m\\x7f" },
	{ DATA("J\xc3\xb6rg"), "J\xc3\xb6rg" },
	{ DATA("\xe6\x97\xa5\xf0\x9f\x93\xa7"),
	  "\xe6\x97\xa5\xf0\x9f\x93\xa7" },
	{ DATA("\xff\xc3"), "\\xff\\xc3" },
	{ DATA("\xc2\x85"), "\\xc2\\x85" }, /* C1 */
	{ DATA("\xc2\xa0"), "\\xc2\\xa0" }, /* nbsp */
	{ DATA("\xe2\x80\xa8\xe2\x80\xa9"),
	  "\\xe2\\x80\\xa8\\xe2\\x80\\xa9" },		      /* lines */
	{ DATA("\xe2\x80\xae"), "\\xe2\\x80\\xae" },	      /* bidi */
	{ DATA("\xe2\x81\xa6"), "\\xe2\\x81\\xa6" },	      /* bidi */
	{ DATA("\xef\xbb\xbf"), "\\xef\\xbb\\xbf" },	      /* BOM */
	{ DATA("\xf3\xa0\x80\x81"), "\\xf3\\xa0\\x80\\x81" }, /* tag */
	{ DATA("\xed\xa0\x80"), "\\xed\\xa0\\x80" },	      /* half */
	{ DATA("%s%n"), "%s%n" },
};

START_TEST(escape)
{
	char buffer[256];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_add_escaped(&text, escaped[_i].data, escaped[_i].length, 100);
	ck_assert_str_eq(text.data, escaped[_i].wanted);
	ck_assert(!text.is_cut);
}
END_TEST

static const struct {
	const char *data;
	size_t max;
	const char *wanted;
} shortened[] = {
	{ "123456", 6, "123456" },
	{ "123456", 5, "12345..." },
	{ "123456", 0, "..." },
	{ "", 0, "" },
	{ "ab\xc3\xa9", 3, "ab..." },
	{ "ab\xc3\xa9"
	  "c",
	  4, "ab\xc3\xa9..." },
	{ "\xf0\x9f\x93\xa7", 3, "..." },
	{ "ab\xa9\xa9\xa9\xa9", 4, "ab\\xa9\\xa9..." },
};

START_TEST(shorten)
{
	char buffer[64];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_add_escaped(&text, shortened[_i].data, strlen(shortened[_i].data),
			 shortened[_i].max);
	ck_assert_str_eq(text.data, shortened[_i].wanted);
}
END_TEST

static const struct {
	const char *data;
	size_t length;
	const char *alone, *joined;
} keys[] = {
	{ DATA(""), "", "" },
	{ DATA("jake@example.com"), "jake@example.com", "jake@example.com" },
	{ DATA("a+b@x"), "a+b@x", "a%2Bb@x" },
	{ DATA("{a}x%"), "%7Ba%7Dx%25", "%7Ba%7Dx%25" },
	{ DATA("a b\r\n\0\x7f"), "a%20b%0D%0A%00%7F", "a%20b%0D%0A%00%7F" },
	{ DATA("%20"), "%2520", "%2520" },
	{ DATA("%~"), "%25~", "%25~" },
	{ DATA("\"a\\b\":*?[]"), "\"a\\b\":*?[]", "\"a\\b\":*?[]" },
	{ DATA("J\xc3\xb6rg"), "J\xc3\xb6rg", "J\xc3\xb6rg" },
	{ DATA("\xffJ\xc3"), "%FFJ%C3", "%FFJ%C3" },
	{ DATA("\xed\xa0\x80"), "%ED%A0%80", "%ED%A0%80" },
	{ DATA("2001:db8::/64"), "2001:db8::/64", "2001:db8::/64" },
};

START_TEST(key)
{
	char buffer[512];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_add_key(&text, keys[_i].data, keys[_i].length, false);
	ck_assert_str_eq(text.data, keys[_i].alone);
	text_init(&text, buffer, sizeof(buffer));
	text_add_key(&text, keys[_i].data, keys[_i].length, true);
	ck_assert_str_eq(text.data, keys[_i].joined);
}
END_TEST

START_TEST(key_of_largest_length)
{
	char value[TEXT_KEY_MAX];
	char buffer[512];
	struct text text;

	memset(value, 'a', sizeof(value));
	text_init(&text, buffer, sizeof(buffer));
	text_add_key(&text, value, sizeof(value), false);
	ck_assert_uint_eq(text.length, TEXT_KEY_MAX);
	ck_assert_mem_eq(text.data, value, sizeof(value));
	/* The same length, but encoding makes it longer. */
	value[0] = '%';
	text_init(&text, buffer, sizeof(buffer));
	text_add_key(&text, value, sizeof(value), false);
	ck_assert_uint_eq(text.length, TEXT_KEY_MAX);
	ck_assert_ptr_nonnull(strstr(text.data, "%~"));
}
END_TEST

/* sha256sum of 1,000 times "a". */
#define SHA_OF_1000_A \
	"41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"

START_TEST(long_key)
{
	char value[1000];
	char buffer[512];
	struct text text;

	memset(value, 'a', sizeof(value));
	text_init(&text, buffer, sizeof(buffer));
	text_add_key(&text, value, sizeof(value), false);
	ck_assert_uint_eq(text.length, TEXT_KEY_MAX);
	ck_assert_mem_eq(text.data, value, TEXT_KEY_MAX - 66);
	ck_assert_str_eq(text.data + TEXT_KEY_MAX - 66, "%~" SHA_OF_1000_A);
	ck_assert(!text.is_cut);
}
END_TEST

/* The head of a long value ends before what would be split. */
static const struct {
	const char *at_the_edge;
	const char *wanted;
} edges[] = {
	{ "  ", "aaaaa%20%~" },
	{ "a ", "aaaaaa%~" },
	{ "aa ", "aaaaaaa%~" },
	{ "aaa ", "aaaaaaaa%~" },
	{ "a\xc3\xa9", "aaaaaa\xc3\xa9%~" },
	{ "aa\xc3\xa9", "aaaaaaa%~" },
	{ "\xf0\x9f\x93\xa7", "aaaaa%~" },
};

START_TEST(long_key_splits_nothing)
{
	char value[400];
	char buffer[512];
	struct text text;

	memset(value, 'a', sizeof(value));
	/* The head has 134 bytes; five of them, and three for the edge. */
	memcpy(value + 131, edges[_i].at_the_edge,
	       strlen(edges[_i].at_the_edge));
	text_init(&text, buffer, sizeof(buffer));
	text_add_key(&text, value, sizeof(value), false);
	ck_assert_mem_eq(text.data + 126, edges[_i].wanted,
			 strlen(edges[_i].wanted));
	ck_assert_uint_eq(text.length, 126 + strlen(edges[_i].wanted) + 64);
}
END_TEST

/* Values that differ only far behind, and one that looks like a digest. */
START_TEST(long_keys_differ)
{
	char value[300];
	char first[512], second[512];
	struct text text;

	memset(value, 'a', sizeof(value));
	text_init(&text, first, sizeof(first));
	text_add_key(&text, value, sizeof(value), false);
	value[299] = 'b';
	text_init(&text, second, sizeof(second));
	text_add_key(&text, value, sizeof(value), false);
	ck_assert_str_ne(first, second);
	text_init(&text, second, sizeof(second));
	text_add_key(&text, first, strlen(first), false);
	ck_assert_str_ne(first, second);
}
END_TEST

static const struct {
	const char *data;
	size_t length;
	size_t wanted;
} utf8[] = {
	{ DATA(""), 0 },
	{ DATA("a"), 1 },
	{ DATA("\0"), 1 },
	{ DATA("\x7f"), 1 },
	{ DATA("\x80"), 0 },
	{ DATA("\xbf"), 0 },
	{ DATA("\xc0\x80"), 0 },
	{ DATA("\xc1\xbf"), 0 },
	{ DATA("\xc2\x80"), 2 },
	{ DATA("\xc2"), 0 },
	{ DATA("\xc2\x7f"), 0 },
	{ DATA("\xc2\xc0"), 0 },
	{ DATA("\xdf\xbf!"), 2 },
	{ DATA("\xe0\x9f\xbf"), 0 },
	{ DATA("\xe0\xa0\x80"), 3 },
	{ DATA("\xe0\xa0"), 0 },
	{ DATA("\xe0\xa0\x7f"), 0 },
	{ DATA("\xed\x9f\xbf"), 3 },
	{ DATA("\xed\xa0\x80"), 0 },
	{ DATA("\xef\xbf\xbf"), 3 },
	{ DATA("\xf0\x8f\xbf\xbf"), 0 },
	{ DATA("\xf0\x90\x80\x80"), 4 },
	{ DATA("\xf1\x80\x80\x80"), 4 },
	{ DATA("\xf1\x80\x80"), 0 },
	{ DATA("\xf4\x8f\xbf\xbf"), 4 },
	{ DATA("\xf4\x90\x80\x80"), 0 },
	{ DATA("\xf5\x80\x80\x80"), 0 },
	{ DATA("\xff"), 0 },
};

START_TEST(utf8_length)
{
	ck_assert_uint_eq(text_utf8_length(utf8[_i].data, utf8[_i].length),
			  utf8[_i].wanted);
}
END_TEST

START_TEST(octal_letters_are_undone)
{
	static const char *const rows[][2] = {
		{ "m\\303\\274ller@x", "m\303\274ller@x" },
		{ "\\377", "\377" },
		{ "\\200\\1", "\200\\1" },
		{ "\\101 \\30 \\389 \\400", "\\101 \\30 \\389 \\400" },
		{ "\\\\303", "\\\303" },
		{ "", "" },
	};
	char text[40];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		strcpy(text, rows[i][0]);
		text_undo_octal(text);
		ck_assert_str_eq(text, rows[i][1]);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("text");
	TCase *tcase = tcase_create("text");

	tcase_add_test(tcase, build);
	tcase_add_loop_test(tcase, fits_exactly, 0, COUNT(ways));
	tcase_add_loop_test(tcase, does_not_fit, 0, COUNT(ways));
	tcase_add_loop_test(tcase, smallest_buffer, 0, COUNT(ways));
	tcase_add_loop_test(tcase, cut_between, 0, 5);
	tcase_add_loop_test(tcase, escape, 0, COUNT(escaped));
	tcase_add_loop_test(tcase, shorten, 0, COUNT(shortened));
	tcase_add_loop_test(tcase, key, 0, COUNT(keys));
	tcase_add_test(tcase, key_of_largest_length);
	tcase_add_test(tcase, long_key);
	tcase_add_loop_test(tcase, long_key_splits_nothing, 0, COUNT(edges));
	tcase_add_test(tcase, long_keys_differ);
	tcase_add_loop_test(tcase, utf8_length, 0, COUNT(utf8));
	tcase_add_test(tcase, octal_letters_are_undone);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
