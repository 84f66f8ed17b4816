/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TEXT_LIST_H
#define WEIR_TEXT_LIST_H

/*
 * Settings that are a few texts in a list, such as the words of a command: no
 * shell takes these apart, so nothing that is put behind them can become a
 * command of its own. One text may be written without the list.
 *
 * They are read into a char **, NULL behind the last; NULL: the setting is not
 * there. Freed with text_list_free().
 */
#include "field.h"

#define TEXT_LIST_MAX	   64
#define TEXT_LIST_TEXT_MAX 1000 /* bytes of one */

/* Each passes the check of the field; its allowed says what they are. */
extern const struct field_kind field_text_list;

/* The same, for a command: the first is an absolute path. */
extern const struct field_kind field_command;

/* Sets *list, which may be NULL, to NULL. */
void text_list_free(char ***list);

size_t text_list_count(char *const *list);

#endif
