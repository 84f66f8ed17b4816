/* SPDX-License-Identifier: ISC */
/*
 * The table's order matters: max is understood by the unit, a reply by the
 * action, so these are read before. Where one of them is wrong itself, what
 * depends on it is not judged.
 */
#include "groups.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "field.h"
#include "limit.h"
#include "match_read.h"
#include "reader.h"
#include "template.h"

/* The last integer that Lua's numbers hold exactly. */
#define COUNT_MAX (UINT64_C(1) << 53)

#define REQUIRED_SIZE 256

static bool read_key(struct reader *reader, const struct field *field,
		     const config_setting_t *setting, void *target)
{
	struct limit *limit = target;

	const char *value = config_setting_get_string(setting);

	(void)reader;
	(void)field;
	return value != NULL && limit_parse_key(value, &limit->key);
}

static void allow_key(const struct field *field, struct text *text)
{
	char every[LIMIT_KEY_TEXT_SIZE];
	unsigned int key = LIMIT_KEY_OF(DIMENSION_COUNT) - 1;

	(void)field;
	limit_format_key(key, every);
	text_add_string(text, "\"all\", or one or more, joined with +, of ");
	for (const char *p = every; *p != '\0'; p++)
		text_add(text, *p == '+' ? ", " : p, *p == '+' ? 2 : 1);
}

static const struct field_kind field_key = { .read = read_key,
					     .allow = allow_key };

/* Is the member of this name missing, or the one that was understood? */
static bool is_understood(const config_setting_t *setting, const char *name,
			  const char *understood)
{
	const config_setting_t *member = config_setting_get_member(
		config_setting_parent(setting), name);
	const char *value = member == NULL ? understood
					   : config_setting_get_string(member);

	return value != NULL && strcmp(value, understood) == 0;
}

static bool read_max(struct reader *reader, const struct field *field,
		     const config_setting_t *setting, void *target)
{
	struct limit *limit = target;
	const char *value = config_setting_get_string(setting);
	uint64_t bytes;

	if (value == NULL)
		return field_number.read(reader, field, setting, target);
	if (!is_understood(setting, "unit", limit_unit_name(limit->unit)))
		return true;
	if (limit->unit != LIMIT_BYTES || !units_parse_size(value, &bytes) ||
	    bytes < field->min || bytes > field->max)
		return false;
	limit->max = bytes;
	return true;
}

static void allow_max(const struct field *field, struct text *text)
{
	field_number.allow(field, text);
	text_add_string(text, ", or with unit = \"bytes\" a size such as "
			      "\"50 MB\"");
}

static const struct field_kind field_max = { .read = read_max,
					     .allow = allow_max };

static bool read_match(struct reader *reader, const struct field *field,
		       const config_setting_t *setting, void *target)
{
	struct limit *limit = target;

	(void)field;
	match_read(reader, setting, &limit->match);
	return true;
}

static const struct field_kind field_match = { .read = read_match,
					       .words = "a group { }" };

static bool read_reply(struct reader *reader, const struct field *field,
		       const config_setting_t *setting, void *target)
{
	struct limit *limit = target;
	const char *action = limit_action_name(limit->action);
	const char *value = config_setting_get_string(setting);
	char *reason = NULL;

	(void)field;
	if (value == NULL)
		return false;
	if (config_setting_get_member(config_setting_parent(setting),
				      "action") == NULL ||
	    !is_understood(setting, "action", action))
		return true;
	limit->reply = template_parse(value, limit->action, &reason);
	if (limit->reply == NULL)
		reader_error(reader, setting, "%s", reason);
	free(reason);
	return true;
}

static const struct field_kind field_reply = {
	.read = read_reply,
	.words = "a text that begins with codes, such as \"450 4.7.1 \"",
};

static const struct field limit_fields[] = {
	FIELD(text, "name", limit, name, .min = 1, .max = LIMIT_NAME_MAX,
	      .check = field_check_name,
	      .allowed = "a name of 1 to 64 bytes of A-Z a-z 0-9 _ . -",
	      .is_required = true),
	FIELD(key, "key", limit, key, .is_required = true),
	FIELD(choice, "unit", limit, unit, .choices = limit_unit_names,
	      .default_value = LIMIT_MESSAGES),
	FIELD(choice, "count", limit, count, .choices = limit_count_names,
	      .default_value = LIMIT_COUNT_ACCEPTED),
	FIELD(max, "max", limit, max, .min = 1, .max = COUNT_MAX,
	      .is_required = true),
	FIELD(span, "per", limit, per_ms, .min = 1, .max = LIMIT_PER_MAX),
	FIELD(choice, "action", limit, action, .choices = limit_action_names,
	      .is_required = true),
	{ .name = "match", .kind = &field_match, FIELD_AT(limit, match) },
	{ .name = "reply", .kind = &field_reply, FIELD_AT(limit, reply) },
	{ .name = NULL },
};

static void miss_per(struct reader *reader, const config_setting_t *group)
{
	const struct field *per = limit_fields;
	char required[REQUIRED_SIZE];
	struct text text;

	while (strcmp(per->name, "per") != 0)
		per++;
	text_init(&text, required, sizeof(required));
	field_allow(per, &text);
	text_add_string(&text, "; without it a limit is a ceiling for one "
			       "message, of recipients or bytes");
	reader_miss(reader, group, "per", required);
}

/* Without per it is about one message: what can that have more of than one? */
static void check_ceiling(struct reader *reader, const config_setting_t *group,
			  const struct limit *limit)
{
	if (config_setting_get_member(group, "per") != NULL ||
	    !is_understood(config_setting_get_elem(group, 0), "unit",
			   limit_unit_name(limit->unit)))
		return;
	if (limit->unit == LIMIT_MESSAGES)
		miss_per(reader, group);
	else if (limit->count == LIMIT_COUNT_ATTEMPTS)
		reader_error(reader, config_setting_get_member(group, "count"),
			     "found \"attempts\" without per, allowed is "
			     "\"accepted\": a ceiling for one message keeps "
			     "no count");
	else if (limit->unit == LIMIT_RECIPIENTS &&
		 (limit->key & LIMIT_KEY_OF(DIMENSION_RECIPIENT)) != 0)
		reader_error(reader, config_setting_get_member(group, "key"),
			     "found recipient without per, allowed is a key "
			     "without it: a message has each recipient "
			     "once");
}

void limit_read_all(struct reader *reader, const config_setting_t *setting,
		    struct limit **limits_r, size_t *count_r)
{
	unsigned int count = reader_count(setting);
	const config_setting_t *group;
	struct limit *limits, *limit;

	if (count == 0 || count > LIMITS_MAX) {
		reader_error(reader, setting,
			     "found %u limits, allowed are 1 to %d", count,
			     LIMITS_MAX);
		return;
	}
	limits = alloc_array(count, sizeof(*limits));
	for (unsigned int i = 0; i < count; i++) {
		group = reader_element(setting, i);
		limit = &limits[i];
		limit->file = reader_file(reader, group);
		limit->line = (int)config_setting_source_line(group);
		field_default(limit_fields, limit);
		if (!reader_read_group(reader, limit_fields, group, limit))
			continue;
		if (limit->name != NULL)
			reader_refuse_double(reader, setting, i);
		check_ceiling(reader, group, limit);
	}
	*limits_r = limits;
	*count_r = count;
}
