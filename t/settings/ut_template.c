/* SPDX-License-Identifier: ISC */
/* Replies: what is allowed, what is said about what is not, expansion. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/settings/template.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const char *const values[TEMPLATE_NAMES] = {
	[TEMPLATE_LIMIT] = "sender-minute",
	[TEMPLATE_SUBJECT] = "sender:jake@example.com",
	[TEMPLATE_USED] = "101",
	[TEMPLATE_MAX] = "100",
	[TEMPLATE_PER] = "1m",
	[TEMPLATE_RETRY] = "7s",
	[TEMPLATE_CONTACT] = "the postmaster",
};

static const struct {
	const char *text;
	enum limit_action action;
	const char *code, *status, *expanded;
} good[] = {
	{ "450 4.7.1 wait", LIMIT_TEMPFAIL, "450", "4.7.1", "wait" },
	{ "550 5.7.1 no", LIMIT_REJECT, "550", "5.7.1", "no" },
	{ "552 5.123.999   no", LIMIT_REJECT, "552", "5.123.999", "no" },
	{ "451 4.3.2 %{limit}: %{subject} %{used}/%{max} in %{per}, %{retry}, "
	  "ask %{contact}",
	  LIMIT_TEMPFAIL, "451", "4.3.2",
	  "sender-minute: sender:jake@example.com 101/100 in 1m, 7s, ask "
	  "the postmaster" },
	{ "550 5.7.1 %{max}%{max}", LIMIT_REJECT, "550", "5.7.1", "100100" },
	{ "550 5.7.1 100%% of %%{max}", LIMIT_REJECT, "550", "5.7.1",
	  "100% of %{max}" },
	{ "550 5.7.1 } {", LIMIT_REJECT, "550", "5.7.1", "} {" },
};

START_TEST(test_good)
{
	char buffer[TEMPLATE_TEXT_MAX + 1], *reason = NULL;
	struct template *template;
	struct text text;

	template = template_parse(good[_i].text, good[_i].action, &reason);
	ck_assert_ptr_nonnull(template);
	ck_assert_ptr_null(reason);
	ck_assert_str_eq(template_code(template), good[_i].code);
	ck_assert_str_eq(template_status(template), good[_i].status);
	text_init(&text, buffer, sizeof(buffer));
	template_expand(template, values, &text);
	ck_assert_str_eq(buffer, good[_i].expanded);
	template_free(&template);
	ck_assert_ptr_null(template);
	template_free(&template);
}
END_TEST

#define TEMPFAIL_CODES                                                     \
	"found codes that do not fit action = \"tempfail\", allowed is a " \
	"reply that begins like \"450 4.7.1 \", but not 421"
#define REJECT_CODES                                                           \
	"found codes that do not fit action = \"reject\", allowed is a reply " \
	"that begins like \"550 5.7.1 \""
#define NAMES                                                           \
	", allowed are %{limit}, %{subject}, %{used}, %{max}, %{per}, " \
	"%{retry}, %{contact} and %% for a percent sign"
#define UNPRINTABLE \
	"found a byte that is not printable ASCII, allowed is printable ASCII"

static const struct {
	const char *text;
	enum limit_action action;
	const char *reason;
} bad[] = {
	{ "", LIMIT_TEMPFAIL, TEMPFAIL_CODES },
	{ "4", LIMIT_TEMPFAIL, TEMPFAIL_CODES },
	{ "45", LIMIT_TEMPFAIL, TEMPFAIL_CODES },
	{ "450", LIMIT_TEMPFAIL, TEMPFAIL_CODES },
	{ "450 ", LIMIT_TEMPFAIL, TEMPFAIL_CODES },
	{ "450 4", LIMIT_TEMPFAIL, TEMPFAIL_CODES },
	{ "450 4.", LIMIT_TEMPFAIL, TEMPFAIL_CODES },
	{ "450 4.7", LIMIT_TEMPFAIL, TEMPFAIL_CODES },
	{ "450 4.7.", LIMIT_TEMPFAIL, TEMPFAIL_CODES },
	{ "450 4.7.1", LIMIT_TEMPFAIL, TEMPFAIL_CODES },
	{ "450 4.7.1234 x", LIMIT_TEMPFAIL, TEMPFAIL_CODES },
	{ "450 4.7.1x", LIMIT_TEMPFAIL, TEMPFAIL_CODES },
	{ "450 5.7.1 x", LIMIT_TEMPFAIL, TEMPFAIL_CODES },
	{ "550 5.7.1 x", LIMIT_TEMPFAIL, TEMPFAIL_CODES },
	{ "421 4.7.1 x", LIMIT_TEMPFAIL, TEMPFAIL_CODES },
	{ "Come back later", LIMIT_TEMPFAIL, TEMPFAIL_CODES },
	{ "450 4.7.1 x", LIMIT_REJECT, REJECT_CODES },
	{ "550 4.7.1 x", LIMIT_REJECT, REJECT_CODES },
	{ "560 5.7.1 x", LIMIT_REJECT, REJECT_CODES },
	{ "55x 5.7.1 x", LIMIT_REJECT, REJECT_CODES },
	{ "550-5.7.1 x", LIMIT_REJECT, REJECT_CODES },
	{ "550 5.7.1 ", LIMIT_REJECT,
	  "found no text behind the codes, allowed is a text for the sender" },
	{ "550 5.7.1 a\nb", LIMIT_REJECT, UNPRINTABLE },
	{ "550 5.7.1 a\tb", LIMIT_REJECT, UNPRINTABLE },
	{ "550 5.7.1 a\x7f", LIMIT_REJECT, UNPRINTABLE },
	{ "550 5.7.1 gr\xc3\xbc\xc3\x9f", LIMIT_REJECT, UNPRINTABLE },
	{ "550 5.7.1 %{sujbect}!", LIMIT_REJECT, "found %{sujbect}" NAMES },
	{ "550 5.7.1 %{}", LIMIT_REJECT, "found %{}" NAMES },
	{ "550 5.7.1 %{max", LIMIT_REJECT, "found %" NAMES },
	{ "550 5.7.1 %s", LIMIT_REJECT, "found %" NAMES },
	{ "550 5.7.1 50%", LIMIT_REJECT, "found %" NAMES },
	{ "550 5.7.1 %{Max}", LIMIT_REJECT, "found %{Max}" NAMES },
	{ "550 5.7.1 x", LIMIT_MONITOR,
	  "found a reply for action = \"monitor\", allowed only with tempfail "
	  "and reject" },
	{ "550 5.7.1 x", LIMIT_QUARANTINE,
	  "found a reply for action = \"quarantine\", allowed only with "
	  "tempfail and reject" },
	{ "550 5.7.1 x", LIMIT_DISCARD,
	  "found a reply for action = \"discard\", allowed only with tempfail "
	  "and reject" },
};

START_TEST(test_bad)
{
	char *reason = NULL;

	ck_assert_ptr_null(
		template_parse(bad[_i].text, bad[_i].action, &reason));
	ck_assert_str_eq(reason, bad[_i].reason);
	free(reason);
}
END_TEST

/* The longest text is taken, one byte more is not. */
START_TEST(test_length)
{
	static const char codes[] = "550 5.7.1 ";
	char text[sizeof(codes) + TEMPLATE_TEXT_MAX + 1] = "", *reason;
	struct template *template;

	memcpy(text, codes, sizeof(codes) - 1);
	memset(text + sizeof(codes) - 1, 'x', TEMPLATE_TEXT_MAX);
	template = template_parse(text, LIMIT_REJECT, &reason);
	ck_assert_ptr_nonnull(template);
	template_free(&template);
	text[strlen(text)] = 'x';
	ck_assert_ptr_null(template_parse(text, LIMIT_REJECT, &reason));
	ck_assert_str_eq(reason, "found a text of 501 bytes, allowed are 500");
	free(reason);
}
END_TEST

/* What does not fit is cut by the builder, and no byte is written behind. */
START_TEST(test_cut)
{
	char buffer[8] = "", *reason;
	struct template *template = template_parse("550 5.7.1 a %{subject}",
						   LIMIT_REJECT, &reason);
	struct text text;

	text_init(&text, buffer, 5);
	template_expand(template, values, &text);
	ck_assert_str_eq(buffer, "a se");
	ck_assert(text.is_cut);
	template_free(&template);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("template");
	TCase *tcase = tcase_create("template");

	suite_add_tcase(suite, tcase);
	tcase_add_loop_test(tcase, test_good, 0, COUNT_OF(good));
	tcase_add_loop_test(tcase, test_bad, 0, COUNT_OF(bad));
	tcase_add_test(tcase, test_length);
	tcase_add_test(tcase, test_cut);
	return check_run(suite);
}
