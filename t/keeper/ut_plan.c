/* SPDX-License-Identifier: ISC */

/* What is said of an incident, and when: the table of acts in, alerts out. Time
 * is an argument, so no test waits. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "milter/keeper/plan.h"
#include "milter/keeper/thresholds.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define UID "1795485849123-17"

static struct plan *plan;
/* A plan lives until the process ends: all stay reachable until then. */
static struct plan *plans[200];
static size_t plan_count;
static unsigned int last_id;

static bool add(const char *act, enum incident_level level, const char *text,
		uint64_t now_ms)
{
	struct outbox_act one = { .number = 17,
				  .uid = (char *)UID,
				  .act = (char *)act,
				  .text = (char *)text,
				  .level = level };

	(void)snprintf(one.id, sizeof(one.id), "%u-0", ++last_id);
	return plan_add(plan, &one, now_ms);
}

static void start(void)
{
	plan = plans[plan_count++] = plan_new();
	last_id = 0;
}

static void expect_none(uint64_t now_ms)
{
	struct call call;

	ck_assert(!plan_take(plan, now_ms, &call));
}

static void expect(uint64_t now_ms, enum alert_act act,
		   enum incident_level level, size_t acts)
{
	struct call call;

	ck_assert(plan_take(plan, now_ms, &call));
	ck_assert_str_eq(call.uid, UID);
	ck_assert_uint_eq(call.number, 17);
	ck_assert_str_eq(alert_act_name(call.act), alert_act_name(act));
	ck_assert_int_eq(call.level, level);
	ck_assert_uint_eq(call.id_count, acts);
	call_clear(&call);
}

START_TEST(test_opened_waits_until_it_knows_more)
{
	ck_assert(add("opened", INCIDENT_WARNING, "", 1000));
	expect_none(1000 + OPENED_WAIT_MS - 1);
	ck_assert(add("serious", INCIDENT_SERIOUS, "", 2000));
	ck_assert(add("contained", INCIDENT_SERIOUS, "block 1", 2500));
	expect(1000 + OPENED_WAIT_MS, ALERT_OPENED, INCIDENT_SERIOUS, 3);
	expect_none(UINT64_MAX);
}
END_TEST

START_TEST(test_what_comes_later_waits_for_nothing)
{
	ck_assert(add("serious", INCIDENT_SERIOUS, "", 1000));
	expect(1000, ALERT_SERIOUS, INCIDENT_SERIOUS, 1);
	ck_assert(add("taken", INCIDENT_SERIOUS, "ann", 1000));
	expect(1000, ALERT_TAKEN, INCIDENT_SERIOUS, 1);
}
END_TEST

/* Acts of a time without a keeper: the newest state, not ten old ones. */
START_TEST(test_an_end_replaces_what_was_not_said)
{
	ck_assert(add("opened", INCIDENT_WARNING, "", 1000));
	ck_assert(add("critical", INCIDENT_CRITICAL, "", 1000));
	ck_assert(add("quiet", INCIDENT_CRITICAL, "", 1000));
	expect(1000 + OPENED_WAIT_MS, ALERT_QUIET, INCIDENT_CRITICAL, 3);
	ck_assert(add("quiet", INCIDENT_WARNING, "", 5000));
	ck_assert(add("again", INCIDENT_WARNING, "", 5000));
	expect(5000, ALERT_AGAIN, INCIDENT_WARNING, 2);
}
END_TEST

START_TEST(test_nothing_to_say)
{
	ck_assert(!add("note", INCIDENT_WARNING, "ann: seen", 0));
	ck_assert(!add("adopted", INCIDENT_WARNING, "gw1-3", 0));
	ck_assert(!add("restored", INCIDENT_WARNING, "", 0));
	ck_assert(!add("reminder", INCIDENT_WARNING, "", 0));
	ck_assert(!add("no act", INCIDENT_WARNING, "", 0));
	expect_none(UINT64_MAX);
}
END_TEST

START_TEST(test_put_back_is_one_with_what_came_meanwhile)
{
	struct call call;

	ck_assert(add("opened", INCIDENT_WARNING, "", 0));
	ck_assert(plan_take(plan, OPENED_WAIT_MS, &call));
	ck_assert(add("serious", INCIDENT_SERIOUS, "", OPENED_WAIT_MS));
	plan_put_back(plan, &call);
	expect(OPENED_WAIT_MS, ALERT_OPENED, INCIDENT_SERIOUS, 2);
	expect_none(UINT64_MAX);
}
END_TEST

