/* SPDX-License-Identifier: ISC */

/* The life of incidents in the real script, on a clock of the test's own, and
 * what several milters, a report sent twice and an emptied Redis do to it. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "lib/base/alloc.h"
#include "lib/fleet/incident.h"
#include "fleet_way.h"

#define PREFIX	 "weir"
#define BASE	 PREFIX ":{incidents}"
#define STEADY	 UINT64_C(1000000000)
#define SECOND	 UINT64_C(1000)
#define MINUTE	 (60 * SECOND)
#define HOUR	 (60 * MINUTE)
#define DAY	 (24 * HOUR)
#define EPOCH_MS UINT64_C(1795000000000)

static const struct settings_incident rules = {
	.quiet_ms = 15 * MINUTE,
	.over_ms = DAY,
	.serious_times = 10,
	.serious_windows = 5,
	.serious_after_ms = HOUR,
	.critical_times = 100,
	.critical_others = 100,
};

static uint64_t sequence, now_ms;
static struct incident_answer answer;
static struct incident_detail detail;

static void start(void)
{
	tell("FLUSHALL");
	redis = client_new();
	sequence = 0;
	now_ms = EPOCH_MS;
	memset(&answer, 0, sizeof(answer));
	memset(&detail, 0, sizeof(detail));
}

static void stop(void)
{
	incident_answer_clear(&answer);
	incident_detail_clear(&detail);
	redis_client_free(&redis);
}

/* A window that stopped so much, with these marks beside its subject. */
static struct flood_window window_of(const char *subject, uint64_t stopped,
				     const char *source)
{
	struct flood_window window = {
		.limit = alloc_text("own-sender"),
		.subject = alloc_text(subject),
		.per_ms = MINUTE,
		.max = 100,
		.stopped = stopped,
		.amount = stopped,
		.let_in = 100,
		.first_ms = STEADY,
		.last_ms = STEADY,
	};

	window.marks.texts[window.marks.count++] = alloc_text(subject);
	if (source != NULL) {
		window.marks.texts[window.marks.count++] = alloc_text(source);
		window.marks.source = alloc_text(source);
	}
	return window;
}

static struct incident_report report_of(struct flood_window *windows,
					size_t count)
{
	return (struct incident_report){ .milter = "gw1:1:1",
					 .sequence = sequence,
					 .rules = &rules,
					 .windows = windows,
					 .count = count,
					 .steady_ms = STEADY,
					 .now_ms = now_ms };
}

static void send_report(const struct incident_report *report)
{
	incident_answer_clear(&answer);
	ck_assert_msg(incident_report(redis, PREFIX, report, &answer), "%s",
		      redis_client_error(redis));
}

static void report_in_vain(const struct incident_report *report)
{
	incident_answer_clear(&answer);
	ck_assert(!incident_report(redis, PREFIX, report, &answer));
}

/* Reports these windows, and frees them. */
static void report(struct flood_window *windows, size_t count)
{
	struct incident_report made;

	sequence++;
	made = report_of(windows, count);
	send_report(&made);
	for (size_t i = 0; i < count; i++)
		flood_window_clear(&windows[i]);
}

static void report_one(const char *subject, uint64_t stopped,
		       const char *source)
{
	struct flood_window window = window_of(subject, stopped, source);

	report(&window, 1);
}

static void wait_for_time(uint64_t span_ms)
{
	now_ms += span_ms;
	report(NULL, 0);
}

/* "opened serious" */
static const char *acts(void)
{
	static char text[200];

	text[0] = '\0';
	for (size_t i = 0; i < answer.act_count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			 "%s%s", i == 0 ? "" : " ", answer.acts[i].act);
	return text;
}

static const struct incident *read_number(uint64_t number)
{
	incident_detail_clear(&detail);
	ck_assert(incident_read(redis, PREFIX, number, &detail));
	return &detail.incident;
}

