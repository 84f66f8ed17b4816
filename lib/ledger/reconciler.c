/* SPDX-License-Identifier: ISC */

/*
 * It is another Redis when its run_id differs. The checkpoint that it has of
 * this process then shows how old its data are.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "checkpoint.h"
#include "deliver.h"
#include "reconciler.h"

#define HURRY_MS	  50 /* callers are waiting */
#define COMPLAIN_EVERY_MS 10000
#define BEFORE_ALL_MS	  1 /* a checkpoint that has nothing of ours before it */

struct reconciler {
	struct redis_client *redis;
	char *prefix, *name;
	struct ledger *ledger;
	struct redis_run_id run; /* of the Redis that was last seen */
	uint64_t checkpoint_ms;	 /* of the last one written; 0: none yet */
	unsigned int timeout_ms;
	bool is_blank; /* BEFORE_ALL_MS is to be written */
	bool is_blind_told;
	size_t foreign; /* unsynced charges that found no window, not logged yet
			 */
	uint64_t complained_ms;
	uint64_t delivered; /* windows, when it last counted */
};

struct reconciler *reconciler_new(const struct redis_client_options *redis,
				  const char *prefix, const char *name,
				  struct ledger *ledger)
{
	struct reconciler *reconciler = alloc_zero(sizeof(*reconciler));

	reconciler->redis = redis_client_new(redis);
	reconciler->timeout_ms = redis->timeout_ms;
	reconciler->prefix = alloc_text(prefix);
	reconciler->name = alloc_text(name);
	reconciler->ledger = ledger;
	return reconciler;
}

void reconciler_set_password(struct reconciler *reconciler,
			     const char *password)
{
	redis_client_set_password(reconciler->redis, password);
}

const struct redis_client *reconciler_redis(const struct reconciler *reconciler)
{
	return reconciler->redis;
}

void reconciler_renew(struct reconciler *reconciler)
{
	redis_client_close(reconciler->redis);
}

/* has it lost something? */

static void owe_again(struct reconciler *reconciler, uint64_t since_ms,
		      uint64_t now_ms)
{
	ledger_owe_again(reconciler->ledger, since_ms);
	if (since_ms <= BEFORE_ALL_MS)
		log_warning("Redis lost its data; restoring the counts made by "
			    "this process");
	else
		log_warning("Redis lost the last %llu s of its data; restoring "
			    "the counts made by this process since then",
			    (unsigned long long)(now_ms - since_ms + 999) /
				    1000);
}

/* The connection may be to a Redis that is gone, so it is tried twice. */
static bool read_checkpoint(struct reconciler *reconciler,
			    struct checkpoint *checkpoint_r)
{
	for (int i = 0; i < 2; i++)
		if (checkpoint_read(reconciler->redis, reconciler->prefix,
				    reconciler->name, checkpoint_r))
			return true;
	return false;
}

/* What Redis has of this process is known from here on: nothing. */
static void begin_again(struct reconciler *reconciler)
{
	reconciler->checkpoint_ms = BEFORE_ALL_MS;
	reconciler->is_blank = true;
}

/* Redis is to say so, too: it may be lost or emptied before all is back, which
 * may take several rounds. */
static bool mark_blank(struct reconciler *reconciler)
{
	if (reconciler->is_blank)
		reconciler->is_blank = !checkpoint_write(
			reconciler->redis, reconciler->prefix, reconciler->name,
			BEFORE_ALL_MS);
	return !reconciler->is_blank;
}

/*
 * A checkpoint that is older than the last one that Redis has confirmed: all
 * since is lost. None at all, in the same Redis: it was emptied by hand, and so
 * is the ledger. The last one, in another Redis: what was charged after it may
 * be lost.
 */
static void compare(struct reconciler *reconciler,
		    const struct checkpoint *checkpoint, uint64_t now_ms)
{
	bool is_another = redis_run_id_is_another(&reconciler->run,
						  &checkpoint->run);

	if (checkpoint->written_ms >= reconciler->checkpoint_ms) {
		if (is_another)
			ledger_doubt(reconciler->ledger,
				     reconciler->checkpoint_ms);
	} else if (is_another || checkpoint->written_ms != 0) {
		owe_again(reconciler, checkpoint->written_ms, now_ms);
		reconciler->checkpoint_ms = checkpoint->written_ms;
		if (checkpoint->written_ms == 0)
			begin_again(reconciler);
	} else if (checkpoint->run.id[0] != '\0' && !reconciler->is_blank) {
		log_notice("Redis was emptied; counters start from zero");
		ledger_forget_all(reconciler->ledger);
		begin_again(reconciler);
	}
}

