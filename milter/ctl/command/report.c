/* SPDX-License-Identifier: ISC */

/* weirctl report: an incident from the first message to the last act, for those
 * who were not there. */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/report/report.h"
#include "lib/base/clock.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/context.h"
#include "milter/ctl/incident_find.h"
#include "milter/ctl/terminal.h"

struct report_wish {
	uint64_t number;
	struct argument_texts journals, logs;
	const char *path; /* NULL: standard output */
	int format;
};

static int complain(char *error, int code)
{
	terminal_error("weirctl report: %s", error);
	free(error);
	return code;
}

static int print(const struct report_wish *wish, const json_t *document)
{
	char *error;

	if (wish->path == NULL) {
		report_print(document, (enum report_format)wish->format,
			     stdout);
		return EX_OK;
	}
	return report_save(document, (enum report_format)wish->format,
			   wish->path, &error)
		       ? EX_OK
		       : complain(error, EX_CANTCREAT);
}

static int make(const struct report_wish *wish, const struct context *context)
{
	char host[256] = "", *error;
	const struct report_options options = {
		.number = wish->number,
		.settings = context->settings,
		.redis = context->redis,
		.journals = wish->journals.texts,
		.journal_count = wish->journals.count,
		.logs = wish->logs.texts,
		.log_count = wish->logs.count,
		.program = "weirctl " WEIR_VERSION,
		.host = host,
		.now_ms = clock_wall_ms(),
	};
	json_t *document;
	int code = EX_OK;

	gethostname(host, sizeof(host) - 1);
	switch (report_make(&options, &document, &error)) {
	case REPORT_MADE:
		code = print(wish, document);
		json_decref(document);
		break;
	case REPORT_UNKNOWN:
		code = complain(error, COMMAND_NOTHING);
		break;
	case REPORT_FAILED:
		code = complain(error, EX_NOINPUT);
		break;
	}
	return code;
}

/* Without Redis the journal still says most of it. */
static int open_and_make(const struct globals *globals,
			 const struct report_wish *wish)
{
	struct context context = { 0 };
	int code = context_open_settings(globals, &context);

	if (code != EX_OK)
		return code;
	context.redis = context_connection(&context);
	code = make(wish, &context);
	context_close(&context);
	return code;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	struct report_wish wish = { .format = -1 };
	const struct argument arguments[] = {
		ARGUMENT(CHOICE, "format", &wish.format,
			 .choices = report_format_names),
		ARGUMENT(TEXTS, "log", &wish.logs),
		ARGUMENT(TEXTS, "journal", &wish.journals),
		ARGUMENT(TEXT, "out", &wish.path),
	};
	int code = EX_USAGE;

	argc = ARGUMENTS_READ(argc, argv, arguments, 1, 1);
	if (wish.format < 0)
		wish.format = globals->is_json ? REPORT_JSON : REPORT_HTML;
	if (argc != 0 && incident_find_number(argv[0], argv[1], &wish.number))
		code = open_and_make(globals, &wish);
	free(wish.logs.texts);
	free(wish.journals.texts);
	return code;
}

const struct command command_report = {
	.name = "report",
	.arguments = "N [--format html|markdown|text|json] [--log FILE] "
		     "[--journal FILE] [--out FILE]",
	.purpose =
		"write the report of one flood, every figure with its source",
	.help = "From the first message to the last act: preparation, identification, who,\n"
		"timeline, containment, eradication, recovery, impact, evidence, chain of custody\n"
		"and lessons. What only a human can know is an empty field; `weirctl incident N\n"
		"--note \"FIELD: text\"` fills it. Exits with 1 if there is no such incident.\n\n"
		"  --format FORMAT  html (the default: one file, no script, nothing external),\n"
		"                   markdown, text or json\n"
		"  --log FILE       what became of the mail, and which local account sent it;\n"
		"                   mail log, plain or packed; may be repeated\n"
		"  --journal FILE   the journal of another host, a file or a directory; may be\n"
		"                   repeated\n"
		"  --out FILE       write it here, mode 0640, instead of to standard output\n\n"
		"example:\n"
		"  weirctl report 17 --log /var/log/mail.log --out incident-17.html\n",
	.run = run,
};
