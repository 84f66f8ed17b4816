/* SPDX-License-Identifier: ISC */

/*
 * Whole floods: messages through the real policy and the real tallies of some
 * milters into the real script, on a clock of the test's own. How many
 * incidents is each of them, and what do they say of each other?
 */
#include <stdio.h>

#include "lib/base/alloc.h"
#include "lib/base/network.h"
#include "lib/fleet/incident.h"
#include "lib/fleet/let_in.h"
#include "lib/policy/policy.h"
#include "lib/store/store_memory.h"
#include "t/lib/settings_text.h"
#include "fleet_way.h"

#define PREFIX	  "weir"
#define EPOCH_MS  UINT64_C(1795000000000)
#define STEADY	  UINT64_C(1000000)
#define SECOND	  UINT64_C(1000)
#define MINUTE	  (60 * SECOND)
#define HOUR	  (60 * MINUTE)
#define DAY	  (24 * HOUR)
#define MILTERS	  4
#define WINDOWS	  10000
#define FLOWS_MAX 80
#define PROCESS	  1000000 /* sequences of one */

/* So many messages of one kind; %d in an address is another one of so many
 * each time. */
struct flow {
	uint64_t start_ms, every_ms;
	unsigned int count;
	const char *client, *login, *sender, *recipient, *content;
	unsigned int clients, senders, recipients;
};

static struct settings *settings;
static struct store *store;
static struct policy *policies[MILTERS];
static struct flood_tally *tallies[MILTERS];
static struct recent_mail *recents[MILTERS];
static struct let_in *let_ins[MILTERS];
static uint64_t sequences[MILTERS];
static size_t milters;
static uint64_t report_every_ms;

/* what the messages came to, and what each flow had let in */
static uint64_t let_in, stopped, held;
static uint64_t flow_let_in[FLOWS_MAX];
static size_t flow_now;
static uint64_t reported_ms;

static void start(void)
{
	tell("FLUSHALL");
	redis = client_new();
	store = store_memory_new(WINDOWS);
	for (int i = 0; i < MILTERS; i++) {
		policies[i] = policy_new(store, NULL, WINDOWS);
		tallies[i] = flood_tally_new();
		recents[i] = recent_mail_new(RECENT_MAIL_BYTES);
		let_ins[i] = let_in_new(recents[i]);
	}
	memset(sequences, 0, sizeof(sequences));
	milters = 2;
	report_every_ms = SECOND;
	let_in = stopped = held = 0;
	memset(flow_let_in, 0, sizeof(flow_let_in));
	reported_ms = STEADY;
}

static void stop(void)
{
	for (int i = 0; i < MILTERS; i++)
		flood_tally_free(&tallies[i]);
	for (int i = 0; i < MILTERS; i++)
		let_in_free(&let_ins[i]);
	for (int i = 0; i < MILTERS; i++)
		recent_mail_free(&recents[i]);
	for (int i = 0; i < MILTERS; i++)
		policy_free(&policies[i]);
	store_free(&store);
	settings_release(&settings);
	redis_client_free(&redis);
}

static bool is_shared(const void *context, const char *client)
{
	struct network_address address;

	(void)context;
	return !network_parse(client, &address) ||
	       network_is_loopback(&address) ||
	       (settings->incident.shared != NULL &&
		network_list_contains(settings->incident.shared, &address));
}

static struct flood_look look_at(uint64_t now_ms)
{
	return (struct flood_look){ .now_ms = now_ms, .is_shared = is_shared };
}

/* one message */

static const char *address_of(char buffer[100], const char *pattern,
			      unsigned int others, unsigned int number)
{
	const char *hole = strstr(pattern, "%d");

	if (hole == NULL)
		snprintf(buffer, 100, "%s", pattern);
	else
		snprintf(buffer, 100, "%.*s%u%s", (int)(hole - pattern),
			 pattern, number % others, hole + 2);
	return buffer;
}

static void count(const struct event *event)
{
	if (event->verdict == VERDICT_ACCEPT ||
	    event->verdict == VERDICT_MONITOR) {
		let_in++;
		flow_let_in[flow_now]++;
	} else if (event->verdict == VERDICT_QUARANTINE) {
		held++;
	} else {
		stopped++;
	}
}

