/* SPDX-License-Identifier: ISC */

/*
 * The link against a Redis that is absent, dies, freezes, refuses and talks
 * nonsense. The script answers what it is asked for, so that an answer meant
 * for somebody else would be seen.
 *
 * Bounds on time are far from what is usual: they tell a call that waits from
 * one that does not, on a slow machine too.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <check.h>
#include <hiredis/hiredis.h>

#include "lib/base/log.h"
#include "lib/redis/redis_link.h"
#include "t/lib/redis_server.h"

#define THREADS	      64
#define TIMEOUT_MS    1000
#define SLACK_MS      3000  /* that a machine may take for itself */
#define PATIENCE_MS   20000 /* for what must come, but not when */
#define LOG_SIZE      8192
#define FDS_MAX	      256
#define COUNT_OF(a)   (sizeof(a) / sizeof((a)[0]))
#define SOME_PASSWORD "corn flakes 100%s"

/* ARGV: what to answer, a number; KEYS: a counter of the answers. */
static const char script[] =
	"local answers = {\n"
	"	echo = function() return { tonumber(ARGV[2]) } end,\n"
	"	two = function() return { 1, 2 } end,\n"
	"	none = function() return {} end,\n"
	"	integer = function() return 1 end,\n"
	"	text = function() return 'text' end,\n"
	"	texts = function() return { 'text' } end,\n"
	"	nested = function() return { { 1 } } end,\n"
	"	null = function() return false end,\n"
	"	status = function() return redis.status_reply('OK') end,\n"
	"	fault = function() return redis.error_reply('FAULT x') end,\n"
	"	replica = function()\n"
	"		return redis.error_reply('READONLY x')\n"
	"	end,\n"
	"	foreign = function()\n"
	"		return redis.error_reply('WRONGTYPE x')\n"
	"	end,\n"
	"	foreign5 = function()\n"
	"		return redis.error_reply('ERR Error running '\n"
	"			.. 'script (call to f_0): @user_script: 1: '\n"
	"			.. 'WRONGTYPE x')\n"
	"	end,\n"
	"}\n"
	"if KEYS[1] then redis.call('INCR', KEYS[1]) end\n"
	"return answers[ARGV[1]]()\n";

static const char *const simulation[] = { "1", "trial", "echo", "1" };

/* what was logged */

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static char logged[LOG_SIZE];

static void hear(void *context, enum log_gravity gravity, const char *line)
{
	size_t length;

	(void)context;
	(void)gravity;
	pthread_mutex_lock(&log_lock);
	length = strlen(logged);
	snprintf(logged + length, sizeof(logged) - length, "%s\n", line);
	pthread_mutex_unlock(&log_lock);
}

/* How often a text was logged. */
static unsigned int count_logged(const char *text)
{
	unsigned int count = 0;

	pthread_mutex_lock(&log_lock);
	for (const char *at = logged; (at = strstr(at, text)) != NULL; at++)
		count++;
	pthread_mutex_unlock(&log_lock);
	return count;
}

static void assert_logged(const char *text, unsigned int times)
{
	unsigned int count = count_logged(text);

	ck_assert_msg(count == times, "\"%s\" %u times, not %u, in:\n%s", text,
		      count, times, logged);
}

/* time */

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_briefly(void)
{
	struct timespec pause = { .tv_nsec = 5 * 1000 * 1000 };

	nanosleep(&pause, NULL);
}

/* the server, the link and calls */

static struct redis_server server;
static struct redis_link *link_; /* link() is the system's */
static bool is_fd_ours[FDS_MAX]; /* open before the link was */

static void note_fds(void)
{
	for (int fd = 0; fd < FDS_MAX; fd++)
		is_fd_ours[fd] = fcntl(fd, F_GETFD) >= 0;
}

static void assert_fds_as_noted(void)
{
	for (int fd = 0; fd < FDS_MAX; fd++)
		ck_assert_msg((fcntl(fd, F_GETFD) >= 0) == is_fd_ours[fd],
			      "descriptor %d was left open", fd);
}

/* How often this link was about to be down, and still looked open. */
static atomic_uint warned;
static struct redis_link *_Atomic watched; /* link_, for its own thread */

static void go_down(void *context)
{
	struct redis_link *link = atomic_load(&watched);

	(void)context;
	if (link != NULL && redis_link_is_open(link))
		atomic_fetch_add(&warned, 1);
}

static struct redis_link *link_to(const char *address, unsigned int timeout_ms)
{
	struct redis_link_options options = {
		.server = address,
		.timeout_ms = timeout_ms,
		.script = script,
		.script_length = sizeof(script) - 1,
		.simulation = simulation,
		.simulation_count = COUNT_OF(simulation),
		.going_down = go_down,
	};

	struct redis_link *made;

	atomic_store(&watched, NULL);
	made = redis_link_new(&options);
	atomic_store(&watched, made);
	return made;
}

