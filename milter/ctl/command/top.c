/* SPDX-License-Identifier: ISC */

/* weirctl top: the subjects that are nearest to a limit, or over it. */
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

#include "lib/base/json.h"
#include "lib/store/window_value.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/top_live.h"
#include "milter/ctl/top_rows.h"
#include "milter/ctl/terminal.h"

#define ROWS_USUAL 20

struct top_options {
	struct top_wish wish;
	const char *by;
	uint64_t rows;
	int order;
	bool is_live;
	char key[LIMIT_KEY_TEXT_SIZE];
};

static const char *const orders[] = { "percent", "used",    "refused",
				      "for",	 "subject", NULL };

/* What is not in the table, nor in the JSON text. */
static void report_left_out(FILE *out, const struct globals *globals,
			    const struct top *top, const struct top_wish *wish)
{
	size_t foreign = top_choose_foreign(top, wish);

	if (top->more != 0)
		fprintf(out,
			"%s%" PRIu64 "%s more at half of a limit or above are "
			"not shown: top keeps the %d with the "
			"most refusals\n",
			globals->is_json ? "weirctl: " : "", top->more,
			top->more < TOP_MORE_MAX ? "" : " or", TOP_MAX);
	if (foreign != 0)
		fprintf(out,
			"%s%zu more of limits that are not in %s, see --all\n",
			globals->is_json ? "weirctl: " : "", foreign,
			globals->path);
}

static int top_once(const struct globals *globals, struct context *context,
		    const struct top_options *options)
{
	struct top top;
	struct output *output;
	size_t count, shown;

	if (!top_read(context->redis, context->prefix, &top))
		return context_fail(context);
	count = top_choose(&top, &options->wish);
	shown = count < options->rows ? count : (size_t)options->rows;
	output = top_rows_output(context, globals->is_json, &top, shown);
	output_print(output, stdout);
	output_free(&output);
	if (count == 0 && !globals->is_json)
		puts("nothing is at half of a limit or above");
	if (shown < count && !globals->is_json)
		printf("and %zu more, see --rows\n", count - shown);
	report_left_out(globals->is_json ? stderr : stdout, globals, &top,
			&options->wish);
	top_clear(&top);
	return count == 0 ? COMMAND_NOTHING : EX_OK;
}

/* "recipient+sender" is what limits call "sender+recipient". */
static bool read_key(struct top_options *options)
{
	unsigned int key;

	if (options->by == NULL)
		return true;
	if (!limit_parse_key(options->by, &key))
		return terminal_error(
			"weirctl top: --by: not a key of a limit; allowed are "
			"sender, sender_domain, recipient, recipient_domain, "
			"client, auth, helo, several of them joined with +, or "
			"all");
	options->wish.key = limit_format_key(key, options->key);
	return true;
}

static int top(const struct globals *globals, struct context *context,
	       void *user_data)
{
	struct top_options *options = user_data;

	if (!read_key(options))
		return EX_USAGE;
	if (options->wish.limit != NULL &&
	    context_limit(context, options->wish.limit) == NULL)
		return EX_USAGE;
	options->wish.settings = context->settings;
	options->wish.order = (enum top_order)options->order;
	return options->is_live ? top_live(context, &options->wish)
				: top_once(globals, context, options);
}

static int run(const struct globals *globals, int argc, char **argv)
{
	struct top_options options = { .rows = ROWS_USUAL };
	const struct argument arguments[] = {
		ARGUMENT(TEXT, "by", &options.by),
		ARGUMENT(TEXT, "limit", &options.wish.limit),
		ARGUMENT(CHOICE, "order", &options.order, .choices = orders),
		ARGUMENT(NUMBER, "rows", &options.rows, .min = 1,
			 .max = TOP_MAX),
		ARGUMENT(FLAG, "all", &options.wish.wants_all),
		ARGUMENT(FLAG, "live", &options.is_live),
	};

	if (arguments_read(argc, argv, arguments, ARGUMENT_COUNT(arguments), 0,
			   0) == 0)
		return EX_USAGE;
	if (options.is_live && globals->is_json) {
		terminal_error(
			"weirctl: found both --live and --json, only one of "
			"them is allowed");
		return EX_USAGE;
	}
	return context_use(globals, top, &options);
}

const struct command command_top = {
	.name = "top",
	.arguments = "[--by KEY] [--limit NAME] [--order ORDER] [--rows N] "
		     "[--all] [--live]",
	.purpose = "list the subjects that are nearest to a limit, or over it",
	.help = "The windows at half of a limit or above: used, max, for how "
		"long, how many\nmessages they have refused (REFUSED; a "
		"message over two limits counts in both),\nand a chart of the "
		"window. Exit code 1: there is none.\n\n"
		"  --by KEY         only limits that count by it: sender, "
		"client ...\n"
		"  --limit NAME     only this limit\n"
		"  --order ORDER    percent (the default; a window that "
		"refuses is full),\n"
		"                   used, refused, for, subject\n"
		"  --rows N         at most N rows (default: 20)\n"
		"  --all            also windows of the last day that are "
		"below half now,\n"
		"                   and limits that are not in this "
		"configuration\n"
		"  --live           full screen, updated each second; keys "
		"change the order\n\n"
		"example:\n"
		"  weirctl top --by sender\n",
	.run = run,
};