static void judge(struct message *message, uint64_t now_ms,
		  const struct flow *flow, unsigned int number)
{
	struct policy *policy = policies[number % milters];
	struct verdict verdict;
	struct event event;
	char buffer[100];

	message_set_sender(
		message, &settings->identity,
		address_of(buffer, flow->sender, flow->senders, number));
	policy_mail(policy, settings, message, now_ms, &verdict);
	if (!verdict_refuses(&verdict)) {
		message_add_recipient(message, &settings->identity,
				      address_of(buffer, flow->recipient,
						 flow->recipients, number));
		policy_recipient(policy, settings, message,
				 &message->recipients[0], now_ms, &verdict);
		if (!verdict_refuses(&verdict))
			policy_end(policy, settings, message, now_ms, &verdict);
	}
	event_make(&event, message, NULL, &verdict);
	event.when_ms = EPOCH_MS + now_ms;
	event.steady_ms = now_ms;
	event.content = flow->content == NULL ? "" : flow->content;
	count(&event);
	event_give(
		(const struct event_sink[]){
			{ flood_tally_add, tallies[number % milters] },
			{ recent_mail_add, recents[number % milters] },
			{ NULL, NULL } },
		&event);
}

static void send_one(const struct flow *flow, unsigned int number)
{
	uint64_t now_ms = STEADY + flow->start_ms + number * flow->every_ms;
	struct network_address client;
	struct message message;
	char buffer[100];

	message_init(&message);
	ck_assert(network_parse(
		address_of(buffer, flow->client, flow->clients, number),
		&client));
	message_set_client(&message, &client);
	message_set_auth(&message, flow->login);
	judge(&message, now_ms, flow, number);
	message_clear(&message);
}

/* reporting */

static void assign(struct flood_tally *tally, struct flood_window *windows,
		   size_t windows_count, const struct incident_answer *answer)
{
	for (size_t i = 0; i < windows_count; i++) {
		const struct incident *incident = incident_answer_find(
			answer, answer->windows[i]);
		char *key = flood_window_key(&windows[i]);

		if (incident != NULL)
			flood_tally_assign(tally, key, incident->number,
					   incident->uid);
		free(key);
		flood_window_clear(&windows[i]);
	}
}

static void look_back(size_t milter, struct flood_window *windows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (windows[i].incident == 0 && windows[i].order == 0)
			windows[i].let_in = (uint64_t)let_in_of_window(
						    let_ins[milter], settings,
						    &windows[i])
						    .messages;
}

static void follow(size_t milter, const struct incident_report *made,
		   const struct incident_answer *answer)
{
	for (size_t i = 0; i < made->let_in_count; i++)
		let_in_told(let_ins[milter], &made->let_in[i]);
	ck_assert(let_in_follow(let_ins[milter], redis, PREFIX, settings,
				answer, made->steady_ms));
}

static void report(size_t milter, uint64_t steady_ms)
{
	struct flood_window windows[INCIDENT_REPORT_MAX];
	struct incident_let_in totals[LET_IN_MAX];
	char name[32];
	struct incident_report made = {
		.milter = name,
		.sequence = ++sequences[milter] % PROCESS,
		.rules = &settings->incident,
		.windows = windows,
		.steady_ms = steady_ms,
		.now_ms = EPOCH_MS + steady_ms,
	};
	const struct flood_look look = look_at(steady_ms);
	struct incident_answer answer;

	snprintf(name, sizeof(name), "gw%zu:%d", milter + 1,
		 (int)(sequences[milter] / PROCESS));
	made.count = flood_tally_take(tallies[milter], &look, windows,
				      INCIDENT_REPORT_MAX);
	look_back(milter, windows, made.count);
	let_in_count(let_ins[milter]);
	made.let_in = totals;
	made.let_in_count = let_in_take(let_ins[milter], totals);
	ck_assert_msg(incident_report(redis, PREFIX, &made, &answer), "%s",
		      redis_client_error(redis));
	ck_assert_uint_eq(answer.window_count, made.count);
	follow(milter, &made, &answer);
	assign(tallies[milter], windows, made.count, &answer);
	incident_answer_clear(&answer);
}

static void report_all(uint64_t steady_ms)
{
	const struct flood_look look = look_at(steady_ms);

	for (size_t i = 0; i < milters; i++)
		do
			report(i, steady_ms);
		while (flood_tally_has_news(tallies[i], &look) ||
		       let_in_has_news(let_ins[i]));
}

