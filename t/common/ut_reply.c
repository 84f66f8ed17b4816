/* SPDX-License-Identifier: ISC */
/* What a refused sender reads: word by word, since people act on it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/store/window.h"
#include "milter/common/reply.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define SENDER LIMIT_KEY_OF(DIMENSION_SENDER)

static struct settings settings;
static struct limit limit;
static struct verdict verdict;
static struct reply reply;

static void set_subject(const char *subject)
{
	snprintf(verdict.subject, sizeof(verdict.subject), "%s", subject);
}

static void setup(void)
{
	settings.contact = (char *)(uintptr_t) "the messaging team, ext. 4242";
	limit = (struct limit){ .name = (char *)(uintptr_t) "sender-minute",
				.key = SENDER,
				.action = LIMIT_TEMPFAIL,
				.max = 100,
				.per_ms = 60000 };
	memset(&verdict, 0, sizeof(verdict));
	verdict.kind = VERDICT_TEMPFAIL;
	verdict.cause = VERDICT_BY_LIMIT;
	verdict.limit = &limit;
	set_subject("sender:jake@example.com");
	verdict.used = verdict.max = 100;
	verdict.cost = 1;
	verdict.wait_ms = 19500;
	memset(&reply, 'x', sizeof(reply));
}

static void teardown(void)
{
	template_free(&limit.reply);
}

static void set_template(const char *text)
{
	char *reason = NULL;

	limit.reply = template_parse(text, limit.action, &reason);
	ck_assert_msg(limit.reply != NULL, "%s", reason);
}

static void assert_reply(const char *code, const char *status, const char *text)
{
	reply_write(&verdict, &settings, &reply);
	ck_assert_str_eq(reply.code, code);
	ck_assert_str_eq(reply.status, status);
	ck_assert_str_eq(reply.text, text);
}

START_TEST(test_tempfail)
{
	assert_reply(
		"451", "4.7.1",
		"Rate limit exceeded: sender:jake@example.com may send "
		"100 messages per 1m. Try again in 20s. Questions: the messaging team, ext. 4242");
}
END_TEST

START_TEST(test_reject)
{
	verdict.kind = VERDICT_REJECT;
	assert_reply("550", "5.7.1",
		     "Rate limit exceeded: sender:jake@example.com may send "
		     "100 messages per 1m. Mail is accepted again in 20s. "
		     "Questions: the messaging team, ext. 4242");
}
END_TEST

START_TEST(test_attempts_must_stop)
{
	limit.count = LIMIT_COUNT_ATTEMPTS;
	assert_reply(
		"451", "4.7.1",
		"Rate limit exceeded: sender:jake@example.com may send "
		"100 messages per 1m. Try again in 20s, and send nothing until then. Questions: "
		"the messaging team, ext. 4242");
}
END_TEST

static const struct {
	unsigned int key;
	enum limit_unit unit;
	uint64_t max;
	const char *words;
} limits[] = {
	{ SENDER, LIMIT_MESSAGES, 1,
	  "sender:jake@example.com may send 1 message per 1m. " },
	{ SENDER, LIMIT_RECIPIENTS, 50,
	  "sender:jake@example.com may send to 50 recipients per 1m. " },
	{ SENDER, LIMIT_RECIPIENTS, 1,
	  "sender:jake@example.com may send to 1 recipient per 1m. " },
	{ SENDER, LIMIT_BYTES, 52428800,
	  "sender:jake@example.com may send 50 MB per 1m. " },
	{ SENDER, LIMIT_BYTES, 52428801,
	  "sender:jake@example.com may send 52428801 bytes per 1m. " },
	{ SENDER, LIMIT_BYTES, 1,
	  "sender:jake@example.com may send 1 byte per 1m. " },
	{ 0, LIMIT_MESSAGES, 2,
	  "exceeded: This server accepts 2 messages per 1m. " },
};

START_TEST(test_the_limit_in_words)
{
	limit.key = limits[_i].key;
	limit.unit = limits[_i].unit;
	limit.max = verdict.max = limits[_i].max;
	reply_write(&verdict, &settings, &reply);
	ck_assert_ptr_nonnull(strstr(reply.text, limits[_i].words));
}
END_TEST

static const struct {
	uint64_t wait_ms;
	const char *words;
} waits[] = {
	{ 0, "Try again in 0s. " },
	{ 1, "Try again in 1s. " },
	{ 1000, "Try again in 1s. " },
	{ 1001, "Try again in 2s. " },
	{ 90000, "Try again in 90s. " },
	{ 119999, "Try again in 2m. " },
	{ 120001, "Try again in 3m. " },
	{ 7199999, "Try again in 2h. " },
	{ 7200001, "Try again in 3h. " },
	{ LIMIT_PER_MAX, "Try again in 366d. " },
};

START_TEST(test_waits_are_rounded_up)
{
	verdict.wait_ms = waits[_i].wait_ms;
	reply_write(&verdict, &settings, &reply);
	ck_assert_ptr_nonnull(strstr(reply.text, waits[_i].words));
}
END_TEST

START_TEST(test_too_large)
{
	verdict.kind = VERDICT_REJECT;
	verdict.wait_ms = WINDOW_NEVER;
	limit.unit = LIMIT_BYTES;
	limit.max = verdict.max = 52428800;
	verdict.cost = 61234567;
	assert_reply(
		"552", "5.3.4",
		"Message too large: 59 MB. sender:jake@example.com may "
		"send 50 MB per 1m. Send a smaller one. Questions: the messaging team, ext. 4242");
}
END_TEST

START_TEST(test_too_many_recipients)
{
	verdict.kind = VERDICT_REJECT;
	verdict.wait_ms = WINDOW_NEVER;
	limit.unit = LIMIT_RECIPIENTS;
	verdict.cost = 150;
	assert_reply(
		"550", "5.5.3",
		"Too many recipients: 150. sender:jake@example.com may "
		"send to 100 recipients per 1m. Send it to fewer at a time. Questions: the "
		"messaging team, ext. 4242");
}
END_TEST

/* A class that does not fit the verdict would be dropped by libmilter. */
START_TEST(test_never_on_an_mta_without_quarantine)
{
	limit.action = LIMIT_QUARANTINE;
	limit.unit = LIMIT_BYTES;
	verdict.wait_ms = WINDOW_NEVER;
	verdict.cost = 1000;
	assert_reply(
		"452", "4.3.4",
		"Message too large: 1000 bytes. sender:jake@example.com "
		"may send 100 bytes per 1m. Send a smaller one. Questions: the messaging team, ext. "
		"4242");
}
END_TEST

