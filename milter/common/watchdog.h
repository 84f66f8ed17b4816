/* SPDX-License-Identifier: ISC */
#ifndef WEIR_WATCHDOG_H
#define WEIR_WATCHDOG_H

/*
 * Reports to the watchdog of systemd (WatchdogSec=, sd_watchdog_enabled(3))
 * that the program works: while the main thread ticks, and every thread with a
 * pulse beats. Otherwise systemd ends the process and starts it again. Without
 * such a watchdog it does nothing. For the main thread.
 */
#include <stdbool.h>
#include <stdint.h>

/* A thread is stuck after that: longer than Redis, or name servers that do not
 * answer (two questions, each twice to three of them for 5 s), make it wait. */
#define WATCHDOG_STUCK_MS 180000

struct watchdog {
	uint64_t every_ms; /* 0: systemd does not ask */
	uint64_t limit_ms; /* of a pulse */
	uint64_t next_ms;
	bool has_missed, has_complained;
};

/* From the environment, which says after how long systemd gives up. */
void watchdog_init(struct watchdog *watchdog);

/* Once a second, or more often; now_ms of clock_steady_ms(). A thread that is
 * stuck is logged, once. */
void watchdog_tick(struct watchdog *watchdog, uint64_t now_ms);

#endif
