/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PROCESS_H
#define WEIR_PROCESS_H

/*
 * Without this weir would run as root, in a terminal, with 1,024 files.
 *
 * What a daemon owes the system that it runs on. Called once each, by main,
 * before any thread is started. Reasons for failure are logged.
 */
#include <stdbool.h>

/* Raises the soft limit of open files to the hard one; says so when that is
 * few. Every session of the MTA takes one. */
void process_raise_file_limit(void);

/*
 * Goes into the background. The caller's process waits until
 * process_report_ready() or the end of the child, and exits with 0 or with
 * the child's code; only the child returns. False when there can be none.
 * The child keeps the standard descriptors until then, and of all others only
 * kept_fd (-1: none).
 */
bool process_detach(int kept_fd);

/*
 * Tells the parent of process_detach(), if there is one, and systemd, if it
 * listens (sd_notify(3)), that mail can come.
 */
void process_report_ready(void);

/* Tells systemd of "RELOADING=1", "STOPPING=1" ... (sd_notify(3)). */
void process_notify(const char *state);

/*
 * Becomes user for good, with that user's groups; "" stays as it is. Refuses
 * to run on as root. Nothing when user is already what we are.
 */
bool process_drop_root(const char *user);

#endif
