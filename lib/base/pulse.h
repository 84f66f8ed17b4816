/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PULSE_H
#define WEIR_PULSE_H

/*
 * Without this a watchdog would see only that the main thread turns. A thread
 * that must never stop begins a pulse and beats it in each of its rounds, and
 * in whatever it waits for; another thread asks which one has stopped.
 * Thread-safe.
 */
#include <stdint.h>

#define PULSES_MAX 8 /* threads with a pulse in one process; more have none */

/* The calling thread has a pulse from now on, until it ends it. name must
 * outlive that; it is for the log: "the housekeeper". */
void pulse_begin(const char *name);
void pulse_end(void);

/* The calling thread turns. Nothing, if it has no pulse. */
void pulse_beat(void);

/* The name of a thread that had not beaten for more than limit_ms at now_ms of
 * clock_steady_ms(); NULL: all beat. */
const char *pulse_stopped(uint64_t now_ms, uint64_t limit_ms);

#endif