START_TEST(its_life)
{
	report_one("sender:a@x", 5, "client:10.0.0.1");
	ck_assert_str_eq(acts(), "opened");
	ck_assert_uint_eq(answer.windows[0], 1);
	ck_assert_int_eq(answer.acts[0].level, INCIDENT_WARNING);
	now_ms += MINUTE / 2;
	report_one("sender:a@x", 995, "client:10.0.0.1");
	ck_assert_str_eq(acts(), "serious");
	report_one("sender:a@x", 9000, "client:10.0.0.1");
	ck_assert_str_eq(acts(), "critical");
	wait_for_time(15 * MINUTE - 1);
	ck_assert_str_eq(acts(), "");
	wait_for_time(1);
	ck_assert_str_eq(acts(), "quiet");
	ck_assert_int_eq(read_number(1)->state, INCIDENT_QUIET);
	now_ms += 23 * HOUR;
	report_one("sender:a@x", 1, "client:10.0.0.1");
	ck_assert_str_eq(acts(), "again");
	ck_assert_int_eq(
		redis_server_integer(&server, "ZCARD " BASE ":recurring"), 0);
	/* from the second time on it is recurring: in the digest of a day */
	wait_for_time(15 * MINUTE);
	ck_assert_str_eq(acts(), "");
	report_one("sender:a@x", 1, "client:10.0.0.1");
	ck_assert_str_eq(acts(), "");
	ck_assert_uint_eq(read_number(1)->agains, 2);
	ck_assert_int_eq(
		redis_server_integer(&server, "ZCARD " BASE ":recurring"), 1);
	wait_for_time(15 * MINUTE);
	wait_for_time(DAY);
	ck_assert_str_eq(acts(), "over");
	ck_assert_uint_eq(read_number(1)->stopped, 10002);
	/* what an incident that is there has let in is told as a total */
	ck_assert_uint_eq(detail.incident.let_in, 100);
	report_one("sender:b@x", 1, "client:10.0.0.1");
	ck_assert_uint_eq(answer.windows[0], 2);
	ck_assert_uint_eq(read_number(2)->before.count, 1);
	ck_assert_uint_eq(detail.incident.before.numbers[0], 1);
}
END_TEST

static void tell_total(const char *milter, uint64_t number, int64_t messages,
		       bool is_least)
{
	struct incident_let_in total = { .number = number,
					 .messages = messages,
					 .is_least = is_least };
	struct incident_report made;

	snprintf(total.uid, sizeof(total.uid), "%s", read_number(1)->uid);
	sequence++;
	made = report_of(NULL, 0);
	made.milter = milter;
	made.let_in = &total;
	made.let_in_count = 1;
	send_report(&made);
}

/* Totals of processes, so that one that is told twice counts once; they also
 * become less. */
START_TEST(what_was_let_in)
{
	report_one("sender:a@x", 5, "client:10.0.0.1");
	ck_assert_uint_eq(answer.incidents[0].let_in, 100);
	ck_assert_uint_eq(answer.open_count, 1);
	ck_assert_str_eq(answer.open[0].source, "client:10.0.0.1");
	ck_assert_uint_eq(answer.open[0].windows, 1);
	tell_total("gw1:1:1", 1, 130, false);
	tell_total("gw1:1:1", 1, 130, false);
	ck_assert_uint_eq(read_number(1)->let_in, 130);
	sequence = 0; /* of another milter */
	tell_total("gw2:1:1", 1, 7, false);
	now_ms += MINUTE;
	tell_total("gw2:1:1", 1, 9, false);
	ck_assert_uint_eq(read_number(1)->let_in, 139);
	ck_assert_uint_eq(detail.incident.let_in_least, 0);
	/* under another number, as after Redis was emptied */
	tell_total("gw2:1:1", 4711, 10, false);
	ck_assert_uint_eq(read_number(1)->let_in, 139);
	tell_total("gw2:1:1", 1, 1, true);
	ck_assert_uint_eq(read_number(1)->let_in, 131);
	ck_assert_uint_eq(detail.incident.let_in_least, 1);
	ck_assert_uint_eq(detail.minutes[0].let_in, 131);
	ck_assert_uint_eq(detail.minutes[1].let_in, 0);
}
END_TEST

START_TEST(one_that_only_watches)
{
	struct flood_window window = window_of("all", 0, NULL);

	window.monitored = 500;
	report(&window, 1);
	ck_assert_str_eq(acts(), "opened");
	ck_assert_int_eq(answer.acts[0].level, INCIDENT_NOTICE);
	report_one("all", 1, NULL);
	ck_assert_str_eq(acts(), "critical");
}
END_TEST

START_TEST(five_windows_are_serious)
{
	char subject[] = "sender:0@x";

	for (int i = 0; i < 5; i++) {
		subject[7] = (char)('0' + i);
		report_one(subject, 1, "client:10.0.0.1");
		ck_assert_uint_eq(answer.windows[0], 1);
	}
	ck_assert_str_eq(acts(), "serious");
	ck_assert_uint_eq(read_number(1)->windows, 5);
	ck_assert_uint_eq(detail.window_count, 5);
}
END_TEST

