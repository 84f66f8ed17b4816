/* SPDX-License-Identifier: ISC */

/* Reads the files and the heads of logs, prints what the audit says. */
#include "command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/json.h"
#include "lib/replay/log_file.h"
#include "lib/watch/journal_audit.h"
#include "arguments.h"
#include "journal_paths.h"
#include "terminal.h"

#define HASH_MIN 16 /* digits */

static const struct {
	const char *name, *sentence;
} verdicts[] = {
	[JOURNAL_IS_WHOLE] = { "whole", "whole" },
	[JOURNAL_IS_CHANGED] = { "changed",
				 "CHANGED: a file is not as it was written" },
	[JOURNAL_IS_CUT] = { "cut",
			     "cut: a file has no end, as after a crash" },
	[JOURNAL_DIFFERS] = { "differs",
			      "DIFFERS: a head that is known from elsewhere "
			      "does not fit" },
};

static const char *const state_names[] = {
	[JOURNAL_WHOLE] = "whole",
	[JOURNAL_OPEN] = "open",
	[JOURNAL_CUT] = "cut",
	[JOURNAL_CHANGED] = "changed",
};

static const struct {
	const char *name, *title;
} sources[JOURNAL_SOURCES] = {
	[JOURNAL_FROM_LOG] = { "anchors", "heads in logs" },
	[JOURNAL_FROM_WITNESS] = { "witnesses", "heads witnessed by others" },
	[JOURNAL_FROM_NEXT] = { "next", "heads in the next file" },
};

/* what to hold against the files */

static int complain_of_log(const char *path, const char *what)
{
	terminal_error("weirctl journal verify: --anchors: %s: %s", path, what);
	return EX_NOINPUT;
}

static int add_log(struct journal_audit *audit, const char *path)
{
	struct log_file *file = log_file_open(path);
	struct slice line;
	int code = EX_OK;

	if (file == NULL)
		return complain_of_log(path, strerror(errno));
	while (log_file_next(file, &line)) {
		char text[LOG_LINE_MAX + 1];
		struct journal_head head;

		memcpy(text, line.data, line.length);
		text[line.length] = '\0';
		if (journal_head_parse(text, &head))
			journal_audit_add_head(audit, &head, path);
	}
	if (log_file_error(file) != NULL)
		code = complain_of_log(path, log_file_error(file));
	log_file_close(&file);
	return code;
}

static bool check_hash(const char *text)
{
	size_t length = strlen(text);

	if (length >= HASH_MIN && length < SHA256_TEXT_SIZE &&
	    strspn(text, "0123456789abcdef") == length)
		return true;
	return terminal_error(
		"weirctl journal verify: --anchor: found \"%s\", allowed are "
		"%d to %d hex digits: the head of a journal",
		text, HASH_MIN, SHA256_TEXT_SIZE - 1);
}

struct wanted {
	struct argument_texts logs, hashes;
};

static int add_wanted(struct journal_audit *audit, const struct wanted *wanted)
{
	for (size_t i = 0; i < wanted->hashes.count; i++) {
		if (!check_hash(wanted->hashes.texts[i]))
			return EX_USAGE;
		journal_audit_add_hash(audit, wanted->hashes.texts[i]);
	}
	for (size_t i = 0; i < wanted->logs.count; i++) {
		int code = add_log(audit, wanted->logs.texts[i]);

		if (code != EX_OK)
			return code;
	}
	return EX_OK;
}

/* for people */

static void print_state(const struct journal_file_report *file)
{
	switch (file->state) {
	case JOURNAL_WHOLE:
		printf("whole");
		break;
	case JOURNAL_OPEN:
		printf("whole so far, a process writes to it");
		break;
	case JOURNAL_CUT:
		printf("cut %s",
		       file->is_torn
			       ? "in the middle of a line (a crash, or "
				 "a full disk)"
			       : "behind a record: it has no end (a crash, or "
				 "a copy of a file that was written to)");
		break;
	case JOURNAL_CHANGED:
		printf("broken at line %zu: %s", file->broken_line,
		       file->fault);
		if (file->broken > 1)
			printf(", and at %" PRIu64 " more", file->broken - 1);
		break;
	}
}

static void print_file(const struct journal_file_report *file)
{
	terminal_print("%s\n", file->path);
	printf("  ");
	print_state(file);
	printf("\n  %" PRIu64 " record%s", file->records,
	       file->records == 1 ? "" : "s");
	if (file->first[0] != '\0')
		terminal_print(", %s to %s", file->first, file->last);
	putchar('\n');
	if (file->records != 0)
		printf("  head n=%" PRIu64 " %s\n", file->head.n,
		       file->head.hash);
	if (file->gaps != 0)
		printf("  %" PRIu64 " gap%s: %" PRIu64 " records were lost\n",
		       file->gaps, file->gaps == 1 ? "" : "s", file->lost);
}

