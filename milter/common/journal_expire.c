/* SPDX-License-Identifier: ISC */

#include "journal_expire.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/json.h"
#include "lib/base/moment.h"

json_t *journal_expire_json(const struct journal_file_report *file)
{
	return document_make("file:s records:n record:n head:s last:s",
			     file->name, file->records, file->head.n,
			     file->head.hash, file->last);
}

static bool remove_file(const struct journal_expire *expire,
			const struct journal_file_report *file)
{
	if (!expire->is_dry &&
	    !expire->note(expire->context, journal_expire_json(file)))
		return false;
	if (!expire->is_dry && unlink(file->path) != 0) {
		expire->failed(expire->context, file->path);
		return false;
	}
	expire->removed(expire->context, file);
	return true;
}

/* "2026-11-25T10:44:00.001Z" as in a name: "20261125T104400" */
static void make_name_limit(const char *limit, char name_limit_r[16])
{
	(void)snprintf(name_limit_r, 16, "%.4s%.2s%.5s%.2s%.2s", limit,
		       limit + 5, limit + 8, limit + 14, limit + 17);
}

/* One that began after the limit need not be read. */
static bool may_be_old(const char *path, const char *name_limit)
{
	const size_t tail = strlen("20261125T104400Z.jsonl");

	return strncmp(path + strlen(path) - tail, name_limit, 15) < 0;
}

/* One without a readable time is kept; one that is written to, too. */
static bool is_old(const struct journal_file_report *file, const char *limit)
{
	return file->state != JOURNAL_OPEN && file->last[0] != '\0' &&
	       strcmp(file->last, limit) < 0;
}

bool journal_expire(const struct journal_expire *expire)
{
	const struct journal_files *files = expire->files;
	char limit[MOMENT_TEXT_SIZE], name_limit[16];
	bool is_good = true;

	moment_format_utc(expire->before_ms, limit);
	make_name_limit(limit, name_limit);
	for (size_t i = 0; i < files->count && is_good; i++) {
		struct journal_audit *audit = journal_audit_new();

		if (may_be_old(files->paths[i], name_limit) &&
		    journal_audit_read(audit, files->paths[i]) &&
		    is_old(journal_audit_file(audit, 0), limit))
			is_good = remove_file(expire,
					      journal_audit_file(audit, 0));
		journal_audit_free(&audit);
	}
	return is_good;
}