START_TEST(an_hour_without_a_block_is_serious)
{
	struct flood_window window;

	for (int i = 0; i <= 60; i++) {
		report_one("sender:a@x", 1, NULL);
		now_ms += MINUTE;
	}
	ck_assert_str_eq(acts(), "serious");
	/* a block of its source contains it; its mail is stopped still */
	window = window_of("sender:a@x", 7, NULL);
	window.order = 3;
	report(&window, 1);
	ck_assert_str_eq(acts(), "contained");
	ck_assert_str_eq(answer.acts[0].text, "block 3");
	ck_assert_uint_eq(read_number(1)->stopped, 68);
	ck_assert_int_eq(detail.incident.state, INCIDENT_CONTAINED);
	ck_assert_uint_eq(detail.window_count, 2);
	/* and opens none */
	window = window_of("sender:z@x", 7, NULL);
	window.order = 4;
	report(&window, 1);
	ck_assert_uint_eq(answer.windows[0], 0);
}
END_TEST

/* A block that is given when the flood is over, and meets it hourly. */
START_TEST(a_block_after_the_end)
{
	struct flood_window window;

	report_one("sender:a@x", 5, "client:10.0.0.1");
	wait_for_time(15 * MINUTE);
	ck_assert_str_eq(acts(), "quiet");
	for (int i = 0; i < 3; i++) {
		now_ms += HOUR;
		window = window_of("client:10.0.0.1", 1, NULL);
		window.order = 3;
		report(&window, 1);
		ck_assert_str_eq(acts(), i == 0 ? "contained" : "");
		ck_assert_int_eq(read_number(1)->state, INCIDENT_CONTAINED);
		wait_for_time(15 * MINUTE);
		ck_assert_str_eq(acts(), "");
		ck_assert_int_eq(read_number(1)->state, INCIDENT_QUIET);
	}
	/* and the block is lifted */
	report_one("sender:a@x", 1, "client:10.0.0.1");
	ck_assert_str_eq(acts(), "again");
	ck_assert_int_eq(read_number(1)->state, INCIDENT_OPEN);
	ck_assert_uint_eq(detail.incident.stopped, 9);
}
END_TEST

START_TEST(two_that_turn_out_to_be_one_stay_two)
{
	struct flood_window window;

	report_one("sender:a@x", 1, "client:10.0.0.1");
	now_ms += SECOND;
	report_one("sender:b@x", 1, "client:10.0.0.2");
	window = window_of("sender:c@x", 1, "client:10.0.0.1");
	window.marks.texts[window.marks.count++] = alloc_text(
		"client:10.0.0.2");
	report(&window, 1);
	ck_assert_uint_eq(answer.windows[0], 1);
	ck_assert_uint_eq(read_number(1)->related.numbers[0], 2);
	ck_assert_uint_eq(read_number(2)->related.numbers[0], 1);
	report_one("sender:d@x", 1, "client:10.0.0.2");
	ck_assert_uint_eq(answer.windows[0], 2);
}
END_TEST

START_TEST(marks_and_windows_are_bounded)
{
	char subject[40];

	for (int i = 0; i < 250; i++) {
		snprintf(subject, sizeof(subject), "sender:%d@x", i);
		report_one(subject, 1, "client:10.0.0.1");
		ck_assert_uint_eq(answer.windows[0], 1);
	}
	ck_assert_uint_eq(read_number(1)->stopped, 250);
	ck_assert_uint_eq(detail.mark_count, 64);
	ck_assert_uint_eq(detail.window_count, 200);
	ck_assert_uint_eq(detail.incident.windows, 200);
}
END_TEST

START_TEST(who_it_was)
{
	struct flood_window window = window_of("sender:a@x", 30, NULL);
	char value[40];

	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 8; j++) {
			snprintf(value, sizeof(value), "%d@y", 8 * i + j);
			sketch_add(&window.who[FLOOD_RECIPIENT], value, 1);
		}
		sketch_add(&window.who[FLOOD_SENDER], "a@x", 10);
		report(&window, 1);
		window = window_of("sender:a@x", 30, NULL);
	}
	flood_window_clear(&window);
	read_number(1);
	ck_assert_uint_eq(detail.who_count, 21); /* 20 of a dimension */
	ck_assert_str_eq(detail.who[0].value, "a@x");
	ck_assert_uint_eq(detail.who[0].messages, 30);
	ck_assert_uint_eq(detail.minute_count, 1);
	ck_assert_uint_eq(detail.minutes[0].stopped, 90);
}
END_TEST

