/* SPDX-License-Identifier: ISC */
#ifndef WEIR_METRICS_TEXT_H
#define WEIR_METRICS_TEXT_H

/*
 * Metrics as Prometheus reads them: the text format 0.0.4, or OpenMetrics 1.0
 * for those that accept it
 * (https://prometheus.io/docs/instrumenting/exposition_formats/,
 * https://github.com/prometheus/OpenMetrics). They differ in the end, in the
 * family of a counter (OpenMetrics: without its "_total") and in their type
 * for HTTP.
 *
 * A family is begun, then come its samples. Not thread-safe.
 */
#include <stddef.h>
#include <stdint.h>

#include "lib/base/wait_histogram.h"

enum metrics_format {
	METRICS_TEXT,
	METRICS_OPEN
};

/* What an Accept header wants; NULL or "": the text format. */
enum metrics_format metrics_format_wanted(const char *accept);

/* Its Content-Type. */
const char *metrics_format_type(enum metrics_format format);

enum metrics_kind {
	METRICS_COUNTER,
	METRICS_GAUGE,
	METRICS_HISTOGRAM
};

struct metrics_text;

struct metrics_text *metrics_text_new(enum metrics_format format);

/* Ends it; what is returned is the caller's, to free with free(). */
char *metrics_text_end(struct metrics_text **text, size_t *length_r);

/* The name of a counter ends in "_total". name is kept until the next one. */
void metrics_family(struct metrics_text *text, enum metrics_kind kind,
		    const char *name, const char *help);

/* Values are any text; they are escaped. The list ends with a name of NULL. */
struct metrics_label {
	const char *name, *value;
};

/* A sample of the family; labels may be NULL: none. */
void metrics_number(struct metrics_text *text,
		    const struct metrics_label *labels, uint64_t number);
void metrics_seconds(struct metrics_text *text,
		     const struct metrics_label *labels, double seconds);
/* Of waits; at most one label. */
void metrics_waits(struct metrics_text *text, const struct metrics_label *label,
		   const struct wait_counts *waits);

/* A family of one sample without labels. */
void metrics_counter(struct metrics_text *text, const char *name,
		     const char *help, uint64_t number);
void metrics_gauge(struct metrics_text *text, const char *name,
		   const char *help, uint64_t number);

/* What every process can say of itself, under the names that all programs with
 * metrics use (https://prometheus.io/docs/instrumenting/writing_clientlibs/,
 * "Process metrics"). Of Linux; what cannot be read is left out. */
void metrics_process(struct metrics_text *text);

#endif