/* Each call that gave up sees its own answer, or that none comes, once. */
static atomic_uint gave_up, seen_late, seen_none, seen_wrong;

/* The server is alive and there is no link yet. */
static void start_server(void)
{
	log_open_sink(hear, NULL);
	redis_server_start(&server, NULL);
	note_fds();
}

static void stop(void)
{
	redis_link_free(&link_);
	ck_assert_ptr_null(link_);
	ck_assert_uint_eq(gave_up, seen_late + seen_none);
	ck_assert_uint_eq(seen_wrong, 0);
	assert_fds_as_noted();
	redis_server_remove(&server);
}

static void start(void)
{
	start_server();
	link_ = link_to(server.address, TIMEOUT_MS);
	ck_assert(redis_link_wait(link_, PATIENCE_MS));
}

struct late {
	struct redis_late late;
	int64_t number;
};

static void see_late(struct redis_late *answered, const int64_t *integers)
{
	struct late *late = (struct late *)(void *)answered;

	if (integers == NULL)
		atomic_fetch_add(&seen_none, 1);
	else if (integers[0] == late->number)
		atomic_fetch_add(&seen_late, 1);
	else
		atomic_fetch_add(&seen_wrong, 1);
	free(late);
}

static struct redis_late *give_up(void *number)
{
	struct late *late = malloc(sizeof(*late));

	if (late == NULL)
		abort();
	*late = (struct late){ { see_late }, *(const int64_t *)number };
	atomic_fetch_add(&gave_up, 1);
	return &late->late;
}

static bool ask_until(uint64_t end_ms, const char *what, int64_t number,
		      int64_t *answer_r)
{
	const char *words[] = { "1", "answers", what, NULL };
	struct redis_command command = { .argument_count = 4,
					 .arguments = words,
					 .count = 1,
					 .abandon = give_up,
					 .context = &number };
	size_t lengths[4];
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	words[3] = text;
	for (size_t i = 0; i < 4; i++)
		lengths[i] = strlen(words[i]);
	command.lengths = lengths;
	return redis_link_run(link_, end_ms, &command, answer_r);
}

static bool ask(const char *what, int64_t number, int64_t *answer_r)
{
	return ask_until(redis_link_end(link_), what, number, answer_r);
}

/* The right answer or none: never another one. */
static bool echo(int64_t number)
{
	int64_t answer = -1;

	if (!ask("echo", number, &answer)) {
		ck_assert_int_eq(answer, -1);
		return false;
	}
	ck_assert_int_eq(answer, number);
	return true;
}

static void wait_until_up(bool is_up)
{
	long long end_ms = now_ms() + PATIENCE_MS;

	while (redis_link_is_up(link_) != is_up && now_ms() < end_ms)
		pause_briefly();
	ck_assert_int_eq(redis_link_is_up(link_), is_up);
}

static void tell(const char *command)
{
	freeReplyObject(redis_server_command(&server, command));
}

static void wait_for_log(const char *text)
{
	long long end_ms = now_ms() + PATIENCE_MS;

	while (count_logged(text) == 0 && now_ms() < end_ms)
		pause_briefly();
	assert_logged(text, 1);
}

/* Redis answers again. */
static void wait_for_echo(void)
{
	long long end_ms = now_ms() + PATIENCE_MS;

	while (!echo(1)) {
		ck_assert_int_lt(now_ms(), end_ms);
		pause_briefly();
	}
}

/* Calls while the link is down do not wait: a hundred of them take less than
 * one that does. */
static void assert_fails_at_once(void)
{
	long long start_ms = now_ms();

	for (int i = 0; i < 100; i++)
		ck_assert(!echo(i));
	ck_assert_int_lt(now_ms() - start_ms, TIMEOUT_MS);
}

/* many threads */

struct caller {
	pthread_t thread;
	int64_t base;
	unsigned int calls; /* 0: until told to stop */
	unsigned int answered, failed;
	int64_t wrong;
	long long longest_ms;
};

static struct caller callers[THREADS];
static atomic_bool is_over;
static atomic_uint calls_made, calls_failed;

static void call_once(struct caller *caller, unsigned int i)
{
	int64_t number = caller->base + i, answer = -1;
	unsigned int failed = caller->failed;
	long long start_ms = now_ms();
	long long took_ms;

	if (!ask("echo", number, &answer))
		caller->failed++;
	else if (answer == number)
		caller->answered++;
	else
		caller->wrong++;
	took_ms = now_ms() - start_ms;
	if (took_ms > caller->longest_ms)
		caller->longest_ms = took_ms;
	atomic_fetch_add(&calls_made, 1);
	if (caller->failed != failed)
		atomic_fetch_add(&calls_failed, 1);
}

