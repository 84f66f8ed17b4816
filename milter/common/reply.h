/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REPLY_H
#define WEIR_REPLY_H

/*
 * The SMTP reply of a verdict: which limit, how long to wait, whom to ask. Pure
 * text, no MTA needed, thread-safe.
 */
#include "lib/policy/verdict.h"
#include "lib/settings/settings.h"
#include "lib/settings/template.h"

struct reply {
	char code[4];			  /* "451" */
	char status[12];		  /* "4.7.1" (RFC 3463) */
	char text[TEMPLATE_TEXT_MAX + 1]; /* printable ASCII */
};

/* For verdicts that tempfail or reject; settings those it was made with. */
void reply_write(const struct verdict *verdict, const struct settings *settings,
		 struct reply *reply_r);

/*
 * The reason of a quarantine, in one printable line: what queue tools show.
 */
void reply_write_reason(const struct verdict *verdict,
			char reason_r[TEMPLATE_TEXT_MAX + 1]);

#endif