/* Reports each second in which there is mail, and what time brings between. */
static void move_time(uint64_t to_ms)
{
	if (to_ms < reported_ms + report_every_ms)
		return;
	report_all(reported_ms + report_every_ms);
	while (reported_ms + 10 * MINUTE < to_ms) {
		reported_ms += 10 * MINUTE;
		report_all(reported_ms);
	}
	reported_ms = to_ms;
}

#define PLAY(flows) play(flows, sizeof(flows) / sizeof((flows)[0]))

static void play(const struct flow *flows, size_t flow_count)
{
	unsigned int *sent = alloc_array(flow_count, sizeof(*sent));

	ck_assert_uint_le(flow_count, FLOWS_MAX);
	for (;;) {
		uint64_t next_ms = UINT64_MAX;
		size_t next = 0;

		for (size_t i = 0; i < flow_count; i++) {
			uint64_t at_ms = flows[i].start_ms +
					 sent[i] * flows[i].every_ms;

			if (sent[i] < flows[i].count && at_ms < next_ms) {
				next_ms = at_ms;
				next = i;
			}
		}
		if (next_ms == UINT64_MAX)
			break;
		move_time(STEADY + next_ms);
		flow_now = next;
		send_one(&flows[next], sent[next]++);
	}
	report_all(reported_ms + report_every_ms);
	report_all(reported_ms + report_every_ms + FLOOD_PATIENCE_MS);
	free(sent);
}

/* what became of it */

static struct incident_list list;

static void read_all(size_t incidents)
{
	incident_list_clear(&list);
	ck_assert(incident_list_read(redis, PREFIX, 0, &list));
	ck_assert_uint_eq(list.count, incidents);
}

static void expect_sums(void)
{
	uint64_t sum = 0, sum_held = 0;

	for (size_t i = 0; i < list.count; i++) {
		sum += list.incidents[i].stopped;
		sum_held += list.incidents[i].held;
	}
	ck_assert_uint_eq(sum, stopped);
	ck_assert_uint_eq(sum_held, held);
}

/* To the message: those flows and nothing else. */
static void expect_let_in(uint64_t number, size_t first, size_t last)
{
	uint64_t sum = 0;

	for (size_t i = first; i <= last; i++)
		sum += flow_let_in[i];
	ck_assert_uint_eq(list.incidents[list.count - number].let_in, sum);
	ck_assert_uint_eq(list.incidents[list.count - number].let_in_least, 0);
}

/* The incident of that number; "" for before: none. */
static const struct incident *expect(uint64_t number, enum incident_level level,
				     const char *before)
{
	const struct incident *incident = &list.incidents[list.count - number];
	char text[100] = "";

	ck_assert_uint_eq(incident->number, number);
	for (size_t i = 0; i < incident->before.count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s%d", i == 0 ? "" : ",",
			 (int)incident->before.numbers[i]);
	ck_assert_str_eq(text, before);
	ck_assert_str_eq(incident_level_name(incident->level),
			 incident_level_name(level));
	return incident;
}

#define LIMIT_OWN \
	"{ name = \"own-sender\"; key = \"sender\"; max = 100; per = \"1m\"; action = \"tempfail\"; }"
#define LIMIT_SENDER \
	"{ name = \"sender\"; key = \"sender\"; max = 100; per = \"5m\"; action = \"tempfail\"; }"
#define LIMIT_MAILBOX                                                  \
	"{ name = \"mailbox\"; key = \"recipient\"; max = 300; per = " \
	"\"10m\"; action = \"tempfail\"; }"
#define LIMIT_LOGIN \
	"{ name = \"login\"; key = \"auth\"; max = 200; per = \"1h\"; action = \"tempfail\"; }"

#define APRIL_14 (10 * HOUR)
#define APRIL_16 (2 * DAY + 9 * HOUR + 30 * MINUTE)
#define MAY_1	 (17 * DAY + 8 * HOUR)
#define DEV	 "10.20.0.7"
#define SCRIPT	 "<script@dev.example>"
#define JAKE	 "<jake@example.com>"

