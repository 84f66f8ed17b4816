/* SPDX-License-Identifier: ISC */

/* One line a record: time, host, kind, and the members as they are. */
#include "command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/json.h"
#include "lib/base/moment.h"
#include "lib/base/text.h"
#include "lib/watch/journal_merge.h"
#include "lib/base/clock.h"
#include "arguments.h"
#include "journal_paths.h"
#include "terminal.h"

struct wanted {
	uint64_t incident;	      /* 0: any */
	const char *kind;	      /* NULL: any */
	uint64_t since_ms;	      /* before now; 0: any */
	char since[MOMENT_TEXT_SIZE]; /* the time of that; "": any */
};

static bool is_wanted(const struct wanted *wanted,
		      const struct journal_line *line)
{
	if (wanted->kind != NULL && strcmp(line->kind, wanted->kind) != 0)
		return false;
	if (wanted->incident != 0 &&
	    document_get_number(line->json, "incident") != wanted->incident)
		return false;
	return strcmp(line->when, wanted->since) >= 0;
}

static bool is_of_line(const char *name)
{
	static const char *const names[] = { "n",   "t",    "kind",
					     "sum", "prev", NULL };

	return text_find(names, name) >= 0;
}

static void print_value(const char *name, const json_t *value)
{
	char *text = document_write(json_deep_copy(value));

	terminal_begin(stdout, TERMINAL_FAINT);
	printf(" %s=", name);
	terminal_end(stdout, TERMINAL_FAINT);
	fputs(text, stdout); /* ASCII */
	free(text);
}

/* "/x/gw1.4711.20261125T104400Z.jsonl": "gw1.4711" */
static void print_origin(const char *path)
{
	const char *name = basename(path);
	size_t length = strlen(name), tail = strlen(".20261125T104400Z.jsonl");

	terminal_put(stdout, name, length > tail ? length - tail : length);
}

static void print_text(const struct journal_read_line *line, const char *path)
{
	const char *name;
	json_t *value;

	terminal_print("%s ", line->line.when);
	print_origin(path);
	terminal_print(" %" PRIu64 " %s", line->line.n, line->line.kind);
	json_object_foreach(line->line.json, name, value) {
		if (!is_of_line(name))
			print_value(name, value);
	}
	putchar('\n');
}

/* With --json one value: an array of the records, as they are. */
static int print_all(const struct globals *globals,
		     const struct journal_paths *paths,
		     const struct wanted *wanted)
{
	struct journal_merge *merge = journal_merge_new(paths->files.paths,
							paths->files.count);
	struct journal_read_line line;
	const char *path;
	size_t shown = 0;

	while (journal_merge_next(merge, &line, &path)) {
		if (!is_wanted(wanted, &line.line))
			continue;
		if (globals->is_json) {
			fputs(shown == 0 ? "[\n" : ",\n", stdout);
			fwrite(line.text, 1, line.length, stdout);
		} else {
			print_text(&line, path);
		}
		shown++;
	}
	if (globals->is_json)
		puts(shown == 0 ? "[]" : "\n]");
	if (journal_merge_broken(merge) != 0)
		terminal_error(
			"weirctl journal show: %zu lines are not as they were "
			"written; see weirctl journal verify",
			journal_merge_broken(merge));
	if (journal_merge_unreadable(merge) != 0)
		terminal_error("weirctl journal show: %zu files cannot be read",
			       journal_merge_unreadable(merge));
	journal_merge_free(&merge);
	return shown == 0 ? COMMAND_NOTHING : EX_OK;
}

/* Where it is none of ours, the kinds are listed. */
static bool check_kind(const char *name)
{
	enum journal_kind kind;

	if (name == NULL || journal_kind_find(name, &kind))
		return true;
	terminal_print_to(stderr,
			  "weirctl journal show: --kind: found \"%s\", allowed "
			  "are",
			  name);
	for (int i = 0; i < JOURNAL_KINDS; i++)
		fprintf(stderr, "%s %s", i == 0 ? "" : ",",
			journal_kind_name((enum journal_kind)i));
	fputc('\n', stderr);
	return false;
}

int journal_show_run(const struct globals *globals, int argc, char **argv)
{
	struct wanted wanted = { 0 };
	const struct argument arguments[] = {
		ARGUMENT(NUMBER, "incident", &wanted.incident, .min = 1),
		ARGUMENT(TEXT, "kind", &wanted.kind),
		ARGUMENT(SPAN, "since", &wanted.since_ms, .min = 1),
	};
	struct journal_paths paths = { 0 };
	struct context context = { 0 };
	int code;

	argc = ARGUMENTS_READ(argc, argv, arguments, 0, 10000);
	if (argc == 0 || !check_kind(wanted.kind))
		return EX_USAGE;
	if (wanted.since_ms != 0)
		moment_format_utc(clock_wall_ms() - wanted.since_ms,
				  wanted.since);
	code = journal_paths_find(globals, &context, argc - 1, argv + 1,
				  &paths);
	if (code == EX_OK)
		code = print_all(globals, &paths, &wanted);
	journal_paths_clear(&paths);
	context_close(&context);
	return code;
}
