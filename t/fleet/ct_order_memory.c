/* SPDX-License-Identifier: ISC */

/*
 * What milters know of the book, on a Redis that forgets: its keys are put
 * back to what they were, or emptied.
 */
#include <inttypes.h>
#include <stdio.h>

#include "lib/base/alloc.h"
#include "lib/fleet/order_memory.h"
#include "fleet_way.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define PREFIX	"weir"
#define BOOK	PREFIX ":{orders}:book"
#define VERSION PREFIX ":{orders}:version"
#define NEXT	PREFIX ":{orders}:next"
#define WINDOW	"{sender:a@x}:own:1h"

#define FOR_EVER UINT64_C(253402300799000)
#define MILTERS	 2

static struct order_memory *memories[MILTERS];
static struct order_look look;
static uint64_t created_ms;

static void start(void)
{
	tell("FLUSHALL");
	redis = client_new();
	created_ms = UINT64_C(1700000000000);
	memories[0] = order_memory_new(PREFIX, "mx1:1:1");
	memories[1] = order_memory_new(PREFIX, "mx2:1:1");
	memset(&look, 0, sizeof(look));
}

static void stop(void)
{
	order_look_clear(&look);
	for (int i = 0; i < MILTERS; i++)
		order_memory_free(&memories[i]);
	redis_client_free(&redis);
}

static struct order order_of(enum order_kind kind, const char *subject)
{
	static char *limits[] = { (char *)(uintptr_t) "own" };

	created_ms++;
	return (struct order){ .kind = kind,
			       .subject = (char *)(uintptr_t)subject,
			       .key = LIMIT_KEY_OF(DIMENSION_SENDER),
			       .created_ms = created_ms,
			       .from_ms = 2,
			       .until_ms = FOR_EVER,
			       .by = (char *)(uintptr_t) "root",
			       .reason = (char *)(uintptr_t) "a flood",
			       .owner = (char *)(uintptr_t) "",
			       .action = LIMIT_REJECT,
			       .messages = 10,
			       .max = 5,
			       .limits = limits,
			       .limit_count = kind == ORDER_OVERRIDE };
}

static uint64_t change(struct order_step step)
{
	ck_assert_msg(order_book_change(redis, PREFIX, &step, 1), "%s",
		      redis_client_error(redis));
	return step.id;
}

static uint64_t give_order(struct order order)
{
	return change((struct order_step){
		.verb = ORDER_GIVE, .act = "block", .order = &order });
}

static uint64_t give(const char *subject)
{
	return give_order(order_of(ORDER_BLOCK, subject));
}

static void lift(uint64_t id)
{
	ck_assert_uint_eq(change((struct order_step){ .verb = ORDER_LIFT,
						      .act = "unblock",
						      .id = id }),
			  id);
}

static void reset(void)
{
	change((struct order_step){
		.verb = ORDER_RESET, .act = "reset", .window = WINDOW });
}

/* A milter looks; what it knows, as "1=sender:a@x 3=sender:c@x ". */
static const char *known(int milter)
{
	const struct order_list *list;
	static char text[1000];
	size_t length = 0;

	order_look_clear(&look);
	ck_assert_msg(order_memory_look(memories[milter], redis, &look), "%s",
		      redis_client_error(redis));
	list = order_memory_list(memories[milter]);
	text[0] = '\0';
	for (size_t i = 0; i < list->count; i++)
		length += (size_t)snprintf(
			text + length, sizeof(text) - length, "%" PRIu64 "=%s ",
			list->orders[i].id, list->orders[i].subject);
	return text;
}

static uint64_t version(void)
{
	uint64_t version = UINT64_MAX;

	ck_assert(order_book_version(redis, PREFIX, &version));
	return version;
}

/* A milter looks and is alone with that: the other one finds nothing to do. */
static void expect_settled(const char *wanted)
{
	uint64_t at;

	for (int i = 0; i < 2 * MILTERS; i++)
		known(i % MILTERS);
	at = version();
	for (int i = 0; i < 2 * MILTERS; i++) {
		ck_assert_str_eq(known(i % MILTERS), wanted);
		ck_assert_uint_eq(look.restored.count, 0);
		ck_assert_uint_eq(look.lifted.count, 0);
		ck_assert_uint_eq(look.resets_repeated, 0);
	}
	ck_assert_uint_eq(version(), at);
}

