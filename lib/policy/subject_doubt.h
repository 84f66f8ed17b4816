/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SUBJECT_DOUBT_H
#define WEIR_SUBJECT_DOUBT_H

/*
 * Without this "sender:kim@example.com,lee@example.com" would be blocked, and
 * neither of the two.
 *
 * What people type that is a subject by its form, and most likely not the one
 * that they mean. Pure, thread-safe.
 */
#include "subject_parse.h"

/*
 * text, that was typed, is two addresses with a bare ',' or ';' or blank
 * between them. NULL, or a static text that says what is allowed.
 */
const char *subject_fault(const char *text);

/*
 * The subject is possible, so it is taken, but it matches no more than its
 * own letters: "sender:*@example.com". NULL, or a static note.
 */
const char *subject_note(const struct subject *subject);

#endif
