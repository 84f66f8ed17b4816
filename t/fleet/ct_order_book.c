/* SPDX-License-Identifier: ISC */

/* The orders of all milters, on a Redis of the test's own. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>

#include "lib/base/alloc.h"
#include "lib/fleet/order_book.h"
#include "fleet_way.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define PREFIX	 "weir"
#define BOOK	 PREFIX ":{orders}:book"
#define VERSION	 PREFIX ":{orders}:version"
#define NEXT	 PREFIX ":{orders}:next"
#define LOG	 PREFIX ":{orders}:log"
#define LIFTED	 PREFIX ":{orders}:lifted"
#define RESETS	 PREFIX ":{orders}:resets"
#define WRITERS	 4
#define FOR_EVER UINT64_C(253402300799000)
#define WRITES	 50

static struct order_list list;

static void start(void)
{
	tell("FLUSHALL");
	redis = client_new();
	memset(&list, 0, sizeof(list));
}

static void stop(void)
{
	order_list_clear(&list);
	redis_client_free(&redis);
}

/* orders */

static struct order block_of(const char *subject)
{
	return (struct order){ .kind = ORDER_BLOCK,
			       .subject = (char *)(uintptr_t)subject,
			       .key = LIMIT_KEY_OF(DIMENSION_SENDER),
			       .created_ms = 1,
			       .from_ms = 2,
			       .until_ms = FOR_EVER,
			       .by = (char *)(uintptr_t) "root",
			       .reason = (char *)(uintptr_t) "a flood",
			       .owner = (char *)(uintptr_t) "",
			       .action = LIMIT_REJECT };
}

static uint64_t change(enum order_verb verb, const char *act, uint64_t id,
		       const struct order *order)
{
	struct order_step step = { verb, act, id, order, NULL };

	ck_assert_msg(order_book_change(redis, PREFIX, &step, 1), "%s",
		      redis_client_error(redis));
	return step.id;
}

static uint64_t give(const char *subject)
{
	const struct order order = block_of(subject);

	return change(ORDER_GIVE, "block", 0, &order);
}

static void read_book(void)
{
	order_list_clear(&list);
	ck_assert_msg(order_book_read(redis, PREFIX, &list), "%s",
		      redis_client_error(redis));
}

static uint64_t version(void)
{
	uint64_t version = UINT64_MAX;

	ck_assert(order_book_version(redis, PREFIX, &version));
	return version;
}

/* The book as "1=sender:a@x 3=sender:c@x ". */
static const char *book(void)
{
	static char text[1000];
	size_t length = 0;

	read_book();
	text[0] = '\0';
	for (size_t i = 0; i < list.count; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length,
					   "%" PRIu64 "=%s ", list.orders[i].id,
					   list.orders[i].subject);
	return text;
}

/* The log as "block:1 unblock:1 ". */
static const char *acts(void)
{
	static char text[1000];
	struct order_act *found;
	size_t length = 0, count;

	text[0] = '\0';
	ck_assert(order_book_log(redis, PREFIX, 50, &found, &count));
	for (size_t i = 0; i < count; i++) {
		length += (size_t)snprintf(text + length, sizeof(text) - length,
					   "%s:%" PRIu64 " ", found[i].act,
					   found[i].order.id);
		order_act_clear(&found[i]);
	}
	free(found);
	return text;
}

/* changes */

START_TEST(an_empty_book)
{
	ck_assert_uint_eq(version(), 0);
	ck_assert_str_eq(book(), "");
	ck_assert_uint_eq(list.version, 0);
	ck_assert_uint_eq(list.last_id, 0);
	ck_assert_uint_gt(list.now_ms, UINT64_C(1600000000000));
	ck_assert_str_eq(acts(), "");
}
END_TEST

START_TEST(given_orders_have_new_numbers)
{
	ck_assert_uint_eq(give("sender:a@x"), 1);
	ck_assert_uint_eq(give("sender:b@x"), 2);
	ck_assert_str_eq(book(), "1=sender:a@x 2=sender:b@x ");
	ck_assert_uint_eq(list.version, 2);
	ck_assert_uint_eq(list.last_id, 2);
	ck_assert_uint_eq(version(), 2);
	ck_assert_str_eq(list.orders[0].by, "root");
	ck_assert_str_eq(list.orders[0].reason, "a flood");
	ck_assert_uint_eq(list.orders[0].until_ms, FOR_EVER);
	ck_assert_int_eq(list.orders[0].action, LIMIT_REJECT);
	ck_assert_str_eq(acts(), "block:1 block:2 ");
}
END_TEST

