/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REPORT_H
#define WEIR_REPORT_H

/*
 * The report of one incident, which in 2001 took weeks by hand: who, how many,
 * since when, what was done, what it cost, and how anyone can check it. Made
 * once, as one JSON document; the printers only walk that. Every figure names
 * the record it is from, what is not known is said, and what only a human can
 * know is an empty field that `weirctl incident N --note "FIELD: text"` fills.
 *
 * Sources, in this order: the journal (local files, those that are named, its
 * copy in Redis), Redis, the log of orders, mail logs. Reads files and waits
 * for Redis: not for a thread that must not wait. Thread-safe: no two calls
 * share anything, but each needs a redis client of its own.
 *
 * The document: "report" (version of this form, 1), "incident", "uid", "title",
 * "made", "by", "host", "sections", an object of sections by name in the order
 * of their numbers (see report_section.h), and "hash", the SHA-256 of the
 * document without it, written as JSON without spaces. weir-report(7) and
 * packaging/report.schema.json describe it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

struct redis_client;
struct settings;

struct report_options {
	uint64_t number; /* of the incident */
	const struct settings *settings;
	struct redis_client *redis; /* NULL: is not asked */
	/* Directories or files of journals of other hosts, and mail logs (plain
	 * or packed). */
	const char *const *journals;
	size_t journal_count;
	const char *const *logs;
	size_t log_count;
	const char *program, *host; /* "weirctl 0.1.0", this host */
	uint64_t now_ms;	    /* since the epoch */
};

enum report_result {
	REPORT_MADE,
	REPORT_UNKNOWN, /* no source knows such an incident */
	REPORT_FAILED	/* a file that was named cannot be read */
};

/* The document, the caller's; NULL unless it was made. error_r: one sentence
 * without a full stop if it was not, freed with free(); else NULL. */
enum report_result report_make(const struct report_options *options,
			       json_t **document_r, char **error_r);

enum report_format {
	REPORT_HTML, /* one file, no script, nothing external */
	REPORT_MARKDOWN,
	REPORT_TEXT,
	REPORT_JSON,
	REPORT_FORMATS
};

/* "html", "markdown", "text", "json"; NULL behind them. */
extern const char *const report_format_names[REPORT_FORMATS + 1];

/* All text of strangers is escaped. Errors of out are the caller's to see. */
void report_print(const json_t *document, enum report_format format, FILE *out);

/* Prints into a new file beside path with mode 0640, then renames it to path:
 * a reader sees the old or the new one, whole. False, and error_r (freed with
 * free()), when path is there and no regular file, or it cannot be written. */
bool report_save(const json_t *document, enum report_format format,
		 const char *path, char **error_r);

#endif
