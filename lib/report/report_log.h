/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REPORT_LOG_H
#define WEIR_REPORT_LOG_H

/*
 * What the mail logs of the MTAs say of the mail of an incident: what came in,
 * what a milter refused, what became of each recipient, and which local account
 * called sendmail(1). Mail is its own by the subjects of incident_flood.h. One
 * thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fleet/incident_flood.h"
#include "lib/settings/settings.h"
#include "report_others.h"

#define REPORT_LOG_MESSAGES_MAX 1000000

struct report_log_file {
	const char *path; /* the options' */
	uint64_t lines;
	uint64_t unknown; /* lines of no form that is known */
	uint64_t cut;	  /* lines that were too long */
};

/* A local account or a script, and how many messages it made; or a recipient,
 * and how many were delivered. */
struct report_log_count {
	char *value; /* "33 (www-data)", "33:cdomail.php", an address */
	uint64_t messages, bytes;
	const char *path; /* of the first of them */
	uint64_t line;
};

struct report_log_counts {
	struct report_log_count *list; /* most messages first */
	size_t count;
};

struct report_log {
	struct report_log_file *files;
	size_t file_count;
	uint64_t refused;   /* by a milter: MAIL, recipients and messages */
	uint64_t discarded; /* by a milter, with a positive reply */
	uint64_t held;	    /* by a milter */
	uint64_t accepted;  /* into the queue, held ones too */
	uint64_t bytes;	    /* of these */
	/* recipients of what was accepted, by what was said of them last */
	uint64_t delivered, deferred, bounced, other;
	uint64_t queued; /* messages that were not removed */
	/* The first of it that was accepted; first_path NULL: there is none. */
	const char *first_path;
	uint64_t first_line, first_ms;
	uint64_t left_out; /* above REPORT_LOG_MESSAGES_MAX */
	struct report_log_counts accounts, scripts, recipients;
	struct report_others others[REPORT_PERIODS];
};

struct report_log_options {
	const char *const *paths;
	size_t path_count;
	const struct settings *settings;
	const struct incident_flood *flood;
	uint64_t opened_ms, end_ms; /* of the incident */
	uint64_t now_ms; /* of a line without a year, where the file has no time
			  */
};

/* False, and error_r (one sentence, freed with free()), when a file cannot be
 * read. The caller clears in both cases. */
bool report_log_read(const struct report_log_options *options,
		     struct report_log *log_r, char **error_r);
void report_log_clear(struct report_log *log);

#endif