static void *caller_main(void *context)
{
	struct caller *caller = context;

	for (unsigned int i = 0;
	     caller->calls == 0 ? !is_over : i < caller->calls; i++) {
		call_once(caller, i);
		/* one that fails at once must not be all that runs */
		if (caller->failed > 0 && !redis_link_is_open(link_))
			pause_briefly();
	}
	return NULL;
}

static void callers_start(unsigned int calls)
{
	is_over = false;
	calls_made = 0;
	calls_failed = 0;
	memset(callers, 0, sizeof(callers));
	for (int i = 0; i < THREADS; i++) {
		callers[i].base = (int64_t)(i + 1) << 32;
		callers[i].calls = calls;
		ck_assert_int_eq(pthread_create(&callers[i].thread, NULL,
						caller_main, &callers[i]),
				 0);
	}
}

/* What all of them saw; fails when one saw the answer of another. */
static struct caller callers_join(void)
{
	struct caller sum = { .calls = 0 };

	is_over = true;
	for (int i = 0; i < THREADS; i++) {
		pthread_join(callers[i].thread, NULL);
		sum.answered += callers[i].answered;
		sum.failed += callers[i].failed;
		sum.wrong += callers[i].wrong;
		if (callers[i].longest_ms > sum.longest_ms)
			sum.longest_ms = callers[i].longest_ms;
	}
	ck_assert_int_eq(sum.wrong, 0);
	return sum;
}

static void wait_for(atomic_uint *counter, unsigned int wanted)
{
	long long end_ms = now_ms() + PATIENCE_MS;

	while (*counter < wanted && now_ms() < end_ms)
		pause_briefly();
	ck_assert_uint_ge(*counter, wanted);
}

static void wait_for_more(atomic_uint *counter, unsigned int more)
{
	wait_for(counter, *counter + more);
}

static void wait_for_calls(unsigned int more)
{
	wait_for_more(&calls_made, more);
}

/* when all is well */

START_TEST(answers)
{
	ck_assert(redis_link_is_up(link_));
	ck_assert(redis_link_is_open(link_));
	ck_assert(echo(0));
	ck_assert(echo(-1));
	ck_assert(echo(INT64_C(1) << 53));
	assert_logged("connected", 1);
	assert_logged("\n", 1);
}
END_TEST

START_TEST(each_call_is_answered_exactly_once)
{
	struct caller sum;

	callers_start(200);
	sum = callers_join();
	ck_assert_uint_eq(sum.answered, THREADS * 200);
	ck_assert_uint_eq(sum.failed, 0);
	ck_assert_int_eq(redis_server_integer(&server, "INCRBY answers 0"),
			 THREADS * 200);
}
END_TEST

START_TEST(callers_share_one_connection)
{
	redisReply *reply;
	const char *line;

	callers_start(50);
	callers_join();
	reply = redis_server_command(&server, "INFO clients");
	line = strstr(reply->str, "connected_clients:");
	ck_assert_ptr_nonnull(line);
	/* the link and the one that asks */
	ck_assert_int_le(atoi(line + strlen("connected_clients:")), 2);
	freeReplyObject(reply);
}
END_TEST

START_TEST(another_database)
{
	struct redis_link_options options = {
		.server = server.address,
		.database = 7,
		.timeout_ms = TIMEOUT_MS,
		.script = script,
		.script_length = sizeof(script) - 1,
		.simulation = simulation,
		.simulation_count = COUNT_OF(simulation),
	};
	redisReply *reply;

	link_ = redis_link_new(&options);
	ck_assert(redis_link_wait(link_, PATIENCE_MS));
	ck_assert(echo(1));
	reply = redis_server_command(&server, "INFO keyspace");
	ck_assert_ptr_nonnull(strstr(reply->str, "db7:"));
	ck_assert_ptr_null(strstr(reply->str, "db0:"));
	freeReplyObject(reply);
}
END_TEST

START_TEST(nothing_is_inherited_by_other_programs)
{
	int seen = 0;

	for (int fd = 0; fd < FDS_MAX; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags < 0 || is_fd_ours[fd])
			continue;
		ck_assert_int_ne(flags & FD_CLOEXEC, 0);
		seen++;
	}
	ck_assert_int_ge(seen, 3); /* the loop, its bell, the connection */
}
END_TEST

/* errors and answers that make no sense */

static const char *const shapes[] = { "two",   "none",	 "integer", "text",
				      "texts", "nested", "null",    "status" };

/* What is not what was asked for may be the answer to something else. */
START_TEST(another_shape_ends_the_connection)
{
	int64_t answer = -1;
	char line[160];

	ck_assert(!ask(shapes[_i], 0, &answer));
	ck_assert_int_eq(answer, -1);
	snprintf(line, sizeof(line),
		 "redis %s: down: an answer of another shape\n",
		 server.address);
	wait_for_log(line);
	wait_until_up(true); /* the probe finds all well */
	ck_assert(echo(2));
	assert_logged(line, 1);
}
END_TEST

