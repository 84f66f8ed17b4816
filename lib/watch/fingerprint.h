/* SPDX-License-Identifier: ISC */
#ifndef WEIR_FINGERPRINT_H
#define WEIR_FINGERPRINT_H

/*
 * Two messages of one script share what does not change from one to the next:
 * the words of the subject without its numbers, the order of the headers, the
 * name of the script. So a flood under ten names is still one flood, and a
 * handler can read why: "448 of 452 have the subject newsletter #". Version 1;
 * a change of the rules changes every fingerprint. Pure, thread-safe.
 */
#include <stddef.h>

#define FINGERPRINT_FOLD_MAX 200
#define FINGERPRINT_SIZE     17 /* 16 hex digits and NUL */

/*
 * A subject without what differs from one message of a script to the next.
 * Encoded words (RFC 2047) of UTF-8, ISO-8859-1 and US-ASCII are decoded,
 * others stay; ASCII letters become lower case; "re:", "fwd:", "fw:", "aw:" and
 * "wg:" in front go; a run of digits becomes "#", a run of at least eight hex
 * digits (with "-" between them too, such as a UUID), if it has a letter and a
 * digit, "%"; white space and control bytes become one space. Bytes that are
 * not UTF-8 become "?". At most FINGERPRINT_FOLD_MAX bytes, cut between
 * characters. Returns folded_r.
 */
const char *fingerprint_fold(const char *subject, size_t length,
			     char folded_r[FINGERPRINT_FOLD_MAX + 1]);

/*
 * The first 8 bytes of SHA-256("weir1" NUL fold NUL shape NUL script) in lower
 * case hex. fold: of fingerprint_fold(); shape: the names of the headers, see
 * headers.h; script: X-PHP-Originating-Script, or "". Returns text_r.
 */
const char *fingerprint_of(const char *fold, const char *shape,
			   const char *script, char text_r[FINGERPRINT_SIZE]);

#endif
