/* SPDX-License-Identifier: ISC */

/*
 * The promise of `weirctl why`: what it says about a message is what the next
 * such message gets. Random settings, orders and messages; each message is
 * tried on a store that charges nothing, and then sent on the same windows.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <hiredis/hiredis.h>

#include "lib/base/log.h"
#include "lib/base/text.h"
#include "lib/store/store_whatif.h"
#include "lib/store/store_redis.h"
#include "milter/common/reply.h"
#include "milter/ctl/simulation.h"
#include "t/lib/redis_server.h"
#include "t/lib/traffic.h"

#define WORLDS	       8
#define MESSAGES       1000 /* in each world */
#define ORDERS_MAX     10
#define ORDERS_LAST    150 /* messages, then there are others */
#define RECIPIENTS     4
#define LIMITS_EACH    6 /* limits of a listener */
#define KINDS	       (VERDICT_REJECT + 1)
#define START_MS       UINT64_C(1700000040000)
#define MINUTE_MS      UINT64_C(60000)
#define COUNT_OF(rows) (sizeof(rows) / sizeof((rows)[0]))

static struct redis_server server;
static struct store *store;
static struct settings *settings;
static struct orders *orders;
static struct traffic_random dice;
static uint64_t now_ms;
static unsigned int kinds_seen[KINDS], stages_seen[SIMULATION_END + 1],
	causes_seen[VERDICT_BY_FAILURE + 1];

static size_t below(size_t bound)
{
	return (size_t)traffic_random_below(&dice, bound);
}

static bool one_in(size_t bound)
{
	return below(bound) == 0;
}

#define PICK(rows) ((rows)[below(COUNT_OF(rows))])

/* settings: a listener for each verdict, with limits that go so far */

static const char *const listeners[KINDS] = {
	"accept", "monitor", "quarantine", "tempfail", "discard", "reject",
};

static const char *const keys[] = {
	"all",
	"sender",
	"sender_domain",
	"recipient",
	"recipient_domain",
	"client",
	"auth",
	"helo",
	"sender+recipient",
	"client+recipient_domain",
	"sender_domain+auth",
};

static const char *const units[] = { "messages", "messages", "recipients",
				     "bytes" };

static const char *const matches[] = {
	"",
	"",
	"",
	"recipient = [ \"@example.net\" ];",
	"not_recipient = [ \"bob@example.net\" ];",
	"sender = [ \"@example.com\", \"<>\" ];",
	"authenticated = false;",
	"not_client = [ \"192.0.2.0/24\" ];",
};

#define REPLY "%{subject} has %{used} of %{max} in %{per} (%{retry})"

/* Of limits that reply; most have that of their action. */
static const char *write_reply(size_t action)
{
	if (action == VERDICT_TEMPFAIL && one_in(3))
		return "reply = \"450 4.7.1 " REPLY "\";";
	if (action == VERDICT_REJECT && one_in(3))
		return "reply = \"550 5.7.1 " REPLY "\";";
	return "";
}

/* The first limits of a listener go as far as it does. The dice are thrown one
 * after the other: compilers differ about the order of arguments. */
static void write_limit(FILE *file, size_t listener, size_t number)
{
	size_t action = number < 4 ? listener : 1 + below(listener);
	const char *key = PICK(keys), *unit = PICK(units);
	size_t max = unit[0] == 'b' ? 2000 + below(40000) : 1 + below(4);
	const char *count = one_in(2) ? "attempts" : "accepted";
	const char *per = one_in(2) ? "5m" : "1h", *match = PICK(matches);

	fprintf(file,
		"%s{ name = \"%s-%zu\"; key = \"%s\"; unit = \"%s\";\n"
		"  count = \"%s\"; action = \"%s\"; max = %zu; per = \"%s\";\n"
		"  match = { listener = [ \"%s\" ]; %s }; %s }\n",
		listener == 1 && number == 0 ? "" : ", ", listeners[listener],
		number, key, unit, count, listeners[action], max, per,
		listeners[listener], match, write_reply(action));
}

static void write_settings(const char *path)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fprintf(file,
		"listen = \"unix:/run/weir/milter.sock\";\ncache = \"%s\";\n"
		"contact = \"help@example.com\";\n"
		"exempt = ( { recipient = [ \"abuse@example.net\" ];\n"
		"    client = [ \"198.51.100.7\" ]; },\n"
		"  { sender = [ \"boss@example.com\" ];\n"
		"    client = [ \"192.0.2.1\" ]; } );\nlimits = (\n",
		one_in(2) ? "0s" : "1s");
	for (size_t listener = 1; listener < KINDS; listener++)
		for (size_t i = 0; i < LIMITS_EACH; i++)
			write_limit(file, listener, i);
	fputs(");\n", file);
	ck_assert_int_eq(fclose(file), 0);
}

