/* SPDX-License-Identifier: ISC */
#ifndef WEIR_WRAPPER_H
#define WEIR_WRAPPER_H

/*
 * Without this a sender would have a new quota each day (BATV), behind each
 * forwarder (SRS) and for each of its recipients (VERP).
 *
 * Some mail systems write the envelope sender into a new local part. This
 * finds it again, one wrapping at a time:
 *
 *   prvs=KDDDSSSSSS=local        BATV, draft-levine-smtp-batv-01
 *   prvs=local/KDDDSSSSSS        BATV, its first draft
 *   msprvs1=XXXX=local           BATV of Message Systems (Momentum)
 *   btv1==HHHHHHHHHHH==local     BATV of Barracuda, as in mail and in the code
 *                                of others (simta, rspamd)
 *   SRS0=HHH=TT=domain=local     SRS, libsrs2 and Mail::SRS; also SRS0+ and
 *   SRS1=HHH=via==HHH=TT=d=local SRS0-, the same for SRS1 and within it
 *   list+user=example.org        VERP, Postfix VERP_README
 *   list-user=example.org        the same with the other delimiter there
 *   list-123-user=example.org    the same with ezmlm's message number
 *   list-warn-COOKIE-user=d      ezmlm-warn and -probe, ezmlm-return(1)
 *   bounce+user==a==d==LIST      Sympa, also with ==N or a letter behind it:
 *                                the prefix is one for all lists, so it is LIST
 *   bounces+N-XXXX-user=d        SendGrid: bounces-N, the account
 *   bounce-mc.us1_N.M-user=d     Mailchimp: bounce-mc.us1_N, the account, not
 *                                M, the campaign
 *   owner-list*user**d           LISTSERV of L-Soft
 *
 * What needs no row: Mailman (list-bounces+user=d), mlmmj (list+bounces-1-u=d)
 * and Majordomo (list-owner+u=d) are VERP with '+'; Google's list+bncXXXX, and
 * Microsoft's bounces+SRS=... are tags. Amazon SES has a new address for each
 * message with nothing of its customer in it: to unwrap them would make one
 * sender of all customers, so that is left to limits by domain.
 *
 * Neither hash nor signature is looked at: these are the keys of others.
 * Anything malformed is no wrapping. Pure, thread-safe, linear in time.
 */
#include <stdbool.h>
#include <stddef.h>

struct address_rules;

struct wrapper_text {
	const char *data;
	size_t length;
};

struct wrapper_inner {
	struct wrapper_text local;  /* never empty */
	const char *prefix;	    /* to put before it, static; "": none */
	struct wrapper_text domain; /* empty: that of the wrapping */
};

/*
 * Opens the outermost wrapping of local if it has one that rules open;
 * *inner_r then points into local.
 */
bool wrapper_open(const struct address_rules *rules, struct wrapper_text local,
		  struct wrapper_inner *inner_r);

#endif
