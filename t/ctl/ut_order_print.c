/* SPDX-License-Identifier: ISC */
/* Orders in words and as JSON: each kind, in each state. */
#include <check.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/json.h"
#include "lib/store/window.h"
#include "milter/ctl/order_print.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define HOUR_MS UINT64_C(3600000)
#define FROM_MS UINT64_C(1777651200000) /* 2026-05-01T16:00:00Z */
#define UNTIL	(FROM_MS + 2 * HOUR_MS)

static char *names[] = { (char[]){ "own-sender" }, (char[]){ "hour" } };

static const struct order block = {
	.id = 17,
	.kind = ORDER_BLOCK,
	.subject = (char[]){ "sender:jake@example.com" },
	.created_ms = FROM_MS,
	.from_ms = FROM_MS,
	.until_ms = UNTIL,
	.by = (char[]){ "ann" },
	.reason = (char[]){ "flood" },
	.owner = (char[]){ "" },
	.action = LIMIT_REJECT,
};

static const struct order permit = {
	.id = 18,
	.kind = ORDER_PERMIT,
	.subject = (char[]){ "sender:news@example.com" },
	.created_ms = FROM_MS - HOUR_MS,
	.from_ms = FROM_MS,
	.until_ms = UNTIL,
	.by = (char[]){ "ann" },
	.reason = (char[]){ "newsletter" },
	.owner = (char[]){ "town council" },
	.messages = 5000,
	.per_minute = 60,
	.limits = names,
	.limit_count = 2,
};

static const struct order override = {
	.id = 19,
	.kind = ORDER_OVERRIDE,
	.subject = (char[]){ "sender:jake@example.com" },
	.created_ms = FROM_MS,
	.from_ms = FROM_MS,
	.until_ms = UNTIL,
	.by = (char[]){ "ann" },
	.reason = (char[]){ "trial" },
	.owner = (char[]){ "" },
	.limits = names,
	.limit_count = 1,
	.max = WINDOW_COUNT_MAX,
};

static struct order order; /* a variation of one of them */

static void setup(void)
{
	setlocale(LC_ALL, "C");
	setenv("TZ", "UTC", 1);
	tzset();
}

static void assert_effect(uint64_t used, const char *wanted)
{
	char effect[200];

	order_text_effect(&order, used, effect, sizeof(effect));
	ck_assert_str_eq(effect, wanted);
}

START_TEST(test_the_effect_of_a_block)
{
	order = block;
	assert_effect(0, "reject");
	order.action = LIMIT_QUARANTINE;
	assert_effect(0, "quarantine");
	order.action = LIMIT_DISCARD;
	assert_effect(0, "discard");
	order.action = LIMIT_TEMPFAIL;
	assert_effect(0, "tempfail");
}
END_TEST

START_TEST(test_the_effect_of_a_permit)
{
	order = permit;
	assert_effect(1000, "4000 of 5000 left, 60 a minute for own-sender, "
			    "hour");
	assert_effect(5000, "0 of 5000 left, 60 a minute for own-sender, "
			    "hour");
	order.per_minute = 0;
	order.limit_count = 1;
	assert_effect(6000, "0 of 5000 left for own-sender");
	assert_effect(ORDER_USED_UNKNOWN, "5000 messages for own-sender");
	order.limit_count = 0;
	assert_effect(0, "5000 of 5000 left");
}
END_TEST

START_TEST(test_the_effect_of_an_override)
{
	order = override;
	assert_effect(0, "max 9007199254740992 for own-sender");
}
END_TEST

START_TEST(test_a_long_effect_stays_in_its_place)
{
	struct {
		char effect[20], behind;
	} place = { .behind = 'b' };

	order_text_effect(&permit, 0, place.effect, sizeof(place.effect));
	ck_assert_str_eq(place.effect, "5000 of 5000 lef...");
	ck_assert_int_eq(place.behind, 'b');
	order_text_effect(&permit, 0, place.effect, 1);
	ck_assert_str_eq(place.effect, "");
}
END_TEST

/* for people */

static void assert_printed(uint64_t used, uint64_t now_ms, const char *wanted)
{
	char *written;
	size_t length;
	FILE *file = open_memstream(&written, &length);

	ck_assert_ptr_nonnull(file);
	order_print(&order, used, now_ms, file);
	fclose(file);
	ck_assert_str_eq(written, wanted);
	free(written);
}