static struct settings *read_settings(void)
{
	char path[] = "/tmp/weir-test-trial-XXXXXX";
	struct settings_errors errors;
	struct settings *read;
	int file = mkstemp(path);

	ck_assert_int_ge(file, 0);
	close(file);
	write_settings(path);
	read = settings_read(path, &errors);
	unlink(path);
	if (read == NULL)
		ck_abort_msg("%s", errors.lines[0]);
	settings_errors_clear(&errors);
	return read;
}

/* messages */

struct letter {
	const char *sender, *client, *auth, *helo, *listener;
	const char *recipients[RECIPIENTS];
	size_t recipient_count;
	uint64_t bytes;
	bool is_declared, is_simulated;
};

static struct letter write_letter(void)
{
	static const char *const senders[] = {
		"<jake@example.com>",
		"<jake+news@example.com>",
		"<ann@example.org>",
		"<boss@example.com>",
		"<>",
		"<postmaster>",
	};
	static const char *const recipients[] = {
		"<bob@example.net>", "<bob+x@example.net>",
		"<eve@example.net>", "<abuse@example.net>",
		"<kim@example.org>", "<ann@example.com>",
		"<postmaster>",
	};
	static const char *const clients[] = { "192.0.2.1", "198.51.100.7",
					       "2001:db8::1", "2001:db8::2",
					       "127.0.0.1" };
	static const char *const logins[] = { "", "jake", "ann" };
	static const char *const names[] = { "", "mail.example.com",
					     "mx.example.org" };
	/* so that each verdict has its share; nothing but blocks stops the mail
	 * of the first listener */
	static const enum verdict_kind shares[] = {
		VERDICT_ACCEPT,	    VERDICT_MONITOR,	VERDICT_MONITOR,
		VERDICT_MONITOR,    VERDICT_MONITOR,	VERDICT_QUARANTINE,
		VERDICT_QUARANTINE, VERDICT_QUARANTINE, VERDICT_TEMPFAIL,
		VERDICT_TEMPFAIL,   VERDICT_TEMPFAIL,	VERDICT_TEMPFAIL,
		VERDICT_TEMPFAIL,   VERDICT_TEMPFAIL,	VERDICT_DISCARD,
		VERDICT_DISCARD,    VERDICT_DISCARD,	VERDICT_DISCARD,
		VERDICT_REJECT,	    VERDICT_REJECT,	VERDICT_REJECT,
		VERDICT_REJECT,	    VERDICT_REJECT,
	};
	struct letter letter;

	letter.sender = PICK(senders);
	letter.client = PICK(clients);
	letter.auth = PICK(logins);
	letter.helo = PICK(names);
	letter.listener = listeners[PICK(shares)];
	letter.recipient_count = 1 + below(RECIPIENTS);
	letter.bytes = 1;
	letter.bytes += one_in(10) ? below(60000) : below(4000);
	letter.is_declared = one_in(2);
	letter.is_simulated = one_in(10);
	for (size_t i = 0; i < letter.recipient_count; i++)
		letter.recipients[i] = PICK(recipients);
	return letter;
}

static void describe(const struct letter *letter, struct message *message_r)
{
	struct network_address client;

	message_init(message_r);
	ck_assert(network_parse(letter->client, &client));
	message_set_client(message_r, &client);
	message_r->is_simulated = letter->is_simulated;
	message_set_auth(message_r, letter->auth);
	message_set_helo(message_r, &settings->identity, letter->helo);
	message_set(&message_r->listener, letter->listener,
		    strlen(letter->listener));
	message_set_sender(message_r, &settings->identity, letter->sender);
	message_r->bytes = letter->bytes;
	if (letter->is_declared)
		message_r->declared_bytes = letter->bytes;
}

/* orders, about subjects that some message has */

static bool pick_subject(unsigned int key, char subject_r[SUBJECT_SIZE])
{
	struct letter letter = write_letter();
	struct message message;
	struct text text;
	bool has_it;

	describe(&letter, &message);
	message_add_recipient(&message, &settings->identity,
			      letter.recipients[0]);
	text_init(&text, subject_r, SUBJECT_SIZE);
	has_it = subject_add(&text, key, &message, &message.recipients[0],
			     settings->ipv6_prefix);
	message_clear(&message);
	return has_it;
}

