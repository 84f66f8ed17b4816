/* SPDX-License-Identifier: ISC */

/*
 * Redis is another one when its run_id is. What it then has of the word that
 * was left here last tells how old its data are.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/ledger/beat.h"
#include "lib/ledger/settle.h"
#include "bookkeeper.h"

#define HURRY_MS	  50 /* callers are waiting */
#define COMPLAIN_EVERY_MS 10000

struct bookkeeper {
	struct redis_client *redis;
	char *prefix, *name;
	struct standby *standby;
	struct redis_run run; /* of the Redis that was last seen */
	uint64_t beat_ms;     /* of the last word; 0: none yet */
	unsigned int timeout_ms;
	bool is_blind_told;
	size_t foreign; /* debts that found no window, and were not told yet */
	uint64_t complained_ms;
};

struct bookkeeper *bookkeeper_new(const struct redis_client_options *redis,
				  const char *prefix, const char *name,
				  struct standby *standby)
{
	struct bookkeeper *bookkeeper = alloc_zero(sizeof(*bookkeeper));

	bookkeeper->redis = redis_client_new(redis);
	bookkeeper->timeout_ms = redis->timeout_ms;
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

const struct redis_client *bookkeeper_redis(const struct bookkeeper *bookkeeper)
{
	return bookkeeper->redis;
}

void bookkeeper_renew(struct bookkeeper *bookkeeper)
{
	redis_client_close(bookkeeper->redis);
}

/* has it lost something? */

static void owe_again(struct bookkeeper *bookkeeper, uint64_t since_ms,
		      uint64_t now_ms)
{
	standby_owe_again(bookkeeper->standby, since_ms);
	if (since_ms == 0)
		log_warning("Redis has lost its data: what this process has "
			    "charged is put back");
	else
		log_warning("Redis has lost the last %llu s: what this process "
			    "has charged since is put back",
			    (unsigned long long)(now_ms - since_ms + 999) /
				    1000);
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

/*
 * A word that is older than the last one that Redis has confirmed: all since is
 * lost. None at all, in the same Redis: it was emptied by hand, and so are the
 * books. The last one, in another Redis: what was charged after it may be lost.
 */
static void compare(struct bookkeeper *bookkeeper, const struct beat *beat,
		    uint64_t now_ms)
{
	bool is_another = redis_run_is_another(&bookkeeper->run, &beat->run);

	if (beat->written_ms >= bookkeeper->beat_ms) {
		if (is_another)
			standby_doubt(bookkeeper->standby, bookkeeper->beat_ms);
	} else if (is_another || beat->written_ms != 0) {
		owe_again(bookkeeper, beat->written_ms, now_ms);
		if (beat->written_ms != 0)
			bookkeeper->beat_ms = beat->written_ms;
	} else if (beat->run.id[0] != '\0') {
		log_notice("Redis was emptied: counters begin anew");
		standby_forget_all(bookkeeper->standby);
		bookkeeper->beat_ms = 0; /* until the next word */
	}
}

/* Without INFO nothing shows that Redis was started again. */
static void note_run(struct bookkeeper *bookkeeper, const struct beat *beat)
{
	if (beat->run.id[0] == '\0' && !bookkeeper->is_blind_told)
		log_warning("Redis does not permit INFO to this account: when "
			    "Redis loses its data that will not be noticed, "
			    "and its memory is not watched");
	bookkeeper->is_blind_told = beat->run.id[0] == '\0';
	bookkeeper->run = beat->run;
}

static bool look_for_losses(struct bookkeeper *bookkeeper, uint64_t now_ms)
{
	struct beat beat;

	if (!read_beat(bookkeeper, &beat))
		return false;
	if (bookkeeper->beat_ms != 0)
		compare(bookkeeper, &beat, now_ms);
	note_run(bookkeeper, &beat);
	return true;
}

/* settling */

/* Somebody's data stand where a window should: now and then it is told. */
static void tell_foreign(struct bookkeeper *bookkeeper, size_t count,
			 uint64_t now_ms)
{
	bookkeeper->foreign += count;
	if (bookkeeper->foreign == 0 ||
	    (bookkeeper->complained_ms != 0 &&
	     now_ms - bookkeeper->complained_ms < COMPLAIN_EVERY_MS))
		return;
	log_warning("%zu windows in Redis are no windows: what was charged to "
		    "them is lost",
		    bookkeeper->foreign);
	bookkeeper->foreign = 0;
	bookkeeper->complained_ms = now_ms;
}

static unsigned int patience_of(const struct bookkeeper *bookkeeper,
				bool is_awaited)
{
	return is_awaited && bookkeeper->timeout_ms > HURRY_MS
		       ? HURRY_MS
		       : bookkeeper->timeout_ms;
}

static bool deliver(void *context, const struct standby_delivery *delivery)
{
	struct bookkeeper *bookkeeper = context;
	const struct settle settle = { bookkeeper->redis, bookkeeper->prefix,
				       bookkeeper->name };
	bool is_delivered;
	size_t done;

	redis_client_set_timeout(bookkeeper->redis,
				 patience_of(bookkeeper, delivery->is_awaited));
	is_delivered = settle_deliver(&settle, delivery, &done);
	redis_client_set_timeout(bookkeeper->redis, bookkeeper->timeout_ms);
	if (is_delivered)
		tell_foreign(bookkeeper, delivery->count - done,
			     delivery->now_ms);
	return is_delivered;
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

static bool is_all_known(const struct bookkeeper *bookkeeper)
{
	struct standby_totals totals;

	standby_count(bookkeeper->standby, &totals);
	return totals.owed == 0 && !standby_is_counting(bookkeeper->standby);
}

bool bookkeeper_beat(struct bookkeeper *bookkeeper, uint64_t now_ms)
{
	if (!look_for_losses(bookkeeper, now_ms) || !settle(bookkeeper, now_ms))
		return false;
	if (!is_all_known(bookkeeper))
		return true;
	if (!beat_write(bookkeeper->redis, bookkeeper->prefix, bookkeeper->name,
			now_ms))
		return false;
	bookkeeper->beat_ms = now_ms;
	return true;
}

/* The word at once: a dump that is made just now has the debts in it. */
bool bookkeeper_settle(struct bookkeeper *bookkeeper, uint64_t now_ms)
{
	return is_all_known(bookkeeper) || bookkeeper_beat(bookkeeper, now_ms);
}
