/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SUBJECT_DOUBT_H
#define WEIR_SUBJECT_DOUBT_H

/*
 * What is a subject by its form, but most likely not the one that was meant:
 * without this a block of "sender:kim@example.com,lee@example.com" would block
 * neither of the two. Pure, thread-safe.
 */
#include "subject_parse.h"

/*
 * Is the text two addresses with a bare ',' or ';' or blank between them?
 * NULL, or a static text that says what is allowed.
 */
const char *subject_fault(const char *text);

/*
 * The subject is possible, and so accepted, but it matches no more than its
 * own letters: "sender:*@example.com". NULL, or a static note.
 */
const char *subject_note(const struct subject *subject);

#endif
