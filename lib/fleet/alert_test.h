/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ALERT_TEST_H
#define WEIR_ALERT_TEST_H

/*
 * A test of the channels of alerts: goes the way of each alert, through the
 * outbox and a running weir-keeper, so that its account, its secrets and its
 * network are what is tested. PREFIX:{incidents}:log gets the entry, and
 * PREFIX:{incidents}:test:ID, where ID is its id, is the hash that the keeper
 * answers with for ALERT_TEST_MS: "channels", how many it was given to, and for
 * each of them CHANNEL -> {"result","took_ms","tries","detail"}. All return
 * false when Redis did not answer or refused.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redis_client;

#define ALERT_TEST_ID_SIZE 44
#define ALERT_TEST_MS	   120000

/* What came of it on one channel. */
struct alert_test_result {
	char *channel;
	char *result; /* "told", "gave up" ... */
	char *detail; /* "250 2.0.0 Ok", "500 from hooks.example.net" */
	uint64_t took_ms, tries;
};

struct alert_test {
	bool is_taken;			   /* a keeper has it */
	size_t channels;		   /* then: that it was given to */
	struct alert_test_result *results; /* so far, by channel */
	size_t count;
};

/* channel "": all of them. now_ms is Redis's clock. */
bool alert_test_begin(struct redis_client *redis, const char *prefix,
		      const char *channel, uint64_t now_ms,
		      char id_r[ALERT_TEST_ID_SIZE]);

/* The caller clears. */
bool alert_test_read(struct redis_client *redis, const char *prefix,
		     const char *id, struct alert_test *test_r);
void alert_test_clear(struct alert_test *test);

/* The keeper's answer: to how many channels it was given, and what came of it
 * on each. */
bool alert_test_note_channels(struct redis_client *redis, const char *prefix,
			      const char *id, size_t channels);
bool alert_test_note_result(struct redis_client *redis, const char *prefix,
			    const char *id,
			    const struct alert_test_result *result);

/* No keeper has taken it: none is to do so later. */
bool alert_test_withdraw(struct redis_client *redis, const char *prefix,
			 const char *id);

#endif
