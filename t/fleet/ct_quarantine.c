/* SPDX-License-Identifier: ISC */

/* Why messages were quarantined, on a Redis of the test's own. */
#include <inttypes.h>
#include <stdio.h>

#include "lib/base/json.h"
#include "lib/fleet/quarantine.h"
#include "fleet_way.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define PREFIX	"weir"
#define RECORD	PREFIX ":{held}:4bXyZ1"
#define LIFE_MS (60LL * 86400000)
/* What a slow machine may take between two looks at the clock. */
#define SLOW_MS 20000
#define MANY	1203 /* three round trips */

static struct quarantine *quarantine;
static struct event *found[MANY];

static void start(void)
{
	tell("FLUSHALL");
	redis = client_new();
	quarantine = quarantine_new();
	memset(found, 0, sizeof(found));
}

static void stop(void)
{
	for (size_t i = 0; i < MANY; i++)
		free(found[i]);
	redis_client_free(&redis);
}

static struct event event_of(const char *queue_id, size_t recipient_count)
{
	struct event event = {
		.queue_id = queue_id,
		.verdict = VERDICT_QUARANTINE,
		.when_ms = UINT64_C(1700000040000),
		.limit = "sender-minute",
		.subject = "sender:jake@x",
		.used = 101,
		.max = 100,
		.per_ms = 60000,
		.sender = "jake@x",
		.recipient_count = recipient_count,
		.recipients_all = recipient_count,
		.client = "192.0.2.1",
		.login = "jake",
		.helo = "mail.example.com",
		.listener = "smtpd",
		.host = "mx1",
	};

	for (size_t i = 0; i < recipient_count; i++)
		event.recipients[i] = i % 2 == 0 ? "bob@y" : "ann@z";
	return event;
}

static bool write_event(const struct event *event)
{
	quarantine_add(quarantine, event);
	return quarantine_write(quarantine, redis, PREFIX);
}

static void write_one(const char *queue_id, size_t recipient_count)
{
	const struct event event = event_of(queue_id, recipient_count);

	ck_assert_msg(write_event(&event), "%s", redis_client_error(redis));
}

static void read_one(const char *queue_id)
{
	free(found[0]);
	found[0] = NULL;
	ck_assert_msg(quarantine_read(redis, PREFIX, &queue_id, 1, found), "%s",
		      redis_client_error(redis));
}

START_TEST(there_and_back)
{
	write_one("4bXyZ1", 2);
	read_one("4bXyZ1");
	ck_assert_str_eq(found[0]->queue_id, "4bXyZ1");
	ck_assert_uint_eq(found[0]->when_ms, UINT64_C(1700000040000));
	ck_assert_str_eq(found[0]->limit, "sender-minute");
	ck_assert_str_eq(found[0]->subject, "sender:jake@x");
	ck_assert_uint_eq(found[0]->used, 101);
	ck_assert_uint_eq(found[0]->max, 100);
	ck_assert_uint_eq(found[0]->per_ms, 60000);
	ck_assert_str_eq(found[0]->sender, "jake@x");
	ck_assert_uint_eq(found[0]->recipient_count, 2);
	ck_assert_str_eq(found[0]->recipients[0], "bob@y");
	ck_assert_str_eq(found[0]->recipients[1], "ann@z");
	ck_assert_str_eq(found[0]->client, "192.0.2.1");
	ck_assert_str_eq(found[0]->login, "jake");
	ck_assert_str_eq(found[0]->host, "mx1");
}
END_TEST

START_TEST(of_a_block)
{
	struct event event = event_of("4bXyZ1", 0);

	event.limit = event.sender = event.host = "";
	event.order = 17;
	event.max = 0;
	ck_assert(write_event(&event));
	read_one("4bXyZ1");
	ck_assert_str_eq(found[0]->limit, "block:17");
	ck_assert_str_eq(found[0]->sender, "");
	ck_assert_str_eq(found[0]->host, "");
	ck_assert_uint_eq(found[0]->recipient_count, 0);
	ck_assert_uint_eq(found[0]->max, 0);
}
END_TEST