static void fill_permit(struct order *order, char **limits)
{
	order->messages = 1 + below(12);
	order->per_minute = one_in(2) ? 0 : 1 + below(3);
	if (one_in(2))
		return;
	order->limits = limits;
	limits[0] = settings->limits[below(settings->limit_count)].name;
	limits[1] = settings->limits[below(settings->limit_count)].name;
	order->limit_count = 2;
}

/* Some are planned, and some have ended. */
static void add_order(uint64_t id)
{
	const struct limit *limit =
		&settings->limits[below(settings->limit_count)];
	char subject[SUBJECT_SIZE], nobody[] = "", *names[2] = { limit->name };
	struct order order = {
		.id = id,
		.subject = subject,
		.created_ms = START_MS,
		.by = nobody,
		.reason = nobody,
		.owner = nobody,
	};

	order.kind = (enum order_kind)below(ORDER_OVERRIDE + 1);
	order.from_ms = now_ms - MINUTE_MS + below(2 * MINUTE_MS);
	order.until_ms = now_ms - MINUTE_MS + below(60 * MINUTE_MS);
	if (order.kind == ORDER_OVERRIDE)
		order.key = limit->key;
	else
		ck_assert(limit_parse_key(keys[1 + below(COUNT_OF(keys) - 1)],
					  &order.key));
	if (!pick_subject(order.key, subject))
		return;
	switch (order.kind) {
	case ORDER_BLOCK:
		order.action = (enum limit_action)(LIMIT_QUARANTINE +
						   below(LIMIT_REJECT));
		break;
	case ORDER_PERMIT:
		fill_permit(&order, names);
		break;
	case ORDER_OVERRIDE:
		order.limits = names;
		order.limit_count = 1;
		order.max = 1 + below(limit->unit == LIMIT_BYTES ? 60000 : 10);
		break;
	}
	orders_add(orders, &order, 0);
}

static void give_orders(uint64_t first_id)
{
	size_t count = below(ORDERS_MAX + 1);

	orders_release(&orders);
	orders = orders_new();
	for (size_t i = 0; i < count; i++)
		add_order(first_id + i);
}

/* a message's way, on a policy that remembers nothing */

struct outcome {
	struct simulation simulation;
	struct message message; /* as it is at the end */
};

static void run(const struct letter *letter, struct store *asked,
		struct outcome *outcome_r)
{
	struct policy *policy = policy_new(asked, NULL, 1000);
	struct orders *held = orders_acquire(orders);

	policy_set_orders(policy, &held);
	describe(letter, &outcome_r->message);
	simulation_run(
		&(struct simulation_case){
			.policy = policy,
			.settings = settings,
			.message = &outcome_r->message,
			.recipients = letter->recipients,
			.recipient_count = letter->recipient_count,
			.now_ms = now_ms,
		},
		&outcome_r->simulation);
	/* as session.c does it, and the housekeeper a second later */
	policy_abandon(policy, settings, &outcome_r->message);
	policy_tick(policy, ON_FAILURE_ACCEPT, now_ms);
	policy_free(&policy);
}

static void clear(struct outcome *outcome)
{
	simulation_clear(&outcome->simulation);
	message_clear(&outcome->message);
}

static void add_reply(struct text *text, const struct verdict *verdict)
{
	char reason[TEMPLATE_TEXT_MAX + 1];
	struct reply reply;

	if (verdict->kind == VERDICT_TEMPFAIL ||
	    verdict->kind == VERDICT_REJECT) {
		reply_write(verdict, settings, &reply);
		text_add_format(text, "  %s %s %s\n", reply.code, reply.status,
				reply.text);
	} else if (verdict->kind == VERDICT_QUARANTINE) {
		reply_write_reason(verdict, reason);
		text_add_format(text, "  %s\n", reason);
	}
}

static void add_verdict(struct text *text, const struct verdict *verdict)
{
	text_add_format(text,
			"%s, cause %d, limit %s, order %" PRIu64 ", %s: "
			"%" PRIu64 " of %" PRIu64 " and %" PRIu64
			", wait %" PRIu64 ", cached %d\n",
			verdict_name(verdict->kind), (int)verdict->cause,
			verdict->limit == NULL ? "-" : verdict->limit->name,
			verdict->order, verdict->subject, verdict->used,
			verdict->max, verdict->cost, verdict->wait_ms,
			verdict->is_cached);
	add_reply(text, verdict);
}

