/* SPDX-License-Identifier: ISC */
#ifndef WEIR_KEEPER_RULES_H
#define WEIR_KEEPER_RULES_H

/* The keeper group of weir.conf: who gets alerts, and what weir-keeper serves.
 */
#include <libconfig.h>

struct reader;
struct settings_keeper;

#define KEEPER_ALERTS_MAX 32

/* Fills in the defaults, of zeroed memory. */
void keeper_rules_default(struct settings_keeper *keeper);

void keeper_rules_read(struct reader *reader, const config_setting_t *group,
		       struct settings_keeper *keeper);

void keeper_rules_clear(struct settings_keeper *keeper);

#endif
