/* SPDX-License-Identifier: ISC */
/* An order as it stands in Redis: back and forth, and what is no order. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fleet/order_json.h"
#include "lib/store/window.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define SENDER LIMIT_KEY_OF(DIMENSION_SENDER)
#define AUTH   LIMIT_KEY_OF(DIMENSION_AUTH)
#define HELO   LIMIT_KEY_OF(DIMENSION_HELO)

static char *names[] = { (char *)(uintptr_t) "minute",
			 (char *)(uintptr_t) "a.b-c_1" };

#define TEXTS(of, because, of_whom)             \
	.subject = (char *)(uintptr_t)(of),     \
	.by = (char *)(uintptr_t) "root@host",  \
	.reason = (char *)(uintptr_t)(because), \
	.owner = (char *)(uintptr_t)(of_whom)

static const struct order whole[] = {
	{ .kind = ORDER_BLOCK,
	  TEXTS("sender:jake@x", "a flood", ""),
	  .key = SENDER,
	  .created_ms = 1,
	  .from_ms = 2,
	  .until_ms = 3,
	  .action = LIMIT_REJECT },
	{ .kind = ORDER_BLOCK,
	  TEXTS("all", "", ""),
	  .action = LIMIT_QUARANTINE },
	{ .kind = ORDER_BLOCK,
	  TEXTS("auth+helo:a%2Bb+c", "\"quoted\" \\ \r\n\t \x1b[2J", ""),
	  .key = AUTH | HELO,
	  .created_ms = UINT64_C(1700000040000),
	  .from_ms = UINT64_C(1700000041000),
	  .until_ms = UINT64_C(1800000042000),
	  .action = LIMIT_DISCARD },
	{ .kind = ORDER_BLOCK,
	  TEXTS("helo:%FF\xc3\xa4", "f\xc3\xbcr", ""),
	  .key = HELO,
	  .action = LIMIT_TEMPFAIL },
	{ .kind = ORDER_PERMIT,
	  TEXTS("sender:jake@x", "newsletter", "marketing"),
	  .key = SENDER,
	  .until_ms = 3,
	  .messages = WINDOW_COUNT_MAX,
	  .per_minute = 30,
	  .limits = names,
	  .limit_count = 2 },
	{ .kind = ORDER_PERMIT,
	  TEXTS("sender:jake@x", "newsletter", "marketing"),
	  .key = SENDER,
	  .messages = 1 },
	{ .kind = ORDER_OVERRIDE,
	  TEXTS("sender:jake@x", "a big customer", ""),
	  .key = SENDER,
	  .limits = names,
	  .limit_count = 1,
	  .max = WINDOW_COUNT_MAX },
};

static void check_same(const struct order *found, const struct order *wanted)
{
	ck_assert_int_eq(found->kind, wanted->kind);
	ck_assert_str_eq(found->subject, wanted->subject);
	ck_assert_uint_eq(found->key, wanted->key);
	ck_assert_uint_eq(found->created_ms, wanted->created_ms);
	ck_assert_uint_eq(found->from_ms, wanted->from_ms);
	ck_assert_uint_eq(found->until_ms, wanted->until_ms);
	ck_assert_str_eq(found->by, wanted->by);
	ck_assert_str_eq(found->reason, wanted->reason);
	ck_assert_str_eq(found->owner, wanted->owner);
	if (wanted->kind == ORDER_BLOCK)
		ck_assert_int_eq(found->action, wanted->action);
	ck_assert_uint_eq(found->messages, wanted->messages);
	ck_assert_uint_eq(found->per_minute, wanted->per_minute);
	ck_assert_uint_eq(found->max, wanted->max);
	ck_assert_uint_eq(found->limit_count, wanted->limit_count);
	for (size_t i = 0; i < wanted->limit_count; i++)
		ck_assert_str_eq(found->limits[i], wanted->limits[i]);
}

START_TEST(test_there_and_back)
{
	char *json = document_write(order_json_make(&whole[_i]));
	struct order order;

	ck_assert(order_json_parse(json, strlen(json), &order));
	ck_assert_uint_eq(order.id, 0);
	check_same(&order, &whole[_i]);
	order_clear(&order);
	free(json);
}
END_TEST

START_TEST(test_the_text_in_redis)
{
	char *json = document_write(order_json_make(&whole[0]));

	ck_assert_str_eq(
		json,
		"{\"kind\":\"block\",\"subject\":\"sender:jake@x\","
		"\"created_ms\":1,\"from_ms\":2,\"until_ms\":3,"
		"\"by\":\"root@host\",\"owner\":\"\",\"reason\":\"a flood\","
		"\"action\":\"reject\",\"messages\":0,\"per_minute\":0,"
		"\"limits\":[],\"max\":0}");
	free(json);
}
END_TEST

/* Only a word for the log: nothing is set but who. */
START_TEST(test_an_empty_order_is_written)
{
	const struct order nothing = { 0 };
	char *json = document_write(order_json_make(&nothing));
	struct order order;

	ck_assert_ptr_nonnull(strstr(json, "\"subject\":null"));
	ck_assert(!order_json_parse(json, strlen(json), &order));
	free(json);
}
END_TEST

