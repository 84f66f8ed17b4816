/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LIST_READ_H
#define WEIR_LIST_READ_H

/*
 * Without this a list of ten thousand addresses would have to be in the
 * settings themselves.
 *
 * Reads a list of texts: an array, a list, or one text. An entry "file:PATH"
 * stands for the lines of that file, where blank lines and what follows a '#'
 * at the start of a word are skipped.
 */
#include <stdbool.h>
#include <stddef.h>

#include <libconfig.h>

struct reader;
struct text;

/* Entries in one list, those in its files included. */
#define LIST_ENTRIES_MAX 1000000

/* What a list takes. */
struct list_kind {
	/*
	 * Adds one entry, which has no control bytes, to list; else false,
	 * and a hint, if there is one, that says what to write.
	 */
	bool (*add)(struct reader *reader, void *list, const char *entry,
		    struct text *hint);
	const char *allowed; /* in words */
};

/*
 * The kinds of lists that a match is made of. Each brings an entry into the
 * canonical form of what it is compared with, or "Jake+News@Example.COM" would
 * never match a message, whose sender is jake@example.com by then: addresses
 * through the identity rules of the file, HELO names as domains, logins in
 * lower case (ASCII); networks are also known by their names. What can match
 * nothing is refused (see form.h).
 */
extern const struct list_kind entry_network;   /* into a struct network_list */
extern const struct list_kind entry_sender;    /* into a struct pattern_list */
extern const struct list_kind entry_recipient; /* the same */
extern const struct list_kind entry_helo;      /* the same */
extern const struct list_kind entry_login;     /* the same */
extern const struct list_kind entry_listener;  /* the same */

/* Reports each entry that is wrong, with its place. */
void list_read(struct reader *reader, const config_setting_t *setting,
	       const struct list_kind *kind, void *list);

#endif