/* All of one database into another, without COPY, which Redis 5 has not. */
static void copy_all(int from, int to)
{
	static const char script[] =
		"local from, to = ARGV[1], ARGV[2] "
		"redis.call('SELECT', to) redis.call('FLUSHDB') "
		"redis.call('SELECT', from) "
		"for _, key in ipairs(redis.call('KEYS', '*')) do "
		"local life = math.max(redis.call('PTTL', key), 0) "
		"local dump = redis.call('DUMP', key) "
		"redis.call('SELECT', to) "
		"redis.call('RESTORE', key, life, dump) "
		"redis.call('SELECT', from) end return 1";

	ck_assert_int_eq(redis_server_integer(&server, "EVAL %s 0 %d %d",
					      script, from, to),
			 1);
}

/* What Redis has now, for come_back(). */
static void save(void)
{
	copy_all(0, 1);
}

static void come_back(void)
{
	copy_all(1, 0);
}

/* The newest entries of the log as "block:1 unblock:1 ". */
static const char *acts(size_t most)
{
	static char text[1000];
	struct order_act *found;
	size_t length = 0, count;

	text[0] = '\0';
	ck_assert(order_book_log(redis, PREFIX, most, &found, &count));
	for (size_t i = 0; i < count; i++) {
		length += (size_t)snprintf(text + length, sizeof(text) - length,
					   "%s:%" PRIu64 ":%s ", found[i].act,
					   found[i].order.id,
					   found[i].order.by);
		order_act_clear(&found[i]);
	}
	free(found);
	return text;
}

/* without a loss */

START_TEST(reads_what_changes)
{
	ck_assert_str_eq(known(0), "");
	ck_assert(look.is_first && look.is_changed);
	ck_assert_str_eq(known(0), "");
	ck_assert(!look.is_first && !look.is_changed);
	give("sender:a@x");
	give("sender:b@x");
	ck_assert_str_eq(known(0), "1=sender:a@x 2=sender:b@x ");
	ck_assert(look.is_changed);
	lift(1);
	ck_assert_str_eq(known(0), "2=sender:b@x ");
	ck_assert_uint_eq(order_memory_list(memories[0])->last_id, 2);
	expect_settled("2=sender:b@x ");
	ck_assert_uint_eq(version(), 3);
}
END_TEST

START_TEST(resets_are_seen_once)
{
	reset();
	known(0);
	ck_assert_uint_eq(look.reset_count, 0); /* of before it began */
	usleep(2000); /* two in one millisecond are one */
	reset();
	known(0);
	ck_assert_uint_eq(look.reset_count, 1);
	ck_assert_str_eq(look.resets[0].subject, "sender:a@x");
	ck_assert_str_eq(look.resets[0].limit, "own");
	give("sender:a@x");
	known(0);
	ck_assert_uint_eq(look.reset_count, 0);
}
END_TEST

/* Windows that cannot be one are passed over. */
START_TEST(foreign_resets)
{
	known(0);
	tell("ZADD " PREFIX ":{orders}:resets 1 {a} 2 {a}:b 3 {a}:b:c 4 :1h "
	     "5 {a}:1h 6 {}:own:1h");
	give("sender:a@x");
	known(0);
	ck_assert_uint_eq(look.reset_count, 1);
	ck_assert_str_eq(look.resets[0].subject, "");
}
END_TEST

/* Redis comes back older, or empty */

START_TEST(all_is_put_back_after_a_flush)
{
	give("sender:a@x");
	give("sender:b@x");
	give("sender:c@x");
	lift(3);
	known(0);
	tell("FLUSHALL");
	ck_assert_str_eq(known(0), "1=sender:a@x 2=sender:b@x ");
	ck_assert_uint_eq(look.restored.count, 2);
	ck_assert_uint_eq(look.restored.ids[1], 2);
	ck_assert_str_eq(acts(9), "restored:1:mx1:1:1 restored:2:mx1:1:1 ");
	ck_assert_uint_eq(version(), 5);
	ck_assert_uint_eq(give("sender:d@x"), 4);
	expect_settled("1=sender:a@x 2=sender:b@x 4=sender:d@x ");
}
END_TEST

START_TEST(a_lifted_order_stays_lifted)
{
	give("sender:a@x");
	give("sender:b@x");
	known(0);
	save();
	lift(1);
	known(0);
	come_back();
	ck_assert_str_eq(known(0), "2=sender:b@x ");
	ck_assert_uint_eq(look.lifted.count, 1);
	ck_assert_uint_eq(look.lifted.ids[0], 1);
	ck_assert_str_eq(acts(1), "lifted:1:mx1:1:1 ");
	expect_settled("2=sender:b@x ");
}
END_TEST