/* The report of 2001, a part of each; people's mail runs beside it. */
/* clang-format off */
#define STORY_2001(address) {                                               \
	{ APRIL_14, 50, 2000, address, NULL, SCRIPT, JAKE, NULL, 1, 1, 1 }, \
	{ APRIL_16, 20, 5000, address, NULL, SCRIPT, JAKE, NULL, 1, 1, 1 }, \
	{ APRIL_16 + 20 * MINUTE, 10, 15000, address, NULL, SCRIPT, JAKE,   \
	  NULL, 1, 1, 1 },                                                  \
	{ APRIL_16 + 21 * MINUTE, 50, 3000, address, NULL,                  \
	  "<test%d@dev.example>", JAKE, NULL, 1, 5, 1 },                    \
	{ MAY_1, 10, 15000, address, NULL, SCRIPT, JAKE, NULL, 1, 1, 1 },   \
	{ APRIL_14 - HOUR, 100 * MINUTE, 250, "192.0.2.%d", NULL,           \
	  "<person%d@example.net>", "<user%d@example.com>", NULL, 30, 100,  \
	  200 } }
/* clang-format on */

static void expect_2001(void)
{
	const struct incident *second;

	read_all(3);
	expect_sums();
	expect(1, INCIDENT_SERIOUS, "");
	second = expect(2, INCIDENT_CRITICAL, "1");
	ck_assert_uint_eq(second->agains, 1);
	ck_assert_uint_eq(second->windows, 6);
	expect(3, INCIDENT_CRITICAL, "2,1");
	expect_let_in(1, 0, 0);
	expect_let_in(2, 1, 3);
	expect_let_in(3, 4, 4);
}

START_TEST(the_story_of_2001)
{
	static const struct flow flows[] = STORY_2001(DEV);

	settings = settings_of("limits = ( " LIMIT_OWN " );");
	PLAY(flows);
	expect_2001();
	ck_assert_str_eq(list.incidents[0].source, "client:" DEV);
	ck_assert_uint_eq(list.subjects[1].count, 6);
}
END_TEST

START_TEST(the_story_of_2001_through_localhost)
{
	static const struct flow flows[] = STORY_2001("127.0.0.1");

	settings = settings_of("limits = ( " LIMIT_OWN " );");
	PLAY(flows);
	expect_2001();
	ck_assert_str_eq(list.incidents[0].source, "sender:script@dev.example");
}
END_TEST

START_TEST(the_limits_of_the_demo)
{
	static const struct flow flows[] = {
		{ APRIL_16, 20, 3000, DEV, NULL, SCRIPT, JAKE, NULL, 1, 1, 1 },
		{ APRIL_16 + 5 * SECOND, 20, 2000, DEV, NULL,
		  "<test%d@dev.example>", JAKE, NULL, 1, 5, 1 },
		{ APRIL_16 + 30 * SECOND, 4 * SECOND, 40, "192.0.2.%d", NULL,
		  "<colleague%d@example.com>", JAKE, NULL, 7, 7, 1 },
		{ MAY_1, 10, 9000, DEV, NULL, SCRIPT, JAKE, NULL, 1, 1, 1 },
	};

	settings = settings_of("limits = ( " LIMIT_SENDER ", " LIMIT_MAILBOX
			       " );");
	PLAY(flows);
	read_all(2);
	expect_sums();
	expect(2, INCIDENT_SERIOUS, "1");
	expect_let_in(1, 0, 1);
	expect_let_in(2, 3, 3);
	ck_assert_uint_gt(expect(1, INCIDENT_SERIOUS, "")->others_hit, 0);
	ck_assert_uint_le(list.incidents[1].others_hit, 40);
	ck_assert_str_eq(list.incidents[1].source, "client:" DEV);
}
END_TEST

/* As the demo sends it: one name, then five others, each for some seconds. */
START_TEST(the_demo_through_localhost)
{
	struct flow flows[6] = { { APRIL_16, 40, 250, "127.0.0.1", NULL, SCRIPT,
				   JAKE, NULL, 1, 1, 1 } };
	char names[5][32];

	for (unsigned int i = 0; i < 5; i++) {
		snprintf(names[i], sizeof(names[i]), "<script-%u@dev.example>",
			 i + 1);
		flows[i + 1] = flows[0];
		flows[i + 1].start_ms += (i + 1) * 10 * SECOND;
		flows[i + 1].count = 150;
		flows[i + 1].sender = names[i];
	}
	settings = settings_of("limits = ( " LIMIT_SENDER ", " LIMIT_MAILBOX
			       " );");
	report_every_ms = 250;
	PLAY(flows);
	read_all(1);
	expect_sums();
	/* the mailbox stops the other names, which nobody is accused of */
	expect_let_in(1, 0, 1);
}
END_TEST