START_TEST(three_faults_open_the_breaker)
{
	int64_t answer = -1;
	char line[160];

	ck_assert(!ask("fault", 0, &answer));
	ck_assert(!ask("fault", 0, &answer));
	ck_assert(echo(1)); /* not in a row */
	for (int i = 0; i < 3; i++) {
		ck_assert(redis_link_is_up(link_));
		ck_assert(!ask("fault", 0, &answer));
	}
	ck_assert_int_eq(answer, -1);
	snprintf(line, sizeof(line), "redis %s: down: %s\n", server.address,
		 "FAULT x");
	wait_for_log(line);
	wait_until_up(true); /* the probe finds all well */
	ck_assert(echo(2));
	snprintf(line, sizeof(line), "redis %s: refused a charge: %s\n",
		 server.address, "FAULT x");
	assert_logged(line, 1);
}
END_TEST

static const char *const foreign[] = { "foreign", "foreign5" };

START_TEST(foreign_data_is_no_fault_of_redis)
{
	int64_t answer = -1;

	for (int i = 0; i < 20; i++)
		ck_assert(!ask(foreign[_i], 0, &answer));
	ck_assert(echo(1));
	ck_assert(redis_link_is_up(link_));
	assert_logged("down", 0);
	assert_logged("WRONGTYPE x", 1); /* once in ten seconds */
}
END_TEST

/* What is wrong with one key is logged, whatever else was a moment ago. */
START_TEST(a_fault_hides_no_foreign_data)
{
	int64_t answer = -1;

	ck_assert(!ask("fault", 0, &answer));
	ck_assert(!ask("foreign", 0, &answer));
	ck_assert(echo(1));
	assert_logged("refused a charge: FAULT x", 1);
	assert_logged("refused a charge: WRONGTYPE x", 1);
}
END_TEST

/* Redis is away */

START_TEST(absent_at_the_start)
{
	char line[200];

	redis_server_kill(&server);
	link_ = link_to(server.address, TIMEOUT_MS);
	ck_assert(!redis_link_wait(link_, PATIENCE_MS));
	assert_fails_at_once();
	snprintf(line, sizeof(line), "redis %s: down: Connection refused\n",
		 server.address);
	assert_logged(line, 1);
	redis_server_start_again(&server, NULL);
	wait_until_up(true);
	ck_assert(echo(1));
	assert_logged("back after", 1);
	assert_logged("\n", 2);
}
END_TEST

static const struct {
	const char *address, *reason;
} wrong_addresses[] = {
	{ "unix:/nonexistent/redis.sock", "No such file or directory" },
	{ "127.0.0.1:1", "Connection refused" },
	{ "[::1]:1", "" }, /* there may be no IPv6 here */
	{ "nonsense", "no such address" },
	{ "no-such-host.invalid:6379", "" }, /* in the resolver's words */
};

START_TEST(nothing_at_the_address)
{
	char line[200];

	link_ = link_to(wrong_addresses[_i].address, TIMEOUT_MS);
	ck_assert(!redis_link_wait(link_, PATIENCE_MS));
	ck_assert(!redis_link_is_up(link_));
	assert_fails_at_once();
	snprintf(line, sizeof(line), "redis %s: down: %s",
		 wrong_addresses[_i].address, wrong_addresses[_i].reason);
	assert_logged(line, 1);
}
END_TEST

START_TEST(killed_in_mid_flight)
{
	struct caller sum;
	unsigned int answered;

	callers_start(0);
	wait_for_calls(1000);
	ck_assert_uint_eq(atomic_load(&warned), 0);
	redis_server_kill(&server);
	wait_until_up(false);
	ck_assert_uint_eq(atomic_load(&warned), 1);
	wait_for_calls(1000);
	assert_fails_at_once();
	redis_server_start_again(&server, NULL);
	wait_until_up(true);
	wait_for_calls(1000);
	sum = callers_join();
	answered = sum.answered;
	ck_assert_uint_gt(sum.failed, 0);
	ck_assert_uint_gt(answered, 1000);
	ck_assert_int_lt(sum.longest_ms, TIMEOUT_MS + SLACK_MS);
	assert_logged(": down: ", 1);
	assert_logged("back after", 1);
}
END_TEST

static long long connections_received(void)
{
	redisReply *reply = redis_server_command(&server, "INFO stats");
	const char *name = "total_connections_received:";
	const char *line = strstr(reply->str, name);
	long long count;

	ck_assert_ptr_nonnull(line);
	count = atoll(line + strlen(name));
	freeReplyObject(reply);
	return count;
}

/* A server that refuses all writes may not be the one that its address leads to
 * by now: the first such answer makes a new connection, whatever other
 * questions are still answered. */