/* No member more or less than milters of other versions expect. */
START_TEST(members)
{
	static const char *const names[] = {
		"when_ms", "limit",  "subject",	       "used",
		"max",	   "per_ms", "sender",	       "recipients",
		"client",  "login",  "recipients_all", "host",
	};
	redisReply *reply;
	json_t *object;

	write_one("4bXyZ1", 2);
	reply = redis_server_command(&server, "GET " RECORD);
	object = json_loads(reply->str, 0, NULL);
	ck_assert_uint_eq(json_object_size(object), COUNT_OF(names));
	for (int i = 0; i < COUNT_OF(names); i++)
		ck_assert_ptr_nonnull(json_object_get(object, names[i]));
	json_decref(object);
	freeReplyObject(reply);
}
END_TEST

START_TEST(other_verdicts_have_no_record)
{
	struct event event = event_of("4bXyZ1", 1);

	for (int kind = 0; kind < VERDICT_KINDS; kind++) {
		event.verdict = (enum verdict_kind)kind;
		if (event.verdict != VERDICT_QUARANTINE)
			ck_assert(write_event(&event));
	}
	ck_assert_int_eq(redis_server_integer(&server, "DBSIZE"), 0);
}
END_TEST

START_TEST(lasts_sixty_days)
{
	long long left_ms;

	write_one("4bXyZ1", 1);
	left_ms = redis_server_integer(&server, "PTTL " RECORD);
	ck_assert_int_le(left_ms, LIFE_MS);
	ck_assert_int_gt(left_ms, LIFE_MS - SLOW_MS);
}
END_TEST

/* A queue id that came again. */
START_TEST(the_last_record_counts)
{
	struct event later = event_of("4bXyZ1", 1);

	write_one("4bXyZ1", 2);
	later.sender = "jane@x";
	ck_assert(write_event(&later));
	read_one("4bXyZ1");
	ck_assert_str_eq(found[0]->sender, "jane@x");
	ck_assert_uint_eq(found[0]->recipient_count, 1);
	/* that, and the index */
	ck_assert_int_eq(redis_server_integer(&server, "DBSIZE"), 2);
}
END_TEST

START_TEST(recipients_are_bounded)
{
	write_one("4bXyZ1", QUARANTINE_RECIPIENTS_MAX);
	read_one("4bXyZ1");
	ck_assert_uint_eq(found[0]->recipient_count, QUARANTINE_RECIPIENTS_MAX);
	write_one("4bXyZ1", QUARANTINE_RECIPIENTS_MAX + 1);
	read_one("4bXyZ1");
	ck_assert_uint_eq(found[0]->recipient_count, QUARANTINE_RECIPIENTS_MAX);
}
END_TEST

#define INDEX PREFIX ":{held}::index"

/* A stranger's long words cost no more than short ones, and two of them that
 * differ at their end only stay two. */
START_TEST(long_values_are_shortened)
{
	struct event event = event_of("4bXyZ1", QUARANTINE_RECIPIENTS_MAX + 1);
	char senders[2][60001] = { "", "" };
	char buffers[2][TEXT_KEY_MAX + 1];
	const char *shortened[2];

	for (size_t i = 0; i < 2; i++) {
		memset(senders[i], 'x', 60000);
		senders[i][59999] = (char)('0' + i);
		shortened[i] = quarantine_shorten(senders[i], buffers[i]);
		ck_assert_uint_le(strlen(shortened[i]), 200);
	}
	ck_assert_str_ne(shortened[0], shortened[1]);
	for (size_t i = 0; i <= QUARANTINE_RECIPIENTS_MAX; i++)
		event.recipients[i] = senders[1];
	event.sender = event.login = event.client = event.subject = senders[0];
	event.recipients_all = 1000;
	event.subject = shortened[0];
	ck_assert(write_event(&event));
	ck_assert_int_le(redis_server_integer(&server, "STRLEN " RECORD), 2500);
	read_one("4bXyZ1");
	ck_assert_str_eq(found[0]->sender, shortened[0]);
	ck_assert_str_eq(found[0]->recipients[0], shortened[1]);
	ck_assert_uint_eq(found[0]->recipients_all, 1000);
}
END_TEST

