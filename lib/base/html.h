/* SPDX-License-Identifier: ISC */
#ifndef WEIR_HTML_H
#define WEIR_HTML_H

#include <stdio.h>

/* Writes text so that it stays text, between tags and in a quoted value. Errors
 * are those of out. */
void html_put(const char *text, FILE *out);

#endif