/* Without INFO nothing shows that Redis was started again. */
static void note_run(struct reconciler *reconciler,
		     const struct checkpoint *checkpoint)
{
	if (checkpoint->run.id[0] == '\0' && !reconciler->is_blind_told)
		log_warning("Redis denies INFO to this account: weir cannot "
			    "detect that Redis lost its data, nor watch its "
			    "memory");
	reconciler->is_blind_told = checkpoint->run.id[0] == '\0';
	reconciler->run = checkpoint->run;
}

static bool look_for_losses(struct reconciler *reconciler, uint64_t now_ms)
{
	struct checkpoint checkpoint;

	if (!read_checkpoint(reconciler, &checkpoint))
		return false;
	if (reconciler->checkpoint_ms != 0)
		compare(reconciler, &checkpoint, now_ms);
	note_run(reconciler, &checkpoint);
	return mark_blank(reconciler);
}

/* delivering */

/* Other data are where a window should be: logged now and then. */
static void log_foreign(struct reconciler *reconciler, size_t count,
			uint64_t now_ms)
{
	reconciler->foreign += count;
	if (reconciler->foreign == 0 ||
	    (reconciler->complained_ms != 0 &&
	     now_ms - reconciler->complained_ms < COMPLAIN_EVERY_MS))
		return;
	log_warning(
		"%zu keys in Redis are not windows; charges to them are lost",
		reconciler->foreign);
	reconciler->foreign = 0;
	reconciler->complained_ms = now_ms;
}

static unsigned int patience_of(const struct reconciler *reconciler,
				bool is_awaited)
{
	return is_awaited && reconciler->timeout_ms > HURRY_MS
		       ? HURRY_MS
		       : reconciler->timeout_ms;
}

static bool deliver(void *context, const struct ledger_delivery *delivery)
{
	struct reconciler *reconciler = context;
	const struct deliver target = { reconciler->redis, reconciler->prefix,
					reconciler->name };
	bool is_delivered;
	size_t done;

	redis_client_set_timeout(reconciler->redis,
				 patience_of(reconciler, delivery->is_awaited));
	is_delivered = deliver_unsynced(&target, delivery, &done);
	redis_client_set_timeout(reconciler->redis, reconciler->timeout_ms);
	if (is_delivered)
		log_foreign(reconciler, delivery->count - done,
			    delivery->now_ms);
	return is_delivered;
}

static bool reconcile(struct reconciler *reconciler, uint64_t now_ms)
{
	struct ledger *ledger = reconciler->ledger;
	bool was_counting = ledger_is_counting(ledger);
	bool is_delivered = ledger_reconcile(ledger, deliver, reconciler,
					     now_ms);
	struct ledger_totals totals;

	if (ledger_is_counting(ledger))
		return is_delivered;
	ledger_count(ledger, &totals);
	if (was_counting && totals.unsynced_delivered != reconciler->delivered)
		log_notice("Redis is back: charges from the outage were added "
			   "to %llu windows",
			   (unsigned long long)(totals.unsynced_delivered -
						reconciler->delivered));
	reconciler->delivered = totals.unsynced_delivered;
	return is_delivered;
}

static bool is_all_known(const struct reconciler *reconciler)
{
	struct ledger_totals totals;

	ledger_count(reconciler->ledger, &totals);
	return totals.owed == 0 && !ledger_is_counting(reconciler->ledger);
}

bool reconciler_checkpoint(struct reconciler *reconciler, uint64_t now_ms)
{
	if (!look_for_losses(reconciler, now_ms) ||
	    !reconcile(reconciler, now_ms))
		return false;
	if (!is_all_known(reconciler))
		return true;
	if (!checkpoint_write(reconciler->redis, reconciler->prefix,
			      reconciler->name, now_ms))
		return false;
	reconciler->checkpoint_ms = now_ms;
	return true;
}

/* The checkpoint at once: a dump made right now has the charges in it. */
bool reconciler_run(struct reconciler *reconciler, uint64_t now_ms)
{
	return is_all_known(reconciler) ||
	       reconciler_checkpoint(reconciler, now_ms);
}
