/* SPDX-License-Identifier: ISC */
#ifndef WEIR_HOUSEKEEPER_H
#define WEIR_HOUSEKEEPER_H

/*
 * The housekeeping of a milter, in one thread with a connection of its own, so
 * that no callback waits for Redis. Four times a second it reads new orders,
 * writes quarantine records and watched verdicts and reports to incidents; once
 * a second it writes which windows are near a limit, how many verdicts there
 * were, and that this milter is alive. While Redis is away incidents are this
 * milter's own, all else waits, and the orders known so far stay in force; when
 * Redis is back, the charges of the outage are delivered first.
 */
#include <stdbool.h>

struct housekeeper;
struct service;

/* Does not start the thread yet. Never NULL. The parts of the service are
 * there, and outlive it. */
struct housekeeper *housekeeper_new(struct service *service);

/* False when there is no thread to be had. */
bool housekeeper_start(struct housekeeper *housekeeper);

/* Writes what is left, leaves the list of milters and ends the thread, in half
 * a second at most. What the thread owns is left to the end of the process. */
void housekeeper_stop(struct housekeeper *housekeeper);

#endif
