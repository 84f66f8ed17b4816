/* SPDX-License-Identifier: ISC */
#ifndef WEIR_NEGOTIATION_H
#define WEIR_NEGOTIATION_H

/*
 * What a connection with the MTA is to bring: the stages of SMTP, whether each
 * waits for an answer, and the macros. Each that is left out saves a round
 * trip. Thread-safe.
 */
#include <libmilter/mfapi.h>

#include "lib/policy/policy.h"

/* The stages that are not needed, and the answers that are not given (SMFIP_*).
 * is_stream: the MTA comes over TCP. asks_data: DATA is to be seen. */
unsigned long negotiation_steps(const struct policy_needs *needs,
				bool is_stream, bool asks_data);

/* Only the macros that are read; each list replaces the MTA's own. */
void negotiation_ask_for_macros(SMFICTX *context, bool is_stream);

/* At connect: which MTA is it? Later negotiations depend on it. */
void negotiation_note_mta(SMFICTX *context);

#endif