START_TEST(a_number_is_never_given_twice)
{
	give("sender:a@x");
	ck_assert_uint_eq(change(ORDER_LIFT, "unblock", 1, NULL), 1);
	ck_assert_uint_eq(give("sender:b@x"), 2);
	ck_assert_str_eq(book(), "2=sender:b@x ");
}
END_TEST

START_TEST(lifted_once)
{
	give("sender:a@x");
	ck_assert_uint_eq(change(ORDER_LIFT, "unblock", 1, NULL), 1);
	ck_assert_uint_eq(change(ORDER_LIFT, "unblock", 1, NULL), 0);
	ck_assert_uint_eq(change(ORDER_LIFT, "unblock", 77, NULL), 0);
	ck_assert_str_eq(book(), "");
	ck_assert_str_eq(acts(), "block:1 unblock:1 ");
	ck_assert_uint_eq(version(), 4);
}
END_TEST

START_TEST(what_has_ended_goes_silently)
{
	give("sender:a@x");
	give("sender:b@x");
	change(ORDER_DROP, "ended", 1, NULL);
	change(ORDER_DROP, "ended", 1, NULL);
	ck_assert_str_eq(book(), "2=sender:b@x ");
	ck_assert_str_eq(acts(), "block:1 block:2 ");
}
END_TEST

START_TEST(a_note_is_only_in_the_log)
{
	const struct order about = block_of("sender:a@x");
	struct order_act *found;
	size_t count;

	change(ORDER_NOTE, "reset", 0, &about);
	ck_assert_str_eq(book(), "");
	ck_assert(order_book_log(redis, PREFIX, 10, &found, &count));
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(found[0].act, "reset");
	ck_assert_str_eq(found[0].order.by, "root");
	ck_assert_str_eq(found[0].order.subject, "sender:a@x");
	ck_assert_uint_gt(found[0].when_ms, UINT64_C(1600000000000));
	order_act_clear(&found[0]);
	ck_assert_ptr_null(found[0].act);
	free(found);
}
END_TEST

/* Who and why are known also where there is no order that could be read. */
START_TEST(a_note_about_nothing)
{
	const struct order who = { .by = (char *)(uintptr_t) "jake",
				   .reason = (char *)(uintptr_t) "why" };
	struct order_act *found;
	size_t count;

	change(ORDER_LIFT, "unblock", give("sender:a@x"), &who);
	ck_assert(order_book_log(redis, PREFIX, 1, &found, &count));
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(found[0].act, "unblock");
	ck_assert_uint_eq(found[0].order.id, 1);
	ck_assert_str_eq(found[0].order.by, "jake");
	ck_assert_str_eq(found[0].order.reason, "why");
	ck_assert_str_eq(found[0].order.subject, "");
	order_act_clear(&found[0]);
	free(found);
}
END_TEST

START_TEST(a_reset_names_its_window)
{
	struct order_step step = { .verb = ORDER_RESET,
				   .act = "reset",
				   .window = "{sender:a@x}:own:1h" };

	give("sender:a@x");
	ck_assert(order_book_change(redis, PREFIX, &step, 1));
	ck_assert_uint_eq(step.id, 0);
	ck_assert_uint_eq(version(), 2);
	ck_assert_str_eq(book(), "1=sender:a@x ");
	ck_assert_str_eq(acts(), "block:1 reset:0 ");
	ck_assert_int_gt(
		redis_server_integer(&server, "ZCOUNT " RESETS " 1 +inf"), 0);
}
END_TEST

static int64_t count_lifted(void)
{
	return redis_server_integer(&server, "ZCARD " LIFTED);
}

