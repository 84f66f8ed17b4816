/* SPDX-License-Identifier: ISC */

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/pulse.h"
#include "process.h"
#include "watchdog.h"

/* 0 unless the variable is a number. */
static uint64_t number_of(const char *variable)
{
	const char *text = getenv(variable);
	char *end;
	uint64_t number;

	if (text == NULL || text[0] < '0' || text[0] > '9')
		return 0;
	number = strtoull(text, &end, 10);
	return *end == '\0' ? number : 0;
}

/* Twice in the time that systemd waits. A child inherits the variables; they
 * are for the process that they name. */
void watchdog_init(struct watchdog *watchdog)
{
	uint64_t given_up_ms = number_of("WATCHDOG_USEC") / 1000;
	uint64_t pid = number_of("WATCHDOG_PID");

	*watchdog = (struct watchdog){ .limit_ms = WATCHDOG_STUCK_MS };
	if (pid != 0 && pid != (uint64_t)getpid())
		return;
	watchdog->every_ms = given_up_ms / 2;
	if (given_up_ms > watchdog->limit_ms)
		watchdog->limit_ms = given_up_ms;
}

/* A process that was stopped as a whole, a frozen machine for example, finds
 * all pulses old and goes on: only the second look counts. */
static bool all_beat(struct watchdog *watchdog, uint64_t now_ms)
{
	const char *stopped = pulse_stopped(now_ms, watchdog->limit_ms);

	if (stopped != NULL && watchdog->has_missed &&
	    !watchdog->has_complained) {
		watchdog->has_complained = true;
		log_error("%s is stuck, for more than %" PRIu64
			  " s; the watchdog of systemd restarts this process",
			  stopped, watchdog->limit_ms / 1000);
	}
	watchdog->has_missed = stopped != NULL;
	watchdog->has_complained = stopped != NULL && watchdog->has_complained;
	return stopped == NULL;
}

void watchdog_tick(struct watchdog *watchdog, uint64_t now_ms)
{
	if (watchdog->every_ms == 0 || !all_beat(watchdog, now_ms) ||
	    now_ms < watchdog->next_ms)
		return;
	process_notify("WATCHDOG=1");
	watchdog->next_ms = now_ms + watchdog->every_ms;
}