/* The lift was read by a milter that began after it; the others are gone. */
START_TEST(a_lift_is_known_to_all_that_come_later)
{
	give("sender:a@x");
	save();
	lift(1);
	known(1);
	come_back();
	expect_settled("");
}
END_TEST

/* weir 0.1.0 takes it out of the hash, and no more. */
START_TEST(lifted_by_an_old_version)
{
	give("sender:a@x");
	give("sender:b@x");
	known(0);
	save();
	tell("HDEL " BOOK " 1");
	tell("INCR " VERSION);
	ck_assert_str_eq(known(0), "2=sender:b@x ");
	come_back();
	ck_assert_str_eq(known(0), "2=sender:b@x ");
	expect_settled("2=sender:b@x ");
}
END_TEST

/* A milter of 0.1.0 puts back what it knows. */
START_TEST(put_back_by_an_old_version)
{
	give("sender:a@x");
	known(0);
	tell("EVAL redis.call('RESTORE','old',0,redis.call('DUMP',KEYS[1])) "
	     "1 " BOOK);
	lift(1);
	known(0);
	tell("RENAME old " BOOK);
	tell("INCR " VERSION);
	ck_assert_str_eq(known(0), "");
	ck_assert_uint_eq(look.lifted.count, 1);
	expect_settled("");
}
END_TEST

/* An order that 0.1.0 gave, without the members and keys of later versions. */
START_TEST(a_book_of_an_old_version)
{
	tell("HSET " BOOK " 7 {\"kind\":\"block\",\"action\":\"reject\","
	     "\"subject\":\"sender:a@x\",\"created_ms\":5,"
	     "\"until_ms\":253402300799000}");
	tell("SET " VERSION " 9");
	tell("SET " NEXT " 7");
	ck_assert_str_eq(known(0), "7=sender:a@x ");
	tell("FLUSHALL");
	ck_assert_str_eq(known(0), "7=sender:a@x ");
	ck_assert_uint_eq(give("sender:b@x"), 8);
}
END_TEST

/* The case: one old order, one new change, and the version is equal. */
START_TEST(a_change_in_an_empty_redis_counts)
{
	give("sender:a@x");
	known(0);
	known(1);
	tell("FLUSHALL");
	ck_assert_uint_eq(give("sender:new@x"), 1);
	ck_assert_uint_eq(version(), 1);
	ck_assert_str_eq(known(0), "1=sender:new@x 2=sender:a@x ");
	ck_assert_uint_eq(order_memory_list(memories[0])->orders[1].given_as,
			  1);
	expect_settled("1=sender:new@x 2=sender:a@x ");
}
END_TEST

/* And with two changes it is newer. */
START_TEST(changes_in_an_empty_redis_lose_nothing)
{
	give("sender:a@x");
	give("sender:b@x");
	known(0);
	known(1);
	tell("FLUSHALL");
	for (int i = 0; i < 4; i++)
		give("sender:new@x");
	ck_assert_uint_eq(version(), 4);
	known(1);
	ck_assert_uint_eq(look.restored.count, 2);
	expect_settled("1=sender:new@x 2=sender:new@x 3=sender:new@x "
		       "4=sender:new@x 5=sender:a@x 6=sender:b@x ");
}
END_TEST

/* The dump is old, and newer orders have the numbers of those it lost. */
START_TEST(numbers_do_not_collide)
{
	give("sender:a@x");
	save();
	give("sender:b@x");
	give("sender:c@x");
	known(0);
	known(1);
	come_back();
	ck_assert_uint_eq(give("sender:d@x"), 2);
	known(0);
	ck_assert_uint_eq(give("sender:e@x"), 5);
	expect_settled("1=sender:a@x 2=sender:d@x 3=sender:c@x "
		       "4=sender:b@x 5=sender:e@x ");
	/* known by its first number: lost again, it is the same one */
	tell("FLUSHALL");
	expect_settled("1=sender:a@x 2=sender:d@x 3=sender:c@x "
		       "4=sender:b@x 5=sender:e@x ");
	lift(4);
	known(0);
	known(1);
	tell("FLUSHALL");
	expect_settled("1=sender:a@x 2=sender:d@x 3=sender:c@x "
		       "5=sender:e@x ");
}
END_TEST

