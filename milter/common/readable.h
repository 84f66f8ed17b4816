/* SPDX-License-Identifier: ISC */
#ifndef WEIR_READABLE_H
#define WEIR_READABLE_H

/*
 * Can the service read the configuration that root checks? Called by root, it
 * tries each file that the settings came from (includes, lists and the password
 * too) as the account of the service: that of the setting user, else the
 * account "weir" if there is one. A child that has become this account tries
 * it, so that groups and ACLs count. For other users than root it finds
 * nothing.
 */
struct settings;
struct settings_errors;

/* One line for each file that cannot be read, as settings_read() has them; the
 * caller clears. One thread, since it forks. */
void readable_check(const struct settings *settings,
		    struct settings_errors *errors_r);

#endif
