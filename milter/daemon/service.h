/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SERVICE_H
#define WEIR_SERVICE_H

/*
 * What one process of the milter is made of: the settings in force, the stores,
 * the policy and the sinks of events. Made once by main, lives until the
 * process ends. Thread-safe except where it says otherwise.
 */
#include <stdatomic.h>
#include <stdbool.h>

#include "lib/policy/policy.h"
#include "lib/settings/settings.h"
#include "lib/watch/event.h"
#include "housekeeper.h"
#include "endings.h"

struct metrics_sources;
struct service;

/* Takes over one reference of settings; starts the thread of the Redis link.
 * is_stream: the MTA comes over TCP, where small writes wait for each other. */
struct service *service_new(struct settings *settings, bool is_stream);

/* Waits for the first answer of Redis, at most its deadline, reads the orders
 * and starts the housekeeping. False when no thread can be started. */
bool service_start(struct service *service);

/* The settings in force; the caller releases them. */
struct settings *service_settings(struct service *service);

struct policy *service_policy(struct service *service);
struct housekeeper *service_housekeeper(struct service *service);

struct endings *service_endings(struct service *service);
bool service_is_stream(const struct service *service);

/* What /metrics shows; as long as the service lives. */
const struct metrics_sources *
service_metrics_sources(const struct service *service);

/* Would evidence use the headers of a message now? Costs next to nothing. */
bool service_wants_headers(const struct service *service,
			   const struct settings *settings);

/* Does the connection that begins now ask for headers? With "near" only a share
 * of many does, see header_share.h. Costs next to nothing, too. */
bool service_asks_for_headers(struct service *service,
			      const struct settings *settings);

/* Gives the event, with the host filled in, to whatever wants to know of it:
 * never waits. */
void service_report(struct service *service, struct event *event);

/* An answer to the MTA was asked for at this time of clock_steady_ns(), and is
 * given now. */
void service_note_wait(struct service *service, enum event_stage stage,
		       uint64_t begun_ns);

/*
 * Reads the file again. A file with errors changes nothing, and each error
 * is logged; settings that need a restart are named and keep working as they
 * were. Not thread-safe against itself. True when the new ones are in force.
 */
bool service_reload(struct service *service);

/* Once a second, by one thread. */
void service_tick(struct service *service);

/* Messages under way, between MAIL and their end: a stop waits for them. */
void service_begin_message(struct service *service);
void service_end_message(struct service *service);
unsigned int service_messages(const struct service *service);

/* Writes what the log and the housekeeping have not written yet. The service
 * itself is left to the end of the process: libmilter's threads may still be
 * using it.
 */
void service_flush(struct service *service);

#endif
