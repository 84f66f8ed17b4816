/* SPDX-License-Identifier: ISC */

/* weirctl incidents: the floods of the site. */
#include <stdio.h>
#include <sysexits.h>

#include "lib/base/json.h"
#include "lib/base/span_text.h"
#include "lib/fleet/incident.h"
#include "lib/fleet/incident_json.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/context.h"
#include "milter/ctl/output.h"
#include "milter/ctl/terminal.h"

struct incidents_options {
	bool wants_all;
	uint64_t since_ms; /* a span; 0: absent */
	int level;	   /* at least; index among incident_level_names */
};

static void add_row(struct output *output, const struct incident *incident,
		    uint64_t now_ms)
{
	char span[SPAN_TEXT_SIZE];
	uint64_t end_ms = incident->ended_ms != 0 ? incident->last_ms : now_ms;

	output_row(output);
	output_number(output, NULL, "INCIDENT", incident->number);
	output_text(output, NULL, "LEVEL",
		    incident_level_name(incident->level));
	output_text(output, NULL, "STATE",
		    incident_state_name(incident->state));
	output_moment(output, NULL, "OPENED", incident->opened_ms);
	output_cell(output, "FOR", OUTPUT_RIGHT, "%s",
		    span_text(end_ms > incident->opened_ms
				      ? end_ms - incident->opened_ms
				      : 0,
			      span));
	output_number(output, NULL, "STOPPED", incident->stopped);
	output_number(output, NULL, "LET IN", incident->let_in);
	output_number(output, NULL, "HELD", incident->held);
	output_text(output, NULL, "TAKEN BY", incident->taken_by);
	output_subject(output, NULL, "WHO",
		       incident->source[0] != '\0' ? incident->source
						   : incident->subject);
}

static size_t print(const struct globals *globals,
		    const struct incidents_options *options,
		    const struct incident_list *list)
{
	struct output *output = output_new(false, "HELD,TAKEN BY,FOR,LET IN");
	json_t *array = json_array();
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct incident *incident = &list->incidents[i];

		if ((int)incident->level < options->level)
			continue;
		count++;
		add_row(output, incident, list->now_ms);
		json_array_append_new(array,
				      incident_json(incident,
						    list->subjects[i].subjects,
						    list->subjects[i].count));
	}
	if (globals->is_json)
		document_print(json_pack("{s:O}", "incidents", array), stdout);
	else if (count > 0)
		output_print(output, stdout);
	else
		puts("no incident");
	json_decref(array);
	output_free(&output);
	return count;
}

static int incidents(const struct globals *globals, struct context *context,
		     void *user_data)
{
	const struct incidents_options *options = user_data;
	uint64_t since_ms = options->wants_all ? 0 : UINT64_MAX;
	struct incident_list list;
	size_t count;

	if (options->since_ms != 0)
		since_ms = context->now_ms > options->since_ms
				   ? context->now_ms - options->since_ms
				   : 0;
	if (!incident_list_read(context->redis, context->prefix, since_ms,
				&list))
		return context_fail(context);
	count = print(globals, options, &list);
	if (list.count == INCIDENT_LIST_MAX)
		terminal_error(
			"weirctl: only the newest %d incidents were looked at",
			INCIDENT_LIST_MAX);
	incident_list_clear(&list);
	return count == 0 ? COMMAND_NOTHING : EX_OK;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	struct incidents_options options = { .level = 0 };
	const struct argument arguments[] = {
		ARGUMENT(FLAG, "all", &options.wants_all),
		ARGUMENT(SPAN, "since", &options.since_ms, .min = 1000),
		ARGUMENT(CHOICE, "level", &options.level,
			 .choices = incident_level_names),
	};

	if (ARGUMENTS_READ(argc, argv, arguments, 0, 0) == 0)
		return EX_USAGE;
	return context_use(globals, incidents, &options);
}

const struct command command_incidents = {
	.name = "incidents",
	.arguments = "[--all|--since SPAN] [--level LEVEL]",
	.purpose = "list the floods of the site",
	.help = "One line for each incident: all windows that stop mail of one source, to one\n"
		"target, by one way or with one content. Without options those that are open,\n"
		"contained by a block, or quiet for less than a day. Exits with 1 if there is\n"
		"none.\n\n"
		"  --all            also those that are over (90 days)\n"
		"  --since SPAN     those with mail in this time: 2h, 7d\n"
		"  --level LEVEL    at least this level: notice, warning, serious,\n"
		"                   critical\n\n"
		"example:\n"
		"  weirctl incidents --since 7d --level serious\n",
	.run = run,
};
