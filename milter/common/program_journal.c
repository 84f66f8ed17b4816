/* SPDX-License-Identifier: ISC */

/* The journal is made before the mirror can know it, and the other way. */
#include "program_journal.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/log.h"
#include "lib/base/clock.h"

#define STOP_MS	       500
#define SENTENCES_SIZE 6000 /* bytes of limits in one record */

/* By name, for the log. Freed with free(). */
static char *own_name(void)
{
	const struct passwd *account = getpwuid(geteuid());

	if (account == NULL)
		return alloc_format("%ju", (uintmax_t)geteuid());
	return alloc_text(account->pw_name);
}

void program_journal_init(struct program_journal *program, const char *name,
			  const struct settings *settings, const char *host,
			  const struct journal_mirror_link *link)
{
	char *field, *owner, *version;

	program->journal = NULL;
	program->mirror = NULL;
	if (settings->journal.directory[0] == '\0')
		return;
	owner = own_name();
	field = alloc_format("%s:%ld", host, (long)getpid());
	version = alloc_format("%s " WEIR_VERSION, name);
	program->mirror = journal_mirror_new(
		&(struct journal_mirror_options){ settings, *link, field });
	program->journal = journal_new(&(struct journal_options){
		.directory = settings->journal.directory,
		.host = host,
		.program = version,
		.owner = owner,
		.wall_ms = clock_wall_ms,
		.mirror = journal_mirror_calls(program->mirror),
	});
	journal_mirror_use(program->mirror, program->journal);
	free(field);
	free(version);
	free(owner);
}

void program_journal_start(struct program_journal *program)
{
	if (program->journal != NULL && !journal_start(program->journal))
		log_warning("journal: not written, for want of a thread");
}

static void add_limits(struct program_journal *program, const char *act,
		       const struct settings *settings, json_t *limits)
{
	journal_add(program->journal, JOURNAL_PROCESS, JOURNAL_ACT,
		    document_make("act:s file:s limits:o", act, settings->path,
				  limits));
}

void program_journal_add_settings(struct program_journal *program,
				  const char *act,
				  const struct settings *settings)
{
	json_t *limits = json_array();
	size_t bytes = 0;

	for (size_t i = 0; i < settings->limit_count; i++) {
		json_t *sentence;
		char *text = limit_describe(&settings->limits[i]);

		sentence = document_string(text);
		bytes += json_string_length(sentence);
		if (bytes > SENTENCES_SIZE) {
			add_limits(program, act, settings, limits);
			limits = json_array();
			bytes = json_string_length(sentence);
		}
		json_array_append_new(limits, sentence);
		free(text);
	}
	add_limits(program, act, settings, limits);
	if (program->mirror != NULL)
		journal_mirror_set_password(program->mirror,
					    settings->redis.password);
}

void program_journal_add_redis(struct journal *journal, bool is_up)
{
	journal_add(
		journal, JOURNAL_PROCESS, JOURNAL_ACT,
		document_make("act:s", is_up ? "redis-back" : "redis-away"));
}

void program_journal_stop(struct program_journal *program)
{
	if (!journal_stop(program->journal, STOP_MS))
		log_warning("journal: the disk is slow: the last records may "
			    "be missing");
}
