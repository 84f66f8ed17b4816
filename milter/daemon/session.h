/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SESSION_H
#define WEIR_SESSION_H

/*
 * The callbacks of one SMTP session: they collect facts, ask the policy and
 * translate its verdict. The rules are in lib/policy.
 */
struct service;
struct smfiDesc;

/* The callbacks for smfi_register(). */
const struct smfiDesc *session_description(void);

/* The service behind all sessions: set once, before libmilter starts. It must
 * outlive libmilter's threads. */
void session_serve(struct service *service);

#endif
