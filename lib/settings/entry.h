/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ENTRY_H
#define WEIR_ENTRY_H

/*
 * Without this an entry "Jake+News@Example.COM" would never match a message,
 * whose sender is jake@example.com by then.
 *
 * The kinds of lists that a match is made of. Each brings an entry into the
 * canonical form of what it is compared with: addresses through the identity
 * rules of the file, HELO names as domains, logins in lower case (ASCII);
 * networks are also known by their names. What can match nothing is refused
 * (see form.h).
 */
struct list_kind;

extern const struct list_kind entry_network;   /* into a struct network_list */
extern const struct list_kind entry_sender;    /* into a struct pattern_list */
extern const struct list_kind entry_recipient; /* the same */
extern const struct list_kind entry_helo;      /* the same */
extern const struct list_kind entry_login;     /* the same */
extern const struct list_kind entry_listener;  /* the same */

#endif
