/* SPDX-License-Identifier: ISC */

/* weirctl top: who is nearest to a limit, or over it. */
#include <inttypes.h>
#include <stdio.h>
#include <sysexits.h>

#include "lib/fleet/document.h"
#include "lib/store/window_value.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/top_live.h"
#include "milter/ctl/top_rows.h"
#include "milter/ctl/window_text.h"

#define ROWS_USUAL 20

struct top_words {
	struct top_wish wish;
	const char *by;
	uint64_t rows;
	int order;
	bool is_live;
	char key[LIMIT_KEY_TEXT_SIZE];
};

static const char *const orders[] = { "percent", "used",    "refused",
				      "for",	 "subject", NULL };

static json_t *row_json(const struct board_row *row)
{
	json_t *object = json_object(), *buckets = json_array();
	uint64_t counts[WINDOW_SLOTS_MAX];
	unsigned int count = window_value_chart(&row->window, &row->shape,
						counts);

	for (unsigned int i = 0; i < count; i++)
		json_array_append_new(buckets, document_number(counts[i]));
	json_object_set_new(object, "subject", document_string(row->subject));
	json_object_set_new(object, "limit", document_string(row->limit));
	json_object_set_new(object, "per_ms", document_number(row->per_ms));
	json_object_set_new(object, "used", document_number(row->window.used));
	json_object_set_new(object, "max", document_number(row->max));
	json_object_set_new(object, "percent",
			    document_number(window_text_percent(
				    row->window.used, row->max)));
	json_object_set_new(object, "since", document_moment(row->since_ms));
	json_object_set_new(object, "last", document_moment(row->last_ms));
	json_object_set_new(object, "refused", document_number(row->refused));
	json_object_set_new(object, "bucket_ms",
			    document_number(row->shape.width_ms));
	json_object_set_new(object, "buckets", buckets);
	return object;
}

static void tell_json(const struct board *board, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, row_json(&board->rows[i]));
	document_print(array, stdout);
}

/* What is not in the table, nor in the JSON text. */
static void tell_left_out(FILE *out, const struct control *control,
			  const struct board *board,
			  const struct top_wish *wish)
{
	size_t foreign = top_rows_foreign(board, wish);

	if (board->more != 0)
		fprintf(out,
			"%s%" PRIu64 "%s more were at half of a limit or above "
			"and are not listed: top keeps the %d that refuse "
			"most\n",
			control->is_json ? "weirctl: " : "", board->more,
			board->more < BOARD_MORE_MOST ? "" : " or", BOARD_MOST);
	if (foreign != 0)
		fprintf(out,
			"%s%zu more of limits that %s does not have, see "
			"--all\n",
			control->is_json ? "weirctl: " : "", foreign,
			control->path);
}

static void tell(const struct access *access, const struct board *board,
		 size_t shown, size_t count)
{
	struct table *table = top_rows_table(access, board, shown);

	table_print(table, stdout, 0);
	table_free(&table);
	if (count == 0)
		puts("nothing is at half of a limit or above");
	if (shown < count)
		printf("and %zu more, see --rows\n", count - shown);
}

static int top_once(const struct control *control, struct access *access,
		    const struct top_words *words)
{
	struct board board;
	size_t count, shown;

	if (!board_read(access->redis, access->prefix, &board))
		return access_fail(access);
	count = top_rows_choose(&board, &words->wish);
	shown = count < words->rows ? count : (size_t)words->rows;
	if (control->is_json)
		tell_json(&board, shown);
	else
		tell(access, &board, shown, count);
	tell_left_out(control->is_json ? stderr : stdout, control, &board,
		      &words->wish);
	board_clear(&board);
	return count == 0 ? COMMAND_NOTHING : EX_OK;
}

/* "recipient+sender" is what limits call "sender+recipient". */
static bool read_key(struct top_words *words)
{
	unsigned int key;

	if (words->by == NULL)
		return true;
	if (!limit_parse_key(words->by, &key)) {
		fputs("weirctl top: --by: found no key of a limit, allowed is "
		      "sender, sender_domain, recipient, recipient_domain, "
		      "client, auth, helo, several of them joined with +, or "
		      "all\n",
		      stderr);
		return false;
	}
	words->wish.key = limit_format_key(key, words->key);
	return true;
}

static int top(const struct control *control, struct access *access,
	       void *context)
{
	struct top_words *words = context;

	if (!read_key(words))
		return EX_USAGE;
	if (words->wish.limit != NULL &&
	    access_limit(access, words->wish.limit) == NULL)
		return EX_USAGE;
	words->wish.settings = access->settings;
	words->wish.order = (enum top_order)words->order;
	return words->is_live ? top_live(access, &words->wish)
			      : top_once(control, access, words);
}

static int run(const struct control *control, int argc, char **argv)
{
	struct top_words words = { .rows = ROWS_USUAL };
	const struct argument arguments[] = {
		{ .name = "by", .kind = ARGUMENT_TEXT, .target = &words.by },
		{ .name = "limit",
		  .kind = ARGUMENT_TEXT,
		  .target = &words.wish.limit },
		{ .name = "order",
		  .kind = ARGUMENT_CHOICE,
		  .target = &words.order,
		  .choices = orders },
		{ .name = "rows",
		  .kind = ARGUMENT_NUMBER,
		  .target = &words.rows,
		  .least = 1,
		  .most = BOARD_MOST },
		{ .name = "all",
		  .kind = ARGUMENT_FLAG,
		  .target = &words.wish.wants_all },
		{ .name = "live",
		  .kind = ARGUMENT_FLAG,
		  .target = &words.is_live },
	};

	if (arguments_read(argc, argv, arguments, ARGUMENT_COUNT(arguments), 0,
			   0) == 0)
		return EX_USAGE;
	if (words.is_live && control->is_json) {
		fputs("weirctl: --live: found --json, too; allowed is one of "
		      "the two\n",
		      stderr);
		return EX_USAGE;
	}
	return access_use(control, top, &words);
}

const struct command command_top = {
	.name = "top",
	.arguments = "[--by KEY] [--limit NAME] [--order ORDER] [--rows N] "
		     "[--all] [--live]",
	.purpose = "list who is nearest to a limit, or over it",
	.help = "The windows at half of a limit or above: used, max, for how "
		"long, how many\nmessages found them full (REFUSED: a message "
		"that finds two windows full counts\nin both), and a chart of "
		"the window. 1: there is none.\n\n"
		"  --by KEY         only limits that count by it: sender, "
		"client ...\n"
		"  --limit NAME     only this limit\n"
		"  --order ORDER    percent (the default; what refuses is "
		"full), used,\n"
		"                   refused, for, subject\n"
		"  --rows N         at most so many (default: 20)\n"
		"  --all            also what was there in the last day and is "
		"below half now,\n"
		"                   and limits that this configuration does not "
		"have\n"
		"  --live           the whole terminal, each second; keys "
		"change the order\n\n"
		"example:\n  weirctl top --by sender\n",
	.run = run,
};