START_TEST(test_failure)
{
	verdict.cause = VERDICT_BY_FAILURE;
	verdict.limit = NULL;
	assert_reply("451", "4.3.2",
		     "Temporary failure: this server cannot check mail limits "
		     "at the moment. Your message is not at fault. Try again "
		     "in a few minutes. "
		     "Questions: the messaging team, ext. 4242");
}
END_TEST

START_TEST(test_a_block_by_the_administrator)
{
	verdict.cause = VERDICT_BY_BLOCK;
	verdict.limit = NULL;
	verdict.order = 17;
	verdict.kind = VERDICT_REJECT;
	verdict.wait_ms = 7200000;
	assert_reply(
		"550", "5.7.1",
		"Rejected: mail from sender:jake@example.com is blocked by "
		"the administrator for another 2h. Questions: "
		"the messaging team, ext. 4242");
	verdict.kind = VERDICT_TEMPFAIL;
	verdict.wait_ms = 89000;
	assert_reply("451", "4.7.1",
		     "Temporarily rejected: mail from sender:jake@example.com "
		     "is blocked by the administrator for another 89s. "
		     "Questions: the messaging team, ext. 4242");
	set_subject("recipient:bob@example.net");
	verdict.wait_ms = LIMIT_PER_MAX; /* until it is lifted */
	assert_reply("451", "4.7.1",
		     "Temporarily rejected: mail for recipient:bob@example.net "
		     "is blocked by the administrator. Questions: the "
		     "messaging team, ext. 4242");
}
END_TEST

START_TEST(test_the_reason_of_a_block)
{
	char reason[TEMPLATE_TEXT_MAX + 1];

	verdict.limit = NULL;
	verdict.order = 17;
	reply_write_reason(&verdict, reason);
	ck_assert_str_eq(reason, "weir: block 17: sender:jake@example.com");
}
END_TEST

/* Of an override, not of the file. */
START_TEST(test_the_max_that_holds)
{
	verdict.max = 5000;
	assert_reply(
		"451", "4.7.1",
		"Rate limit exceeded: sender:jake@example.com may send "
		"5000 messages per 1m. Try again in 20s. Questions: the messaging team, ext. 4242");
}
END_TEST

