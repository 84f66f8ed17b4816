/* SPDX-License-Identifier: ISC */
/*
 * What redundant.h claims, held against mail: many pairs of limits, drawn with
 * a fixed seed, each with a third one that disturbs them, and many messages
 * charged to the windows in memory. A limit that is out of reach must never
 * be over, one that is covered only together with the other.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/pattern.h"
#include "lib/policy/assess.h"
#include "lib/lint/redundant.h"
#include "lib/store/store_memory.h"

#define PAIRS	 4000
#define MESSAGES 400
#define LIMITS	 3

#define PICK(values) (values)[draw(sizeof(values) / sizeof((values)[0]))]

static uint64_t state;

/* xorshift64 (Marsaglia, 2003) */
static size_t draw(size_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (size_t)(state % below);
}

static struct limit limits[LIMITS];
static struct settings settings = { .limits = limits,
				    .limit_count = LIMITS,
				    .ipv6_prefix = 64,
				    .memory_subjects = 1000 };

static void draw_match(struct match *match)
{
	static const char *const recipients[] = { "ann@example.net",
						  "bob@example.net" };
	const char *reason;

	match->authenticated = draw(4) == 0 ? MATCH_YES : MATCH_ANY;
	if (draw(5) != 0)
		return;
	match->in.recipient = pattern_list_new();
	pattern_list_add(match->in.recipient, PICK(recipients), &reason);
}

static void draw_limit(struct limit *limit, const char *name)
{
	static const unsigned int keys[] = {
		0,
		LIMIT_KEY_OF(DIMENSION_SENDER),
		LIMIT_KEY_OF(DIMENSION_RECIPIENT),
		LIMIT_KEY_OF(DIMENSION_AUTH),
		LIMIT_KEY_OF(DIMENSION_SENDER) |
			LIMIT_KEY_OF(DIMENSION_RECIPIENT),
	};
	static const uint64_t pers[] = { 50,   1000, 1020, 1070,
					 1200, 3000, 7000, 60000 };

	limit->name = strdup(name);
	limit->key = PICK(keys);
	limit->unit = (enum limit_unit)draw(3);
	limit->count = (enum limit_count)draw(2);
	limit->action = (enum limit_action)draw(5);
	limit->max = 1 + draw(draw(3) == 0 ? 200 : 12);
	limit->per_ms = PICK(pers);
	draw_match(&limit->match);
}

/* Often alike in what matters, so that there is something to claim. */
static void draw_limits(void)
{
	draw_limit(&limits[0], "other");
	draw_limit(&limits[1], "hidden");
	draw_limit(&limits[2], "third");
	limits[1].unit = limits[0].unit;
	if (draw(2) == 0)
		limits[1].key = limits[0].key;
	if (draw(3) == 0)
		limits[1].per_ms = limits[0].per_ms;
}

static void draw_message(struct message *message)
{
	static const char *const senders[] = { "<a@example.com>",
					       "<b@example.com>", "<>" };
	static const char *const recipients[] = { "<ann@example.net>",
						  "<bob@example.net>",
						  "<cay@example.net>" };
	static const char *const logins[] = { "", "", "jake", "kim" };

	message_init(message);
	message_set_auth(message, PICK(logins));
	message_set_sender(message, &address_rules_default, PICK(senders));
	for (size_t left = 1 + draw(3); left > 0; left--)
		message_add_recipient(message, &address_rules_default,
				      PICK(recipients));
	message->bytes = 1 + draw(20);
}

static bool is_over(const struct charge_list *bill, const struct limit *limit)
{
	for (size_t i = 0; i < bill->count; i++)
		if (bill->lines[i].limit == limit &&
		    bill->charges[i].wait_ms != 0)
			return true;
	return false;
}

/* How often hidden was over, and how often without the other. */
struct tally {
	unsigned int over, alone;
};

static void play_message(struct store *store, uint64_t now_ms,
			 struct tally *tally)
{
	const bool is_exempt[3] = { false, false, false };
	struct message message;
	struct arena arena;
	struct charge_list bill;
	bool is_hidden_over;

	draw_message(&message);
	arena_init(&arena, NULL, 0);
	assess_end(&settings, &message, is_exempt, &arena, &bill);
	store_ask(store, STORE_CHARGE, bill.charges, bill.count, now_ms);
	is_hidden_over = is_over(&bill, &limits[1]);
	tally->over += is_hidden_over;
	tally->alone += is_hidden_over && !is_over(&bill, &limits[0]);
	charge_list_clear(&bill);
	arena_clear(&arena);
	message_clear(&message);
}

static struct tally play(void)
{
	struct store *store = store_memory_new(10000);
	struct tally tally = { 0, 0 };
	uint64_t now_ms = 1000000;
	size_t pace = 1 + draw(400);

	for (int i = 0; i < MESSAGES; i++) {
		now_ms += draw(pace);
		play_message(store, now_ms, &tally);
	}
	store_free(&store);
	return tally;
}

START_TEST(claims_hold)
{
	unsigned int claims[REDUNDANT_OUT_OF_REACH + 1] = { 0 };
	unsigned int alone = 0, over = 0;

	state = 0x5eed;
	for (int i = 0; i < PAIRS; i++) {
		enum redundant redundant;
		struct tally tally;

		draw_limits();
		redundant = redundant_by(&limits[0], &limits[1]);
		tally = play();
		claims[redundant]++;
		if (redundant == REDUNDANT_OUT_OF_REACH)
			ck_assert_msg(tally.over == 0, "pair %d: over", i);
		else if (redundant != REDUNDANT_NONE)
			ck_assert_msg(tally.alone == 0, "pair %d: alone", i);
		over += redundant == REDUNDANT_NONE ? 0 : tally.over;
		alone += redundant == REDUNDANT_NONE ? tally.alone : 0;
		for (int j = 0; j < LIMITS; j++)
			limit_clear(&limits[j]);
	}
	/* Each claim was made, and what it denies does happen elsewhere. */
	ck_assert_uint_gt(claims[REDUNDANT_OUT_OF_REACH], 20);
	ck_assert_uint_gt(claims[REDUNDANT_COVERED], 20);
	ck_assert_uint_gt(over, 100);
	ck_assert_uint_gt(alone, 100);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("eclipse_play");
	TCase *tcase = tcase_create("eclipse_play");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, claims_hold);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
