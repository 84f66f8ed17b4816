/* SPDX-License-Identifier: ISC */
/* Pairs of limits as they stand in a file; what each does to the other. */
#include <check.h>
#include <stdlib.h>

#include "lib/lint/redundant.h"
#include "lib/settings/settings.h"
#include "t/lib/settings_text.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

/* key, max, per and action; more may follow */
#define L(key, max, per, action)                                \
	"key = \"" key "\"; max = " max "; per = \"" per "\"; " \
	"action = \"" action "\"; "
#define BYTES	   "unit = \"bytes\"; "
#define RECIPIENTS "unit = \"recipients\"; "
#define ATTEMPTS   "count = \"attempts\"; "
#define OWN	   "match = { client = \"10.0.0.0/8\"; }; "
#define ONE	   "match = { client = \"10.0.0.1\"; }; "
#define LOGIN	   "match = { authenticated = true; }; "
#define TO_JAKE	   "match = { recipient = \"jake@example.com\"; }; "
#define REPLY	   "reply = \"450 4.7.1 of its own\"; "

enum {
	NONE = REDUNDANT_NONE,
	TWIN = REDUNDANT_TWIN,
	COVERED = REDUNDANT_COVERED,
	OUT = REDUNDANT_OUT_OF_REACH
};

static const struct {
	const char *other, *hidden;
	int redundant, redundant_back; /* of hidden by other, and the reverse */
} pairs[] = {
	/* the same */
	{ L("sender", "9", "1m", "reject"), L("sender", "9", "1m", "reject"),
	  TWIN, TWIN },
	{ L("all", "9", "1m", "monitor"), L("all", "9", "1m", "monitor"), TWIN,
	  TWIN },
	{ L("client+sender", "9", "1m", "reject"),
	  L("sender+client", "9", "60s", "reject"), TWIN, TWIN },
	{ L("sender", "9", "1m", "reject"), L("client", "9", "1m", "reject"),
	  NONE, NONE },
	{ L("sender", "9", "1m", "reject"),
	  L("sender", "9", "1m", "reject") RECIPIENTS, NONE, NONE },
	/* a ladder: each step is reached */
	{ L("sender", "100", "1m", "quarantine"),
	  L("sender", "500", "1m", "tempfail"), NONE, NONE },
	{ L("sender", "500", "1m", "tempfail"),
	  L("sender", "5000", "1d", "reject"), NONE, NONE },
	/* the lower step stops the mail that the higher one waits for */
	{ L("sender", "100", "1m", "tempfail"),
	  L("sender", "500", "1m", "reject"), OUT, NONE },
	{ L("sender", "100", "1m", "tempfail"),
	  L("sender", "100", "1m", "reject"), NONE, COVERED },
	{ L("sender", "100", "1h", "tempfail"),
	  L("sender", "101", "1m", "reject"), OUT, NONE },
	/* as many intervals of the one as the other may cover */
	{ L("sender", "100", "1m", "tempfail"),
	  L("sender", "153101", "1d", "reject"), OUT, NONE },
	{ L("sender", "100", "1m", "tempfail"),
	  L("sender", "153100", "1d", "reject"), NONE, NONE },
	{ L("sender", "1", "1ms", "tempfail"),
	  L("sender", "9007199254740992L", "366d", "reject"), OUT, NONE },
	{ L("sender", "9007199254740992L", "1ms", "tempfail"),
	  L("sender", "9007199254740992L", "366d", "reject"), NONE, COVERED },
	/* a window's edge is coarse: nearly as long is not long enough */
	{ L("sender", "100", "61s", "tempfail"),
	  L("sender", "101", "60s", "reject"), NONE, NONE },
	{ L("sender", "100", "64s", "tempfail"),
	  L("sender", "101", "60s", "reject"), OUT, NONE },
	/* bytes come in any number at once */
	{ L("sender", "100", "1m", "tempfail") BYTES,
	  L("sender", "500", "1m", "reject") BYTES, NONE, NONE },
	{ L("sender", "100", "1m", "reject") BYTES,
	  L("sender", "500", "1m", "tempfail") BYTES, COVERED, NONE },
	{ L("sender", "100", "1m", "discard") BYTES,
	  L("sender", "500", "1m", "tempfail") BYTES, NONE, NONE },
	{ L("sender", "100", "1m", "discard"),
	  L("sender", "100", "1m", "tempfail"), COVERED, NONE },
	/* attempts go on when mail is stopped */
	{ L("sender", "100", "1m", "tempfail"),
	  L("sender", "500", "1m", "reject") ATTEMPTS, NONE, NONE },
	{ L("sender", "100", "1m", "reject"),
	  L("sender", "500", "1m", "tempfail") ATTEMPTS, NONE, NONE },
	{ L("sender", "100", "1m", "reject") ATTEMPTS,
	  L("sender", "500", "1m", "tempfail") ATTEMPTS, COVERED, NONE },
	{ L("sender", "100", "1m", "reject") ATTEMPTS,
	  L("sender", "500", "1m", "tempfail"), OUT, NONE },
	{ L("client", "100", "1m", "reject") ATTEMPTS,
	  L("client", "500", "1m", "reject") ATTEMPTS TO_JAKE, NONE, NONE },
	{ L("sender", "100", "1m", "reject") ATTEMPTS,
	  L("sender+client", "500", "1m", "reject") ATTEMPTS, NONE, NONE },
	/* what does not stop hides nothing, except more of itself */
	{ L("all", "100", "1m", "monitor"), L("all", "200", "1m", "monitor"),
	  NONE, NONE },
	{ L("all", "100", "1m", "quarantine"), L("all", "200", "1m", "monitor"),
	  NONE, NONE },
	{ L("all", "100", "1m", "quarantine"),
	  L("all", "200", "1m", "quarantine"), COVERED, NONE },
	{ L("all", "100", "1m", "tempfail"), L("all", "200", "1m", "monitor"),
	  OUT, NONE },
	{ L("all", "100", "1m", "tempfail"), L("all", "100", "1m", "monitor"),
	  COVERED, NONE },
	{ L("all", "100", "1m", "tempfail"), L("all", "80", "1m", "monitor"),
	  NONE, NONE },
	/* matches */
	{ L("client", "100", "1m", "reject"),
	  L("client", "200", "1m", "reject") OWN, OUT, NONE },
	{ L("client", "100", "1m", "reject") OWN,
	  L("client", "200", "1m", "reject"), NONE, NONE },
	{ L("client", "100", "1m", "reject") OWN,
	  L("client", "100", "1m", "reject") ONE, COVERED, NONE },
	{ L("client", "100", "1m", "reject") ONE,
	  L("client", "200", "1m", "reject") LOGIN, NONE, NONE },
	{ L("client", "100", "1m", "reject") LOGIN,
	  L("client+auth", "200", "1m", "reject"), OUT, NONE },
	/* coarser keys have more in their windows */
	{ L("sender", "100", "1h", "tempfail"),
	  L("sender+recipient", "200", "1m", "reject"), OUT, NONE },
	{ L("sender", "100", "1m", "tempfail"),
	  L("sender+recipient", "200", "1h", "tempfail"), NONE, NONE },
	{ L("all", "100", "1h", "tempfail") RECIPIENTS,
	  L("recipient", "100", "1h", "tempfail") RECIPIENTS, COVERED, NONE },
	{ L("sender", "100", "1h", "tempfail"),
	  L("sender_domain", "200", "1h", "tempfail"), NONE, NONE },
	/* a reply of its own may be the one that is given */
	{ L("client", "100", "1m", "tempfail"),
	  L("client", "100", "1m", "tempfail") OWN REPLY, NONE, NONE },
	{ L("client", "100", "1m", "reject"),
	  L("client", "100", "1m", "tempfail") OWN REPLY, COVERED, NONE },
};

START_TEST(pair)
{
	struct settings *settings = settings_of(
		"limits = ( { name = \"a\"; %s }, { name = \"b\"; %s } );\n",
		pairs[_i].other, pairs[_i].hidden);
	const struct limit *other = &settings->limits[0];
	const struct limit *hidden = &settings->limits[1];

	ck_assert_int_eq((int)redundant_by(other, hidden), pairs[_i].redundant);
	ck_assert_int_eq((int)redundant_by(hidden, other),
			 pairs[_i].redundant_back);
	settings_release(&settings);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("redundant");
	TCase *tcase = tcase_create("redundant");

	tcase_add_loop_test(tcase, pair, 0, COUNT(pairs));
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
