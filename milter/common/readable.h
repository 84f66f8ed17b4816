/* SPDX-License-Identifier: ISC */
#ifndef WEIR_READABLE_H
#define WEIR_READABLE_H

/*
 * Without this root would find a configuration good that the service cannot
 * read.
 *
 * Called by root, tries each file that the settings came from (includes, lists
 * and the password too) as the account of the service: that of the setting
 * user, else the account "weir" if there is one. It is tried by a child that
 * has become this account, so that groups and ACLs count. Others than root
 * know only what they can read themselves: nothing is found then.
 */
struct settings;
struct settings_errors;

/* One line for each file that cannot be read, as settings_read() has them; the
 * caller clears. One thread, since it forks. */
void readable_check(const struct settings *settings,
		    struct settings_errors *errors_r);

#endif
