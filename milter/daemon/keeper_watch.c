/* SPDX-License-Identifier: ISC */

#include "keeper_watch.h"

#include "lib/base/log.h"
#include "lib/fleet/keepers.h"

#define LOG_EVERY_MS UINT64_C(3600000)

void keeper_watch_take(struct keeper_watch *watch, bool is_there,
		       uint64_t now_ms)
{
	if (watch->began_ms == 0)
		watch->began_ms = now_ms;
	if (is_there) {
		if (watch->is_missing)
			log_notice("weir-keeper is there again");
		*watch = (struct keeper_watch){ .began_ms = watch->began_ms };
		return;
	}
	/* where all start at once it comes a little later */
	if (now_ms - watch->began_ms < KEEPERS_SILENCE_MS ||
	    (watch->is_missing && now_ms - watch->logged_ms < LOG_EVERY_MS))
		return;
	watch->is_missing = true;
	watch->logged_ms = now_ms;
	log_warning("no sign of weir-keeper for %d s: alerts of floods reach "
		    "nobody until it runs",
		    KEEPERS_SILENCE_MS / 1000);
}

void keeper_watch_look(struct keeper_watch *watch, struct redis_client *redis,
		       const char *prefix, bool is_wanted, uint64_t now_ms)
{
	bool is_there;

	if (is_wanted && keepers_are_there(redis, prefix, &is_there))
		keeper_watch_take(watch, is_there, now_ms);
}