START_TEST(what_is_released_is_forgotten)
{
	static const char *const queue_ids[] = { "4bXyZ1", "4bXyZ2", "none" };

	write_one("4bXyZ1", 1);
	write_one("4bXyZ2", 1);
	write_one("4bXyZ3", 1);
	ck_assert(quarantine_forget(redis, PREFIX, queue_ids, 3));
	ck_assert(quarantine_forget(redis, PREFIX, queue_ids, 0));
	read_one("4bXyZ1");
	ck_assert_ptr_null(found[0]);
	read_one("4bXyZ3");
	ck_assert_str_eq(found[0]->queue_id, "4bXyZ3");
	ck_assert_int_eq(redis_server_integer(&server, "ZCARD " INDEX), 1);
	ck_assert_int_eq(redis_server_integer(&server, "DBSIZE"), 2);
}
END_TEST

/* The oldest go, and are counted. */
START_TEST(the_total_is_bounded)
{
	static const char script[] =
		"for i = 1, 200000 do redis.call('ZADD', KEYS[1], "
		"ARGV[1] + i, 'Q' .. i) end return 1";
	uint64_t dropped = 7;

	write_one("oldest", 1);
	ck_assert(quarantine_dropped(redis, PREFIX, &dropped));
	ck_assert_uint_eq(dropped, 0);
	freeReplyObject(redis_server_command(
		&server, "EVAL %s 1 " INDEX " 4000000000000", script));
	write_one("newest", 1);
	ck_assert_int_eq(redis_server_integer(&server, "ZCARD " INDEX),
			 QUARANTINE_MAX);
	ck_assert(quarantine_dropped(redis, PREFIX, &dropped));
	ck_assert_uint_eq(dropped, 2); /* both are older than all of those */
	read_one("oldest");
	ck_assert_ptr_null(found[0]);
}
END_TEST

START_TEST(what_has_expired_leaves_the_index)
{
	redis_server_integer(&server, "ZADD " INDEX " 1 a 2 b 3 c");
	write_one("4bXyZ1", 1);
	ck_assert_int_eq(redis_server_integer(&server, "ZCARD " INDEX), 2);
	write_one("4bXyZ2", 1);
	ck_assert_int_eq(redis_server_integer(&server, "ZCARD " INDEX), 2);
}
END_TEST

START_TEST(bytes_that_are_no_utf8)
{
	struct event event = event_of("4bXyZ1", 0);

	event.sender = "j\xff\"\\\x1b@x";
	ck_assert(write_event(&event));
	read_one("4bXyZ1");
	ck_assert_str_eq(found[0]->sender, "j\\xff\"\\\x1b@x");
}
END_TEST

/* The command line may say anything; Redis takes any key. */
static const char *const strange_ids[] = {
	"", " ", "*", "{x}", "a\r\nb", "\xff", "4bXyZ1:x",
};

START_TEST(any_queue_id)
{
	write_one(strange_ids[_i], 1);
	write_one("4bXyZ1", 2);
	read_one(strange_ids[_i]);
	ck_assert_str_eq(found[0]->queue_id, strange_ids[_i]);
	ck_assert_uint_eq(found[0]->recipient_count, 1);
}
END_TEST

START_TEST(many_in_their_order)
{
	static char names[MANY][16];
	const char *queue_ids[MANY];

	for (size_t i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "Q%zu", MANY - i);
		queue_ids[i] = names[i];
		if (i % 3 != 0)
			write_one(names[i], 1 + i % 5);
	}
	ck_assert(quarantine_read(redis, PREFIX, queue_ids, MANY, found));
	for (size_t i = 0; i < MANY; i++) {
		if (i % 3 == 0) {
			ck_assert_ptr_null(found[i]);
			continue;
		}
		ck_assert_str_eq(found[i]->queue_id, names[i]);
		ck_assert_uint_eq(found[i]->recipient_count, 1 + i % 5);
	}
}
END_TEST