#define FIVE_NAMES(content)                    \
	{                                      \
		{ HOUR,                        \
		  10,                          \
		  1200,                        \
		  "127.0.0.1",                 \
		  NULL,                        \
		  "<a@dev.example>",           \
		  "<a%d@example.com>",         \
		  content,                     \
		  1,                           \
		  1,                           \
		  1200 },                      \
			{ HOUR + 1,            \
			  10,                  \
			  1200,                \
			  "127.0.0.1",         \
			  NULL,                \
			  "<b@dev.example>",   \
			  "<b%d@example.com>", \
			  content,             \
			  1,                   \
			  1,                   \
			  1200 },              \
			{ HOUR + 2,            \
			  10,                  \
			  1200,                \
			  "127.0.0.1",         \
			  NULL,                \
			  "<c@dev.example>",   \
			  "<c%d@example.com>", \
			  content,             \
			  1,                   \
			  1,                   \
			  1200 },              \
			{ HOUR + 3,            \
			  10,                  \
			  1200,                \
			  "127.0.0.1",         \
			  NULL,                \
			  "<d@dev.example>",   \
			  "<d%d@example.com>", \
			  content,             \
			  1,                   \
			  1,                   \
			  1200 },              \
			{ HOUR + 4,            \
			  10,                  \
			  1200,                \
			  "127.0.0.1",         \
			  NULL,                \
			  "<e@dev.example>",   \
			  "<e%d@example.com>", \
			  content,             \
			  1,                   \
			  1,                   \
			  1200 },              \
	}

START_TEST(five_names_to_many_mailboxes)
{
	static const struct flow flows[] = FIVE_NAMES(NULL);

	settings = settings_of("limits = ( " LIMIT_OWN " );");
	PLAY(flows);
	read_all(5);
	expect_sums();
}
END_TEST

START_TEST(five_names_and_one_content)
{
	static const struct flow flows[] = FIVE_NAMES("a1b2c3");

	settings = settings_of("limits = ( " LIMIT_OWN " );");
	PLAY(flows);
	read_all(1);
	expect_sums();
	ck_assert_uint_eq(list.incidents[0].windows, 5);
	expect_let_in(1, 0, 4);
}
END_TEST

START_TEST(two_logins_through_one_webmail_host)
{
	static const struct flow flows[] = {
		{ HOUR, 50, 2000, "192.0.2.9", "ann", "<ann@example.com>", JAKE,
		  NULL, 1, 1, 1 },
		{ HOUR + 7, 50, 2000, "192.0.2.9", "bob", "<bob@example.com>",
		  JAKE, NULL, 1, 1, 1 },
	};

	settings = settings_of("limits = ( " LIMIT_LOGIN " );");
	PLAY(flows);
	read_all(2);
	expect_sums();
	ck_assert_uint_eq(let_in, 400);
	ck_assert_uint_eq(stopped, 3600);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_uint_eq(list.incidents[i].let_in, 200);
		ck_assert_uint_eq(list.incidents[i].stopped, 1800);
		ck_assert_uint_eq(list.incidents[i].related.count, 0);
	}
}
END_TEST

START_TEST(one_stolen_login_from_many_clients)
{
	static const struct flow flows[] = {
		{ HOUR, 50, 4000, "10.9.%d.1", "ann", "<ann@example.com>",
		  "<user%d@example.org>", NULL, 250, 1, 4000 },
	};

	settings = settings_of("limits = ( " LIMIT_LOGIN " );");
	PLAY(flows);
	read_all(1);
	expect_sums();
	ck_assert_uint_eq(list.incidents[0].let_in, 200);
	ck_assert_uint_eq(list.incidents[0].stopped, 3800);
	ck_assert_str_eq(list.incidents[0].source, "auth:ann");
}
END_TEST

START_TEST(a_mail_bomb_accuses_nobody)
{
	static const struct flow flows[] = {
		{ HOUR, 50, 4000, "10.9.%d.1", NULL, "<list%d@example.org>",
		  JAKE, NULL, 251, 2000, 1 },
	};

	settings = settings_of("limits = ( " LIMIT_MAILBOX " );");
	PLAY(flows);
	read_all(1);
	expect_sums();
	ck_assert_uint_eq(list.incidents[0].let_in, 300);
	ck_assert_uint_eq(list.incidents[0].stopped, 3700);
	ck_assert_str_eq(list.incidents[0].source, "");
	ck_assert_uint_eq(list.incidents[0].others_hit, 0);
}
END_TEST

