/* SPDX-License-Identifier: ISC */

/* A process and its file, as of a milter. */
#include "journal_own.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/watch/journal_file.h"
#include "lib/base/clock.h"
#include "terminal.h"

struct journal_file *journal_own_open(const char *directory)
{
	char host[256] = "";

	gethostname(host, sizeof(host) - 1);
	return journal_file_new(&(struct journal_file_options){
		.directory = directory,
		.host = host,
		.program = "weirctl " WEIR_VERSION,
		.run_ms = clock_wall_ms() });
}

bool journal_own_add(struct journal_file *file, enum journal_kind kind,
		     json_t *members)
{
	char *text = journal_members(members);
	uint64_t now_ms = clock_wall_ms();
	bool is_added = journal_file_add(
		file, now_ms,
		&(struct journal_record){ 0, now_ms, kind, text });

	if (!is_added)
		terminal_error("weirctl journal: no record of it: %s",
			       journal_file_error(file));
	free(text);
	return is_added;
}

void journal_own_close(struct journal_file **file)
{
	journal_file_end(*file, clock_wall_ms(), "stop");
	journal_file_free(file);
}
