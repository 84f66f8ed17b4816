/* SPDX-License-Identifier: ISC */
/* Counts and sizes for people. */
#include <check.h>
#include <stdlib.h>

#include "lib/base/count_text.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const struct {
	uint64_t number;
	const char *count, *size;
} rows[] = {
	{ 0, "0", "0 bytes" },
	{ 1, "1", "1 byte" },
	{ 999, "999", "999 bytes" },
	{ 1000, "1,000", "1000 bytes" },
	{ 1024, "1,024", "1.0 KB" },
	{ 5200, "5,200", "5.1 KB" },
	{ 123456, "123,456", "121 KB" },
	{ 1047552, "1,047,552", "1.0 MB" },
	{ 5242880, "5,242,880", "5.0 MB" },
	{ 50331648, "50,331,648", "48 MB" },
	{ UINT64_C(1099511627776), "1,099,511,627,776", "1.0 TB" },
	{ UINT64_MAX, "18,446,744,073,709,551,615", "16777216 TB" },
};

START_TEST(test_text)
{
	char buffer[COUNT_TEXT_SIZE];

	ck_assert_str_eq(count_text(rows[_i].number, buffer), rows[_i].count);
	ck_assert_str_eq(count_text_size(rows[_i].number, buffer),
			 rows[_i].size);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("count_text");
	TCase *tcase = tcase_create("text");

	tcase_add_loop_test(tcase, test_text, 0, COUNT_OF(rows));
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