START_TEST(a_replica_is_left_at_once)
{
	long long before = connections_received();
	unsigned int number = redis_link_connections(link_);
	int64_t answer;
	struct timespec healthy = { .tv_nsec = 600 * 1000 * 1000 };

	nanosleep(&healthy, NULL);
	ck_assert(echo(1));
	ck_assert(!ask("replica", 2, &answer));
	wait_until_up(true);
	ck_assert(echo(3));
	ck_assert_uint_eq(redis_link_connections(link_), number + 1);
	ck_assert_int_eq(connections_received(), before + 2);
	assert_logged("down", 0);
	assert_logged("refused a charge: READONLY x", 1);
}
END_TEST

/* connect() succeeds on a frozen server, and nothing else does. */
START_TEST(frozen_at_the_start)
{
	long long start_ms = now_ms();

	redis_server_freeze(&server);
	link_ = link_to(server.address, TIMEOUT_MS);
	ck_assert(redis_link_is_open(link_));
	ck_assert(!echo(1));
	ck_assert_int_lt(now_ms() - start_ms, TIMEOUT_MS + SLACK_MS);
	ck_assert(!redis_link_wait(link_, PATIENCE_MS));
	assert_fails_at_once();
	assert_logged("down: it does not answer", 1);
	redis_server_thaw(&server);
	wait_until_up(true);
	ck_assert(echo(2));
}
END_TEST

/* Calls while an answer is overdue, and while the link is down: the first
 * waits, once. Without more calls it is down as well. */
START_TEST(three_unanswered_open_the_breaker)
{
	long long start_ms = now_ms();

	redis_server_freeze(&server);
	ck_assert(!echo(0));
	ck_assert_int_ge(now_ms() - start_ms, TIMEOUT_MS - 1);
	ck_assert_int_lt(now_ms() - start_ms, TIMEOUT_MS + SLACK_MS);
	assert_fails_at_once();
	wait_until_up(false);
	ck_assert_int_ge(now_ms() - start_ms, 3 * TIMEOUT_MS - 1);
	ck_assert(!redis_link_is_open(link_));
	assert_fails_at_once();
	assert_logged("down: it does not answer", 1);
	assert_logged("no answer within 1000 ms", 1);
	redis_server_thaw(&server);
	wait_until_up(true);
	ck_assert(echo(7));
	assert_logged("back after", 1);
	assert_logged("\n", 4);
}
END_TEST

/* A script that takes long, and so many callers that more than three have no
 * answer in time: it is over by itself, and no outage. */
START_TEST(a_short_stall_is_no_outage)
{
	callers_start(0);
	wait_for_calls(1000);
	redis_server_freeze(&server);
	wait_for_more(&calls_failed, 10);
	redis_server_thaw(&server);
	wait_for_calls(1000);
	callers_join();
	ck_assert(redis_link_is_up(link_));
	assert_logged("down", 0);
}
END_TEST

/* Three calls have had no answer in time, and none came for long, but then it
 * came: the link is open, though nobody asked meanwhile. */
START_TEST(late_answers_without_calls_are_no_outage)
{
	redis_server_freeze(&server);
	for (int i = 0; i < 3; i++)
		ck_assert(!echo(i));
	redis_server_thaw(&server);
	for (int i = 0; i < 4 * TIMEOUT_MS / 5; i++)
		pause_briefly();
	ck_assert(redis_link_is_open(link_));
	ck_assert(echo(1));
	assert_logged("down", 0);
}
END_TEST

/* All at once wait, once; then none waits any more. */
START_TEST(frozen_under_load)
{
	struct caller sum;
	long long start_ms;

	callers_start(0);
	wait_for_calls(1000);
	redis_server_freeze(&server);
	start_ms = now_ms();
	wait_until_up(false);
	ck_assert_int_lt(now_ms() - start_ms, TIMEOUT_MS + SLACK_MS);
	assert_fails_at_once();
	wait_for_calls(1000);
	redis_server_thaw(&server);
	wait_until_up(true);
	wait_for_calls(1000);
	sum = callers_join();
	ck_assert_int_lt(sum.longest_ms, TIMEOUT_MS + SLACK_MS);
	ck_assert(echo(1));
	assert_logged("down: it does not answer", 1);
}
END_TEST

/* An answer that comes late is dropped, on the same connection, and the next
 * call gets its own. */
START_TEST(a_late_answer_reaches_nobody)
{
	long long before = connections_received();

	for (int64_t i = 0; i < 3; i++) {
		redis_server_freeze(&server);
		ck_assert(!echo(100 + i));
		redis_server_thaw(&server);
		wait_for_echo();
		for (int64_t k = 0; k < 10; k++)
			ck_assert(echo(10 * i + k));
	}
	ck_assert(redis_link_is_up(link_));
	assert_logged("down", 0);
	/* only the one that asks */
	ck_assert_int_eq(connections_received(), before + 1);
	/* what nobody waited for was carried out all the same, and is known */
	ck_assert_int_ge(redis_server_integer(&server, "INCRBY answers 0"), 36);
	ck_assert_uint_ge(seen_late, 3);
}
END_TEST