static const struct {
	const struct order *order;
	uint64_t used, now_ms;
	const char *printed;
} orders[] = {
	{ &block, 0, FROM_MS + 1000,
	  "block 17: sender:jake@example.com, reject\n"
	  "  until 2026-05-01 18:00:00 +0000 (1h 59m left)\n"
	  "  by ann: flood\n" },
	{ &block, 0, FROM_MS,
	  "block 17: sender:jake@example.com, reject\n"
	  "  until 2026-05-01 18:00:00 +0000 (2h 00m left)\n"
	  "  by ann: flood\n" },
	{ &block, 0, UNTIL,
	  "block 17: sender:jake@example.com, reject\n"
	  "  until 2026-05-01 18:00:00 +0000 (ended)\n"
	  "  by ann: flood\n" },
	{ &permit, 4990, FROM_MS - 1,
	  "permit 18: sender:news@example.com, 10 of 5000 left, 60 a minute "
	  "for own-sender, hour\n"
	  "  from 2026-05-01 16:00:00 +0000 until 2026-05-01 18:00:00 +0000\n"
	  "  by ann for town council: newsletter\n" },
	{ &override, 0, UNTIL - 1,
	  "override 19: sender:jake@example.com, max 9007199254740992 for "
	  "own-sender\n"
	  "  until 2026-05-01 18:00:00 +0000 (0s left)\n"
	  "  by ann: trial\n" },
};

START_TEST(test_an_order_in_words)
{
	order = *orders[_i].order;
	assert_printed(orders[_i].used, orders[_i].now_ms, orders[_i].printed);
}
END_TEST

START_TEST(test_an_order_cannot_paint)
{
	order = block;
	order.subject = (char[]){ "sender:\033[2Ja" };
	order.by = (char[]){ "an\nn" };
	order.reason = (char[]){ "\xe2\x80\xae\xff" };
	order.owner = (char[]){ "\a" };
	assert_printed(0, UNTIL,
		       "block 17: sender:%1B[2Ja, reject\n"
		       "  until 2026-05-01 18:00:00 +0000 (ended)\n"
		       "  by an\\x0an for \\x07: \\xe2\\x80\\xae\\xff\n");
}
END_TEST

START_TEST(test_a_limit_of_a_damaged_order_cannot_paint)
{
	char *damaged[] = { (char[]){ "\033[2J" } };

	order = override;
	order.limits = damaged;
	assert_printed(0, UNTIL,
		       "override 19: sender:jake@example.com, "
		       "max 9007199254740992 for \\x1b[2J\n"
		       "  until 2026-05-01 18:00:00 +0000 (ended)\n"
		       "  by ann: trial\n");
}
END_TEST

/* Names of limits are long: what does not fit is seen to be cut. */
START_TEST(test_an_effect_that_is_cut_says_so)
{
	char name[LIMIT_NAME_MAX + 1], *many[10], *written;
	size_t length;
	FILE *file = open_memstream(&written, &length);

	ck_assert_ptr_nonnull(file);
	memset(name, 'n', LIMIT_NAME_MAX);
	name[LIMIT_NAME_MAX] = '\0';
	for (size_t i = 0; i < 10; i++)
		many[i] = name;
	order = permit;
	order.limits = many;
	order.limit_count = 10;
	order_print(&order, 0, FROM_MS, file);
	fclose(file);
	ck_assert_ptr_nonnull(strstr(written, "...\n  until"));
	ck_assert_uint_lt(length, 1000);
	free(written);
}
END_TEST

/* for programs */

