/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ALERT_FORMATS_H
#define WEIR_ALERT_FORMATS_H

/*
 * An alert as the body of a web request: for programs of the administrator, and
 * as the services for calls and chats want it. Pure, thread-safe; what is
 * returned is JSON in one line, freed with free().
 */
#include "alert.h"

/* What all alerts of one incident have in common on every channel:
 * "weir/PREFIX/UID", PagerDuty's dedup_key. Freed with free(). */
char *alert_thread(const struct alert *alert);

/*
 * An object with "weir" (its version), "act", "level", "time", "thread",
 * "uid", "prefix", "host", "subject", "text", "detail" (of the act: who took
 * it, "block 12", the fault of a channel), "incident" (see
 * incident_json_detail(), or null), "floods" (array, of a digest), "headers",
 * "commands", "milters", "heads", "report".
 */
char *alert_format_weir(const struct alert *alert);

/* Events API v2: trigger, acknowledge when somebody has taken it, resolve.
 * key: the routing key of the service. */
char *alert_format_pagerduty(const struct alert *alert, const char *key);

/* An incoming webhook of Slack, and of what understands the same. One block of
 * code, in which nothing of a stranger is mark-up, a link or a mention. */
char *alert_format_slack(const struct alert *alert);

/* POST /api/v2/alerts: an array. Labels are alertname, weir (the prefix),
 * incident or uid, and severity; when that has risen, the alert of a lower one
 * is ended with the same request. */
char *alert_format_alertmanager(const struct alert *alert);

#endif
