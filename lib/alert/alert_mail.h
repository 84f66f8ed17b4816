/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ALERT_MAIL_H
#define WEIR_ALERT_MAIL_H

/*
 * An alert as a mail (RFC 5322): all of one incident are one thread, no machine
 * answers it (RFC 3834), and whatever a stranger wrote, no line of it is a
 * header or the end of the message. Pure, thread-safe.
 */
#include "alert.h"

struct alert_mail {
	const char *from;      /* an address */
	const char *const *to; /* addresses; at least one */
	size_t to_count;
	uint64_t now_ms; /* of Date */
};

/* Lines that end with CR LF, all in ASCII, none longer than 998 bytes. Freed
 * with free(). */
char *alert_mail_make(const struct alert *alert, const struct alert_mail *mail);

#endif