static const struct {
	const struct order *order;
	uint64_t used, now_ms;
	const char *json;
} documents[] = {
	{ &block, 0, FROM_MS,
	  "{\"number\": 17, \"kind\": \"block\", "
	  "\"subject\": \"sender:jake@example.com\", "
	  "\"state\": \"in_force\", \"by\": \"ann\", \"reason\": \"flood\", "
	  "\"created\": \"2026-05-01T16:00:00.000Z\", "
	  "\"from\": \"2026-05-01T16:00:00.000Z\", "
	  "\"until\": \"2026-05-01T18:00:00.000Z\", "
	  "\"action\": \"reject\"}" },
	{ &permit, 1000, FROM_MS - 1,
	  "{\"number\": 18, \"kind\": \"permit\", "
	  "\"subject\": \"sender:news@example.com\", "
	  "\"state\": \"planned\", \"by\": \"ann\", "
	  "\"reason\": \"newsletter\", "
	  "\"created\": \"2026-05-01T15:00:00.000Z\", "
	  "\"from\": \"2026-05-01T16:00:00.000Z\", "
	  "\"until\": \"2026-05-01T18:00:00.000Z\", "
	  "\"owner\": \"town council\", \"messages\": 5000, \"used\": 1000, "
	  "\"left\": 4000, \"per_minute\": 60, "
	  "\"limits\": [\"own-sender\", \"hour\"]}" },
	{ &override, 0, UNTIL,
	  "{\"number\": 19, \"kind\": \"override\", "
	  "\"subject\": \"sender:jake@example.com\", "
	  "\"state\": \"ended\", \"by\": \"ann\", \"reason\": \"trial\", "
	  "\"created\": \"2026-05-01T16:00:00.000Z\", "
	  "\"from\": \"2026-05-01T16:00:00.000Z\", "
	  "\"until\": \"2026-05-01T18:00:00.000Z\", "
	  "\"limits\": [\"own-sender\"], \"max\": 9007199254740992}" },
};

static json_t *parse(const char *text)
{
	json_error_t error;
	json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (value == NULL)
		ck_abort_msg("%s", error.text);
	return value;
}

START_TEST(test_an_order_as_json)
{
	json_t *wanted = parse(documents[_i].json);
	json_t *object = order_text_json(
		documents[_i].order, documents[_i].used, documents[_i].now_ms);
	char *written = document_write(object), *expected;

	/* as it is written, in the same order of members */
	expected = document_write(wanted);
	ck_assert_str_eq(written, expected);
	free(written);
	free(expected);
}
END_TEST

START_TEST(test_a_permit_without_a_pace_as_json)
{
	json_t *object;

	order = permit;
	order.per_minute = 0;
	order.limit_count = 0;
	object = order_text_json(&order, 6000, FROM_MS);
	ck_assert(json_is_null(json_object_get(object, "per_minute")));
	ck_assert_uint_eq(json_array_size(json_object_get(object, "limits")),
			  0);
	ck_assert_int_eq(json_integer_value(json_object_get(object, "left")),
			 0);
	ck_assert_int_eq(json_integer_value(json_object_get(object, "used")),
			 6000);
	json_decref(object);
}
END_TEST

START_TEST(test_any_bytes_as_json)
{
	json_t *object;

	order = block;
	order.reason = (char[]){ "\xff\"\n" };
	object = order_text_json(&order, 0, FROM_MS);
	ck_assert_str_eq(document_get_text(object, "reason"), "\\xff\"\n");
	json_decref(object);
}
END_TEST

START_TEST(test_only_a_permit_is_used)
{
	uint64_t used = 77;

	ck_assert(order_text_used(NULL, "weir", 0, &block, &used));
	ck_assert_uint_eq(used, 0);
	used = 77;
	ck_assert(order_text_used(NULL, "weir", 0, &override, &used));
	ck_assert_uint_eq(used, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("order_print");
	TCase *cases = tcase_create("orders");

	tcase_add_checked_fixture(cases, setup, NULL);
	tcase_add_test(cases, test_the_effect_of_a_block);
	tcase_add_test(cases, test_the_effect_of_a_permit);
	tcase_add_test(cases, test_the_effect_of_an_override);
	tcase_add_test(cases, test_a_long_effect_stays_in_its_place);
	tcase_add_loop_test(cases, test_an_order_in_words, 0, COUNT_OF(orders));
	tcase_add_test(cases, test_an_order_cannot_paint);
	tcase_add_test(cases, test_a_limit_of_a_damaged_order_cannot_paint);
	tcase_add_test(cases, test_an_effect_that_is_cut_says_so);
	tcase_add_loop_test(cases, test_an_order_as_json, 0,
			    COUNT_OF(documents));
	tcase_add_test(cases, test_a_permit_without_a_pace_as_json);
	tcase_add_test(cases, test_any_bytes_as_json);
	tcase_add_test(cases, test_only_a_permit_is_used);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
