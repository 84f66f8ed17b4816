/* SPDX-License-Identifier: ISC */

/* weirctl top: the subjects that are nearest to a limit, or over it. */
#include <curses.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/moment.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/context.h"
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

/* By enum top_order; the first letter of each is its key with --live. */
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

/* the whole terminal: curses draws the lines that the table would print. While
 * Redis is down the screen says so and goes on trying. */

#define EVERY_MS 1000

static void draw_head(const struct top_wish *wish, size_t count,
		      const struct top *top)
{
	char moment[MOMENT_TEXT_SIZE];

	attron(A_BOLD);
	mvprintw(0, 0, "weirctl top, %s: %zu at half of a limit or above",
		 moment_format_local(top->now_ms, moment), count);
	if (top->more != 0)
		printw(", %" PRIu64 "%s more not shown", top->more,
		       top->more < TOP_MORE_MAX ? "" : " or");
	attroff(A_BOLD);
	move(1, 0);
	addstr("order:");
	for (size_t i = 0; orders[i] != NULL; i++) {
		addch(' ');
		if (i == wish->order)
			attron(A_REVERSE);
		printw("%c %s", orders[i][0], orders[i]);
		attroff(A_REVERSE);
	}
	addstr("   a all   q quit");
}

/* The table writes to memory; each of its lines goes to the screen, which wraps
 * one that is longer. */
static void draw_table(struct output *output)
{
	char *text, *line, *rest;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int row = 3;

	if (out == NULL)
		alloc_fail();
	output_print_wide(output, out, (unsigned int)(COLS > 1 ? COLS : 1));
	fclose(out);
	for (line = strtok_r(text, "\n", &rest); line != NULL && row < LINES;
	     line = strtok_r(NULL, "\n", &rest)) {
		int column;

		if (row == 3)
			attron(A_BOLD);
		mvaddstr(row, 0, line);
		attroff(A_BOLD);
		getyx(stdscr, row, column);
		row += column != 0;
	}
	free(text);
}

static void draw(struct context *context, const struct top_wish *wish)
{
	struct top top;

	erase();
	/* a new one each time: the address may lead elsewhere by now */
	redis_client_close(context->redis);
	if (!top_read(context->redis, context->prefix, &top)) {
		mvprintw(0, 0, "weirctl top: %s",
			 redis_client_error(context->redis));
	} else {
		size_t count = top_choose(&top, wish);
		size_t shown = LINES > 4 ? (size_t)LINES - 4 : 0;
		struct output *output = top_rows_output(
			context, false, &top, count < shown ? count : shown);

		draw_head(wish, count, &top);
		draw_table(output);
		output_free(&output);
		top_clear(&top);
	}
	refresh();
}

static void take_key(int key, struct top_wish *wish)
{
	if (key == 'a')
		wish->wants_all = !wish->wants_all;
	for (size_t i = 0; orders[i] != NULL; i++)
		if (key == orders[i][0])
			wish->order = (enum top_order)i;
}

static int top_live(struct context *context, struct top_wish *wish)
{
	int key;

	if (isatty(STDOUT_FILENO) == 0 || isatty(STDIN_FILENO) == 0) {
		terminal_error("weirctl top: --live needs a terminal");
		return EX_USAGE;
	}
	if (newterm(NULL, stdout, stdin) == NULL) {
		terminal_error(
			"weirctl top: --live: unknown terminal type (TERM)");
		return EX_USAGE;
	}
	cbreak();
	noecho();
	curs_set(0);
	timeout(EVERY_MS);
	do {
		draw(context, wish);
		key = getch();
		take_key(key, wish);
	} while (key != 'q' && key != 'Q');
	endwin();
	return EX_OK;
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

	if (ARGUMENTS_READ(argc, argv, arguments, 0, 0) == 0)
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
	.help = "The windows at half of a limit or above: used, max, for how long, how many\n"
		"messages they have refused (REFUSED; a message over two limits counts in both),\n"
		"and a chart of the window. Exit code 1: there is none.\n\n"
		"  --by KEY         only limits that count by it: sender, client ...\n"
		"  --limit NAME     only this limit\n"
		"  --order ORDER    percent (the default; a window that refuses is full),\n"
		"                   used, refused, for, subject\n"
		"  --rows N         at most N rows (default: 20)\n"
		"  --all            also windows of the last day that are below half now,\n"
		"                   and limits that are not in this configuration\n"
		"  --live           full screen, updated each second; keys change the order\n\n"
		"example:\n"
		"  weirctl top --by sender\n",
	.run = run,
};
