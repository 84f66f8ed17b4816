/* SPDX-License-Identifier: ISC */
/* Which limits can count mail of a subject. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/subject_match.h"
#include "lib/policy/subject_parse.h"
#include "t/lib/settings_text.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const struct {
	const char *key, *match, *exempt, *subject;
	bool is_counted;
} rows[] = {
	{ "auth", "", "", "auth:jake", true },
	{ "auth", "auth = \"kim\";", "", "auth:jake", false },
	{ "auth", "auth = [ \"kim\", \"j*\" ];", "", "auth:jake", true },
	{ "auth", "not_auth = \"jake\";", "", "auth:jake", false },
	{ "auth", "not_auth = \"kim\";", "", "auth:jake", true },
	{ "auth", "auth = \"@a.example\";", "", "auth:jake@a.example", true },
	{ "auth", "auth = \"@a.example\";", "", "auth:jake@b.example", false },
	{ "auth", "", "auth = \"jake\";", "auth:jake", false },
	{ "auth", "", "auth = \"jake\"; client = \"10.0.0.1\";", "auth:jake",
	  true },
	{ "auth", "", "authenticated = true;", "auth:jake", false },
	{ "sender", "sender = \"@a.example\";", "", "sender:x@b.example",
	  false },
	{ "sender", "not_sender = \".example\";", "", "sender:x@b.example",
	  false },
	{ "sender", "recipient = \"@a.example\";", "", "sender:x@b.example",
	  true },
	{ "sender_domain", "sender = \"x@a.example\";", "",
	  "sender_domain:a.example", true },
	{ "client", "client = \"10.0.0.0/8\";", "", "client:10.1.2.3", true },
	{ "client", "client = \"10.0.0.0/8\";", "", "client:192.0.2.1", false },
	{ "client", "not_client = \"10.0.0.0/8\";", "", "client:10.1.2.3",
	  false },
	{ "client", "not_client = \"2001:db8::1\";", "", "client:2001:db8::1",
	  true },
	{ "client", "client = \"2001:db8::1\";", "", "client:2001:db8::2",
	  true },
	{ "client", "local = true;", "", "client:192.0.2.1", false },
	{ "client", "", "client = \"192.0.2.0/24\";", "client:192.0.2.1",
	  false },
	{ "sender+recipient", "recipient = \"@b.example\";", "",
	  "sender+recipient:k@a.example+l@c.example", false },
	{ "sender+recipient", "recipient = \"@c.example\";", "",
	  "sender+recipient:k@a.example+l@c.example", true },
	{ "sender", "sender = \"y@b.example\";", "", "sender:*@b.example",
	  true },
	{ "all", "sender = \"y@b.example\";", "", "all", true },
};

START_TEST(test_rows)
{
	struct settings *settings = settings_of(
		"exempt = { %s };\n"
		"limits = ( { name = \"l\"; key = \"%s\"; max = 1; per = \"1m\";"
		" action = \"reject\"; match = { %s }; } );\n",
		rows[_i].exempt[0] == '\0' ? "sender = \"none@none.test\";"
					   : rows[_i].exempt,
		rows[_i].key, rows[_i].match);
	struct subject subject;
	const char *reason;

	ck_assert(subject_parse(rows[_i].subject, strlen(rows[_i].subject),
				settings, &subject, &reason));
	ck_assert_int_eq(
		subject_is_counted(settings, &settings->limits[0], &subject),
		rows[_i].is_counted);
	settings_release(&settings);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("subject_match");
	TCase *tcase = tcase_create("subject_match");

	tcase_add_loop_test(tcase, test_rows, 0, COUNT_OF(rows));
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
