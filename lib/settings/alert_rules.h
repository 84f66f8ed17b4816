/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ALERT_RULES_H
#define WEIR_ALERT_RULES_H

/* keeper.alerts of weir.conf: the channels, each a command, a webhook or a mail
 * server. */
#include <libconfig.h>

#include "settings.h"

struct reader;

/* "weir", "pagerduty" ... */
const char *alert_format_name(enum settings_alert_format format);

void alert_rules_read(struct reader *reader, const config_setting_t *list,
		      struct settings_keeper *keeper);

void alert_rules_clear(struct settings_alert *alert);

/*
 * Reads the secret of a channel, as redis.password_file is read: only
 * weir-keeper does, whose account alone can read it. NULL with *reason_r NULL:
 * the channel has none. NULL with a reason (freed with free()): it cannot be
 * read, "FILE:LINE: ...". The result is freed with alloc_wipe().
 */
char *alert_rules_secret(const struct settings *settings,
			 const struct settings_alert *alert, char **reason_r);

#endif
