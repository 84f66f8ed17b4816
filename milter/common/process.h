/* SPDX-License-Identifier: ISC */
#ifndef WEIR_PROCESS_H
#define WEIR_PROCESS_H

/*
 * From a program to a daemon: open files, background, account, readiness.
 * Called once each, by main, before any thread is started. Reasons for failure
 * are logged.
 */
#include <stdbool.h>

/* Raises the soft limit of open files to the hard one; logs it when that is
 * low. Every session of the MTA uses one. */
void process_raise_file_limit(void);

/*
 * Goes into the background. The caller's process waits until
 * process_report_ready() or the end of the child, and exits with 0 or with the
 * child's code; only the child returns. False when the fork fails. The child
 * keeps the standard descriptors until then, and of all others only kept_fd
 * (-1: none).
 */
bool process_detach(int kept_fd);

/*
 * Reports to the parent of process_detach(), and to systemd (sd_notify(3)),
 * where there are any, that mail can come.
 */
void process_report_ready(void);

/* Notifies systemd of "RELOADING=1", "STOPPING=1" ... (sd_notify(3)). */
void process_notify(const char *state);

/*
 * Becomes user for good, with that user's groups; "" stays as it is. Refuses to
 * run as root. Does nothing when the process has this user already. setting is
 * the name of the setting, for the log.
 */
bool process_drop_root(const char *setting, const char *user);

#endif
