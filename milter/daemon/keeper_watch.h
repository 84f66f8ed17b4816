/* SPDX-License-Identifier: ISC */
#ifndef WEIR_KEEPER_WATCH_H
#define WEIR_KEEPER_WATCH_H

/*
 * Alerts that are configured and that nobody sends: without a sign of
 * weir-keeper each milter logs it, once an hour.
 */
#include <stdbool.h>
#include <stdint.h>

struct redis_client;

struct keeper_watch {
	uint64_t began_ms, logged_ms; /* 0: not yet */
	bool is_missing;
};

/* is_wanted: channels of alerts are configured. now_ms is steady. */
void keeper_watch_look(struct keeper_watch *watch, struct redis_client *redis,
		       const char *prefix, bool is_wanted, uint64_t now_ms);

/* What follows from an answer: pure, but for the log. */
void keeper_watch_take(struct keeper_watch *watch, bool is_there,
		       uint64_t now_ms);

#endif