START_TEST(a_report_that_is_sent_twice_counts_once)
{
	struct flood_window window = window_of("sender:a@x", 5, NULL);
	struct incident_report made;

	sequence++;
	made = report_of(&window, 1);
	send_report(&made);
	send_report(&made);
	ck_assert_str_eq(acts(), "opened");
	flood_window_clear(&window);
	ck_assert_uint_eq(read_number(1)->stopped, 5);
}
END_TEST

/* by hand */

START_TEST(taken_noted_closed)
{
	bool is_found;

	report_one("sender:a@x", 5, NULL);
	ck_assert(incident_take(redis, PREFIX, 1, "ann", &is_found));
	ck_assert(is_found);
	ck_assert(incident_note(redis, PREFIX, 1, "ann", "script found",
				&is_found));
	ck_assert(is_found);
	/* in the same millisecond, perhaps */
	ck_assert(incident_note(redis, PREFIX, 1, "bob", "host is off",
				&is_found));
	report(NULL, 0);
	ck_assert_str_eq(acts(), "taken note note");
	report(NULL, 0);
	ck_assert_str_eq(acts(), "");
	ck_assert_str_eq(read_number(1)->taken_by, "ann");
	ck_assert_uint_eq(detail.note_count, 2);
	ck_assert_str_eq(detail.notes[0].text, "script found");
	ck_assert(incident_close(redis, PREFIX, 1, "ann", &is_found));
	report(NULL, 0);
	ck_assert_str_eq(acts(), "over");
	ck_assert_int_eq(read_number(1)->state, INCIDENT_OVER);
	ck_assert(incident_take(redis, PREFIX, 2, "ann", &is_found));
	ck_assert(!is_found);
	ck_assert_uint_eq(read_number(2)->number, 0);
}
END_TEST

/* what others have written */

static const char *const keys[] = {
	BASE ":next",	   BASE ":open",
	BASE ":ended",	   BASE ":log",
	BASE ":untold",	   BASE ":1",
	BASE ":1:windows", BASE ":1:who",
	BASE ":1:minutes", BASE ":mark:sender:b@x",
	BASE ":recurring",
};

/* A key with something else in it: said, and nothing is changed, however often
 * it is tried. */
START_TEST(a_foreign_key_is_an_error)
{
	struct flood_window windows[2] = { window_of("sender:a@x", 5, NULL),
					   window_of("sender:b@x", 5,
						     "client:10.0.0.1") };
	bool is_index = strchr(keys[_i] + sizeof(BASE), ':') == NULL;
	struct incident_report made;

	report_one("sender:a@x", 5, NULL);
	freeReplyObject(redis_server_command(&server, "DEL %s", keys[_i]));
	freeReplyObject(redis_server_command(&server, "SADD %s x", keys[_i]));
	sequence++;
	made = report_of(windows, 2);
	for (int i = 0; i < 2; i++) {
		report_in_vain(&made);
		ck_assert_ptr_nonnull(
			strstr(redis_client_error(redis), "WRONGTYPE"));
		ck_assert_ptr_nonnull(
			strstr(redis_client_error(redis), keys[_i]));
	}
	if (strncmp(keys[_i], BASE ":1", sizeof(BASE ":1") - 1) != 0)
		ck_assert_int_eq(redis_server_integer(&server, "HLEN " BASE
							       ":1:windows"),
				 1);
	freeReplyObject(redis_server_command(&server, "DEL %s", keys[_i]));
	send_report(&made);
	if (!is_index && strstr(keys[_i], ":mark:") != NULL)
		ck_assert_uint_eq(read_number(1)->stopped, 10);
	for (int i = 0; i < 2; i++)
		flood_window_clear(&windows[i]);
}
END_TEST

/* The last number was lost: no new incident gets one that is in use. */
START_TEST(a_number_is_given_once)
{
	report_one("sender:a@x", 5, NULL);
	report_one("sender:b@x", 5, NULL);
	tell("DEL " BASE ":next");
	report_one("sender:c@x", 5, NULL);
	ck_assert_uint_eq(answer.windows[0], 3);
	ck_assert_uint_eq(read_number(1)->stopped, 5);
	tell("SET " BASE ":next many");
	sequence++;
	report_in_vain(&(struct incident_report){ .milter = "gw1:1:1",
						  .sequence = sequence,
						  .rules = &rules,
						  .now_ms = now_ms });
	ck_assert_ptr_nonnull(strstr(redis_client_error(redis),
				     BASE ":next holds no number"));
}
END_TEST

