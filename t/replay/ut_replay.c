/* SPDX-License-Identifier: ISC */
/* What a replay does with messages, and what it keeps of it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/pattern.h"
#include "lib/replay/replay.h"

#define MINUTE_MS 60000
#define START_MS  UINT64_C(1777629001000)
#define SENDER	  LIMIT_KEY_OF(DIMENSION_SENDER)
#define RECIPIENT LIMIT_KEY_OF(DIMENSION_RECIPIENT)
#define CLIENT	  LIMIT_KEY_OF(DIMENSION_CLIENT)

static struct limit limits[4];
static struct match exempt[1];
static struct settings settings;
static struct replay *replay;
static struct log_message message;
static uint64_t now_ms;

static void setup(void)
{
	memset(limits, 0, sizeof(limits));
	memset(exempt, 0, sizeof(exempt));
	memset(&settings, 0, sizeof(settings));
	settings.limits = limits;
	settings.exempt = exempt;
	settings.identity = address_rules_default;
	settings.ipv6_prefix = 64;
	settings.cache_ms = 1000;
	replay = NULL;
	now_ms = START_MS;
}

static void teardown(void)
{
	replay_free(&replay);
	ck_assert_ptr_null(replay);
	for (size_t i = 0; i < settings.limit_count; i++)
		match_clear(&limits[i].match);
	match_clear(&exempt[0]);
}

static struct limit *add_limit(unsigned int key, uint64_t max,
			       enum limit_action action)
{
	static char names[][2] = { "0", "1", "2", "3" };
	struct limit *limit = &limits[settings.limit_count];

	limit->name = names[settings.limit_count++];
	limit->key = key;
	limit->action = action;
	limit->max = max;
	limit->per_ms = MINUTE_MS;
	return limit;
}

static void set(char **text, const char *value)
{
	struct slice word = slice_of(value);

	log_message_set(text, &word);
}

/* To one recipient, NULL: one that is hidden. */
static bool send(const char *sender, const char *recipient)
{
	struct slice address = { NULL, 0 };
	bool is_stopped;

	if (replay == NULL)
		replay = replay_new(&settings, 1000);
	log_message_init(&message);
	message.time_ms = now_ms;
	message.bytes = 1000;
	set(&message.client, "192.0.2.1");
	set(&message.sender, sender);
	if (recipient != NULL) {
		address = slice_of(recipient);
		log_message_add(&message, &address);
	}
	is_stopped = replay_take(replay, &message);
	log_message_clear(&message);
	return is_stopped;
}

static const struct tally_row *row_of(size_t limit, const char *subject)
{
	size_t count;
	struct tally_row **rows = tally_rows(replay_tally(replay), limit,
					     &count);
	const struct tally_row *found = NULL;

	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i]->subject, subject) == 0)
			found = rows[i];
	free(rows);
	return found;
}

/* Its largest message is what a subject is compared by. */
START_TEST(a_ceiling)
{
	struct limit *limit = add_limit(SENDER, 1000, LIMIT_REJECT);

	limit->unit = LIMIT_BYTES;
	limit->per_ms = 0;
	ck_assert(!send("a@x.test", "b@y.test"));
	ck_assert_uint_eq(row_of(0, "sender:a@x.test")->peak, 1000);
	limit->max = 999;
	ck_assert(send("a@x.test", "b@y.test"));
	ck_assert_uint_eq(row_of(0, "sender:a@x.test")->stopped, 1);
	ck_assert(send("c@x.test", "b@y.test"));
	ck_assert_uint_eq(row_of(0, "sender:c@x.test")->peak, 1000);
	ck_assert_uint_eq(replay_limits(replay)[0].kinds[VERDICT_REJECT], 2);
}
END_TEST

