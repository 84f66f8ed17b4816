/* SPDX-License-Identifier: ISC */
/* Control files in the form of Sendmail 8.17.1. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "milter/queue/sendmail_file.h"

#define LONG_NAME                                                    \
	"a.very.long.sender.address.that.does.not.fit.in.a.listing." \
	"of.eighty.columns"

static char directory[] = "/tmp/weir-test-XXXXXX";
static struct queue_message message;

static void write_file(const char *name, const char *text)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static void setup(void)
{
	strcpy(directory, "/tmp/weir-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	message = (struct queue_message){
		.id = alloc_text("6ASDoNtm000058"),
		.sender = alloc_text("cut"),
		.bytes = 3,
	};
}

static void teardown(void)
{
	char command[200];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	ck_assert_int_eq(system(command), 0);
	queue_message_clear(&message);
}

/* The headers that go out, and what they begin with. */
#define HEADERS                             \
	"H??Received: from h (localhost)\n" \
	"\tby mail.y.test\n"                \
	"H?D?Date: Sat, 28 Nov 2026\n"      \
	"H??Subject: x?y\n"
#define CONTROL(client, sender, recipients)                         \
	"V8\nT1795873823\nK1795873823\nN1\nP30015\n"                \
	"MDeferred: Connection refused by [127.0.0.2]\nFs\n" client \
	"$rESMTP\n${daemon_flags}\nS" sender "\n" recipients        \
	"H?P?Return-Path: <\201g>\n" HEADERS ".\nSnot@this\n"

START_TEST(what_the_listing_cuts)
{
	write_file("qf6ASDoNtm000058",
		   CONTROL("$_h.test [192.0.2.7] (may be forged)\n",
			   "<" LONG_NAME "@x.test>",
			   "rRFC822; b@y.test\nRPFD:<b@y.test>\n"
			   "Cdaemon\nRPFD:<\"c:d\"@y.test>\n"));
	write_file("df6ASDoNtm000058", "hi\n");
	ck_assert(sendmail_file_read(directory, &message));
	ck_assert_str_eq(message.id, "6ASDoNtm000058");
	ck_assert_str_eq(message.sender, "<" LONG_NAME "@x.test>");
	ck_assert_uint_eq(message.recipient_count, 2);
	ck_assert_str_eq(message.recipients[0], "<b@y.test>");
	ck_assert_str_eq(message.recipients[1], "<\"c:d\"@y.test>");
	ck_assert_str_eq(message.client, "192.0.2.7");
	ck_assert_uint_eq(message.arrived_ms, UINT64_C(1795873823000));
	/* "Received: ... Subject: x?y", less the marks; an empty line; body */
	ck_assert_uint_eq(message.bytes, strlen(HEADERS) - strlen("H??") * 2 -
						 strlen("H?D?") + 1 + 3);
}
END_TEST

START_TEST(held_mail_of_this_host)
{
	message.is_held = true;
	write_file("hf6ASDoNtm000058",
		   CONTROL("$_root@localhost\n", "<>", "RPFD:root\n"));
	ck_assert(sendmail_file_read(directory, &message));
	ck_assert_str_eq(message.sender, "");
	ck_assert_ptr_null(message.client);
	ck_assert(message.is_held);
}
END_TEST

START_TEST(an_ipv6_client_and_a_body_apart)
{
	char place[200];

	snprintf(place, sizeof(place), "%s/qf", directory);
	ck_assert_int_eq(mkdir(place, 0700), 0);
	snprintf(place, sizeof(place), "%s/df", directory);
	ck_assert_int_eq(mkdir(place, 0700), 0);
	write_file("qf/qf6ASDoNtm000058",
		   CONTROL("$_[IPv6:2001:db8::1]\n", "<a@x>", "RPFD:<b@y>\n"));
	write_file("df/df6ASDoNtm000058", "0123456789");
	snprintf(place, sizeof(place), "%s/qf", directory);
	ck_assert(sendmail_file_read(place, &message));
	ck_assert_str_eq(message.client, "2001:db8::1");
	ck_assert_uint_gt(message.bytes, 10 + strlen("Subject: x?y\n"));
}
END_TEST

START_TEST(what_is_no_control_file_changes_nothing)
{
	ck_assert(!sendmail_file_read(directory, &message));
	/* being written, or of a disk that was full: no "." */
	write_file("qf6ASDoNtm000058", "V8\nT1795873823\nS<a@x.test>\nRPFD:<b");
	ck_assert(!sendmail_file_read(directory, &message));
	write_file("qf6ASDoNtm000058", "V8\n.\n");
	ck_assert(!sendmail_file_read(directory, &message));
	write_file("qf6ASDoNtm000058", "");
	ck_assert(!sendmail_file_read(directory, &message));
	ck_assert_str_eq(message.id, "6ASDoNtm000058");
	ck_assert_str_eq(message.sender, "cut");
	ck_assert_uint_eq(message.bytes, 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sendmail_file");
	TCase *tcase = tcase_create("control files");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_the_listing_cuts);
	tcase_add_test(tcase, held_mail_of_this_host);
	tcase_add_test(tcase, an_ipv6_client_and_a_body_apart);
	tcase_add_test(tcase, what_is_no_control_file_changes_nothing);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