/* A Redis that was stopped for so long that it was given up: its answers come
 * on the connection that was left, which ends with them. */
START_TEST(answers_after_an_outage_are_seen)
{
	redis_link_free(&link_);
	link_ = link_to(server.address, 100);
	wait_until_up(true);
	redis_server_freeze(&server);
	ck_assert(!echo(42));
	wait_until_up(false);
	ck_assert_uint_eq(seen_late, 0);
	redis_server_thaw(&server);
	wait_for(&seen_late, 1);
	wait_until_up(true);
	wait_for_echo();
	ck_assert_uint_eq(seen_none, 0);
}
END_TEST

/* Redis is killed, or was not asked: none comes. */
START_TEST(what_was_not_asked_has_no_answer)
{
	int64_t answer;

	redis_server_freeze(&server);
	ck_assert(!echo(1));
	/* not sent: an answer is overdue */
	ck_assert(!ask_until((uint64_t)now_ms() + 50, "echo", 2, &answer));
	ck_assert_uint_eq(gave_up, 2);
	if (_i == 0)
		redis_server_thaw(&server);
	else
		redis_server_kill(&server);
	wait_for(&seen_none, (unsigned int)_i + 1);
	if (_i == 0)
		wait_for(&seen_late, 1);
}
END_TEST

/* The same with many callers, who are late, drop out and come again. The
 * deadline is shorter than what freezes them. */
START_TEST(late_answers_reach_nobody_under_load)
{
	struct caller sum;

	redis_link_free(&link_);
	link_ = link_to(server.address, 40);
	callers_start(0);
	for (int i = 0; i < 10; i++) {
		wait_until_up(true);
		wait_for_calls(200);
		redis_server_freeze(&server);
		wait_for_more(&calls_failed, 1);
		redis_server_thaw(&server);
	}
	sum = callers_join();
	ck_assert_uint_gt(sum.failed, 0);
	ck_assert_uint_gt(sum.answered, 0);
}
END_TEST

/* An answer after the deadline is no sign of life: a Redis that is always too
 * slow must not delay each message for ever. */
START_TEST(always_too_slow_is_down)
{
	redis_link_free(&link_);
	link_ = link_to(server.address, 200);
	wait_until_up(true);
	for (int i = 0; count_logged("down") == 0; i++) {
		ck_assert_int_lt(i, 100);
		redis_server_freeze(&server);
		ck_assert(!echo(i));
		redis_server_thaw(&server);
		/* the late answer is there before this one's */
		redis_server_integer(&server, "INCRBY answers 0");
		pause_briefly();
	}
	wait_for_log("down: it does not answer");
	wait_until_up(true);
	ck_assert(echo(1));
}
END_TEST

/* the connection goes, Redis stays */

/* The link's connection, as Redis calls it; an observer asks. */
static long long link_id(redisContext *observer)
{
	redisReply *own = redisCommand(observer, "CLIENT ID");
	redisReply *list = redisCommand(observer, "CLIENT LIST TYPE normal");
	long long id, found = 0;

	ck_assert(own != NULL && list != NULL);
	for (const char *at = list->str; (at = strstr(at, "id=")) != NULL;
	     at += 3) {
		/* not "laddr=...", not "tot-mem..." */
		if (at != list->str && at[-1] != '\n')
			continue;
		id = atoll(at + 3);
		if (id != own->integer)
			found = id;
	}
	freeReplyObject(own);
	freeReplyObject(list);
	return found;
}

static redisContext *observer_new(void)
{
	redisContext *observer = redisConnectUnix(server.address + 5);

	ck_assert(observer != NULL && observer->err == 0);
	return observer;
}

/* How long a connection must have lived to be renewed without complaint. */
static void live_for_a_while(void)
{
	long long end_ms = now_ms() + 600;

	while (now_ms() < end_ms) {
		ck_assert(echo(end_ms));
		pause_briefly();
	}
}

START_TEST(idle_connections_are_renewed)
{
	redisContext *observer = observer_new();
	long long end_ms = now_ms() + PATIENCE_MS;
	long long before, after;

	before = link_id(observer);
	ck_assert_int_ne(before, 0);
	tell("CONFIG SET timeout 1");
	do {
		pause_briefly();
		after = link_id(observer);
	} while ((after == before || after == 0) && now_ms() < end_ms);
	ck_assert_int_ne(after, before);
	ck_assert_int_ne(after, 0);
	redisFree(observer);
	ck_assert(echo(1));
	assert_logged("down", 0);
	assert_logged("\n", 1);
}
END_TEST