START_TEST(the_newer_of_two_about_the_same)
{
	give("sender:a@x");
	give_order(order_of(ORDER_OVERRIDE, "sender:a@x"));
	give_order(order_of(ORDER_PERMIT, "sender:a@x"));
	known(0);
	known(1);
	tell("FLUSHALL");
	ck_assert_uint_eq(give("sender:a@x"), 1);
	give_order(order_of(ORDER_OVERRIDE, "sender:a@x"));
	give_order(order_of(ORDER_PERMIT, "sender:a@x"));
	/* permits do not replace one another */
	known(1);
	ck_assert_uint_eq(look.restored.count, 1);
	ck_assert_uint_eq(look.restored.ids[0], 4);
	expect_settled("1=sender:a@x 2=sender:a@x 3=sender:a@x 4=sender:a@x ");
}
END_TEST

/* The dump has an order that a known one has replaced. */
START_TEST(the_older_one_of_a_dump_goes)
{
	struct order order;

	give("sender:a@x");
	known(0);
	save();
	order = order_of(ORDER_BLOCK, "sender:a@x");
	ck_assert(order_book_change(
		redis, PREFIX,
		(struct order_step[]){
			{ ORDER_LIFT, "replaced", 1, &order, NULL },
			{ ORDER_GIVE, "block", 0, &order, NULL } },
		2));
	known(0);
	come_back();
	ck_assert_str_eq(known(0), "2=sender:a@x ");
	expect_settled("2=sender:a@x ");
}
END_TEST

START_TEST(what_has_ended_does_not_return)
{
	struct order order = order_of(ORDER_BLOCK, "sender:a@x");

	order.until_ms = created_ms + 1;
	give_order(order);
	give("sender:b@x");
	ck_assert_str_eq(known(0), "1=sender:a@x 2=sender:b@x ");
	tell("FLUSHALL");
	ck_assert_str_eq(known(0), "2=sender:b@x ");
}
END_TEST

START_TEST(a_reset_is_repeated_once)
{
	known(0);
	known(1);
	tell("HSET " PREFIX ":" WINDOW " used 9");
	save();
	tell("DEL " PREFIX ":" WINDOW);
	reset();
	known(0);
	known(1);
	come_back();
	ck_assert_int_eq(
		redis_server_integer(&server, "EXISTS " PREFIX ":" WINDOW), 1);
	known(0);
	ck_assert_uint_eq(look.resets_repeated, 1);
	ck_assert_uint_eq(look.reset_count, 0); /* this process knows it */
	ck_assert_int_eq(
		redis_server_integer(&server, "EXISTS " PREFIX ":" WINDOW), 0);
	ck_assert_str_eq(acts(1), "reset:0:mx1:1:1 ");
	/* what was charged since is not taken away by the other one */
	tell("HSET " PREFIX ":" WINDOW " used 1");
	expect_settled("");
	ck_assert_int_eq(
		redis_server_integer(&server, "EXISTS " PREFIX ":" WINDOW), 1);
}
END_TEST

/* several milters, with different knowledge */

/* Milter 0 knows all, milter 1 was stopped before the lift and before the last
 * order; Redis comes back empty. Who looks first must not matter. */
START_TEST(whoever_comes_first)
{
	give("sender:a@x");
	give("sender:b@x");
	known(0);
	known(1);
	lift(1);
	give("sender:c@x");
	known(0);
	tell("FLUSHALL");
	if (_i >= 2)
		give("sender:new@x");
	known(_i % 2);
	known(1 - _i % 2);
	if (_i < 2)
		expect_settled("2=sender:b@x 3=sender:c@x ");
	else if (_i == 2)
		expect_settled("1=sender:new@x 2=sender:b@x 3=sender:c@x ");
	else /* put back by the one, lifted again by the other */
		expect_settled("1=sender:new@x 2=sender:b@x 3=sender:c@x ");
}
END_TEST

/* It was stopped while Redis lost nothing: what is missing was lifted. */
START_TEST(a_milter_that_slept)
{
	give("sender:a@x");
	give("sender:b@x");
	known(1);
	for (int i = 0; i < 3; i++)
		lift(give("sender:c@x"));
	save();
	lift(1);
	known(0);
	come_back();
	/* sender:a is back, and milter 1 has nothing against that ... */
	ck_assert_str_eq(known(1), "1=sender:a@x 2=sender:b@x ");
	ck_assert_uint_eq(look.lifted.count, 0);
	/* ... but milter 0 has */
	expect_settled("2=sender:b@x ");
}
END_TEST

/* Many dumps, many changes: what no milter has seen lifted is there, and what
 * one has is not. */
