/* SPDX-License-Identifier: ISC */
/* The examples of FIPS 180-4. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/sha256.h"

static const struct {
	const char *data, *digest;
} examples[] = {
	{ "",
	  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
	{ "abc",
	  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

#define EXAMPLE_COUNT ((int)(sizeof(examples) / sizeof(examples[0])))

START_TEST(the_examples_of_the_standard)
{
	const char *data = examples[_i].data;
	char text[SHA256_TEXT_SIZE];

	ck_assert_str_eq(sha256_text(data, strlen(data), text),
			 examples[_i].digest);
}
END_TEST

START_TEST(two_pieces_are_one_text)
{
	const char *data = examples[_i].data;
	size_t length = strlen(data);
	char text[SHA256_TEXT_SIZE];

	for (size_t cut = 0; cut <= length; cut++)
		ck_assert_str_eq(sha256_text_of_two(data, cut, data + cut,
						    length - cut, text),
				 examples[_i].digest);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sha256");
	TCase *tcase = tcase_create("sha256");

	tcase_add_loop_test(tcase, the_examples_of_the_standard, 0,
			    EXAMPLE_COUNT);
	tcase_add_loop_test(tcase, two_pieces_are_one_text, 0, EXAMPLE_COUNT);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
