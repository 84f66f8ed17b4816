/* SPDX-License-Identifier: ISC */

/* weirctl incident: one flood in full, and what an administrator does about
 * it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/json.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/context.h"
#include "milter/ctl/incident_find.h"
#include "milter/ctl/incident_print.h"
#include "milter/ctl/incident_samples.h"
#include "milter/ctl/incident_view.h"
#include "milter/ctl/order_command.h"
#include "milter/ctl/terminal.h"

#define NOTE_MAX 500 /* bytes */

struct incident_options {
	struct order_options order; /* --by alone */
	const char *note;
	uint64_t number; /* 0: see incident_find_newest() */
	bool wants_take, wants_close, wants_samples;
	struct queue queue; /* for samples */
	int mta;
};

static bool change(struct context *context,
		   const struct incident_options *options, bool *found_r)
{
	const char *by = order_command_who(&options->order);

	*found_r = true;
	if (options->wants_take &&
	    !incident_take(context->redis, context->prefix, options->number, by,
			   found_r))
		return false;
	if (*found_r && options->note != NULL &&
	    !incident_note(context->redis, context->prefix, options->number, by,
			   options->note, found_r))
		return false;
	if (*found_r && options->wants_close &&
	    !incident_close(context->redis, context->prefix, options->number,
			    by, found_r))
		return false;
	return true;
}

static void print_json(const struct incident_view *view, json_t *queued)
{
	json_t *object = incident_view_json(view);

	if (queued != NULL) {
		json_object_set(object, "samples", view->evidence.samples);
		json_object_set_new(object, "queued", queued);
	}
	document_print(object, stdout);
}

static void print(const struct globals *globals,
		  const struct incident_view *view,
		  struct incident_options *options, struct context *context)
{
	json_t *queued = options->wants_samples
				 ? incident_samples_read_queue(view, context,
							       &options->queue,
							       options->mta)
				 : NULL;

	if (globals->is_json) {
		print_json(view, queued);
		return;
	}
	if (options->wants_samples) {
		incident_print_line(&view->detail.incident, stdout);
		incident_samples_print(view, stdout);
		incident_samples_print_queue(queued, stdout);
	} else {
		incident_print(view, stdout);
	}
	json_decref(queued);
}

static int show(const struct globals *globals, struct context *context,
		struct incident_options *options)
{
	struct incident_view view;
	int code = EX_OK;

	if (!incident_view_read(globals, context, options->number, &view))
		return context_fail(context);
	if (view.detail.incident.number == 0)
		code = incident_find_complain("incident", options->number);
	else
		print(globals, &view, options, context);
	incident_view_clear(&view);
	return code;
}

/* Only one that is there, and not over, can be taken or closed. */
static int check(struct context *context,
		 const struct incident_options *options)
{
	struct incident_detail detail;
	int code = EX_OK;

	if (!incident_read(context->redis, context->prefix, options->number,
			   &detail))
		return context_fail(context);
	if (detail.incident.number == 0) {
		code = incident_find_complain("incident", options->number);
	} else if (detail.incident.state == INCIDENT_OVER &&
		   (options->wants_take || options->wants_close)) {
		terminal_error("weirctl incident: incident %" PRIu64 " is over",
			       options->number);
		code = COMMAND_NOTHING;
	}
	incident_detail_clear(&detail);
	return code;
}

static int incident(const struct globals *globals, struct context *context,
		    void *user_data)
{
	struct incident_options *options = user_data;
	bool is_found;
	int code;

	if (options->number == 0 &&
	    !incident_find_newest(context, &options->number))
		return context_fail(context);
	if (options->number == 0) {
		puts(globals->is_json ? "null" : "no incident is open");
		return COMMAND_NOTHING;
	}
	code = check(context, options);
	if (code != EX_OK)
		return code;
	if (!change(context, options, &is_found))
		return context_fail(context);
	return show(globals, context, options);
}

static bool check_note(const char *note)
{
	if (note != NULL && note[0] == '\0')
		return terminal_error(
			"weirctl incident: --note: found nothing, allowed is a "
			"text");
	if (note != NULL && strlen(note) > NOTE_MAX)
		return terminal_error(
			"weirctl incident: --note: found more than %d bytes, "
			"allowed are at most %d",
			NOTE_MAX, NOTE_MAX);
	return true;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	struct incident_options options = { .mta = -1, .queue.reason = "" };
	const struct argument arguments[] = {
		ARGUMENT(FLAG, "take", &options.wants_take),
		ARGUMENT(FLAG, "close", &options.wants_close),
		ARGUMENT(TEXT, "note", &options.note),
		ORDER_BY(options.order),
		ARGUMENT(FLAG, "samples", &options.wants_samples),
		ARGUMENT(CHOICE, "mta", &options.mta, .choices = queue_names),
		ARGUMENT(TEXT, "config", &options.queue.config),
		ARGUMENT(TEXT, "tools", &options.queue.tools),
	};

	if (ARGUMENTS_READ(argc, argv, arguments, 0, 1) == 0 ||
	    !check_note(options.note) ||
	    (argv[1] != NULL &&
	     !incident_find_number(argv[0], argv[1], &options.number)))
		return EX_USAGE;
	return context_use(globals, incident, &options);
}

const struct command command_incident = {
	.name = "incident",
	.arguments =
		"[N] [--take] [--note TEXT] [--close] [--by WHO] [--samples]",
	.purpose = "show one flood: who, since when, how much, what to do",
	.help = "Who sends, to whom, how much was stopped and let in, the limits, what was done\n"
		"about it, and commands to copy. Without N the newest one that is open, else the\n"
		"newest that is not over. Exits with 1 if there is none.\n\n"
		"  --take           it is yours: no more reminders\n"
		"  --note TEXT      add a note, at most 500 bytes\n"
		"  --close          end it now: what comes later is another incident\n"
		"  --by WHO         the operator (default: the user behind sudo, or the login)\n"
		"  --samples        its messages with their headers: of the journal, and of\n"
		"                   what is in the queue of this host\n"
		"  --mta MTA        postfix or sendmail, whose queue it is\n"
		"  --config DIRECTORY  of main.cf, of that queue\n"
		"  --tools DIRECTORY   search the programs of the MTA here first\n\n"
		"example:\n"
		"  weirctl incident 17 --take --note \"owner called, script stopped\"\n",
	.run = run,
};
