/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_REFUSAL_H
#define WEIR_REDIS_REFUSAL_H

/*
 * Without this a connection to a Redis that was demoted would be kept for ever:
 * it answers, and refuses.
 *
 * What an error answer says besides that a command was not carried out. Redis
 * before 7 wraps what a command in a script says into "ERR Error running
 * script (call to f_...): @user_script:N: -READONLY ..."; that is read, too.
 * Pure.
 */
#include <stdbool.h>

/*
 * Does this server refuse whatever it is asked, for now or for ever: a replica,
 * one that loads, that cannot save, or that wants a login? Then another
 * connection may lead to another server, or log in with another password; this
 * one is of no use.
 */
bool redis_refusal_is_of_server(const char *error);

/* Is this account not permitted to use the command (NOPERM, or a command that
 * was renamed away)? It will not be the next time either. */
bool redis_refusal_is_of_account(const char *error);

/* Is this its code, wrapped or not? */
bool redis_refusal_has_code(const char *error, const char *code);

/* Is it about the data under one key, and nothing else? */
bool redis_refusal_is_of_key(const char *error);

#endif
