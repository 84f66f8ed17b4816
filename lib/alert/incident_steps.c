/* SPDX-License-Identifier: ISC */

/* One row for each command, and a question to the incident whether it helps. */
#include "incident_steps.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"

static bool is_current(const struct incident *incident)
{
	return incident->state == INCIDENT_OPEN ||
	       incident->state == INCIDENT_CONTAINED;
}

static bool wants_block(const struct incident *incident)
{
	return incident->state == INCIDENT_OPEN;
}

static bool wants_take(const struct incident *incident)
{
	return is_current(incident) && incident->taken_by[0] == '\0';
}

static bool wants_hold(const struct incident *incident)
{
	return incident->state != INCIDENT_OVER && incident->let_in > 0;
}

static bool has_held(const struct incident *incident)
{
	return incident->held > 0;
}

static bool wants_close(const struct incident *incident)
{
	return incident->state == INCIDENT_QUIET;
}

static bool is_any(const struct incident *incident)
{
	return incident->number != 0;
}

#define ALERT INCIDENT_STEPS_ALERT
#define PAGE  INCIDENT_STEPS_PAGE
#define BOTH  (ALERT | PAGE)

static const struct row {
	bool (*is_wanted)(const struct incident *incident);
	int readers;
	const char *before, *after, *purpose;
} rows[] = {
	{ is_any, ALERT, "incident", "", "look closer" },
	{ wants_block, BOTH, "block --incident", " --for 2h",
	  "block its source" },
	{ wants_take, BOTH, "incident", " --take", "it is yours" },
	{ is_any, PAGE, "incident", " --samples", "its messages" },
	{ wants_hold, BOTH, "hold --incident", "", "what is still queued" },
	{ has_held, BOTH, "release --incident", "", "what weir has held" },
	{ has_held, BOTH, "delete --incident", "", "or delete it for good" },
	{ is_any, ALERT, "report", " --format text", "all about it" },
	{ is_any, PAGE, "journal show --incident", "", "the record of it" },
	{ wants_close, BOTH, "incident", " --close", "it is over" },
};

char *incident_steps_program(const char *path)
{
	char buffer[4096];
	struct text text;

	if (path == NULL)
		return alloc_text("weirctl ");
	text_init(&text, buffer, sizeof(buffer));
	for (; *path != '\0'; path++)
		if (*path == '\'')
			text_add_string(&text, "'\\''");
		else
			text_add_line(&text, path, 1, 1);
	return alloc_format("weirctl -c '%s' ", buffer);
}

static void add_step(struct incident_steps *steps, const char *program,
		     uint64_t number, const struct row *row)
{
	steps->list[steps->count++] = (struct incident_step){
		.command = alloc_format("%s%s %" PRIu64 "%s", program,
					row->before, number, row->after),
		.purpose = row->purpose,
	};
}

void incident_steps_make(const struct settings *settings, const char *path,
			 const struct incident *incident,
			 enum incident_steps_reader reader,
			 struct incident_steps *steps_r)
{
	char *program = incident_steps_program(path);
	bool can_block = incident_source(settings, incident,
					 steps_r->no_block) != NULL;

	steps_r->count = 0;
	if (can_block || !wants_block(incident))
		steps_r->no_block[0] = '\0';
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		if ((row->readers & (int)reader) != 0 &&
		    row->is_wanted(incident) &&
		    (can_block || row->is_wanted != wants_block))
			add_step(steps_r, program, incident->number, row);
	}
	free(program);
}

void incident_steps_clear(struct incident_steps *steps)
{
	for (size_t i = 0; i < steps->count; i++)
		free(steps->list[i].command);
	steps->count = 0;
}
