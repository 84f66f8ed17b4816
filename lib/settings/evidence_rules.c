/* SPDX-License-Identifier: ISC */
#include "groups.h"
#include "reader.h"
#include "settings.h"

static const char *const headers_names[] = { "near", "always", "never", NULL };
static const char *const subjects_names[] = { "keep", "fold", "no", NULL };
static const char *const recipients_names[] = { "keep", "hash", NULL };

const struct field evidence_fields[] = {
	FIELD(choice, "headers", settings_evidence, headers,
	      .choices = headers_names, .default_value = HEADERS_NEAR),
	FIELD(choice, "subjects", settings_evidence, subjects,
	      .choices = subjects_names, .default_value = SUBJECTS_KEEP),
	FIELD(choice, "recipients", settings_evidence, hashes_recipients,
	      .choices = recipients_names, .default_value = false),
	{ .name = NULL },
};