/* All of it in words, so that two of them can be compared. */
static void tell(const struct outcome *outcome, char *buffer, size_t size)
{
	struct text text;

	text_init(&text, buffer, size);
	for (size_t i = 0; i < outcome->simulation.count; i++) {
		const struct simulation_answer *answer =
			&outcome->simulation.answers[i];

		text_add_format(&text, "%s %zu: ",
				simulation_stage_names[answer->stage],
				answer->recipient);
		add_verdict(&text, &answer->verdict);
	}
	text_add_string(&text, "to");
	for (size_t i = 0; i < outcome->message.recipient_count; i++)
		text_add_format(&text, " %s",
				outcome->message.recipients[i].address.data);
	ck_assert(!text.is_cut);
}

static void assert_same(const struct outcome *said, const struct outcome *got)
{
	static char words_said[20000], words_got[20000];

	tell(said, words_said, sizeof(words_said));
	tell(got, words_got, sizeof(words_got));
	ck_assert_str_eq(words_said, words_got);
}

static void count(const struct simulation *simulation)
{
	kinds_seen[simulation_verdict(simulation)->kind]++;
	for (size_t i = 0; i < simulation->count; i++) {
		stages_seen[simulation->answers[i].stage]++;
		causes_seen[simulation->answers[i].verdict.cause]++;
	}
}

static void send_one(void)
{
	struct letter letter = write_letter();
	struct store *dry = store_whatif_new(store);
	struct outcome said, got;

	run(&letter, dry, &said);
	store_free(&dry);
	run(&letter, store, &got);
	assert_same(&said, &got);
	count(&got.simulation);
	clear(&said);
	clear(&got);
}

static void live_through(uint64_t seed)
{
	dice.state = seed;
	freeReplyObject(redis_server_command(&server, "FLUSHALL"));
	settings = read_settings();
	now_ms = START_MS;
	for (unsigned int i = 0; i < MESSAGES; i++) {
		if (i % ORDERS_LAST == 0)
			give_orders(1 + i);
		now_ms += below(one_in(20) ? 10 * MINUTE_MS : MINUTE_MS / 4);
		send_one();
	}
	orders_release(&orders);
	settings_release(&settings);
}

START_TEST(test_why_says_what_the_next_message_gets)
{
	unsigned int all = 0;

	for (uint64_t seed = 1; seed <= WORLDS; seed++)
		live_through(seed);
	for (size_t i = 0; i < KINDS; i++)
		all += kinds_seen[i];
	ck_assert_uint_eq(all, WORLDS * MESSAGES);
	for (size_t i = 0; i <= SIMULATION_END; i++)
		if (i != SIMULATION_DATA) /* no listener is charged there */
			ck_assert_uint_gt(stages_seen[i], 200);
	for (size_t i = 0; i < VERDICT_BY_FAILURE; i++)
		ck_assert_uint_gt(causes_seen[i], 200);
	ck_assert_uint_eq(causes_seen[VERDICT_BY_FAILURE], 0);
	for (size_t i = 0; i < KINDS; i++)
		if (kinds_seen[i] * 10 <= all)
			ck_abort_msg("only %u of %u: %s", kinds_seen[i], all,
				     verdict_name((enum verdict_kind)i));
}
END_TEST

/* a server of the test's own */

static void hear_nothing(void *user_data, enum log_gravity gravity,
			 const char *line)
{
	(void)user_data;
	(void)gravity;
	(void)line;
}

static void start(void)
{
	log_open_sink(hear_nothing, NULL);
	redis_server_start(&server, NULL);
	store = store_redis_new(&(struct store_redis_options){
		.server = server.address,
		.prefix = "weir",
		.timeout_ms = 20000,
		.uses_callers_clock = true,
	});
	ck_assert(store_redis_wait(store, 20000));
}

static void stop(void)
{
	store_free(&store);
	redis_server_remove(&server);
}

int main(void)
{
	Suite *suite = suite_create("trial");
	TCase *cases = tcase_create("redis");

	tcase_set_timeout(cases, 300);
	tcase_add_checked_fixture(cases, start, stop);
	tcase_add_test(cases, test_why_says_what_the_next_message_gets);
	suite_add_tcase(suite, cases);
	return check_run_apart(suite);
}