START_TEST(a_lift_is_kept_until_its_end)
{
	struct order order = block_of("sender:b@x");

	change(ORDER_LIFT, "unblock", give("sender:a@x"), NULL);
	ck_assert_int_eq(count_lifted(), 1);
	order.until_ms = 3;
	change(ORDER_LIFT, "unblock", change(ORDER_GIVE, "block", 0, &order),
	       NULL);
	ck_assert_int_eq(count_lifted(), 1);
	tell("ZADD " LIFTED " 1000 1:1");
	give("sender:c@x");
	ck_assert_int_eq(count_lifted(), 0);
}
END_TEST

START_TEST(the_account_is_in_the_log)
{
	struct order_act *found;
	size_t count;

	if (!redis_server_has(&server, 6, "accounts"))
		return;
	give("sender:a@x");
	ck_assert(order_book_log(redis, PREFIX, 1, &found, &count));
	ck_assert_uint_eq(count, 1);
	ck_assert_str_eq(found[0].account, "default");
	order_act_clear(&found[0]);
	free(found);
}
END_TEST

/* One order in another's place: both or none, and one version. */
START_TEST(replaced_in_one_step)
{
	const struct order order = block_of("sender:b@x");
	struct order_step steps[] = {
		{ ORDER_LIFT, "replaced", 1, NULL, NULL },
		{ ORDER_LIFT, "replaced", 99, NULL, NULL },
		{ ORDER_GIVE, "block", 0, &order, NULL },
		{ ORDER_GIVE, "block", 0, &order, NULL },
	};

	give("sender:a@x");
	ck_assert(order_book_change(redis, PREFIX, steps, 4));
	ck_assert_uint_eq(steps[0].id, 1);
	ck_assert_uint_eq(steps[1].id, 0);
	ck_assert_uint_eq(steps[2].id, 2);
	ck_assert_uint_eq(steps[3].id, 3);
	ck_assert_str_eq(book(), "2=sender:b@x 3=sender:b@x ");
	ck_assert_uint_eq(list.version, 2);
	ck_assert_str_eq(acts(), "block:1 replaced:1 block:2 block:3 ");
}
END_TEST

START_TEST(prefixes_are_apart)
{
	struct order_list other;

	give("sender:a@x");
	ck_assert(order_book_read(redis, "other", &other));
	ck_assert_uint_eq(other.count, 0);
	ck_assert_uint_eq(other.version, 0);
	order_list_clear(&other);
}
END_TEST

START_TEST(in_the_order_of_numbers)
{
	char subject[32];

	for (unsigned int i = 1; i <= 1000; i++) {
		snprintf(subject, sizeof(subject), "sender:u%u@x", i);
		ck_assert_uint_eq(give(subject), i);
	}
	read_book();
	ck_assert_uint_eq(list.count, 1000);
	for (unsigned int i = 0; i < 1000; i++) {
		snprintf(subject, sizeof(subject), "sender:u%u@x", i + 1);
		ck_assert_uint_eq(list.orders[i].id, i + 1);
		ck_assert_str_eq(list.orders[i].subject, subject);
	}
}
END_TEST

/* the log */

START_TEST(the_newest_of_the_log)
{
	struct order_act *found;
	size_t count;

	for (int i = 0; i < 5; i++)
		give("sender:a@x");
	ck_assert(order_book_log(redis, PREFIX, 3, &found, &count));
	ck_assert_uint_eq(count, 3);
	for (size_t i = 0; i < count; i++) {
		ck_assert_uint_eq(found[i].order.id, 3 + i);
		order_act_clear(&found[i]);
	}
	free(found);
}
END_TEST

/* "Some": Redis cuts whole nodes of a stream, of 100 entries. */
START_TEST(the_log_is_bounded)
{
	static const char fill[] =
		"for i = 1, 100500 do redis.call('XADD', KEYS[1], '*', "
		"'act', 'x', 'id', 0, 'order', '') end "
		"return redis.call('XLEN', KEYS[1])";

	ck_assert_int_eq(
		redis_server_integer(&server, "EVAL %s 1 %s", fill, LOG),
		100500);
	change(ORDER_NOTE, "reset", 0, NULL);
	ck_assert_int_ge(redis_server_integer(&server, "XLEN " LOG), 100000);
	ck_assert_int_le(redis_server_integer(&server, "XLEN " LOG), 100200);
}
END_TEST

