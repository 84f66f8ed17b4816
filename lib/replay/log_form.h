/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LOG_FORM_H
#define WEIR_LOG_FORM_H

/*
 * What log programs write around a line of syslog, so that the log of a
 * container or of a journal can be replayed as it is: Docker's JSON file and
 * `docker compose logs`, `journalctl -o json`, the priority of RFC 3164 and
 * RFC 5424. One thread.
 */
#include "log_file.h"
#include "slice.h"

struct log_form {
	char text[LOG_LINE_MAX]; /* a line that had to be rewritten */
	char value[LOG_LINE_MAX];
};

/* The line without it: a piece of the line or of form->text, valid until the
 * next call. What is in no such form is given back as it is. */
struct slice log_form_unwrap(struct log_form *form, const struct slice *line);

#endif