START_TEST(a_long_life)
{
	char subject[32], wanted[400] = "";
	size_t length = 0;

	for (int i = 0; i < 20; i++) {
		uint64_t kept, gone;

		save();
		snprintf(subject, sizeof(subject), "sender:keep%d@x", i);
		kept = give(subject);
		gone = give("sender:gone@x");
		length += (size_t)snprintf(wanted + length,
					   sizeof(wanted) - length,
					   "%" PRIu64 "=%s ", kept, subject);
		known(i % 2);
		lift(gone);
		known(i % 2);
		if (i % 3 == 0)
			tell("FLUSHALL");
		else
			come_back();
		known(i / 2 % 2);
		known(1 - i / 2 % 2);
	}
	expect_settled(wanted);
}
END_TEST

/* what Redis holds is something else */

START_TEST(a_damaged_order_is_left_alone)
{
	give("sender:a@x");
	give("sender:b@x");
	known(0);
	tell("FLUSHALL");
	tell("HSET " BOOK " 2 damaged 3 [] 4 {\"kind\":1,\"subject\":{}} "
	     "5 {\"kind\":\"override\",\"subject\":\"all\",\"limits\":7}");
	ck_assert_str_eq(known(0), "1=sender:a@x ");
	ck_assert_uint_eq(order_memory_list(memories[0])->unreadable, 4);
	ck_assert_int_eq(redis_server_integer(&server, "HLEN " BOOK), 5);
}
END_TEST

static const char *const keys[] = { BOOK, VERSION, PREFIX ":{orders}:lifted",
				    PREFIX ":{orders}:known:mx1:1:1" };

START_TEST(a_foreign_key_is_an_error)
{
	give("sender:a@x");
	known(0);
	freeReplyObject(redis_server_command(&server, "DEL %s", keys[_i]));
	freeReplyObject(redis_server_command(&server, "SADD %s x", keys[_i]));
	if (_i != 1)
		tell("INCR " VERSION);
	order_look_clear(&look);
	ck_assert(!order_memory_look(memories[0], redis, &look));
	ck_assert_ptr_nonnull(strstr(redis_client_error(redis), "WRONGTYPE"));
	ck_assert_uint_eq(order_memory_list(memories[0])->count, 1);
	freeReplyObject(redis_server_command(&server, "DEL %s", keys[_i]));
	/* who deletes the book lifts all that is in it */
	ck_assert_str_eq(known(0), _i == 0 ? "" : "1=sender:a@x ");
}
END_TEST

START_TEST(without_redis)
{
	give("sender:a@x");
	known(0);
	redis_server_kill(&server);
	order_look_clear(&look);
	ck_assert(!order_memory_look(memories[0], redis, &look));
	ck_assert_uint_eq(order_memory_list(memories[0])->count, 1);
	redis_server_start_again(&server, NULL);
	ck_assert_str_eq(known(0), "1=sender:a@x ");
	ck_assert_uint_eq(look.restored.count, 1);
}
END_TEST

static void add_tests(TCase *tcase)
{
	tcase_add_test(tcase, reads_what_changes);
	tcase_add_test(tcase, resets_are_seen_once);
	tcase_add_test(tcase, foreign_resets);
	tcase_add_test(tcase, all_is_put_back_after_a_flush);
	tcase_add_test(tcase, a_lifted_order_stays_lifted);
	tcase_add_test(tcase, a_lift_is_known_to_all_that_come_later);
	tcase_add_test(tcase, lifted_by_an_old_version);
	tcase_add_test(tcase, put_back_by_an_old_version);
	tcase_add_test(tcase, a_book_of_an_old_version);
	tcase_add_test(tcase, a_change_in_an_empty_redis_counts);
	tcase_add_test(tcase, changes_in_an_empty_redis_lose_nothing);
	tcase_add_test(tcase, numbers_do_not_collide);
	tcase_add_test(tcase, the_newer_of_two_about_the_same);
	tcase_add_test(tcase, the_older_one_of_a_dump_goes);
	tcase_add_test(tcase, what_has_ended_does_not_return);
	tcase_add_test(tcase, a_reset_is_repeated_once);
	tcase_add_loop_test(tcase, whoever_comes_first, 0, 4);
	tcase_add_test(tcase, a_milter_that_slept);
	tcase_add_test(tcase, a_long_life);
	tcase_add_test(tcase, a_damaged_order_is_left_alone);
	tcase_add_loop_test(tcase, a_foreign_key_is_an_error, 0,
			    COUNT_OF(keys));
}

int main(void)
{
	return fleet_run(&(struct fleet_tests){
		.name = "order_memory",
		.start = start,
		.stop = stop,
		.add = add_tests,
		.away = without_redis,
	});
}