static void print_source(const struct journal_audit *audit,
			 enum journal_source source)
{
	struct journal_anchor_counts counts = journal_audit_anchors(audit,
								    source);

	if (counts.checked + counts.elsewhere == 0)
		return;
	printf("%s: %" PRIu64 " of %" PRIu64 " match", sources[source].title,
	       counts.matched, counts.checked);
	if (counts.elsewhere != 0)
		printf(", %" PRIu64 " of files that are not here",
		       counts.elsewhere);
	putchar('\n');
}

static void print_verdict(const struct journal_audit *audit)
{
	enum journal_verdict verdict = journal_audit_verdict(audit);
	struct journal_anchor_counts counts = journal_audit_anchors(
		audit, JOURNAL_FROM_LOG);

	puts(verdicts[verdict].sentence);
	if (verdict == JOURNAL_IS_WHOLE && counts.checked == 0)
		puts("No head of a log was compared: one who can write these "
		     "files can write\nall of them anew. See --anchors.");
}

static void print_text(const struct journal_audit *audit)
{
	for (size_t i = 0; i < journal_audit_count(audit); i++)
		print_file(journal_audit_file(audit, i));
	for (int i = 0; i < JOURNAL_SOURCES; i++)
		print_source(audit, (enum journal_source)i);
	for (size_t i = 0; i < journal_audit_findings(audit); i++)
		terminal_print("%s\n", journal_audit_finding(audit, i));
	print_verdict(audit);
}

/* for programs */

/* Nothing is null. */
static const char *text_of(const char *text)
{
	return text[0] == '\0' ? NULL : text;
}

static json_t *file_json(const struct journal_file_report *file)
{
	return document_make(
		"path:s name:s state:s records:n first:s last:s broken_line:o "
		"fault:s gaps:n lost:n head:s head_n:n",
		file->path, file->name, state_names[file->state], file->records,
		text_of(file->first), text_of(file->last),
		file->state == JOURNAL_CHANGED
			? document_number(file->broken_line)
			: json_null(),
		file->fault, file->gaps, file->lost,
		file->records == 0 ? NULL : file->head.hash, file->head.n);
}

static void print_json(const struct journal_audit *audit)
{
	json_t *files = json_array(), *findings = json_array(), *object;

	for (size_t i = 0; i < journal_audit_count(audit); i++)
		json_array_append_new(files,
				      file_json(journal_audit_file(audit, i)));
	for (size_t i = 0; i < journal_audit_findings(audit); i++)
		json_array_append_new(
			findings,
			document_string(journal_audit_finding(audit, i)));
	object = document_make("verdict:s files:o",
			       verdicts[journal_audit_verdict(audit)].name,
			       files);
	for (int i = 0; i < JOURNAL_SOURCES; i++) {
		struct journal_anchor_counts counts = journal_audit_anchors(
			audit, (enum journal_source)i);

		json_object_set_new(
			object, sources[i].name,
			document_make("checked:n matched:n elsewhere:n",
				      counts.checked, counts.matched,
				      counts.elsewhere));
	}
	json_object_set_new(object, "findings", findings);
	document_print(object, stdout);
}

static int verify(const struct globals *globals, struct journal_audit *audit,
		  const struct journal_paths *paths)
{
	for (size_t i = 0; i < paths->files.count; i++)
		if (!journal_audit_read(audit, paths->files.paths[i])) {
			terminal_error("weirctl journal verify: %s: %s",
				       paths->files.paths[i], strerror(errno));
			return EX_NOINPUT;
		}
	journal_audit_finish(audit, paths->is_all);
	if (globals->is_json)
		print_json(audit);
	else
		print_text(audit);
	return (int)journal_audit_verdict(audit);
}

int journal_verify_run(const struct globals *globals, int argc, char **argv)
{
	struct wanted wanted = { 0 };
	const struct argument arguments[] = {
		ARGUMENT(TEXTS, "anchors", &wanted.logs),
		ARGUMENT(TEXTS, "anchor", &wanted.hashes),
	};
	struct journal_audit *audit = journal_audit_new();
	struct journal_paths paths = { 0 };
	struct context context = { 0 };
	int code = EX_USAGE;

	argc = ARGUMENTS_READ(argc, argv, arguments, 0, 10000);
	if (argc != 0)
		code = add_wanted(audit, &wanted);
	if (code == EX_OK)
		code = journal_paths_find(globals, &context, argc - 1, argv + 1,
					  &paths);
	if (code == EX_OK)
		code = verify(globals, audit, &paths);
	journal_paths_clear(&paths);
	journal_audit_free(&audit);
	context_close(&context);
	free(wanted.logs.texts);
	free(wanted.hashes.texts);
	return code;
}
