/* SPDX-License-Identifier: ISC */
#ifndef WEIR_CORE_DUMP_H
#define WEIR_CORE_DUMP_H

/*
 * Keeps the Redis password and the secrets of channels out of core dumps.
 */
struct settings;

/*
 * With one of them in these settings the process leaves no core and no other
 * process of its user may look into it, from now on. Without nothing
 * changes, and core dumps are possible. Call it after the user has changed,
 * which sets this anew.
 */
void core_dump_guard(const struct settings *settings);

#endif