START_TEST(test_bytes_that_are_no_utf8)
{
	const struct order broken = { .kind = ORDER_BLOCK,
				      TEXTS("all", "caf\xe9", ""),
				      .action = LIMIT_REJECT };
	char *json = document_write(order_json_make(&broken));
	struct order order;

	ck_assert(order_json_parse(json, strlen(json), &order));
	ck_assert_str_eq(order.reason, "caf\\xe9");
	order_clear(&order);
	free(json);
}
END_TEST

#define BLOCK  "\"kind\":\"block\",\"action\":\"reject\""
#define PERMIT "\"kind\":\"permit\",\"subject\":\"all\""
#define OTHER  "\"kind\":\"override\",\"subject\":\"all\""

/* Orders that another version, or a person, could have written. */
static const char *const good[] = {
	"{" BLOCK ",\"subject\":\"all\"}",
	"{" BLOCK ",\"subject\":\"sender:jake@x\",\"colour\":{\"a\":[1]}}",
	"{" BLOCK ",\"subject\":\"recipient+sender:a+b\"}",
	" \n{" BLOCK ",\"subject\":\"all\",\"limits\":\"minute\"}",
	"{" BLOCK ",\"subject\":\"all\",\"until_ms\":253402300799999}",
	"{" PERMIT ",\"messages\":1}",
	"{" PERMIT ",\"messages\":1,\"action\":\"sell\"}",
	"{" PERMIT ",\"messages\":9007199254740992,\"per_minute\":null}",
	"{" OTHER ",\"max\":1,\"limits\":[\"minute\"]}",
};

START_TEST(test_what_is_an_order)
{
	struct order order;

	ck_assert_msg(order_json_parse(good[_i], strlen(good[_i]), &order),
		      "%s", good[_i]);
	ck_assert_ptr_nonnull(order.subject);
	ck_assert_str_eq(order.by, "");
	ck_assert_str_eq(order.reason, "");
	ck_assert_str_eq(order.owner, "");
	order_clear(&order);
}
END_TEST

