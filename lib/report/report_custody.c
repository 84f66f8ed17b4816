/* SPDX-License-Identifier: ISC */

/* Section 10: how anyone can check it, and who had it. */
#include <string.h>

#include "lib/base/json.h"
#include "report_section.h"
#include "report_sections.h"

static const char *const verdicts[] = {
	[JOURNAL_IS_WHOLE] = "whole: unchanged as far as can be seen",
	[JOURNAL_IS_CHANGED] = "CHANGED: a file is not as it was written",
	[JOURNAL_IS_CUT] = "cut: a file has no end, as after a crash",
	[JOURNAL_DIFFERS] = ("DIFFERS: a head that is known from elsewhere "
			     "does not fit"),
};

static const char *const states[] = {
	[JOURNAL_WHOLE] = "whole",
	[JOURNAL_OPEN] = "whole so far, a process writes to it",
	[JOURNAL_CUT] = "cut: it has no end",
	[JOURNAL_CHANGED] = "CHANGED",
};

static const struct journal_file_report *
find_report(const struct report_facts *facts, const struct report_file *file)
{
	const struct journal_audit *audit = facts->journal.audit;

	for (size_t i = 0; i < journal_audit_count(audit); i++)
		if (file->path != NULL &&
		    strcmp(journal_audit_file(audit, i)->path, file->path) == 0)
			return journal_audit_file(audit, i);
	return NULL;
}

static json_t *state_of(const struct journal_file_report *report)
{
	if (report->state != JOURNAL_CHANGED)
		return json_string(states[report->state]);
	return document_format("CHANGED at line %zu: %s", report->broken_line,
			       report->fault);
}

static void add_file(json_t *table, const struct report_file *file,
		     const struct journal_file_report *report)
{
	report_row_add(table, document_string(file->tag), "ssnssnso", file->tag,
		       report->path, report->records, report->first,
		       report->last, report->head.n, report->head.hash,
		       state_of(report));
}

static void add_copy(json_t *table, const struct report_file *file)
{
	report_row_add(table, document_string("redis"), "ssnssnss", file->tag,
		       file->name, file->records, file->first, file->last,
		       file->head.n, file->head.hash,
		       file->is_broken
			       ? "copy in Redis: a record is missing or changed"
			       : "copy in Redis: no break in what it has");
}

static void add_files(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "file", "Named here", REPORT_WORDS },
		{ "path", "File", REPORT_WORDS },
		{ "records", "Records", REPORT_COUNT },
		{ "from", "From (UTC)", REPORT_TIME },
		{ "to", "To (UTC)", REPORT_TIME },
		{ "n", "Last", REPORT_COUNT },
		{ "head", "Head (SHA-256 of the last record)", REPORT_WORDS },
		{ "state", "State", REPORT_WORDS },
		{ 0 },
	};
	const struct report_journal *journal = &facts->journal;
	json_t *table = report_section_table(
		section, "files", "Files of the journal that figures are from",
		columns);
	size_t others = 0;

	for (size_t i = 0; i < journal->source_count; i++) {
		const struct report_file *file = journal->sources[i];
		const struct journal_file_report *report = find_report(facts,
								       file);

		others += !file->is_cited;
		if (file->is_cited && report != NULL)
			add_file(table, file, report);
		else if (file->is_cited)
			add_copy(table, file);
	}
	if (others != 0)
		report_section_say(section,
				   "%zu more files of that time were read and "
				   "checked; no figure is from them.",
				   others);
}

static void add_anchors(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "kind", "Heads known from elsewhere", REPORT_WORDS },
		{ "checked", "Compared", REPORT_COUNT },
		{ "matched", "Match", REPORT_COUNT },
		{ "elsewhere", "Of files that are not here", REPORT_COUNT },
		{ 0 },
	};
	static const char *const kinds[JOURNAL_SOURCES] = {
		[JOURNAL_FROM_LOG] = "heads in Redis",
		[JOURNAL_FROM_WITNESS] = "witnessed by other journals",
		[JOURNAL_FROM_NEXT] = "named by the next file",
	};
	json_t *table = report_section_table(section, "anchors",
					     "Comparison with heads", columns);

	for (int i = 0; i < JOURNAL_SOURCES; i++) {
		struct journal_anchor_counts counts = journal_audit_anchors(
			facts->journal.audit, (enum journal_source)i);

		report_row_add(table, json_null(), "snnn", kinds[i],
			       counts.checked, counts.matched,
			       counts.elsewhere);
	}
}

static void add_exports(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "time", "Date and time (UTC)", REPORT_TIME },
		{ "by", "By", REPORT_WORDS },
		{ "hash", "SHA-256 of the archive", REPORT_WORDS },
		{ 0 },
	};
	json_t *table = report_section_table(
		section, "exports", "Who exported it (weirctl journal export)",
		columns);

	report_records_foreach(&facts->journal, record) {
		const json_t *json = record->json;

		if (!report_record_is(record, JOURNAL_PROCESS, "exported") ||
		    document_get_number(json, "incident") !=
			    facts->options->number)
			continue;
		report_row_add(table, report_record_source(record), "mss",
			       record->when_ms, document_get_text(json, "by"),
			       document_get_text(json, "sha256"));
	}
}

static void add_findings(const struct report_facts *facts, json_t *section)
{
	const struct report_journal *journal = &facts->journal;

	for (size_t i = 0; i < journal_audit_findings(journal->audit); i++)
		report_section_gap(section, "%s",
				   journal_audit_finding(journal->audit, i));
	if (journal->broken + journal->unreadable != 0)
		report_section_gap(section,
				   "%zu lines are damaged, %zu files could not "
				   "be read: weirctl journal verify",
				   journal->broken, journal->unreadable);
	report_section_gap(section, "a hash proves that a record was not "
				    "changed, not that it is true; who can "
				    "write all files and all heads can write "
				    "them anew: compare with heads that have "
				    "left the host (alerts, logs elsewhere) by "
				    "weirctl journal verify --anchors");
}

json_t *report_custody(struct report_facts *facts)
{
	static const struct {
		const char *name, *label;
	} form[] = {
		{ "released", "Released by (name, date and time with zone, "
			      "signature)" },
		{ "received", "Received by (name, date and time with zone, "
			      "signature)" },
		{ "purpose", "Purpose" },
		{ "returned", "Returned, or destroyed" },
	};
	json_t *section = report_section_new(10, "Chain of custody");

	report_section_say(
		section,
		"%s checked the journal on %s when this report was made: %s.",
		facts->options->program, facts->options->host,
		journal_audit_count(facts->journal.audit) == 0
			? "there was no file of it to read"
			: verdicts[journal_audit_verdict(
				  facts->journal.audit)]);
	add_exports(facts, section);
	add_files(facts, section);
	add_anchors(facts, section);
	add_findings(facts, section);
	for (size_t i = 0; i < sizeof(form) / sizeof(form[0]); i++)
		report_facts_field(facts, section, form[i].name, form[i].label);
	return section;
}
