/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_FAILURE_H
#define WEIR_REDIS_FAILURE_H

/*
 * Why Redis was of no use, in the few words that metrics count by: a reason
 * as Redis writes it would be another series for each key it names.
 */
enum redis_failure {
	REDIS_FAILURE_TIMEOUT, /* no answer in time */
	REDIS_FAILURE_REFUSED, /* no connection, or it was lost */
	REDIS_FAILURE_OOM,
	REDIS_FAILURE_READONLY, /* a replica */
	REDIS_FAILURE_NOSCRIPT, /* the script was gone; it is sent again */
	REDIS_FAILURE_BUSY,	/* with another script, or loading */
	REDIS_FAILURE_AUTH,	/* the login, or what the account may do */
	REDIS_FAILURE_OTHER,
	REDIS_FAILURES
};

/* "timeout", "refused" ... */
const char *redis_failure_name(enum redis_failure failure);

/* Of an error that Redis has answered with. Pure. */
enum redis_failure redis_failure_of(const char *error);

#endif