START_TEST(two_floods_that_have_nothing_in_common)
{
	static const struct flow flows[] = {
		{ HOUR, 50, 2000, DEV, NULL, SCRIPT, JAKE, NULL, 1, 1, 1 },
		{ HOUR, 50, 2000, "10.20.0.8", NULL, "<cron@db.example>",
		  "<root@example.com>", NULL, 1, 1, 1 },
	};

	settings = settings_of("limits = ( " LIMIT_OWN " );");
	PLAY(flows);
	read_all(2);
	expect_sums();
	ck_assert_uint_eq(list.incidents[0].let_in + list.incidents[1].let_in,
			  let_in);
}
END_TEST

START_TEST(one_script_takes_the_whole_gateway)
{
	static const struct flow flows[] = {
		{ HOUR, 10, 4000, DEV, NULL, SCRIPT, "<user%d@example.com>",
		  NULL, 1, 1, 500 },
		{ HOUR, 50, 800, "192.0.2.%d", NULL, "<person%d@example.net>",
		  "<user%d@example.com>", NULL, 200, 300, 500 },
	};

	settings = settings_of(
		"limits = ( { name = \"gateway\"; key = "
		"\"all\"; max = 3000; per = \"10m\"; action = \"tempfail\"; } );");
	PLAY(flows);
	read_all(1);
	expect_sums();
	expect(1, INCIDENT_CRITICAL, "");
	expect_let_in(1, 0, 0);
	ck_assert_str_eq(list.incidents[0].source, "client:" DEV);
	/* all people's mail that was stopped, and nothing else */
	ck_assert_uint_gt(list.incidents[0].others_hit, 200);
	ck_assert_uint_le(list.incidents[0].others_hit, 500);
}
END_TEST

/* A cron job over its limit each hour, for three days. */
START_TEST(one_that_comes_back_hourly)
{
	struct flow flows[72];

	for (unsigned int i = 0; i < 72; i++)
		flows[i] = (struct flow){ i * HOUR, 10,	    150,  DEV,
					  NULL,	    SCRIPT, JAKE, NULL,
					  1,	    1,	    1 };
	settings = settings_of("limits = ( " LIMIT_OWN " );");
	PLAY(flows);
	read_all(1);
	expect_sums();
	ck_assert_uint_eq(list.incidents[0].agains, 71);
	ck_assert_uint_eq(list.incidents[0].let_in, let_in);
	/* opened, serious, quiet, again: the rest is silence */
	ck_assert_int_eq(redis_server_integer(&server, "XLEN " PREFIX
						       ":{incidents}:log"),
			 4);
}
END_TEST

/* 120 a minute against 100, for six hours. */
START_TEST(one_that_is_a_little_too_much)
{
	static const struct flow flows[] = {
		{ HOUR, 500, 6 * 60 * 120, DEV, NULL, SCRIPT, JAKE, NULL, 1, 1,
		  1 },
	};

	settings = settings_of("limits = ( " LIMIT_OWN " );");
	report_every_ms = 30 * SECOND;
	PLAY(flows);
	read_all(1);
	expect_sums();
	ck_assert_uint_eq(list.incidents[0].agains, 0);
	ck_assert_uint_eq(list.incidents[0].level, INCIDENT_SERIOUS);
	expect_let_in(1, 0, 0);
}
END_TEST

/* It has the source, whatever its name; colleagues have not. */
START_TEST(names_that_stay_below_their_limit)
{
	static const struct flow flows[] = {
		{ HOUR, 100, 300, DEV, NULL, SCRIPT, JAKE, NULL, 1, 1, 1 },
		{ HOUR - 30 * SECOND, 300, 400, DEV, NULL,
		  "<name%d@dev.example>", JAKE, NULL, 1, 40, 1 },
		{ HOUR - 30 * SECOND, SECOND, 90, "192.0.2.%d", NULL,
		  "<colleague%d@example.com>", JAKE, NULL, 7, 7, 1 },
	};

	settings = settings_of("limits = ( " LIMIT_OWN " );");
	PLAY(flows);
	read_all(1);
	expect_sums();
	expect_let_in(1, 0, 1);
	ck_assert_uint_eq(flow_let_in[1], 400);
}
END_TEST

