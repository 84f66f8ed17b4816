/* SPDX-License-Identifier: ISC */
#include "evidence_rules.h"

#include "field.h"
#include "reader.h"
#include "settings.h"

static const char *name_of(const char *const *names, unsigned int value)
{
	return value < 3 ? names[value] : NULL;
}

static const char *headers_name(unsigned int value)
{
	static const char *const names[] = { "near", "always", "never" };

	return name_of(names, value);
}

static const char *subjects_name(unsigned int value)
{
	static const char *const names[] = { "keep", "fold", "no" };

	return name_of(names, value);
}

static const char *recipients_name(unsigned int value)
{
	static const char *const names[] = { "keep", "hash", NULL };

	return name_of(names, value);
}

static const struct field evidence_fields[] = {
	{ .name = "headers",
	  .kind = &field_choice,
	  FIELD_AT(settings_evidence, headers),
	  .choice = headers_name,
	  .default_value = HEADERS_NEAR },
	{ .name = "subjects",
	  .kind = &field_choice,
	  FIELD_AT(settings_evidence, subjects),
	  .choice = subjects_name,
	  .default_value = SUBJECTS_KEEP },
	{ .name = "recipients",
	  .kind = &field_choice,
	  FIELD_AT(settings_evidence, hashes_recipients),
	  .choice = recipients_name,
	  .default_value = false },
	{ .name = NULL },
};

void evidence_rules_default(struct settings_evidence *evidence)
{
	field_default(evidence_fields, evidence);
}

void evidence_rules_read(struct reader *reader, const config_setting_t *group,
			 struct settings_evidence *evidence)
{
	reader_read_group(reader, evidence_fields, group, evidence);
}
