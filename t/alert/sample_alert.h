/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TEST_SAMPLE_ALERT_H
#define WEIR_TEST_SAMPLE_ALERT_H

/* The flood that weir is for, as an alert that tests change where they need
 * another. */
#include "lib/alert/alert.h"

#define SAMPLE_OPENED_MS UINT64_C(1795603449000) /* 2026-11-25 10:44:09 UTC */

struct sample_alert {
	struct alert alert;
	struct incident_detail detail;
	struct incident_window windows[2];
	struct incident_who who[6];
	uint64_t before[2];
	struct alert_earlier earlier[2];
	struct alert_header headers[3];
	const char *milters[2];
	struct journal_head head;
};

/* 12 seconds after it was opened. settings are those of settings_of(); all else
 * is static, so nothing is to be cleared. */
void sample_alert_make(struct sample_alert *sample,
		       const struct settings *settings);

/* Limits that fit the sample. */
struct settings *sample_alert_settings(void);

/* Strangers' texts that want to be a line, a command, a mark-up or a mention of
 * their own; the last one is NULL. */
extern const char *const sample_hostile[];
int sample_hostile_count(void);

/* Puts one of them wherever a stranger can. */
void sample_alert_poison(struct sample_alert *sample, const char *text);

#endif
