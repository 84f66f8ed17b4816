/* SPDX-License-Identifier: ISC */
#include "groups.h"
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

const struct field evidence_fields[] = {
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