/* several milters */

#define MILTERS 4
#define ROUNDS	200

static atomic_uint opened;

struct milter {
	int number;
	pthread_barrier_t *round;
};

static void report_in_thread(struct redis_client *client, int milter, int round)
{
	char name[20], subject[40];
	struct incident_answer told;
	struct flood_window window;
	struct incident_report made;

	snprintf(subject, sizeof(subject), "sender:%d@x", round);
	snprintf(name, sizeof(name), "gw%d:1:1", milter);
	window = window_of(subject, 1, NULL);
	made = report_of(&window, 1);
	made.milter = name;
	made.sequence = (uint64_t)round + 1;
	ck_assert(incident_report(client, PREFIX, &made, &told));
	for (size_t i = 0; i < told.act_count; i++)
		opened += strcmp(told.acts[i].act, "opened") == 0;
	incident_answer_clear(&told);
	flood_window_clear(&window);
}

static void *flood(void *context)
{
	const struct milter *milter = context;
	struct redis_client *client = client_new();

	for (int i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(milter->round);
		report_in_thread(client, milter->number, i);
	}
	redis_client_free(&client);
	return NULL;
}

START_TEST(four_milters_open_it_once)
{
	pthread_barrier_t round;
	pthread_t threads[MILTERS];
	struct milter made[MILTERS];

	opened = 0;
	pthread_barrier_init(&round, NULL, MILTERS);
	for (int i = 0; i < MILTERS; i++) {
		made[i] = (struct milter){ i, &round };
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, flood, &made[i]), 0);
	}
	for (int i = 0; i < MILTERS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&round);
	ck_assert_uint_eq(opened, ROUNDS);
	ck_assert_uint_eq(read_number(ROUNDS)->stopped, MILTERS);
	ck_assert_uint_eq(read_number(ROUNDS + 1)->number, 0);
}
END_TEST

/* The same reports in another order are as many incidents. */
START_TEST(in_any_order)
{
	static const struct {
		const char *subject, *source;
	} floods[] = {
		{ "sender:a@x", "client:10.0.0.1" },
		{ "sender:b@x", "client:10.0.0.1" },
		{ "recipient:j@y", "client:10.0.0.1" },
		{ "sender:c@x", "client:10.0.0.2" },
		{ "client:10.0.0.2", "client:10.0.0.2" },
		{ "auth:ann", "auth:ann" },
	};
	const size_t count = sizeof(floods) / sizeof(floods[0]);

	for (size_t step = 1; step < count; step += 4) {
		for (size_t first = 0; first < count; first++) {
			tell("FLUSHALL");
			sequence = 0;
			for (size_t i = 0; i < count; i++) {
				size_t at = (first + i * step) % count;

				report_one(floods[at].subject, 1,
					   floods[at].source);
			}
			ck_assert_uint_eq(read_number(3)->number, 3);
			ck_assert_uint_eq(read_number(4)->number, 0);
		}
	}
}
END_TEST

/* an emptied Redis */

static struct incident_known known_of(uint64_t number, char **marks)
{
	struct incident_known known = { .marks = marks, .mark_count = 1 };

	read_number(number);
	known.incident = detail.incident;
	memset(&detail.incident, 0, sizeof(detail.incident));
	return known;
}

START_TEST(what_redis_has_lost_is_restored)
{
	char *marks[] = { alloc_text("sender:a@x"), alloc_text("sender:b@x") };
	struct incident_known known[2];
	char *first;

	report_one("sender:a@x", 5, NULL);
	report_one("sender:b@x", 7, NULL);
	for (int i = 0; i < 2; i++)
		known[i] = known_of((uint64_t)i + 1, &marks[i]);
	first = alloc_text(known[0].incident.uid);
	tell("FLUSHALL");
	report_one("sender:a@x", 1, NULL);
	ck_assert(answer.is_lost);
	/* somebody else has a number 1 by now */
	sequence = 0;
	now_ms++;
	report_one("sender:z@x", 1, NULL);
	incident_answer_clear(&answer);
	known[0].let_in = 100;
	known[1].incident.let_in = 150; /* 50 of them by another one */
	known[1].let_in = 100;
	ck_assert(
		incident_restore(redis, PREFIX, "gw1:1:1", known, 2, &answer));
	ck_assert_str_eq(acts(), "restored restored");
	ck_assert_uint_eq(answer.windows[0], 2);
	ck_assert_uint_eq(answer.windows[1], 3);
	incident_answer_clear(&answer);
	known[1].let_in = 60;
	ck_assert(
		incident_restore(redis, PREFIX, "gw2:1:1", known, 2, &answer));
	ck_assert_str_eq(acts(), "");
	ck_assert_uint_eq(answer.windows[0], 2);
	ck_assert_str_eq(read_number(2)->uid, first);
	report_one("sender:a@x", 1, NULL);
	ck_assert_uint_eq(answer.windows[0], 2);
	ck_assert_uint_eq(read_number(2)->stopped, 6);
	ck_assert_uint_eq(detail.incident.let_in, 200);
	ck_assert_uint_eq(read_number(3)->let_in, 160);
	for (int i = 0; i < 2; i++) {
		incident_clear(&known[i].incident);
		free(marks[i]);
	}
	free(first);
}
END_TEST

