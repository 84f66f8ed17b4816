/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SESSION_H
#define WEIR_SESSION_H

/*
 * Without this libmilter would have nobody to talk to.
 *
 * The callbacks of one SMTP session: they collect facts, ask the policy and
 * translate its verdict. No rule stands here.
 */
struct service;
struct smfiDesc;

/* The callbacks for smfi_register(). */
const struct smfiDesc *session_description(void);

/* Whom the sessions serve: to be said once, before libmilter starts. service
 * must outlive its threads. */
void session_serve(struct service *service);

#endif