START_TEST(a_flood)
{
	struct replay_totals totals;
	const struct tally_row *row;
	unsigned int stopped = 0;

	add_limit(SENDER, 10, LIMIT_TEMPFAIL);
	for (int i = 0; i < 50; i++) {
		stopped += send("<Script+1@DEV.test>", "a@y");
		send("jake@corp.test", "a@y");
		now_ms += i < 5 ? 1000 : 0;
		if (i == 4)
			ck_assert_uint_eq(stopped, 0);
	}
	ck_assert_uint_eq(stopped, 40);
	replay_totals(replay, &totals);
	ck_assert_uint_eq(totals.messages, 100);
	ck_assert_uint_eq(totals.kinds[VERDICT_TEMPFAIL], 80);
	ck_assert_uint_eq(totals.kinds[VERDICT_ACCEPT], 20);
	ck_assert_uint_eq(replay_stopped(totals.kinds), 80);
	ck_assert_uint_eq(totals.first_ms, START_MS);
	ck_assert_uint_eq(totals.last_ms, START_MS + 5000);
	ck_assert_uint_eq(replay_limits(replay)[0].kinds[VERDICT_TEMPFAIL], 80);
	row = row_of(0, "sender:script@dev.test");
	ck_assert_ptr_nonnull(row);
	ck_assert_uint_eq(row->stopped, 40);
	ck_assert_uint_eq(row->peak, 10);
	ck_assert_uint_eq(row->peak_ms, START_MS + 5000);
	ck_assert_ptr_null(row_of(0, "sender:nobody@dev.test"));
}
END_TEST

START_TEST(the_clock_of_the_log_empties_windows)
{
	add_limit(SENDER, 1, LIMIT_REJECT);
	ck_assert(!send("a@x", "b@y"));
	ck_assert(send("a@x", "b@y"));
	now_ms += MINUTE_MS + 1000;
	ck_assert(!send("a@x", "b@y"));
}
END_TEST

START_TEST(a_line_out_of_order_does_not)
{
	struct replay_totals totals;

	add_limit(SENDER, 1, LIMIT_REJECT);
	ck_assert(!send("a@x", "b@y"));
	now_ms -= REPLAY_STEP_MS;
	ck_assert(send("a@x", "b@y"));
	replay_totals(replay, &totals);
	ck_assert_uint_eq(totals.steps_back, 0);
	now_ms -= 1;
	ck_assert(!send("a@x", "b@y"));
	replay_totals(replay, &totals);
	ck_assert_uint_eq(totals.steps_back, 1);
}
END_TEST

START_TEST(watching_stops_nobody)
{
	add_limit(SENDER, 1, LIMIT_MONITOR);
	add_limit(CLIENT, 2, LIMIT_QUARANTINE);
	for (int i = 0; i < 4; i++)
		ck_assert(!send("a@x", "b@y"));
	ck_assert_uint_eq(replay_limits(replay)[0].kinds[VERDICT_MONITOR], 1);
	ck_assert_uint_eq(replay_limits(replay)[1].kinds[VERDICT_QUARANTINE],
			  2);
	ck_assert_uint_eq(row_of(1, "client:192.0.2.1")->noticed, 2);
	ck_assert_uint_eq(row_of(1, "client:192.0.2.1")->stopped, 0);
	ck_assert_uint_eq(row_of(0, "sender:a@x")->peak, 4);
}
END_TEST

START_TEST(one_recipient_is_refused_alone)
{
	struct slice other = slice_of("c@y");
	struct slice one = slice_of("b@y");
	struct replay_totals totals;

	add_limit(RECIPIENT, 1, LIMIT_TEMPFAIL);
	ck_assert(!send("a@x", "b@y"));
	ck_assert(send("a@x", "b@y"));
	log_message_init(&message);
	message.time_ms = now_ms;
	log_message_add(&message, &one);
	log_message_add(&message, &other);
	ck_assert(!replay_take(replay, &message));
	log_message_clear(&message);
	replay_totals(replay, &totals);
	ck_assert_uint_eq(totals.recipients_refused, 2);
	ck_assert_uint_eq(replay_limits(replay)[0].recipients_refused, 2);
	ck_assert_uint_eq(replay_limits(replay)[0].kinds[VERDICT_TEMPFAIL], 1);
	ck_assert_uint_eq(row_of(0, "recipient:c@y")->peak, 1);
}
END_TEST

