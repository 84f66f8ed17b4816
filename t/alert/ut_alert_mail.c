/* SPDX-License-Identifier: ISC */

/* An alert as a mail, and that no stranger adds a header to it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alert/alert_mail.h"
#include "t/alert/sample_alert.h"

static const char *const to[] = { "noc@example.net", "ann@example.org" };
static const struct alert_mail mail = {
	.from = "weir@gw1.example.net",
	.to = to,
	.to_count = 2,
	.now_ms = SAMPLE_OPENED_MS + 14000,
};

static struct settings *settings;
static struct sample_alert sample;

static void setup(void)
{
	settings = sample_alert_settings();
	sample_alert_make(&sample, settings);
}

static void teardown(void)
{
	settings_release(&settings);
}

/* Up to the empty line. */
static char *headers_of(void)
{
	char *made = alert_mail_make(&sample.alert, &mail);
	char *end = strstr(made, "\r\n\r\n");

	ck_assert_ptr_nonnull(end);
	end[2] = '\0';
	return made;
}

START_TEST(headers)
{
	char *made = headers_of();

	ck_assert_str_eq(
		made,
		"Date: Wed, 25 Nov 2026 10:44:23 +0000\r\n"
		"From: weir <weir@gw1.example.net>\r\n"
		"To: <noc@example.net>,\r\n"
		" <ann@example.org>\r\n"
		"Subject: [weir] incident 17: sender:script@dev.example, 352 "
		"stopped in 12s\r\n"
		"Message-ID: <weir.weir.1795603449000-17@example.net>\r\n"
		"Auto-Submitted: auto-generated\r\n"
		"X-Weir-Act: opened\r\n"
		"X-Weir-Level: warning\r\n"
		"MIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: 7bit\r\n");
	free(made);
}
END_TEST

START_TEST(answers_the_first)
{
	char *made;

	sample.alert.act = ALERT_QUIET;
	made = headers_of();
	ck_assert_ptr_nonnull(strstr(
		made,
		"\r\nMessage-ID: <weir.weir.1795603449000-17.quiet."
		"1795603461000@example.net>\r\n"
		"In-Reply-To: <weir.weir.1795603449000-17@example.net>\r\n"
		"References: <weir.weir.1795603449000-17@example.net>\r\n"));
	free(made);
}
END_TEST

START_TEST(letters)
{
	static char source[] = "sender:j\303\274rgen@m\303\274ller.example";
	char *made;

	sample.detail.incident.source = source;
	made = alert_mail_make(&sample.alert, &mail);
	ck_assert_ptr_nonnull(strstr(
		made,
		"\r\nSubject: =?utf-8?q?=5Bweir=5D=20incident=2017=3A=20sender=3Aj=C3=BCrgen?=\r\n =?utf-8?q?=40m=C3=BCller=2Eexample=2C=20352=20stopped=20in=2012s?=\r\n"));
	ck_assert_ptr_nonnull(
		strstr(made, "\r\nContent-Transfer-Encoding: "
			     "quoted-printable\r\n\r\nsender:j=C3=BCrgen@m"));
	free(made);
}
END_TEST

static void check_lines(const char *made, size_t max)
{
	for (const char *line = made, *end; *line != '\0'; line = end + 2) {
		end = strchr(line, '\r');
		ck_assert_ptr_nonnull(end);
		ck_assert_int_eq(end[1], '\n');
		ck_assert_uint_le((size_t)(end - line), max);
		ck_assert_ptr_null(memchr(line, '\n', (size_t)(end - line)));
		for (const char *at = line; at < end; at++)
			ck_assert(*at >= ' ' && *at < 0x7f);
	}
}

/* Names of the headers, each on a line of its own. */
static void name_headers(char *from, char names[512])
{
	names[0] = '\0';
	for (char *line = from; *line != '\0';) {
		char *end = strstr(line, "\r\n");

		if (*line != ' ')
			sprintf(names + strlen(names), "%.*s ",
				(int)strcspn(line, ":"), line);
		line = end + 2;
	}
}

START_TEST(strangers)
{
	char *made, *before = headers_of(), wanted[512], names[512];

	name_headers(before, wanted);
	free(before);
	sample_alert_poison(&sample, sample_hostile[_i]);
	made = alert_mail_make(&sample.alert, &mail);
	check_lines(made, 998);
	free(made);
	made = headers_of();
	name_headers(made, names);
	ck_assert_str_eq(names, wanted);
	/* only weir's own are decoded */
	for (char *at = made; (at = strstr(at, "=?")) != NULL; at++)
		ck_assert_int_eq(strncmp(at, "=?utf-8?q?", 10), 0);
	free(made);
}
END_TEST

/* Addresses are the administrator's; even so they end no header. */
START_TEST(addresses)
{
	static const char *const bad[] = { "a@x.test>\r\nBcc: <b@x.test",
					   "\r\n\r\nbody", "@", "" };
	const struct alert_mail hostile = { .from = bad[0],
					    .to = bad,
					    .to_count = 4 };
	char *made = alert_mail_make(&sample.alert, &hostile);

	check_lines(made, 998);
	ck_assert_ptr_null(strstr(made, "\r\nBcc"));
	ck_assert_ptr_null(strstr(made, "\r\nbody"));
	free(made);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("alert_mail");
	TCase *cases = tcase_create("mail");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, headers);
	tcase_add_test(cases, answers_the_first);
	tcase_add_test(cases, letters);
	tcase_add_test(cases, addresses);
	tcase_add_loop_test(cases, strangers, 0, sample_hostile_count());
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
