/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_ADVICE_H
#define WEIR_REDIS_ADVICE_H

/*
 * Without this a Redis that everybody on the host can command would be called
 * good: who reaches it blocks any sender, and empties any window.
 *
 * Looks at the settings, and at the mode of a unix socket where there is one.
 * Thread-safe.
 */
struct settings_redis;
struct text;

/* Adds what is unwise; nothing where nothing is, or where it cannot be known.
 */
void redis_advice(const struct settings_redis *redis, struct text *text);

#endif