static const struct {
	uint64_t used;
	const char *text;
} sizes[] = {
	{ 0, "0 bytes" },	  { 1, "1 byte" },
	{ 10239, "10239 bytes" }, { 10240, "10 KB" },
	{ 10241, "11 KB" },	  { 52428800, "50 MB" },
	{ 52428801, "51 MB" },	  { WINDOW_COUNT_MAX, "8192 TB" },
};

START_TEST(test_sizes_are_rounded_up)
{
	limit.unit = LIMIT_BYTES;
	set_template("451 4.7.1 %{used}");
	verdict.used = sizes[_i].used;
	assert_reply("451", "4.7.1", sizes[_i].text);
}
END_TEST

START_TEST(test_the_limits_own_reply)
{
	limit.action = LIMIT_REJECT;
	verdict.kind = VERDICT_REJECT;
	set_template("554 5.7.100 %{limit} %{subject} %{used} %{max} %{per} "
		     "%{retry} %{contact} 100%%");
	assert_reply("554", "5.7.100",
		     "sender-minute sender:jake@example.com 100 100 1m 20s "
		     "the messaging team, ext. 4242 100%");
}
END_TEST

START_TEST(test_its_own_reply_when_it_never_fits)
{
	limit.action = LIMIT_REJECT;
	verdict.kind = VERDICT_REJECT;
	verdict.wait_ms = WINDOW_NEVER;
	set_template("550 5.7.1 come back %{retry}");
	assert_reply("550", "5.7.1", "come back never");
}
END_TEST

/* A tempfail limit that rejects, and a reject that spares other recipients,
 * have no reply of their own. */
static const struct {
	enum limit_action action;
	const char *template;
	enum verdict_kind kind;
	const char *code;
} others[] = {
	{ LIMIT_TEMPFAIL, "450 4.7.1 own", VERDICT_REJECT, "550" },
	{ LIMIT_REJECT, "554 5.7.1 own", VERDICT_TEMPFAIL, "451" },
};

START_TEST(test_its_own_reply_is_of_one_class)
{
	limit.action = others[_i].action;
	set_template(others[_i].template);
	verdict.kind = others[_i].kind;
	reply_write(&verdict, &settings, &reply);
	ck_assert_str_eq(reply.code, others[_i].code);
	ck_assert_int_eq(reply.status[0], others[_i].code[0]);
	ck_assert_ptr_nonnull(strstr(reply.text, "Rate limit exceeded"));
}
END_TEST

static const struct {
	const char *subject, *text;
} subjects[] = {
	{ "auth:j\xc3\xa4ke", "auth:j??ke" },
	{ "auth:a\r\n550 x", "auth:a??550 x" },
	{ "auth:\x7f\x1b[2J", "auth:??[2J" },
	{ "auth:%{contact}%s%n", "auth:%{contact}%s%n" },
};

START_TEST(test_hostile_subjects)
{
	set_template("451 4.7.1 <%{subject}>");
	set_subject(subjects[_i].subject);
	reply_write(&verdict, &settings, &reply);
	ck_assert_int_eq(reply.text[0], '<');
	ck_assert_mem_eq(reply.text + 1, subjects[_i].text,
			 strlen(subjects[_i].text));
	ck_assert_str_eq(reply.text + 1 + strlen(subjects[_i].text), ">");
}
END_TEST

START_TEST(test_a_long_subject_is_seen_to_be_cut)
{
	char expected[124];

	memset(verdict.subject, 'a', SUBJECT_SIZE - 1);
	memset(expected, 'a', 120);
	memcpy(expected + 120, "...", 4);
	set_template("451 4.7.1 %{subject}");
	assert_reply("451", "4.7.1", expected);
	verdict.subject[120] = '\0';
	expected[120] = '\0';
	assert_reply("451", "4.7.1", expected);
}
END_TEST

/* Of a message that alone is too much, and of one recipient too many. */
START_TEST(test_a_ceiling)
{
	limit.action = _i == 0 ? LIMIT_REJECT : LIMIT_TEMPFAIL;
	limit.per_ms = 0;
	limit.unit = LIMIT_RECIPIENTS;
	verdict.cost = verdict.used = 3;
	verdict.max = 2;
	verdict.kind = _i == 0 ? VERDICT_REJECT : VERDICT_TEMPFAIL;
	verdict.wait_ms = _i == 0 ? WINDOW_NEVER : 1;
	reply_write(&verdict, &settings, &reply);
	ck_assert_str_eq(reply.code, _i == 0 ? "550" : "450");
	ck_assert_str_eq(reply.status, _i == 0 ? "5.5.3" : "4.5.3");
	ck_assert_ptr_nonnull(strstr(reply.text, "Too many recipients: 3. "));
	ck_assert_ptr_nonnull(strstr(
		reply.text,
		" may send to 2 recipients per message. Send it to fewer"));
	set_template(_i == 0 ? "550 5.5.3 %{used} of %{max} in %{per}"
			     : "450 4.5.3 %{used} of %{max} in %{per}");
	reply_write(&verdict, &settings, &reply);
	ck_assert_str_eq(reply.text, "3 of 2 in one message");
}
END_TEST