START_TEST(none_asked_for)
{
	ck_assert(quarantine_read(redis, PREFIX, NULL, 0, found));
}
END_TEST

static const char *const damaged[] = { "",   "not-json",   "[]",
				       "17", "\"4bXyZ1\"", "{\"when_ms\":" };

START_TEST(damaged_records_are_none)
{
	freeReplyObject(redis_server_command(&server, "SET " RECORD " %s",
					     damaged[_i]));
	read_one("4bXyZ1");
	ck_assert_ptr_null(found[0]);
}
END_TEST

START_TEST(members_of_other_types_are_empty)
{
	freeReplyObject(redis_server_command(
		&server, "SET " RECORD " %s",
		"{\"sender\":17,\"used\":\"many\",\"max\":-1,"
		"\"recipients\":[\"a@x\",17,null],\"limit\":[1]}"));
	read_one("4bXyZ1");
	ck_assert_str_eq(found[0]->queue_id, "4bXyZ1");
	ck_assert_str_eq(found[0]->sender, "");
	ck_assert_str_eq(found[0]->limit, "");
	ck_assert_uint_eq(found[0]->used, 0);
	ck_assert_uint_eq(found[0]->max, 0);
	ck_assert_uint_eq(found[0]->recipient_count, 3);
	ck_assert_str_eq(found[0]->recipients[0], "a@x");
	ck_assert_str_eq(found[0]->recipients[1], "");
}
END_TEST

/* MGET takes a key of another type for one that is not there. */
START_TEST(a_foreign_key_is_nothing_known)
{
	redis_server_integer(&server, "SADD " RECORD " x");
	read_one("4bXyZ1");
	ck_assert_ptr_null(found[0]);
	/* and SET replaces it */
	write_one("4bXyZ1", 1);
	read_one("4bXyZ1");
	ck_assert_uint_eq(found[0]->recipient_count, 1);
}
END_TEST

/* A record waits until Redis is back. */
START_TEST(without_redis)
{
	const struct event event = event_of("4bXyZ2", 1);
	const char *queue_id = "4bXyZ1";

	write_one("4bXyZ1", 1);
	redis_server_kill(&server);
	ck_assert(!write_event(&event));
	ck_assert(!quarantine_read(redis, PREFIX, &queue_id, 1, found));
	ck_assert_ptr_null(found[0]);
	redis_server_start_again(&server, NULL);
	write_one("4bXyZ1", 1);
	read_one("4bXyZ1");
	ck_assert_str_eq(found[0]->queue_id, "4bXyZ1");
	read_one("4bXyZ2");
	ck_assert_str_eq(found[0]->queue_id, "4bXyZ2");
}
END_TEST

static void add_tests(TCase *tcase)
{
	tcase_add_test(tcase, there_and_back);
	tcase_add_test(tcase, of_a_block);
	tcase_add_test(tcase, members);
	tcase_add_test(tcase, other_verdicts_have_no_record);
	tcase_add_test(tcase, lasts_sixty_days);
	tcase_add_test(tcase, the_last_record_counts);
	tcase_add_test(tcase, recipients_are_bounded);
	tcase_add_test(tcase, long_values_are_shortened);
	tcase_add_test(tcase, what_is_released_is_forgotten);
	tcase_add_test(tcase, the_total_is_bounded);
	tcase_add_test(tcase, what_has_expired_leaves_the_index);
	tcase_add_test(tcase, bytes_that_are_no_utf8);
	tcase_add_loop_test(tcase, any_queue_id, 0, COUNT_OF(strange_ids));
	tcase_add_test(tcase, many_in_their_order);
	tcase_add_test(tcase, none_asked_for);
	tcase_add_loop_test(tcase, damaged_records_are_none, 0,
			    COUNT_OF(damaged));
	tcase_add_test(tcase, members_of_other_types_are_empty);
	tcase_add_test(tcase, a_foreign_key_is_nothing_known);
}

int main(void)
{
	return fleet_run(&(struct fleet_tests){
		.name = "quarantine",
		.start = start,
		.stop = stop,
		.add = add_tests,
		.away = without_redis,
	});
}