/* One that a milter had opened by itself keeps its uid, and joins one that the
 * site has. */
START_TEST(a_local_one_is_adopted)
{
	const struct incident_local locals[] = {
		{ "gw1-1", "1795000000000-gw1:1-1", STEADY - MINUTE }
	};
	struct flood_window window = window_of("sender:a@x", 5, NULL);
	struct incident_report made;

	window.local = 1;
	sequence++;
	made = report_of(&window, 1);
	made.locals = locals;
	send_report(&made);
	ck_assert_str_eq(acts(), "");
	ck_assert_uint_eq(answer.windows[0], 1);
	ck_assert_str_eq(read_number(1)->uid, locals[0].uid);
	ck_assert_uint_eq(detail.incident.opened_ms, now_ms - MINUTE);
	sequence++;
	made = report_of(&window, 1);
	made.locals = locals;
	send_report(&made);
	ck_assert_uint_eq(read_number(1)->stopped, 10);
	ck_assert_uint_eq(read_number(2)->number, 0);
	flood_window_clear(&window);
}
END_TEST

START_TEST(the_list)
{
	struct incident_list list;
	uint64_t number;
	bool is_found;

	for (int i = 0; i < 3; i++) {
		char subject[] = "sender:0@x";

		subject[7] = (char)('0' + i);
		report_one(subject, 1, NULL);
	}
	ck_assert(incident_close(redis, PREFIX, 2, "ann", &is_found));
	ck_assert(incident_list_read(redis, PREFIX, UINT64_MAX, &list));
	ck_assert_uint_eq(list.count, 2);
	ck_assert_uint_eq(list.incidents[0].number, 3);
	ck_assert_str_eq(list.subjects[0].subjects[0], "sender:2@x");
	incident_list_clear(&list);
	ck_assert(incident_list_read(redis, PREFIX, 0, &list));
	ck_assert_uint_eq(list.count, 3);
	incident_list_clear(&list);
	ck_assert(incident_of_subject(redis, PREFIX, "sender:1@x", &number));
	ck_assert_uint_eq(number, 2);
	ck_assert(incident_of_subject(redis, PREFIX, "sender:9@x", &number));
	ck_assert_uint_eq(number, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("incident");
	TCase *tests = tcase_create("incidents");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tests, 60);
	tcase_add_unchecked_fixture(tests, start_server, stop_server);
	tcase_add_checked_fixture(tests, start, stop);
	tcase_add_test(tests, its_life);
	tcase_add_test(tests, what_was_let_in);
	tcase_add_test(tests, one_that_only_watches);
	tcase_add_test(tests, five_windows_are_serious);
	tcase_add_test(tests, an_hour_without_a_block_is_serious);
	tcase_add_test(tests, a_block_after_the_end);
	tcase_add_test(tests, two_that_turn_out_to_be_one_stay_two);
	tcase_add_test(tests, marks_and_windows_are_bounded);
	tcase_add_test(tests, who_it_was);
	tcase_add_test(tests, a_report_that_is_sent_twice_counts_once);
	tcase_add_test(tests, taken_noted_closed);
	tcase_add_loop_test(tests, a_foreign_key_is_an_error, 0,
			    sizeof(keys) / sizeof(keys[0]));
	tcase_add_test(tests, a_number_is_given_once);
	tcase_add_test(tests, four_milters_open_it_once);
	tcase_add_test(tests, in_any_order);
	tcase_add_test(tests, what_redis_has_lost_is_restored);
	tcase_add_test(tests, a_local_one_is_adopted);
	tcase_add_test(tests, the_list);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
