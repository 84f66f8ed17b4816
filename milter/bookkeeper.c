/* SPDX-License-Identifier: ISC */

/*
 * Redis is another one when its run_id is. What it then has of the word that
 * was left here last tells how old its data are.
 */
#include <stdlib.h>
#include <string.h>

#include "../lib/base/alloc.h"
#include "../lib/base/log.h"
#include "../lib/desk/beat.h"
#include "../lib/desk/settle.h"
#include "bookkeeper.h"

#define PATIENCE_MS 50

/* A word that is younger than this before the last one is the last one: what
 * was charged between the two cannot be told. */
#define BEAT_SLACK_MS 2500

struct bookkeeper {
	struct redis_client *redis;
	char *prefix, *name;
	struct standby *standby;
	struct redis_run run; /* of the Redis that was last seen */
	uint64_t beat_ms;     /* of the last word; 0: none yet */
};

struct bookkeeper *bookkeeper_new(const struct redis_client_options *redis,
				  const char *prefix, const char *name,
				  struct standby *standby)
{
	struct bookkeeper *bookkeeper = alloc_zero(sizeof(*bookkeeper));
	struct redis_client_options options = *redis;

	if (options.timeout_ms > PATIENCE_MS)
		options.timeout_ms = PATIENCE_MS;
	bookkeeper->redis = redis_client_new(&options);
	bookkeeper->prefix = alloc_text(prefix);
	bookkeeper->name = alloc_text(name);
	bookkeeper->standby = standby;
	return bookkeeper;
}

void bookkeeper_set_password(struct bookkeeper *bookkeeper,
			     const char *password)
{
	redis_client_set_password(bookkeeper->redis, password);
}

const char *bookkeeper_error(const struct bookkeeper *bookkeeper)
{
	return redis_client_error(bookkeeper->redis);
}

/* has it lost something? */

static void owe_again(struct bookkeeper *bookkeeper, uint64_t since_ms,
		      uint64_t now_ms)
{
	size_t owed = standby_owe_again(bookkeeper->standby, since_ms, now_ms);

	if (since_ms == 0)
		log_warning("Redis has lost its data: what this process has "
			    "charged to %zu windows is put back",
			    owed);
	else
		log_warning("Redis has lost the last %llu s: what this process "
			    "has charged to %zu windows since is put back",
			    (unsigned long long)(now_ms - since_ms) / 1000,
			    owed);
}

/* The connection may be that to a Redis that is no more: it is tried twice. */
static bool read_beat(struct bookkeeper *bookkeeper, struct beat *beat_r)
{
	for (int i = 0; i < 2; i++)
		if (beat_read(bookkeeper->redis, bookkeeper->prefix,
			      bookkeeper->name, beat_r))
			return true;
	return false;
}

static bool look_for_losses(struct bookkeeper *bookkeeper, uint64_t now_ms)
{
	struct beat beat;

	if (!read_beat(bookkeeper, &beat))
		return false;
	if (redis_run_is_another(&bookkeeper->run, &beat.run) &&
	    bookkeeper->beat_ms != 0 &&
	    beat.written_ms + BEAT_SLACK_MS < bookkeeper->beat_ms)
		owe_again(bookkeeper, beat.written_ms, now_ms);
	bookkeeper->run = beat.run;
	return true;
}

/* settling */

static bool deliver(void *context, uint64_t number,
		    const struct standby_debt *debts, size_t count,
		    uint64_t now_ms)
{
	const struct bookkeeper *bookkeeper = context;
	const struct settle settle = { bookkeeper->redis, bookkeeper->prefix,
				       bookkeeper->name };
	size_t done;

	if (!settle_deliver(&settle, number, debts, count, now_ms, &done))
		return false;
	if (done < count)
		log_warning("%zu windows in Redis are no windows: what was "
			    "charged to them is lost",
			    count - done);
	return true;
}

static bool settle(struct bookkeeper *bookkeeper, uint64_t now_ms)
{
	struct standby *standby = bookkeeper->standby;
	bool was_counting = standby_is_counting(standby);
	struct standby_totals before, after;
	bool is_delivered;

	standby_count(standby, &before);
	is_delivered = standby_settle(standby, deliver, bookkeeper, now_ms);
	standby_count(standby, &after);
	if (was_counting && !standby_is_counting(standby) &&
	    after.debts_settled != before.debts_settled)
		log_notice("what was charged while Redis was away is in its "
			   "windows: %llu of them",
			   (unsigned long long)(after.debts_settled -
						before.debts_settled));
	return is_delivered;
}

bool bookkeeper_settle(struct bookkeeper *bookkeeper, uint64_t now_ms)
{
	struct standby_totals totals;

	standby_count(bookkeeper->standby, &totals);
	if (totals.owed == 0 && !standby_is_counting(bookkeeper->standby))
		return true;
	return look_for_losses(bookkeeper, now_ms) &&
	       settle(bookkeeper, now_ms);
}

bool bookkeeper_beat(struct bookkeeper *bookkeeper, uint64_t now_ms)
{
	struct standby_totals totals;

	if (!look_for_losses(bookkeeper, now_ms) || !settle(bookkeeper, now_ms))
		return false;
	standby_count(bookkeeper->standby, &totals);
	if (totals.owed != 0 || standby_is_counting(bookkeeper->standby))
		return true; /* not all is known yet */
	if (!beat_write(bookkeeper->redis, bookkeeper->prefix, bookkeeper->name,
			now_ms))
		return false;
	bookkeeper->beat_ms = now_ms;
	return true;
}
