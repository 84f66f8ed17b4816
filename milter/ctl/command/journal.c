/* SPDX-License-Identifier: ISC */

/* weirctl journal: what the milters recorded, and whether it is as they did. */
#include <stdint.h>
#include <string.h>
#include <sysexits.h>

#include "milter/ctl/arguments.h"
#include "milter/ctl/command.h"
#include "milter/ctl/terminal.h"

static const struct {
	const char *word, *name; /* as it is typed, as errors name it */
	int (*run)(const struct globals *globals, int argc, char **argv);
} acts[] = {
	{ "verify", "journal verify", journal_verify_run },
	{ "show", "journal show", journal_show_run },
	{ "export", "journal export", journal_export_run },
	{ "prune", "journal prune", journal_prune_run },
};

static int complain(const char *word)
{
	const char *quote = word == NULL ? "" : "\"";

	terminal_error("weirctl journal: found %s%s%s, allowed are verify, "
		       "show, export, prune",
		       quote, word == NULL ? "nothing" : word, quote);
	return EX_USAGE;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	if (argc < 2)
		return complain(NULL);
	if (argv[1][0] == '-' && arguments_read(argc, argv, NULL, 0, 0, 0) == 0)
		return EX_USAGE;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (strcmp(argv[1], acts[i].word) != 0)
			continue;
		argv[1] = (char *)(uintptr_t)acts[i].name;
		return acts[i].run(globals, argc - 1, argv + 1);
	}
	return complain(argv[1]);
}

/* clang-format off */
static const char help[] =
	"verify [FILE|DIR ...]   is it as it was written? Without FILE or DIR, all\n"
	"                        files of the configured directory. Exit code 0: whole,\n"
	"                        1: changed, 2: cut by a crash, 3: a head known from\n"
	"                        elsewhere is ahead or differs\n"
	"  --anchors FILE        compare with the heads in this log of milters; may be\n"
	"                        repeated, packed logs too, - is standard input\n"
	"  --anchor HEX          a record with this hash must be there (of an alert or\n"
	"                        a report)\n"
	"show [FILE|DIR ...]     the records, by time\n"
	"  --incident N          of this incident\n"
	"  --kind KIND           begin, incident, message, minute, order, queue, alert,\n"
	"                        process, witness, gap, pruned, end\n"
	"  --since SPAN          not older than that\n"
	"export N [FILE|DIR ...] incident N as a tar archive: its records, the files\n"
	"                        that they are in, heads, the report, SHA256SUMS\n"
	"  --out FILE            default: incident-N.tar\n"
	"prune                   remove files older than journal.keep; this is recorded\n"
	"  --keep SPAN           instead of journal.keep, at least 1d\n"
	"  --dry-run             only list them\n"
	"\nexamples:\n"
	"  weirctl journal verify --anchors /var/log/mail.log\n"
	"  weirctl journal show --incident 17 --kind order\n";
/* clang-format on */

const struct command command_journal = {
	.name = "journal",
	.arguments = "verify|show|export|prune [OPTIONS] [FILE|DIR...]",
	.purpose = "the record of what happened: check, read, export it",
	.help = help,
	.run = run,
};