/* A limit on recipients whose flood has a source only after a while: until then
 * all mail to the mailbox is of it. */
START_TEST(a_source_that_is_known_late)
{
	static const struct flow flows[] = {
		{ HOUR, 500, 900, DEV, NULL, SCRIPT, JAKE, NULL, 1, 1, 1 },
		{ HOUR - 5 * MINUTE, 2 * SECOND, 400, "192.0.2.%d", NULL,
		  "<colleague%d@example.com>", JAKE, NULL, 200, 200, 1 },
	};

	settings = settings_of("limits = ( " LIMIT_MAILBOX " );");
	PLAY(flows);
	read_all(1);
	expect_sums();
	ck_assert_str_eq(list.incidents[0].source, "client:" DEV);
	expect_let_in(1, 0, 0);
}
END_TEST

/* Hourly, and what comes between: it is of the flood, since that goes on; what
 * comes a minute after the end is not. */
START_TEST(what_comes_between_and_afterwards)
{
	static const struct flow flows[] = {
		{ HOUR, 10, 150, DEV, NULL, SCRIPT, JAKE, NULL, 1, 1, 1 },
		{ 4 * HOUR, 10, 150, DEV, NULL, SCRIPT, JAKE, NULL, 1, 1, 1 },
		{ HOUR + 30 * SECOND, MINUTE, 3 * 60 + 1, DEV, NULL,
		  "<other@dev.example>", JAKE, NULL, 1, 1, 1 },
		{ 4 * HOUR + 90 * SECOND, MINUTE, 300, DEV, NULL,
		  "<other@dev.example>", JAKE, NULL, 1, 1, 1 },
	};

	settings = settings_of("limits = ( " LIMIT_OWN " );");
	PLAY(flows);
	read_all(1);
	expect_let_in(1, 0, 2);
}
END_TEST

/* Closed by hand: what comes at once is another incident, which has let in
 * nothing of what that one had. */
START_TEST(one_right_after_another)
{
	static const struct flow parts[][2] = {
		{ { HOUR, 100, 300, DEV, NULL, SCRIPT, JAKE, NULL, 1, 1, 1 } },
		{ { HOUR + 40 * SECOND, 100, 600, DEV, NULL, SCRIPT, JAKE, NULL,
		    1, 1, 1 } },
	};
	uint64_t before;
	bool is_found;

	settings = settings_of("limits = ( " LIMIT_OWN " );");
	PLAY(parts[0]);
	before = let_in;
	ck_assert(incident_close(redis, PREFIX, 1, "ann", &is_found));
	/* the clock of the test, not Redis's */
	tell("HSET " PREFIX ":{incidents}:1 closed 1795004635000");
	report_all(reported_ms + 5 * SECOND);
	PLAY(parts[1]);
	read_all(2);
	expect(2, INCIDENT_WARNING, "1");
	ck_assert_uint_eq(list.incidents[1].let_in, before);
	ck_assert_uint_eq(list.incidents[0].let_in, let_in - before);
	ck_assert_uint_gt(let_in - before, 0);
}
END_TEST

/* starting again */

static void start_again(size_t milter, bool is_killed, uint64_t steady_ms)
{
	const struct let_in_time now = { steady_ms, EPOCH_MS + steady_ms };
	char place[16];

	snprintf(place, sizeof(place), "gw%zu", milter + 1);
	if (!is_killed)
		ck_assert(let_in_hand_over(let_ins[milter], redis, PREFIX,
					   place, &now));
	let_in_free(&let_ins[milter]);
	recent_mail_free(&recents[milter]);
	flood_tally_free(&tallies[milter]);
	tallies[milter] = flood_tally_new();
	recents[milter] = recent_mail_new(RECENT_MAIL_BYTES);
	let_ins[milter] = let_in_new(recents[milter]);
	/* another process, another name */
	sequences[milter] += PROCESS - sequences[milter] % PROCESS;
	let_in_begin(let_ins[milter], redis, PREFIX, place, &now);
}

#define PART(start, count)                                                \
	{                                                                 \
		start, 100, count, DEV, NULL, SCRIPT, JAKE, NULL, 1, 1, 1 \
	}

