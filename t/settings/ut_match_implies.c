/* SPDX-License-Identifier: ISC */
/* Pairs of matches as they stand in a file, and what is certain of them. */
#include <check.h>
#include <stdlib.h>

#include "lib/settings/match_implies.h"
#include "lib/settings/settings.h"
#include "t/lib/settings_text.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

/* Limits, since a match of theirs may be empty. */
static struct settings *matches_of(const char *one, const char *other)
{
	return settings_of(
		"limits = (\n"
		"{ name = \"a\"; key = \"all\"; max = 1; per = \"1m\";"
		" action = \"reject\"; match = { %s }; },\n"
		"{ name = \"b\"; key = \"all\"; max = 1; per = \"1m\";"
		" action = \"reject\"; match = { %s }; });\n",
		one, other);
}

static const struct {
	const char *narrow, *wide;
	bool implies, implies_back;
} pairs[] = {
	{ "", "", true, true },
	{ "authenticated = true;", "", true, false },
	{ "authenticated = true;", "not_authenticated = false;", true, true },
	{ "authenticated = true;", "authenticated = false;", false, false },
	{ "local = true;", "local = false;", false, false },
	{ "local = false; authenticated = true;", "local = false;", true,
	  false },
	{ "auth = \"jake\";", "authenticated = true;", true, false },
	{ "not_auth = \"jake\";", "authenticated = true;", false, false },
	{ "authenticated = false;", "not_auth = \"jake\";", true, false },
	/* clients */
	{ "client = \"10.1.0.0/16\";", "client = \"10.0.0.0/8\";", true,
	  false },
	{ "client = [ \"10.1.2.3\", \"192.0.2.1\" ];",
	  "client = \"10.0.0.0/8\";", false, false },
	{ "client = \"10.0.0.0/8\";", "client = \"::/0\";", false, false },
	{ "not_client = \"10.0.0.0/8\";", "not_client = \"10.1.0.0/16\";", true,
	  false },
	{ "client = \"10.0.0.0/8\";", "not_client = \"192.0.2.0/24\";", true,
	  false },
	{ "client = \"10.0.0.0/8\";", "not_client = \"10.1.0.0/16\";", false,
	  false },
	/* no client at all is in no network */
	{ "", "client = [ \"0.0.0.0/0\", \"::/0\" ];", false, true },
	/* addresses */
	{ "sender = \"a@example.com\";", "sender = \"@example.com\";", true,
	  false },
	{ "sender = \"@example.com\";", "recipient = \"@example.com\";", false,
	  false },
	{ "", "sender = \"*\";", true, true },
	{ "", "recipient = \"*\";", true, true },
	{ "not_sender = \".example.com\";", "not_sender = \"@example.com\";",
	  true, false },
	{ "sender = \"@example.org\";", "not_sender = \"@example.com\";", false,
	  false },
	{ "recipient = \"@example.com\"; sender = \"<>\";",
	  "recipient = [ \"x@y.z\", \".com\" ];", true, false },
	/* what may be absent is not in "*" then */
	{ "", "helo = \"*\";", false, true },
	{ "", "listener = \"*\";", false, true },
	{ "", "auth = \"*\";", false, true },
	{ "helo = \"a.example.com\";", "helo = \".example.com\";", true,
	  false },
	{ "listener = \"submission\";", "listener = \"*\";", true, false },
	/* every member counts */
	{ "client = \"10.0.0.1\"; sender = \"a@b.c\"; helo = \"x.y\";",
	  "client = \"10.0.0.1\"; sender = \"a@b.c\";", true, false },
};

START_TEST(pair)
{
	struct settings *settings = matches_of(pairs[_i].narrow,
					       pairs[_i].wide);
	const struct match *narrow = &settings->limits[0].match;
	const struct match *wide = &settings->limits[1].match;

	ck_assert(match_implies(narrow, wide) == pairs[_i].implies);
	ck_assert(match_implies(wide, narrow) == pairs[_i].implies_back);
	ck_assert(match_implies(narrow, narrow));
	settings_release(&settings);
}
END_TEST

static const struct {
	const char *match;
	bool is_all, is_never, knows_origin;
} singles[] = {
	{ "", true, false, false },
	{ "sender = \"*\"; recipient = [ \"*\", \"a@b.c\" ];", true, false,
	  false },
	{ "sender = \"*@*\";", false, false, false },
	{ "helo = \"*\";", false, false, false },
	{ "not_sender = \"*\";", false, true, false },
	{ "not_helo = \"*\";", false, false, false },
	{ "authenticated = false; auth = \"jake\";", false, true, false },
	{ "client = \"10.1.0.0/16\"; not_client = \"10.0.0.0/8\";", false, true,
	  true },
	{ "client = \"10.0.0.0/8\"; not_client = \"10.1.0.0/16\";", false,
	  false, true },
	{ "sender = \"a@b.c\"; not_sender = \".c\";", false, true, false },
	{ "sender = \"a@b.c\"; not_recipient = \"a@b.c\";", false, false,
	  false },
	{ "helo = \"a.b\"; not_helo = [ \"x.y\", \"a.b\" ];", false, true,
	  false },
	{ "authenticated = true;", false, false, true },
	{ "authenticated = false;", false, false, false },
	{ "auth = \"@example.com\";", false, false, true },
	{ "not_auth = \"jake\";", false, false, false },
	{ "local = true;", false, false, true },
	{ "local = true; client = \"192.0.2.0/24\";", false, true, true },
	{ "local = true; client = [ \"192.0.2.1\", \"::1\" ];", false, false,
	  true },
	{ "local = false; client = \"127.0.0.0/8\";", false, true, true },

	{ "local = false;", false, false, false },
	{ "listener = \"submission\";", false, false, false },
	{ "listener = \"MTA\"; client = \"10.0.0.0/8\";", false, false, true },
	{ "client = \"192.0.2.0/24\";", false, false, true },
	{ "client = [ \"::/0\", \"0.0.0.0/0\" ];", false, false, false },
	{ "not_client = \"10.0.0.0/8\";", false, false, false },
};

START_TEST(single)
{
	struct settings *settings = matches_of(singles[_i].match, "");
	const struct match *match = &settings->limits[0].match;

	ck_assert(match_is_all(match) == singles[_i].is_all);
	ck_assert(match_is_never(match) == singles[_i].is_never);
	ck_assert(match_knows_origin(match) == singles[_i].knows_origin);
	settings_release(&settings);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("match_implies");
	TCase *tcase = tcase_create("match_implies");

	tcase_add_loop_test(tcase, pair, 0, COUNT(pairs));
	tcase_add_loop_test(tcase, single, 0, COUNT(singles));
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
