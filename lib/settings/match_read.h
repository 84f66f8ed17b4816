/* SPDX-License-Identifier: ISC */
#ifndef WEIR_MATCH_READ_H
#define WEIR_MATCH_READ_H

/*
 * Without this a limit would look at every message.
 *
 * Reads what a limit or an exemption looks at: a group of lists and of things
 * that are true or false, each also with not_ before its name.
 */
#include <stdbool.h>

#include <libconfig.h>

struct field_kind;
struct match;
struct reader;

/* A list of the field's kind of entries, as a struct pattern_list *. */
extern const struct field_kind field_patterns;
extern const struct field_kind field_clients; /* into a struct network_list */

/*
 * Reads the names that clients can be given by; a network may use the names
 * above it. False, without an error, when group is no group.
 */
bool match_read_networks(struct reader *reader, const config_setting_t *group);

/* Frees what match_read_networks has put into the reader. */
void match_forget_networks(struct reader *reader);

/* Fills an empty match. False, with an error, when group is no group. */
bool match_read(struct reader *reader, const config_setting_t *group,
		struct match *match);

#endif
