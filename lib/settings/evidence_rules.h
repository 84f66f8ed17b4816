/* SPDX-License-Identifier: ISC */
#ifndef WEIR_EVIDENCE_RULES_H
#define WEIR_EVIDENCE_RULES_H

/* The evidence group of weir.conf: what is kept of the messages of a flood. */
#include <libconfig.h>

struct reader;
struct settings_evidence;

/* Fills in the defaults, of zeroed memory. */
void evidence_rules_default(struct settings_evidence *evidence);

void evidence_rules_read(struct reader *reader, const config_setting_t *group,
			 struct settings_evidence *evidence);

#endif
