/* SPDX-License-Identifier: ISC */
/* Who wrote a line, and about what. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/replay/log_line.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))
#define TIME	    "2026-05-01T09:50:01Z "

static struct log_time when;
static struct log_line line;

static bool split(const char *text, size_t length)
{
	struct slice slice = { text, length };

	log_time_begin(&when, 2026, 0);
	return log_line_split(&when, &slice, &line) == LOG_LINE_MTA;
}

static const struct {
	const char *text;
	enum log_origin origin;
	const char *program, *pid, *id, *rest;
} good[] = {
	{ TIME "mx1 postfix/smtpd[12]: 3A1B2C4D5E: client=x", LOG_POSTFIX,
	  "smtpd", "12", "3A1B2C4D5E", "client=x" },
	{ TIME "mx1 postfix-in/qmgr[12]: 4Zx9fq1Lvqz3k: removed", LOG_POSTFIX,
	  "qmgr", "12", "4Zx9fq1Lvqz3k", "removed" },
	{ TIME "mx1 postfix/submission/smtpd[12]: connect from x", LOG_POSTFIX,
	  "smtpd", "12", "", "connect from x" },
	{ TIME "mx1 postfix/smtpd[12]: NOQUEUE: reject: x", LOG_POSTFIX,
	  "smtpd", "12", "", "reject: x" },
	{ TIME "mx1 postfix/smtpd[12]: warning: x", LOG_POSTFIX, "smtpd", "12",
	  "", "warning: x" },
	{ TIME "mx1 postfix/smtpd[12]: a-b-c: x", LOG_POSTFIX, "smtpd", "12",
	  "", "a-b-c: x" },
	{ TIME "mx1 postfix/postlog: words", LOG_POSTFIX, "postlog", "", "",
	  "words" },
	{ "May  1 09:50:01 mx1 sm-mta[7]: 44F8o1Xx012345: from=<>, x",
	  LOG_SENDMAIL, "sm-mta", "7", "44F8o1Xx012345", "from=<>, x" },
	{ "May  1 09:50:01 mx1 sendmail[7]: 44F8o1Xx012345: to=x", LOG_SENDMAIL,
	  "sendmail", "7", "44F8o1Xx012345", "to=x" },
};

START_TEST(a_line)
{
	ck_assert(split(good[_i].text, strlen(good[_i].text)));
	ck_assert_int_eq(line.origin, good[_i].origin);
	ck_assert(slice_is(&line.host, "mx1"));
	ck_assert(slice_is(&line.program, good[_i].program));
	ck_assert(slice_is(&line.pid, good[_i].pid));
	ck_assert(slice_is(&line.rest, good[_i].rest));
	ck_assert(slice_is(&line.id, good[_i].id));
}
END_TEST

static const char *const bad[] = {
	"",
	TIME,
	TIME "mx1",
	TIME "mx1 ",
	TIME "mx1 sshd[12]: words",
	TIME "mx1 postfix/smtpd[12] words",
	TIME "mx1 postfix/smtpd[12: words",
	TIME "mx1 postfix/smtpd[123456789012345678901234567890123]: words",
	"mx1 postfix/smtpd[12]: 3A1B2C4D5E: client=x",
};

START_TEST(no_line)
{
	ck_assert(!split(bad[_i], strlen(bad[_i])));
}
END_TEST

START_TEST(a_long_host_is_no_host)
{
	char text[1000] = TIME;

	memset(text + strlen(TIME), 'x', LOG_HOST_MAX + 1);
	strcpy(text + strlen(TIME) + LOG_HOST_MAX + 1,
	       " postfix/smtpd[1]: words");
	ck_assert(!split(text, strlen(text)));
	memmove(text + strlen(TIME), text + strlen(TIME) + 1,
		strlen(text + strlen(TIME)));
	ck_assert(split(text, strlen(text)));
	ck_assert_uint_eq(line.host.length, LOG_HOST_MAX);
}
END_TEST

START_TEST(no_byte_beyond)
{
	for (size_t length = 0; length <= strlen(good[_i].text); length++) {
		char *copy = malloc(length == 0 ? 1 : length);

		memcpy(copy, good[_i].text, length);
		if (split(copy, length))
			ck_assert_ptr_eq(line.rest.data + line.rest.length,
					 copy + length);
		free(copy);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log_line");
	TCase *tcase = tcase_create("log_line");

	tcase_add_loop_test(tcase, a_line, 0, COUNT(good));
	tcase_add_loop_test(tcase, no_line, 0, COUNT(bad));
	tcase_add_test(tcase, a_long_host_is_no_host);
	tcase_add_loop_test(tcase, no_byte_beyond, 0, COUNT(good));
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
