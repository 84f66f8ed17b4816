/* SPDX-License-Identifier: ISC */

/* An incident's fields are a table: what its hash in Redis calls them, and
 * where they are. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "incident_parts.h"

static const char *const states[] = { [INCIDENT_OPEN] = "open",
				      [INCIDENT_CONTAINED] = "contained",
				      [INCIDENT_QUIET] = "quiet",
				      [INCIDENT_OVER] = "over",
				      NULL };

#define COUNT_OF(rows) (sizeof(rows) / sizeof((rows)[0]))

const char *incident_state_name(enum incident_state state)
{
	return states[state];
}

char *incident_base(const char *prefix)
{
	return alloc_format("%s:{incidents}", prefix);
}

enum kind {
	TEXT,
	NUMBER,
	NUMBERS
};

static const struct {
	const char *name;
	enum kind kind;
	size_t offset;
} fields[] = {
#define ROW(name, kind, member)                               \
	{                                                     \
		name, kind, offsetof(struct incident, member) \
	}
	ROW("uid", TEXT, uid),
	ROW("limit", TEXT, limit),
	ROW("subject", TEXT, subject),
	ROW("source", TEXT, source),
	ROW("taken_by", TEXT, taken_by),
	ROW("opened", NUMBER, opened_ms),
	ROW("last", NUMBER, last_ms),
	ROW("ended", NUMBER, ended_ms),
	ROW("from", NUMBER, from_ms),
	ROW("per", NUMBER, per_ms),
	ROW("max", NUMBER, max),
	ROW("stopped", NUMBER, stopped),
	ROW("held", NUMBER, held),
	ROW("monitored", NUMBER, monitored),
	ROW("let_in", NUMBER, let_in),
	ROW("let_in_least", NUMBER, let_in_least),
	ROW("bytes", NUMBER, bytes),
	ROW("others", NUMBER, others_hit),
	ROW("windows", NUMBER, windows),
	ROW("peak", NUMBER, peak),
	ROW("agains", NUMBER, agains),
	ROW("taken", NUMBER, taken_ms),
	ROW("blocked", NUMBER, blocked_ms),
	ROW("before", NUMBERS, before),
	ROW("related", NUMBERS, related),
#undef ROW
};

/* "5,2" */
static void read_numbers(const char *value, struct incident_numbers *numbers)
{
	for (char *end; *value != '\0'; value = *end == ',' ? end + 1 : end) {
		uint64_t number = strtoull(value, &end, 10);

		if (end == value)
			return;
		numbers->numbers = alloc_resize(numbers->numbers,
						numbers->count + 1,
						sizeof(*numbers->numbers));
		numbers->numbers[numbers->count++] = number;
	}
}

static void set_field(void *place, enum kind kind, const char *value)
{
	switch (kind) {
	case TEXT:
		free(*(char **)place);
		*(char **)place = alloc_text(value);
		break;
	case NUMBER:
		*(uint64_t *)place = strtoull(value, NULL, 10);
		break;
	case NUMBERS:
		read_numbers(value, place);
		break;
	}
}

void incident_set(struct incident *incident, const char *name,
		  const char *value)
{
	int found;

	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		if (strcmp(fields[i].name, name) == 0) {
			set_field((char *)incident + fields[i].offset,
				  fields[i].kind, value);
			return;
		}
	}
	if (strcmp(name, "state") == 0) {
		found = text_find(states, value);
		if (found >= 0)
			incident->state = (enum incident_state)found;
	} else if (strcmp(name, "level") == 0) {
		incident_level_parse(value, &incident->level);
	}
}

void incident_complete(struct incident *incident)
{
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		char **text = (char **)(void *)((char *)incident +
						fields[i].offset);

		if (fields[i].kind == TEXT && *text == NULL)
			*text = alloc_text("");
	}
}

void incident_clear(struct incident *incident)
{
	for (size_t i = 0; i < COUNT_OF(fields); i++)
		if (fields[i].kind == TEXT)
			free(*(char **)(void *)((char *)incident +
						fields[i].offset));
	free(incident->before.numbers);
	free(incident->related.numbers);
	memset(incident, 0, sizeof(*incident));
}