START_TEST(client_kill_is_no_outage)
{
	redisContext *observer = observer_new();
	long long before;

	live_for_a_while();
	before = link_id(observer);
	freeReplyObject(redisCommand(observer, "CLIENT KILL ID %lld", before));
	/* whether or not the link has noticed yet: one call may be lost */
	for (int i = 0; i < 1000 && !echo(1); i++)
		ck_assert_int_lt(i, 2);
	ck_assert(echo(2));
	ck_assert(redis_link_is_up(link_));
	ck_assert_int_ne(link_id(observer), before);
	redisFree(observer);
	assert_logged("down", 0);
}
END_TEST

START_TEST(client_kill_under_load)
{
	redisContext *observer = observer_new();
	struct caller sum;
	long long before;

	callers_start(0);
	live_for_a_while();
	for (int i = 0; i < 5; i++) {
		before = link_id(observer);
		freeReplyObject(
			redisCommand(observer, "CLIENT KILL ID %lld", before));
		wait_for_calls(500);
		wait_until_up(true);
	}
	sum = callers_join();
	redisFree(observer);
	ck_assert_uint_gt(sum.answered, 1000);
	ck_assert_int_lt(sum.longest_ms, TIMEOUT_MS + SLACK_MS);
	ck_assert(echo(1));
}
END_TEST

/* who may come in */

static const struct {
	int since; /* a Redis of this version */
	const char *user, *password, *reason;
} logins[] = {
	{ 5, NULL, "default-secret", NULL },
	{ 5, "", "default-secret", NULL },
	{ 6, "weir", SOME_PASSWORD, NULL },
	{ 5, NULL, NULL, "NOAUTH Authentication required." },
	{ 6, NULL, "wrong", "WRONGPASS " },
	{ 6, "weir", "default-secret", "WRONGPASS " },
	{ 6, "nobody", "wrong", "WRONGPASS " },
	{ 6, "reader", "reader-secret", "NOPERM " },
};

static void set_users(void)
{
	freeReplyObject(redis_server_command(
		&server,
		"ACL SETUSER weir on >%s ~trial ~answers +evalsha "
		"+script|load +incr",
		SOME_PASSWORD));
	tell("ACL SETUSER reader on >reader-secret ~* +get");
	tell("CONFIG SET requirepass default-secret");
}

START_TEST(login)
{
	struct redis_link_options options = {
		.server = server.address,
		.user = logins[_i].user,
		.password = logins[_i].password,
		.timeout_ms = TIMEOUT_MS,
		.script = script,
		.script_length = sizeof(script) - 1,
		.simulation = simulation,
		.simulation_count = COUNT_OF(simulation),
	};
	bool is_allowed = logins[_i].reason == NULL;
	char line[200];

	if (!redis_server_has(&server, logins[_i].since, "accounts"))
		return;
	set_users();
	link_ = redis_link_new(&options);
	ck_assert_int_eq(redis_link_wait(link_, PATIENCE_MS), is_allowed);
	ck_assert_int_eq(echo(1), is_allowed);
	snprintf(line, sizeof(line), "redis %s: %s%s", server.address,
		 is_allowed ? "connected" : "down: ",
		 is_allowed ? "" : logins[_i].reason);
	assert_logged(line, 1);
	assert_logged("secret", 0);
}
END_TEST

/* From a wrong one to the right one, and an outage says why it goes on. */
START_TEST(another_password)
{
	struct redis_link_options options = {
		.server = server.address,
		.password = "wrong",
		.timeout_ms = TIMEOUT_MS,
		.script = script,
		.script_length = sizeof(script) - 1,
		.simulation = simulation,
		.simulation_count = COUNT_OF(simulation),
	};

	if (!redis_server_has(&server, 6, "accounts"))
		return;
	set_users();
	link_ = redis_link_new(&options);
	ck_assert(!redis_link_wait(link_, PATIENCE_MS));
	redis_link_set_password(link_, NULL);
	wait_for_log("not back yet: NOAUTH");
	redis_link_set_password(link_, "default-secret");
	wait_until_up(true);
	ck_assert(echo(1));
	assert_logged("down: WRONGPASS", 1);
	assert_logged("not back yet: NOAUTH", 1);
	assert_logged("back after", 1);
	assert_logged("secret", 0);
}
END_TEST

/* Without SCRIPT the script comes with EVAL, also when Redis forgets it. */
START_TEST(an_account_without_script)
{
	struct redis_link_options options = {
		.server = server.address,
		.user = "bare",
		.password = "pw",
		.timeout_ms = TIMEOUT_MS,
		.script = script,
		.script_length = sizeof(script) - 1,
		.simulation = simulation,
		.simulation_count = COUNT_OF(simulation),
	};

	if (!redis_server_has(&server, 6, "accounts"))
		return;
	tell("ACL SETUSER bare on >pw ~* +@all -script -info");
	link_ = redis_link_new(&options);
	ck_assert(redis_link_wait(link_, PATIENCE_MS));
	ck_assert(echo(1));
	tell("SCRIPT FLUSH");
	ck_assert(echo(2));
	assert_logged("down", 0);
	assert_logged("the script goes with EVAL: NOPERM", 1);
}
END_TEST