/* Entries that weir did not write are shown as what can be read of them. */
START_TEST(foreign_entries_of_the_log)
{
	struct order_act *found;
	size_t count;

	tell("XADD " LOG " * some thing");
	tell("XADD " LOG " * act a act b id many order {");
	tell("XADD " LOG " * id 7 order {\"by\":\"jake\"}");
	tell("XADD " LOG " * order {\"by\":\"jake\"} order {\"by\":\"eve\"}");
	ck_assert(order_book_log(redis, PREFIX, 10, &found, &count));
	ck_assert_uint_eq(count, 4);
	ck_assert_str_eq(found[0].act, "");
	ck_assert_str_eq(found[0].order.subject, "");
	ck_assert_str_eq(found[1].act, "a");
	ck_assert_uint_eq(found[1].order.id, 0);
	ck_assert_str_eq(found[1].order.by, "");
	ck_assert_uint_eq(found[2].order.id, 7);
	ck_assert_str_eq(found[2].order.by, "jake");
	ck_assert_str_eq(found[3].order.by, "jake");
	for (size_t i = 0; i < count; i++)
		order_act_clear(&found[i]);
	free(found);
}
END_TEST

/* what Redis holds is no order, or not even a book */

START_TEST(unreadable_orders_are_counted)
{
	give("sender:a@x");
	tell("HSET " BOOK " 7 {} 8 not-json 9 {\"kind\":\"advice\"}");
	give("sender:b@x");
	ck_assert_str_eq(book(), "1=sender:a@x 2=sender:b@x ");
	ck_assert_uint_eq(list.unreadable, 3);
	/* they can be lifted all the same */
	ck_assert_uint_eq(change(ORDER_LIFT, "unblock", 8, NULL), 8);
	read_book();
	ck_assert_uint_eq(list.unreadable, 2);
}
END_TEST

static const char *const keys[] = { BOOK, VERSION, NEXT, LOG, LIFTED, RESETS };

static void spoil(const char *key)
{
	freeReplyObject(redis_server_command(&server, "DEL %s", key));
	freeReplyObject(redis_server_command(&server, "SADD %s x", key));
}

/* A key that is something else: said, and the next question is answered by
 * its own answer. */
START_TEST(a_foreign_key_is_an_error)
{
	const struct order order = block_of("sender:b@x");
	struct order_step step = { ORDER_GIVE, "block", 0, &order, NULL };
	const char *key = keys[_i];
	struct redis_value *value;
	uint64_t known;

	give("sender:a@x");
	spoil(key);
	if (_i < 3) {
		ck_assert(!order_book_read(redis, PREFIX, &list));
		ck_assert(redis_client_was_refused(redis));
		ck_assert_ptr_nonnull(
			strstr(redis_client_error(redis), "WRONGTYPE"));
		ck_assert_uint_eq(list.count, 0);
	}
	value = redis_client_say(redis, "ECHO", "own answer", NULL);
	ck_assert_ptr_nonnull(value);
	ck_assert_str_eq(redis_value_text(value, NULL), "own answer");
	redis_value_free(&value);
	ck_assert_int_eq(order_book_version(redis, PREFIX, &known),
			 strcmp(key, VERSION) != 0);
	ck_assert(!order_book_change(redis, PREFIX, &step, 1));
	ck_assert_ptr_nonnull(strstr(redis_client_error(redis), "WRONGTYPE"));
}
END_TEST

START_TEST(numbers_that_are_none)
{
	tell("SET " VERSION " many");
	ck_assert_uint_eq(version(), 0);
	tell("HSET " BOOK " many "
	     "{\"kind\":\"block\",\"action\":\"reject\","
	     "\"subject\":\"all\"}");
	ck_assert_str_eq(book(), "0=all ");
}
END_TEST

/* Redis is away */