static const struct {
	const char *act;
	struct told told;
	uint64_t agains;
	bool is_together;
	enum plan_verdict verdict;
} judged[] = {
	{ "opened", { 0 }, 0, false, PLAN_TELL },
	{ "opened", { 0 }, 0, true, PLAN_TOGETHER },
	{ "serious", { 1, true, true, false }, 0, false, PLAN_TELL },
	{ "serious", { 1, true, true, true }, 0, false, PLAN_TOGETHER },
	{ "critical", { 2, true, true, false }, 0, false, PLAN_TELL },
	{ "critical", { 0, false, false, true }, 0, false, PLAN_TELL },
	{ "critical", { 9, true, true, false }, 9, false, PLAN_TELL },
	/* no page of its own, and none where nobody was told */
	{ "contained", { 1, true, true, false }, 0, false, PLAN_TELL },
	{ "contained", { 0 }, 0, false, PLAN_SILENT },
	{ "taken", { 1, true, true, true }, 0, false, PLAN_SILENT },
	/* once with totals */
	{ "quiet", { 1, true, true, false }, 0, false, PLAN_TELL },
	{ "quiet", { 2, true, false, false }, 0, false, PLAN_SILENT },
	{ "quiet", { 0 }, 0, false, PLAN_TELL },
	{ "quiet", { 4, true, true, false }, 2, false, PLAN_SILENT },
	{ "over", { 5, true, true, false }, 2, false, PLAN_TELL },
	{ "over", { 2, true, false, false }, 0, false, PLAN_SILENT },
	/* once, however late it is read */
	{ "again", { 2, true, false, false }, 1, false, PLAN_TELL },
	{ "again", { 4, true, false, false }, 2, false, PLAN_TELL },
	{ "serious", { 4, true, false, false }, 2, false, PLAN_TELL },
	/* six at most */
	{ "again", { ALERTS_MAX, true, false, false }, 1, false, PLAN_SILENT },
	{ "serious", { ALERTS_MAX, true, true, false }, 0, false, PLAN_SILENT },
};

START_TEST(test_judge)
{
	const struct incident incident = { .number = 17,
					   .agains = judged[_i].agains };
	struct call call = { .is_together = judged[_i].is_together };

	ck_assert(alert_act_parse(judged[_i].act, &call.act));
	call.level = call.act == ALERT_CRITICAL ? INCIDENT_CRITICAL
						: INCIDENT_WARNING;
	ck_assert_int_eq(plan_judge(&call, &judged[_i].told, &incident),
			 judged[_i].verdict);
}
END_TEST

/* Whatever order 200 acts come in, no more than six alerts, and a seventh only
 * because it became critical. */
START_TEST(test_at_most_six)
{
	static const char *const acts[] = { "opened", "warning", "serious",
					    "quiet", "again" };
	struct told told = { 0 };
	unsigned int random = (unsigned int)_i + 1;
	unsigned int count = 0;

	for (int i = 0; i < 200; i++) {
		struct incident incident = { .agains = (uint64_t)i / 40 };
		struct call call = { 0 };

		random = random * 1103515245 + 12345;
		ck_assert(alert_act_parse(acts[random / 65536 % 5], &call.act));
		if (plan_judge(&call, &told, &incident) != PLAN_TELL)
			continue;
		count++;
		told.alerts += plan_counts(call.act);
		told.is_known = true;
		told.is_going_on = !alert_act_is_end(call.act);
	}
	ck_assert_uint_le(count, ALERTS_MAX);
}
END_TEST

static const struct {
	struct told told;
	enum incident_state state;
	const char *taken_by;
	uint64_t agains;
	bool reminds;
} reminders[] = {
	{ { 1, true, true, false }, INCIDENT_OPEN, "", 0, true },
	{ { 1, true, true, false }, INCIDENT_OPEN, "ann", 0, false },
	{ { 1, true, true, false }, INCIDENT_CONTAINED, "", 0, false },
	{ { 2, true, false, false }, INCIDENT_QUIET, "", 0, false },
	{ { 0 }, INCIDENT_OPEN, "", 0, false },
	{ { 4, true, true, false }, INCIDENT_OPEN, "", 2, false },
	/* told in a digest */
	{ { 0, true, false, true }, INCIDENT_OPEN, "", 0, true },
};

START_TEST(test_reminder)
{
	const struct incident incident = {
		.state = reminders[_i].state,
		.taken_by = (char *)reminders[_i].taken_by,
		.agains = reminders[_i].agains,
	};

	ck_assert_int_eq(plan_reminds(&reminders[_i].told, &incident),
			 reminders[_i].reminds);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("plan");
	TCase *cases = tcase_create("plan");

	tcase_add_checked_fixture(cases, start, NULL);
	tcase_add_test(cases, test_opened_waits_until_it_knows_more);
	tcase_add_test(cases, test_what_comes_later_waits_for_nothing);
	tcase_add_test(cases, test_an_end_replaces_what_was_not_said);
	tcase_add_test(cases, test_nothing_to_say);
	tcase_add_test(cases, test_put_back_is_one_with_what_came_meanwhile);
	tcase_add_loop_test(cases, test_judge, 0, COUNT_OF(judged));
	tcase_add_loop_test(cases, test_at_most_six, 0, 50);
	tcase_add_loop_test(cases, test_reminder, 0, COUNT_OF(reminders));
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