/* Redis says so unasked, and hangs up. The probes leave nothing behind. */
START_TEST(no_room_for_another_client)
{
	redisContext *observer = observer_new();

	freeReplyObject(redisCommand(observer, "CONFIG SET maxclients 1"));
	link_ = link_to(server.address, TIMEOUT_MS);
	ck_assert(!redis_link_wait(link_, PATIENCE_MS));
	assert_fails_at_once();
	assert_logged("down: ERR max number of clients reached", 1);
	freeReplyObject(redisCommand(observer, "CONFIG SET maxclients 100"));
	wait_until_up(true);
	ck_assert(echo(1));
	redisFree(observer);
}
END_TEST

/* the end */

START_TEST(freed_at_once)
{
	for (int i = 0; i < 50; i++) {
		link_ = link_to(server.address, TIMEOUT_MS);
		redis_link_free(&link_);
	}
	redis_link_free(&link_); /* none is fine */
}
END_TEST

START_TEST(freed_while_down)
{
	for (int i = 0; i < 20; i++) {
		link_ = link_to("unix:/nonexistent", TIMEOUT_MS);
		ck_assert(!redis_link_wait(link_, PATIENCE_MS));
		redis_link_free(&link_);
	}
}
END_TEST

/* The callers have gone, their requests have not. */
START_TEST(freed_with_unanswered_requests)
{
	redis_link_free(&link_);
	link_ = link_to(server.address, 50);
	wait_until_up(true);
	redis_server_freeze(&server);
	ck_assert(!echo(1));
	ck_assert(!echo(2));
	redis_link_free(&link_);
	redis_server_thaw(&server);
}
END_TEST

START_TEST(freed_right_after_load)
{
	callers_start(0);
	wait_for_calls(1000);
	callers_join();
	redis_link_free(&link_);
}
END_TEST

static TCase *case_new(Suite *suite, const char *name, SFun start_it)
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 180);
	tcase_add_checked_fixture(tcase, start_it, stop);
	suite_add_tcase(suite, tcase);
	return tcase;
}

static void add_connected(Suite *suite)
{
	TCase *tcase = case_new(suite, "connected", start);

	tcase_add_test(tcase, answers);
	tcase_add_test(tcase, each_call_is_answered_exactly_once);
	tcase_add_test(tcase, callers_share_one_connection);
	tcase_add_test(tcase, nothing_is_inherited_by_other_programs);
	tcase_add_loop_test(tcase, another_shape_ends_the_connection, 0,
			    COUNT_OF(shapes));
	tcase_add_test(tcase, three_faults_open_the_breaker);
	tcase_add_loop_test(tcase, foreign_data_is_no_fault_of_redis, 0,
			    COUNT_OF(foreign));
	tcase_add_test(tcase, a_fault_hides_no_foreign_data);
	tcase_add_test(tcase, killed_in_mid_flight);
	tcase_add_test(tcase, three_unanswered_open_the_breaker);
	tcase_add_test(tcase, a_short_stall_is_no_outage);
	tcase_add_test(tcase, late_answers_without_calls_are_no_outage);
	tcase_add_test(tcase, frozen_under_load);
	tcase_add_test(tcase, a_late_answer_reaches_nobody);
	tcase_add_test(tcase, answers_after_an_outage_are_seen);
	tcase_add_loop_test(tcase, what_was_not_asked_has_no_answer, 0, 2);
	tcase_add_test(tcase, late_answers_reach_nobody_under_load);
	tcase_add_test(tcase, always_too_slow_is_down);
	tcase_add_test(tcase, a_replica_is_left_at_once);
	tcase_add_test(tcase, idle_connections_are_renewed);
	tcase_add_test(tcase, client_kill_is_no_outage);
	tcase_add_test(tcase, client_kill_under_load);
	tcase_add_test(tcase, freed_with_unanswered_requests);
	tcase_add_test(tcase, freed_right_after_load);
}

static void add_not_connected(Suite *suite)
{
	TCase *tcase = case_new(suite, "not connected", start_server);

	tcase_add_test(tcase, another_database);
	tcase_add_test(tcase, absent_at_the_start);
	tcase_add_loop_test(tcase, nothing_at_the_address, 0,
			    COUNT_OF(wrong_addresses));
	tcase_add_test(tcase, frozen_at_the_start);
	tcase_add_loop_test(tcase, login, 0, COUNT_OF(logins));
	tcase_add_test(tcase, another_password);
	tcase_add_test(tcase, an_account_without_script);
	tcase_add_test(tcase, no_room_for_another_client);
	tcase_add_test(tcase, freed_at_once);
	tcase_add_test(tcase, freed_while_down);
}

int main(void)
{
	Suite *suite = suite_create("redis_link");

	add_connected(suite);
	add_not_connected(suite);
	return check_run_apart(suite);
}
