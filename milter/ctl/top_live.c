/* SPDX-License-Identifier: ISC */

/*
 * Curses draws the lines that the table would print. While Redis is down the
 * screen says so and goes on trying.
 */
#include <curses.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/moment.h"
#include "top_live.h"
#include "terminal.h"

#define EVERY_MS 1000

static const struct {
	int key;
	enum top_order order;
	const char *name;
} keys[] = {
	{ 'p', TOP_BY_PERCENT, "percent" }, { 'u', TOP_BY_USED, "used" },
	{ 'r', TOP_BY_REFUSED, "refused" }, { 'f', TOP_BY_SINCE, "for" },
	{ 's', TOP_BY_SUBJECT, "subject" },
};

#define KEY_COUNT (sizeof(keys) / sizeof(keys[0]))

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
	for (size_t i = 0; i < KEY_COUNT; i++) {
		bool is_chosen = keys[i].order == wish->order;

		addch(' ');
		if (is_chosen)
			attron(A_REVERSE);
		printw("%c %s", keys[i].key, keys[i].name);
		if (is_chosen)
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
	for (size_t i = 0; i < KEY_COUNT; i++)
		if (key == keys[i].key)
			wish->order = keys[i].order;
}

int top_live(struct context *context, struct top_wish *wish)
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
