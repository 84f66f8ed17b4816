/* SPDX-License-Identifier: ISC */

/* Where callers ask and wait, and where a link is made and unmade. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <nettle/sha1.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/base/clock.h"
#include "lib/base/thread.h"
#include "redis_link.h"
#include "redis_link_greeting.h"
#include "redis_link_traffic.h"

#define CLOCK_EVERY_MS 10000 /* two clocks drift apart */
#define POSTED_MAX     10000

/* the callers' side */

static void link_wake(struct redis_link *link)
{
	uint64_t one = 1;

	/* fails only when the counter is full, and then it is awake anyway */
	if (write(link->wake_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		log_error("redis %s: cannot wake the link: %s",
			  link->login.server, strerror(errno));
}

/* Callers need not wait for the loop to see that nothing answers. */
bool redis_link_is_open(const struct redis_link *link)
{
	return link->phase != PHASE_DOWN && !link_is_stalled(link);
}

/* False when the link is down: then the request is still the caller's. */
static bool link_enqueue(struct redis_link *link, struct request *request)
{
	bool is_asleep = false, is_open;

	pthread_mutex_lock(&link->lock);
	is_open = !link->is_stopping && redis_link_is_open(link);
	if (is_open) {
		request_queue_add(&link->queue, request);
		is_asleep = !link->is_woken;
		link->is_woken = true;
	}
	pthread_mutex_unlock(&link->lock);
	if (is_asleep)
		link_wake(link);
	return is_open;
}

/* A caller went away unanswered: log that, not too often, and let the loop see
 * whether that has lasted. */
static void link_count_unanswered(struct redis_link *link)
{
	unsigned long long now_ms = clock_steady_ms();

	link_count_failure(link, REDIS_FAILURE_TIMEOUT);
	if (atomic_fetch_add(&link->unanswered, 1) == 0)
		atomic_store(&link->stalled_ms, now_ms - link->timeout_ms);
	link_wake(link);
	if (link_may_complain(link, COMPLAINT_SILENCE))
		log_warning("redis %s: no answer within %u ms",
			    link->login.server, link->timeout_ms);
}

/* Nobody waits any more, unless the answer comes in this moment. */
static enum request_state give_up(struct request *request,
				  const struct redis_command *command)
{
	struct redis_late *late = command->abandon == NULL
					  ? NULL
					  : command->abandon(command->context);
	enum request_state state = request_abandon(request, late);

	if (state != REQUEST_ABANDONED && late != NULL)
		late->answered(late, NULL);
	return state;
}

bool redis_link_run(struct redis_link *link, uint64_t end_ms,
		    const struct redis_command *command, int64_t *integers_r)
{
	enum request_state state = REQUEST_FAILED;
	struct request *request;
	uint64_t begun_ns;

	if (!redis_link_is_open(link))
		return false;
	begun_ns = clock_steady_ns();
	if (begun_ns / 1000000 >= end_ms) {
		link_count_unanswered(link);
		return false;
	}
	request = request_new(link, command->count, end_ms);
	if (request_format(request, link->sha1, command->argument_count,
			   command->arguments, command->lengths) &&
	    link_enqueue(link, request))
		state = request_wait(request, end_ms);
	if (state == REQUEST_WAITING)
		state = give_up(request, command);
	if (state != REQUEST_FAILED)
		wait_histogram_note(&link->waits, clock_steady_ns() - begun_ns);
	if (state == REQUEST_ABANDONED) {
		link_count_unanswered(link); /* the loop frees the request */
		return false;
	}
	if (state == REQUEST_ANSWERED)
		memcpy(integers_r, request->integers,
		       command->count * sizeof(*integers_r));
	request_free(request);
	return state == REQUEST_ANSWERED;
}

void redis_link_count(const struct redis_link *link,
		      struct redis_link_counts *counts_r)
{
	uint64_t since_ms = atomic_load(&link->down_since_ms);

	wait_histogram_read(&link->waits, &counts_r->requests);
	for (int i = 0; i < REDIS_FAILURES; i++)
		counts_r->failures[i] = atomic_load(&link->failures[i]);
	counts_r->down_ms = since_ms == 0 ? 0 : clock_steady_ms() - since_ms;
}

void redis_link_post(struct redis_link *link,
		     const struct redis_command *command, unsigned int run)
{
	struct request *request = request_new(link, command->count, 0);
	bool is_added;

	request_post(request, run);
	is_added = request_format(request, link->sha1, command->argument_count,
				  command->arguments, command->lengths);
	pthread_mutex_lock(&link->lock);
	is_added = is_added && link->posted < POSTED_MAX;
	if (is_added) {
		request_queue_add(&link->queue, request);
		link->posted++;
	}
	pthread_mutex_unlock(&link->lock);
	if (is_added) {
		link_wake(link);
		return;
	}
	request_free(request);
	log_warning(
		"redis %s: %d charges wait to be taken back; one more stays",
		link->login.server, POSTED_MAX);
}

unsigned int redis_link_runs(const struct redis_link *link)
{
	return atomic_load(&link->runs);
}

void redis_link_set_password(struct redis_link *link, const char *password)
{
	pthread_mutex_lock(&link->lock);
	redis_login_set_password(&link->login, password);
	pthread_mutex_unlock(&link->lock);
}

bool redis_link_is_up(const struct redis_link *link)
{
	return link->phase == PHASE_UP;
}

unsigned int redis_link_connections(const struct redis_link *link)
{
	return atomic_load(&link->connections);
}

uint64_t redis_link_end(const struct redis_link *link)
{
	uint64_t now_ms = clock_steady_ms();
	uint64_t overdue_ms = atomic_load(&link->overdue_ms);

	/* answers come in order: none comes before the one that is overdue */
	return overdue_ms != 0 && overdue_ms <= now_ms
		       ? now_ms
		       : now_ms + link->timeout_ms;
}

uint64_t redis_link_deadline(const struct redis_link *link, uint64_t end_ms,
			     long long *before_ms_r)
{
	uint64_t now_ms = clock_steady_ms();
	uint64_t left_ms = end_ms > now_ms ? end_ms - now_ms : 0;

	*before_ms_r = redis_clock_before(&link->redis_clock);
	/* the other half is for the answer's way back */
	return redis_clock_at(&link->redis_clock, now_ms + (left_ms + 1) / 2);
}

bool redis_link_set_clock(struct redis_link *link, int64_t redis_ms,
			  long long before_ms)
{
	/* somebody else may have seen it first */
	return redis_clock_correct(&link->redis_clock, clock_steady_ms(),
				   redis_ms, link->timeout_ms / 2) ||
	       redis_clock_before(&link->redis_clock) != before_ms;
}

bool redis_link_wait(struct redis_link *link, unsigned int wait_ms)
{
	uint64_t until_ms = clock_steady_ms() + wait_ms;

	pthread_mutex_lock(&link->lock);
	while (link->phase == PHASE_CONNECTING &&
	       thread_wait(&link->settled, &link->lock, until_ms))
		;
	pthread_mutex_unlock(&link->lock);
	return redis_link_is_up(link);
}

/* making and unmaking */

static void sha1_hex(const char *data, size_t length, char hex[41])
{
	struct sha1_ctx context;
	unsigned char digest[SHA1_DIGEST_SIZE];

	sha1_init(&context);
	sha1_update(&context, length, (const unsigned char *)data);
	sha1_digest(&context, sizeof(digest), digest);
	for (unsigned int i = 0; i < sizeof(digest); i++)
		snprintf(hex + (size_t)2 * i, 3, "%02x", digest[i]);
}

static void link_copy_options(struct redis_link *link,
			      const struct redis_link_options *options)
{
	redis_login_init(&link->login, options->server, options->user,
			 options->password, options->database);
	link->timeout_ms = options->timeout_ms;
	link->script = alloc_copy(options->script, options->script_length);
	link->script_length = options->script_length;
	sha1_hex(link->script, link->script_length, link->sha1);
	link->going_down = options->going_down;
	link->context = options->context;
	link->simulation_count = options->simulation_count + 2;
	link->simulation = alloc_array(link->simulation_count,
				       sizeof(*link->simulation));
	link->simulation[0] = alloc_text("EVALSHA");
	link->simulation[1] = alloc_text(link->sha1);
	for (size_t i = 0; i < options->simulation_count; i++)
		link->simulation[i + 2] = alloc_text(options->simulation[i]);
}

static void link_make_events(struct redis_link *link)
{
	const struct timeval clock = { .tv_sec = CLOCK_EVERY_MS / 1000 };

	link->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	link->base = event_base_new();
	if (link->wake_fd < 0 || link->base == NULL)
		alloc_fail();
	link->wake = event_new(link->base, link->wake_fd, EV_READ | EV_PERSIST,
			       link_on_wake, link);
	link->timer = event_new(link->base, -1, 0, link_on_timer, link);
	link->clock = event_new(link->base, -1, EV_PERSIST, link_on_clock,
				link);
	if (link->wake == NULL || link->timer == NULL || link->clock == NULL ||
	    event_add(link->wake, NULL) != 0 ||
	    event_add(link->clock, &clock) != 0)
		alloc_fail();
}

struct redis_link *redis_link_new(const struct redis_link_options *options)
{
	struct redis_link *link = alloc_zero(sizeof(*link));

	link_copy_options(link, options);
	link->seed = (unsigned int)(clock_steady_ms() ^ (uint64_t)getpid());
	pthread_mutex_init(&link->lock, NULL);
	thread_condition_init(&link->settled);
	request_queue_init(&link->queue);
	request_queue_init(&link->held);
	request_queue_init(&link->flight);
	link_make_events(link);
	link_begin(link);
	if (!thread_start(&link->thread, link_main, link))
		alloc_fail();
	return link;
}

void redis_link_free(struct redis_link **link_r)
{
	struct redis_link *link = *link_r;

	if (link == NULL)
		return;
	pthread_mutex_lock(&link->lock);
	link->is_stopping = true;
	pthread_mutex_unlock(&link->lock);
	link_wake(link);
	pthread_join(link->thread, NULL);
	event_free(link->wake);
	event_free(link->timer);
	event_free(link->clock);
	event_base_free(link->base);
	close(link->wake_fd);
	pthread_cond_destroy(&link->settled);
	pthread_mutex_destroy(&link->lock);
	alloc_free_texts(link->simulation, link->simulation_count);
	redis_login_clear(&link->login);
	free(link->script);
	free(link);
	*link_r = NULL;
}
