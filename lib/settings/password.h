/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PASSWORD_H
#define WEIR_PASSWORD_H

/*
 * Without this the password of Redis would be in the settings, which
 * everybody may read.
 */

/* Longest password, in bytes. */
#define PASSWORD_MAX 512

/*
 * Where the setting password_file points: "credential:NAME" to what systemd
 * has put into $CREDENTIALS_DIRECTORY, everything else to a file as seen from
 * directory. Freed with free(). NULL when there is no such credential to be
 * had; then *reason_r says why, as that of password_read().
 */
char *password_path(const char *directory, const char *name, char **reason_r);

/*
 * The first line of the file at path. NULL when it cannot be read, when group
 * or others may read it (files below $CREDENTIALS_DIRECTORY are systemd's to
 * guard, it grants access by ACLs that look like group bits), or when there
 * is no password in it; then *reason_r (freed with free()) says what was
 * found and what is allowed, without the password. The result is freed with
 * free().
 */
char *password_read(const char *path, char **reason_r);

#endif
