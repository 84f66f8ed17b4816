/* SPDX-License-Identifier: ISC */
/* Which of several reasons is the verdict. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/verdict.h"
#include "lib/store/window.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const struct limit limits[] = {
	[LIMIT_MONITOR] = { .action = LIMIT_MONITOR },
	[LIMIT_QUARANTINE] = { .action = LIMIT_QUARANTINE },
	[LIMIT_TEMPFAIL] = { .action = LIMIT_TEMPFAIL },
	[LIMIT_DISCARD] = { .action = LIMIT_DISCARD },
	[LIMIT_REJECT] = { .action = LIMIT_REJECT },
};

static const struct {
	const char *name;
	enum verdict_kind kind;
	bool refuses;
} kinds[] = {
	{ "accept", VERDICT_ACCEPT, false },
	{ "monitor", VERDICT_MONITOR, false },
	{ "quarantine", VERDICT_QUARANTINE, false },
	{ "tempfail", VERDICT_TEMPFAIL, true },
	{ "discard", VERDICT_DISCARD, true },
	{ "reject", VERDICT_REJECT, true },
};

START_TEST(test_kinds)
{
	const struct verdict verdict = { .kind = kinds[_i].kind };

	ck_assert_str_eq(verdict_name(kinds[_i].kind), kinds[_i].name);
	ck_assert_int_eq(verdict_refuses(&verdict), kinds[_i].refuses);
}
END_TEST

START_TEST(test_accept_has_no_limit)
{
	struct verdict verdict;

	memset(&verdict, 0xff, sizeof(verdict));
	verdict_accept(&verdict, VERDICT_BY_EXEMPTION);
	ck_assert_int_eq(verdict.kind, VERDICT_ACCEPT);
	ck_assert_int_eq(verdict.cause, VERDICT_BY_EXEMPTION);
	ck_assert_ptr_null(verdict.limit);
	ck_assert_str_eq(verdict.subject, "");
	ck_assert_uint_eq(verdict.used + verdict.cost + verdict.wait_ms, 0);
	ck_assert(!verdict.is_cached);
}
END_TEST

static void weigh(struct verdict *verdict, enum limit_action action,
		  const char *subject, uint64_t wait_ms, bool is_shared)
{
	const struct verdict_claim claim = {
		.limit = &limits[action],
		.action = action,
		.subject = subject,
		.used = 10,
		.max = 9,
		.cost = 2,
		.wait_ms = wait_ms,
		.is_shared = is_shared,
	};

	verdict_weigh(verdict, &claim);
}

START_TEST(test_a_claim_becomes_the_verdict)
{
	struct verdict verdict;

	verdict_accept(&verdict, VERDICT_BY_NOTHING);
	weigh(&verdict, LIMIT_TEMPFAIL, "sender:a", 500, false);
	ck_assert_int_eq(verdict.kind, VERDICT_TEMPFAIL);
	ck_assert_int_eq(verdict.cause, VERDICT_BY_LIMIT);
	ck_assert_ptr_eq(verdict.limit, &limits[LIMIT_TEMPFAIL]);
	ck_assert_str_eq(verdict.subject, "sender:a");
	ck_assert_uint_eq(verdict.used, 10);
	ck_assert_uint_eq(verdict.cost, 2);
	ck_assert_uint_eq(verdict.wait_ms, 500);
}
END_TEST

/* Each action against each, in both orders: the graver one stays. */
START_TEST(test_the_gravest_wins)
{
	enum limit_action first = (enum limit_action)(_i / 5);
	enum limit_action second = (enum limit_action)(_i % 5);
	struct verdict verdict;

	if (first == second)
		return;
	verdict_accept(&verdict, VERDICT_BY_NOTHING);
	weigh(&verdict, first, "first", first > second ? 1 : 900, false);
	weigh(&verdict, second, "second", first > second ? 900 : 1, false);
	ck_assert_str_eq(verdict.subject, first > second ? "first" : "second");
	ck_assert_ptr_eq(verdict.limit,
			 &limits[first > second ? first : second]);
}
END_TEST

START_TEST(test_of_equals_the_longer_wait_wins)
{
	struct verdict verdict;

	verdict_accept(&verdict, VERDICT_BY_NOTHING);
	weigh(&verdict, LIMIT_TEMPFAIL, "short", 100, false);
	weigh(&verdict, LIMIT_TEMPFAIL, "long", 200, false);
	ck_assert_str_eq(verdict.subject, "long");
	weigh(&verdict, LIMIT_TEMPFAIL, "short", 100, false);
	weigh(&verdict, LIMIT_TEMPFAIL, "as long", 200, false);
	ck_assert_str_eq(verdict.subject, "long");
}
END_TEST

static const struct {
	enum limit_action action;
	bool is_shared;
	uint64_t wait_ms;
	enum verdict_kind kind;
} claims[] = {
	{ LIMIT_MONITOR, false, WINDOW_NEVER, VERDICT_MONITOR },
	{ LIMIT_QUARANTINE, false, WINDOW_NEVER, VERDICT_QUARANTINE },
	{ LIMIT_TEMPFAIL, false, WINDOW_NEVER, VERDICT_REJECT },
	{ LIMIT_DISCARD, false, WINDOW_NEVER, VERDICT_DISCARD },
	{ LIMIT_REJECT, false, WINDOW_NEVER, VERDICT_REJECT },
	{ LIMIT_MONITOR, true, 1, VERDICT_MONITOR },
	{ LIMIT_QUARANTINE, true, 1, VERDICT_QUARANTINE },
	{ LIMIT_TEMPFAIL, true, 1, VERDICT_TEMPFAIL },
	{ LIMIT_DISCARD, true, 1, VERDICT_TEMPFAIL },
	{ LIMIT_REJECT, true, 1, VERDICT_TEMPFAIL },
	{ LIMIT_TEMPFAIL, true, WINDOW_NEVER, VERDICT_REJECT },
	{ LIMIT_DISCARD, true, WINDOW_NEVER, VERDICT_REJECT },
	{ LIMIT_REJECT, true, WINDOW_NEVER, VERDICT_REJECT },
};

START_TEST(test_never_fits_and_shared)
{
	struct verdict verdict;

	verdict_accept(&verdict, VERDICT_BY_NOTHING);
	weigh(&verdict, claims[_i].action, "all", claims[_i].wait_ms,
	      claims[_i].is_shared);
	ck_assert_int_eq(verdict.kind, claims[_i].kind);
}
END_TEST

START_TEST(test_the_longest_subject_is_kept_whole)
{
	char subject[SUBJECT_SIZE];
	struct verdict verdict;

	memset(subject, 'a', sizeof(subject) - 1);
	subject[sizeof(subject) - 1] = '\0';
	verdict_accept(&verdict, VERDICT_BY_NOTHING);
	weigh(&verdict, LIMIT_REJECT, subject, 1, false);
	ck_assert_str_eq(verdict.subject, subject);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("verdict");
	TCase *cases = tcase_create("verdict");

	tcase_add_loop_test(cases, test_kinds, 0, COUNT_OF(kinds));
	tcase_add_test(cases, test_accept_has_no_limit);
	tcase_add_test(cases, test_a_claim_becomes_the_verdict);
	tcase_add_loop_test(cases, test_the_gravest_wins, 0, 25);
	tcase_add_test(cases, test_of_equals_the_longer_wait_wins);
	tcase_add_loop_test(cases, test_never_fits_and_shared, 0,
			    COUNT_OF(claims));
	tcase_add_test(cases, test_the_longest_subject_is_kept_whole);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