/* Whatever is long, the contact is still there: it is who to ask. */
START_TEST(test_the_longest_default_has_its_contact)
{
	static char contact[201];

	memset(contact, 'c', 199);
	contact[199] = '!';
	settings.contact = contact;
	memset(verdict.subject, 'a', SUBJECT_SIZE - 1);
	limit.count = LIMIT_COUNT_ATTEMPTS;
	limit.unit = _i == 2 ? LIMIT_BYTES : LIMIT_RECIPIENTS;
	limit.max = verdict.max = WINDOW_COUNT_MAX - 1;
	limit.per_ms = LIMIT_PER_MAX - 1;
	verdict.cost = WINDOW_COUNT_MAX;
	verdict.kind = _i == 0 ? VERDICT_TEMPFAIL : VERDICT_REJECT;
	verdict.wait_ms = _i == 0 ? LIMIT_PER_MAX - 1 : WINDOW_NEVER;
	reply_write(&verdict, &settings, &reply);
	ck_assert_uint_le(strlen(reply.text), TEMPLATE_TEXT_MAX);
	ck_assert_int_eq(reply.text[strlen(reply.text) - 1], '!');
}
END_TEST

#define LONG "%{contact}%{contact}%{contact}%{contact}%{contact}"

START_TEST(test_a_reply_is_cut_at_its_longest)
{
	set_template("451 4.7.1 " LONG LONG LONG LONG);
	reply_write(&verdict, &settings, &reply);
	ck_assert_uint_eq(strlen(reply.text), TEMPLATE_TEXT_MAX);
}
END_TEST

START_TEST(test_the_reason_of_a_quarantine)
{
	char reason[TEMPLATE_TEXT_MAX + 1];

	limit.unit = LIMIT_BYTES;
	limit.max = verdict.max = 52428800;
	verdict.used = 61234567;
	reply_write_reason(&verdict, reason);
	ck_assert_str_eq(reason, "weir: limit sender-minute: "
				 "sender:jake@example.com has 59 MB of 50 MB "
				 "in 1m");
	set_subject("auth:\n\xff");
	reply_write_reason(&verdict, reason);
	ck_assert_str_eq(reason, "weir: limit sender-minute: auth:?? has 59 MB "
				 "of 50 MB in 1m");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reply");
	TCase *cases = tcase_create("reply");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_test(cases, test_tempfail);
	tcase_add_test(cases, test_reject);
	tcase_add_test(cases, test_attempts_must_stop);
	tcase_add_loop_test(cases, test_the_limit_in_words, 0,
			    COUNT_OF(limits));
	tcase_add_loop_test(cases, test_waits_are_rounded_up, 0,
			    COUNT_OF(waits));
	tcase_add_test(cases, test_too_large);
	tcase_add_test(cases, test_too_many_recipients);
	tcase_add_test(cases, test_never_on_an_mta_without_quarantine);
	tcase_add_test(cases, test_failure);
	tcase_add_test(cases, test_a_block_by_the_administrator);
	tcase_add_test(cases, test_the_reason_of_a_block);
	tcase_add_test(cases, test_the_max_that_holds);
	tcase_add_loop_test(cases, test_sizes_are_rounded_up, 0,
			    COUNT_OF(sizes));
	tcase_add_test(cases, test_the_limits_own_reply);
	tcase_add_test(cases, test_its_own_reply_when_it_never_fits);
	tcase_add_loop_test(cases, test_its_own_reply_is_of_one_class, 0,
			    COUNT_OF(others));
	tcase_add_loop_test(cases, test_hostile_subjects, 0,
			    COUNT_OF(subjects));
	tcase_add_test(cases, test_a_long_subject_is_seen_to_be_cut);
	tcase_add_loop_test(cases, test_a_ceiling, 0, 2);
	tcase_add_loop_test(cases, test_the_longest_default_has_its_contact, 0,
			    3);
	tcase_add_test(cases, test_a_reply_is_cut_at_its_longest);
	tcase_add_test(cases, test_the_reason_of_a_quarantine);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