START_TEST(without_redis)
{
	const struct order order = block_of("sender:b@x");
	struct order_step step = { ORDER_GIVE, "block", 0, &order, NULL };
	struct order_act *found;
	uint64_t known = 17;
	size_t count;

	give("sender:a@x");
	redis_server_kill(&server);
	ck_assert(!order_book_read(redis, PREFIX, &list));
	ck_assert_uint_eq(list.count, 0);
	ck_assert_ptr_null(list.orders);
	ck_assert(!order_book_version(redis, PREFIX, &known));
	ck_assert_uint_eq(known, 17);
	ck_assert(!order_book_change(redis, PREFIX, &step, 1));
	ck_assert(!order_book_log(redis, PREFIX, 1, &found, &count));
	ck_assert_str_ne(redis_client_error(redis), "");
	redis_server_start_again(&server, NULL);
	ck_assert_str_eq(book(), "");
}
END_TEST

/* two at once */

static void *write_many(void *context)
{
	struct redis_client *own = client_new();
	const struct order order = block_of("sender:a@x");
	uint64_t *numbers = context;

	for (size_t i = 0; i < WRITES; i++) {
		struct order_step steps[] = {
			{ ORDER_GIVE, "block", 0, &order, NULL },
			{ ORDER_GIVE, "block", 0, &order, NULL },
			{ ORDER_LIFT, "replaced", 0, NULL, NULL },
		};

		steps[2].id = i == 0 ? 0 : numbers[i - 1];
		ck_assert(order_book_change(own, PREFIX, steps, 3));
		/* nobody is in between */
		ck_assert_uint_eq(steps[1].id, steps[0].id + 1);
		if (i != 0)
			ck_assert_uint_eq(steps[2].id, numbers[i - 1]);
		numbers[i] = steps[0].id;
	}
	redis_client_free(&own);
	return NULL;
}

START_TEST(several_writers)
{
	uint64_t numbers[WRITERS][WRITES];
	pthread_t threads[WRITERS];
	bool seen[2 * WRITERS * WRITES + 1] = { false };

	for (size_t i = 0; i < WRITERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, write_many,
						numbers[i]),
				 0);
	for (size_t i = 0; i < WRITERS; i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < WRITERS * WRITES; i++) {
		uint64_t number = numbers[i / WRITES][i % WRITES];

		ck_assert_uint_le(number, 2 * WRITERS * WRITES);
		ck_assert(!seen[number]);
		seen[number] = true;
	}
	read_book();
	ck_assert_uint_eq(list.version, WRITERS * WRITES);
	ck_assert_uint_eq(list.last_id, 2 * WRITERS * WRITES);
	ck_assert_uint_eq(list.count, WRITERS * (WRITES + 1));
}
END_TEST

static void add_changes(TCase *tcase)
{
	tcase_add_test(tcase, an_empty_book);
	tcase_add_test(tcase, given_orders_have_new_numbers);
	tcase_add_test(tcase, a_number_is_never_given_twice);
	tcase_add_test(tcase, lifted_once);
	tcase_add_test(tcase, what_has_ended_goes_silently);
	tcase_add_test(tcase, a_note_is_only_in_the_log);
	tcase_add_test(tcase, a_note_about_nothing);
	tcase_add_test(tcase, a_reset_names_its_window);
	tcase_add_test(tcase, a_lift_is_kept_until_its_end);
	tcase_add_test(tcase, the_account_is_in_the_log);
	tcase_add_test(tcase, replaced_in_one_step);
	tcase_add_test(tcase, prefixes_are_apart);
	tcase_add_test(tcase, in_the_order_of_numbers);
	tcase_add_test(tcase, several_writers);
	tcase_add_test(tcase, the_newest_of_the_log);
	tcase_add_test(tcase, the_log_is_bounded);
	tcase_add_test(tcase, foreign_entries_of_the_log);
}

static void add_faults(TCase *tcase)
{
	tcase_add_test(tcase, unreadable_orders_are_counted);
	tcase_add_loop_test(tcase, a_foreign_key_is_an_error, 0,
			    COUNT_OF(keys));
	tcase_add_test(tcase, numbers_that_are_none);
}

/* Its server is killed: apart from the others. */
static void add_all(TCase *tcase)
{
	add_changes(tcase);
	add_faults(tcase);
}

int main(void)
{
	return fleet_run(&(struct fleet_tests){
		.name = "order_book",
		.start = start,
		.stop = stop,
		.add = add_all,
		.away = without_redis,
	});
}
