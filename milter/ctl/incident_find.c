/* SPDX-License-Identifier: ISC */

/* Numbers are as young as they are great. */
#include "incident_find.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arguments.h"
#include "terminal.h"

bool incident_find_number(const char *command, const char *text,
			  uint64_t *number_r)
{
	const struct argument number = ARGUMENT(NUMBER, "N", number_r, .min = 1,
						.max = INT64_MAX);

	return argument_read(command, &number, text);
}

bool incident_find_newest(struct context *context, uint64_t *number_r)
{
	enum incident_state best = INCIDENT_OVER;
	struct incident_list list;

	*number_r = 0;
	if (!incident_list_read(context->redis, context->prefix, UINT64_MAX,
				&list))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		if (list.incidents[i].state >= best)
			continue;
		best = list.incidents[i].state;
		*number_r = list.incidents[i].number;
	}
	incident_list_clear(&list);
	return true;
}

/* The number of one that Redis has dropped since finds none. */
bool incident_find_of(struct context *context, const char *subject,
		      struct incident *incident_r)
{
	struct incident_detail detail;
	uint64_t number;

	memset(incident_r, 0, sizeof(*incident_r));
	if (!incident_of_subject(context->redis, context->prefix, subject,
				 &number))
		return false;
	if (number == 0)
		return true;
	if (!incident_read(context->redis, context->prefix, number, &detail))
		return false;
	*incident_r = detail.incident;
	memset(&detail.incident, 0, sizeof(detail.incident));
	incident_detail_clear(&detail);
	return true;
}

int incident_find_complain(const char *command, uint64_t number)
{
	terminal_error("weirctl %s: there is no incident %" PRIu64
		       "; weirctl incidents --all lists them",
		       command, number);
	return COMMAND_NOTHING;
}