static void play_parts(bool is_killed)
{
	static const struct flow parts[][2] = {
		{ PART(HOUR, 60), PART(HOUR + 1, 30) },
		{ PART(HOUR + 10 * SECOND, 60), PART(HOUR, 0) },
		{ PART(HOUR + 20 * SECOND, 900), PART(HOUR, 0) },
		{ PART(HOUR + 3 * MINUTE, 900), PART(HOUR, 0) },
	};

	settings = settings_of("limits = ( " LIMIT_OWN " );");
	for (size_t i = 0; i < MILTERS; i++)
		start_again(i, true, STEADY);
	for (size_t i = 0; i < 4; i++) {
		PLAY(parts[i]);
		start_again(i % 2, is_killed, reported_ms + 2 * SECOND);
	}
	report_all(reported_ms + 3 * SECOND);
	read_all(1);
}

START_TEST(a_milter_that_is_started_again)
{
	play_parts(false);
	ck_assert_uint_eq(list.incidents[0].let_in, let_in);
	ck_assert_uint_eq(list.incidents[0].let_in_least, 0);
	expect_sums();
}
END_TEST

/* What it has not told is lost, and that is said. */
START_TEST(a_milter_that_is_killed)
{
	play_parts(true);
	ck_assert_uint_le(list.incidents[0].let_in, let_in);
	ck_assert_uint_ge(list.incidents[0].let_in, let_in - 45);
	ck_assert_uint_eq(list.incidents[0].let_in_least, 1);
}
END_TEST

/* Windows that are emptied, or a limit that becomes another one, in the middle.
 */
START_TEST(what_happens_to_windows)
{
	static const struct flow parts[][2] = {
		{ PART(HOUR, 300), PART(HOUR, 0) },
		{ PART(HOUR + 31 * SECOND, 150), PART(HOUR, 0) },
		{ PART(HOUR + 50 * SECOND, 600), PART(HOUR, 0) },
	};

	settings = settings_of("limits = ( " LIMIT_OWN " );");
	PLAY(parts[0]);
	for (int i = 0; i < MILTERS; i++)
		policy_free(&policies[i]);
	store_free(&store);
	store = store_memory_new(WINDOWS);
	for (int i = 0; i < MILTERS; i++)
		policies[i] = policy_new(store, NULL, WINDOWS);
	PLAY(parts[1]);
	settings_release(&settings);
	settings = settings_of("limits = ( { name = \"own-sender\"; "
			       "key = \"sender\"; max = 170; per = \"1m\"; "
			       "action = \"tempfail\"; } );");
	PLAY(parts[2]);
	read_all(1);
	expect_sums();
	ck_assert_uint_eq(list.incidents[0].let_in, let_in);
	ck_assert_uint_gt(let_in, 270);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("incident stories");
	TCase *tests = tcase_create("stories");

	tcase_set_timeout(tests, 60);
	tcase_add_unchecked_fixture(tests, start_server, stop_server);
	tcase_add_checked_fixture(tests, start, stop);
	tcase_add_test(tests, the_story_of_2001);
	tcase_add_test(tests, the_story_of_2001_through_localhost);
	tcase_add_test(tests, the_limits_of_the_demo);
	tcase_add_test(tests, the_demo_through_localhost);
	tcase_add_test(tests, five_names_to_many_mailboxes);
	tcase_add_test(tests, five_names_and_one_content);
	tcase_add_test(tests, two_logins_through_one_webmail_host);
	tcase_add_test(tests, one_stolen_login_from_many_clients);
	tcase_add_test(tests, a_mail_bomb_accuses_nobody);
	tcase_add_test(tests, two_floods_that_have_nothing_in_common);
	tcase_add_test(tests, one_script_takes_the_whole_gateway);
	tcase_add_test(tests, one_that_comes_back_hourly);
	tcase_add_test(tests, one_that_is_a_little_too_much);
	tcase_add_test(tests, names_that_stay_below_their_limit);
	tcase_add_test(tests, a_source_that_is_known_late);
	tcase_add_test(tests, what_comes_between_and_afterwards);
	tcase_add_test(tests, one_right_after_another);
	tcase_add_test(tests, a_milter_that_is_started_again);
	tcase_add_test(tests, a_milter_that_is_killed);
	tcase_add_test(tests, what_happens_to_windows);
	suite_add_tcase(suite, tests);
	return check_run_apart(suite);
}