static const char *const bad[] = {
	"",
	"{",
	"null",
	"17",
	"\"block\"",
	"[]",
	"{}",
	"{" BLOCK "}",
	"{" BLOCK ",\"subject\":\"all\"} more",
	"{" BLOCK ",\"subject\":\"\"}",
	"{" BLOCK ",\"subject\":null}",
	"{" BLOCK ",\"subject\":17}",
	"{" BLOCK ",\"subject\":\"sendre:jake@x\"}",
	"{" BLOCK ",\"subject\":\":jake@x\"}",
	"{" BLOCK ",\"subject\":\"sender\"}",
	"{" BLOCK ",\"subject\":\"sender:\"}",
	"{" BLOCK ",\"subject\":\"all:\"}",
	"{" BLOCK ",\"subject\":\"all:x\"}",
	"{" BLOCK ",\"subject\":\"ALL\"}",
	"{" BLOCK ",\"subject\":\"a\\u0000ll\"}",
	"{\"kind\":\"block\",\"subject\":\"all\"}",
	"{\"kind\":\"block\",\"subject\":\"all\",\"action\":\"monitor\"}",
	"{\"kind\":\"block\",\"subject\":\"all\",\"action\":\"sell\"}",
	"{\"kind\":\"block\",\"subject\":\"all\",\"action\":4}",
	"{\"kind\":\"Block\",\"subject\":\"all\",\"action\":\"reject\"}",
	"{\"kind\":\"advice\",\"subject\":\"all\",\"action\":\"reject\"}",
	"{\"kind\":0,\"subject\":\"all\",\"action\":\"reject\"}",
	"{" BLOCK ",\"subject\":\"all\",\"until_ms\":253402300800000}",
	"{" BLOCK ",\"subject\":\"all\",\"from_ms\":9223372036854775807}",
	"{" BLOCK ",\"subject\":\"all\",\"created_ms\":253402300800000}",
	"{" PERMIT "}",
	"{" PERMIT ",\"messages\":0}",
	"{" PERMIT ",\"messages\":-1}",
	"{" PERMIT ",\"messages\":\"many\"}",
	"{" PERMIT ",\"messages\":1.5}",
	"{" PERMIT ",\"messages\":9007199254740993}",
	"{" PERMIT ",\"messages\":1,\"per_minute\":9007199254740993}",
	"{" PERMIT ",\"messages\":99999999999999999999}",
	"{" OTHER ",\"max\":1}",
	"{" OTHER ",\"max\":0,\"limits\":[\"minute\"]}",
	"{" OTHER ",\"limits\":[\"minute\"]}",
	"{" OTHER ",\"max\":1,\"limits\":[\"minute\",\"day\"]}",
	"{" OTHER ",\"max\":9007199254740993,\"limits\":[\"minute\"]}",
};

START_TEST(test_what_is_no_order)
{
	struct order order;

	ck_assert_msg(!order_json_parse(bad[_i], strlen(bad[_i]), &order), "%s",
		      bad[_i]);
}
END_TEST

/* Damaged anywhere: read as an order that can be cleared, or not at all. */
START_TEST(test_any_damage)
{
	char *json = document_write(order_json_make(&whole[4]));
	size_t length = strlen(json);
	unsigned int refused = 0;
	struct order order;

	for (size_t at = 0; at < length; at++)
		for (unsigned int bit = 0; bit < 8; bit++) {
			json[at] = (char)(json[at] ^ (1 << bit));
			if (order_json_parse(json, length, &order)) {
				ck_assert_ptr_nonnull(order.subject);
				ck_assert_ptr_nonnull(order.by);
				order_clear(&order);
			} else {
				refused++;
			}
			json[at] = (char)(json[at] ^ (1 << bit));
		}
	for (size_t cut = 0; cut < length; cut++)
		ck_assert(!order_json_parse(json, cut, &order));
	ck_assert_uint_gt(refused, length);
	free(json);
}
END_TEST

START_TEST(test_deep_and_long)
{
	const size_t length = (size_t)1 << 20;
	char *text = malloc(length);
	struct order order;

	ck_assert_ptr_nonnull(text);
	memset(text, '[', length);
	ck_assert(!order_json_parse(text, length, &order));
	memset(text, '\0', length);
	ck_assert(!order_json_parse(text, length, &order));
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("order_json");
	TCase *tcase = tcase_create("order_json");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_there_and_back, 0, COUNT_OF(whole));
	tcase_add_test(tcase, test_the_text_in_redis);
	tcase_add_test(tcase, test_an_empty_order_is_written);
	tcase_add_test(tcase, test_bytes_that_are_no_utf8);
	tcase_add_loop_test(tcase, test_what_is_an_order, 0, COUNT_OF(good));
	tcase_add_loop_test(tcase, test_what_is_no_order, 0, COUNT_OF(bad));
	tcase_add_test(tcase, test_any_damage);
	tcase_add_test(tcase, test_deep_and_long);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