START_TEST(a_hidden_recipient_counts_and_is_nobody)
{
	struct limit *many = add_limit(SENDER, 3, LIMIT_TEMPFAIL);

	many->unit = LIMIT_RECIPIENTS;
	add_limit(RECIPIENT, 1, LIMIT_TEMPFAIL);
	for (int i = 0; i < 3; i++)
		ck_assert(!send("a@x", NULL));
	ck_assert(send("a@x", NULL));
	ck_assert_ptr_null(row_of(1, "recipient:"));
	ck_assert_uint_eq(replay_limits(replay)[1].kinds[VERDICT_TEMPFAIL], 0);
}
END_TEST

START_TEST(an_exemption)
{
	struct replay_totals totals;
	const char *reason;

	add_limit(SENDER, 1, LIMIT_REJECT);
	settings.exempt_count = 1;
	exempt[0].in.sender = pattern_list_new();
	ck_assert(pattern_list_add(exempt[0].in.sender, "a@x.test", &reason));
	for (int i = 0; i < 3; i++)
		ck_assert(!send("a@x.test", "b@y"));
	replay_totals(replay, &totals);
	ck_assert_uint_eq(totals.exempt, 3);
	ck_assert_uint_eq(replay_stopped(totals.kinds), 0);
}
END_TEST

START_TEST(attempts_count_in_a_replay)
{
	add_limit(SENDER, 2, LIMIT_REJECT)->count = LIMIT_COUNT_ATTEMPTS;
	for (int i = 0; i < 300; i++) {
		ck_assert_int_eq(send("a@x", "b@y"), i >= 2);
		now_ms += 1000;
	}
	now_ms += MINUTE_MS + 2000;
	ck_assert(!send("a@x", "b@y"));
}
END_TEST

START_TEST(what_settings_need)
{
	struct limit *limit = add_limit(SENDER, 1, LIMIT_REJECT);

	ck_assert(!replay_needs_recipients(&settings));
	ck_assert_ptr_null(replay_lacks(&settings));
	limit->unit = LIMIT_RECIPIENTS;
	ck_assert(replay_needs_recipients(&settings));
	limit->unit = LIMIT_BYTES;
	limit->key = RECIPIENT;
	ck_assert(replay_needs_recipients(&settings));
	limit->key = LIMIT_KEY_OF(DIMENSION_HELO);
	ck_assert(!replay_needs_recipients(&settings));
	ck_assert_str_eq(replay_lacks(&settings), "HELO names");
	limit->key = SENDER;
	limit->match.in.listener = pattern_list_new();
	ck_assert_str_eq(replay_lacks(&settings), "the listener");
}
END_TEST

START_TEST(a_tally_is_bounded)
{
	struct tally *tally;

	add_limit(SENDER, 1, LIMIT_REJECT);
	tally = tally_new(&settings, 2);
	ck_assert_ptr_nonnull(tally_find(tally, "{sender:a@x}:0:1m", 17));
	ck_assert_ptr_nonnull(tally_find(tally, "{sender:b@x}:0:1m", 17));
	ck_assert_ptr_null(tally_find(tally, "{sender:c@x}:0:1m", 17));
	ck_assert_uint_eq(tally_dropped(tally), 1);
	ck_assert_str_eq(tally_find(tally, "{sender:a@x}:0:1m", 17)->subject,
			 "sender:a@x");
	tally_free(&tally);
	tally = tally_new(&settings, 2);
	ck_assert_ptr_null(tally_find(tally, "{sender:a@x}:9:1m", 17));
	ck_assert_ptr_null(tally_find(tally, "{sender:a@x}", 12));
	ck_assert_ptr_null(tally_find(tally, "}", 1));
	ck_assert_ptr_null(tally_find(tally, "", 0));
	tally_free(&tally);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("replay");
	TCase *tcase = tcase_create("replay");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_ceiling);
	tcase_add_test(tcase, a_flood);
	tcase_add_test(tcase, the_clock_of_the_log_empties_windows);
	tcase_add_test(tcase, a_line_out_of_order_does_not);
	tcase_add_test(tcase, watching_stops_nobody);
	tcase_add_test(tcase, one_recipient_is_refused_alone);
	tcase_add_test(tcase, a_hidden_recipient_counts_and_is_nobody);
	tcase_add_test(tcase, an_exemption);
	tcase_add_test(tcase, attempts_count_in_a_replay);
	tcase_add_test(tcase, what_settings_need);
	tcase_add_test(tcase, a_tally_is_bounded);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
