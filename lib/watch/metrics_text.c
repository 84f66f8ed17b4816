/* SPDX-License-Identifier: ISC */

/* A stream in memory; numbers are written as in the "C" locale. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/alloc.h"
#include "metrics_text.h"

#define TOTAL	    "_total"
#define OPEN_TYPE   "application/openmetrics-text"
#define NS_A_SECOND 1e9

struct metrics_text {
	enum metrics_format format;
	const char *family;
	FILE *out;
	char *data;
	size_t length;
};

/* which format */

/* 0 for what is no number from 0 to 1. */
static unsigned int thousandths_of(const char *number)
{
	double value = strtod(number, NULL);

	return value >= 0 && value <= 1 ? (unsigned int)(value * 1000) : 0;
}

/* q of one entry of an Accept header (RFC 9110, 12.4.2), in thousandths. */
static unsigned int quality_of(const char *entry, size_t length)
{
	char copy[200], *rest, *word;
	unsigned int quality = 1000;

	snprintf(copy, sizeof(copy), "%.*s", (int)length, entry);
	strtok_r(copy, ";", &rest);
	while ((word = strtok_r(NULL, ";", &rest)) != NULL) {
		word += strspn(word, " \t");
		if (strncasecmp(word, "q=", 2) == 0)
			quality = thousandths_of(word + 2);
	}
	return quality;
}

/* Does an entry begin with this type, and nothing but parameters behind it? */
static bool is_type(const char *entry, size_t length, const char *type)
{
	size_t of_type = strcspn(entry, ";, \t");

	return of_type <= length && of_type == strlen(type) &&
	       strncasecmp(entry, type, of_type) == 0;
}

enum metrics_format metrics_format_wanted(const char *accept)
{
	unsigned int open = 0, text = 0;

	while (accept != NULL && *accept != '\0') {
		size_t length = strcspn(accept, ",");
		const char *entry = accept + strspn(accept, " \t");
		size_t of_entry = length - (size_t)(entry - accept);
		unsigned int quality = quality_of(entry, of_entry);

		if (is_type(entry, of_entry, OPEN_TYPE))
			open = quality > open ? quality : open;
		else if (is_type(entry, of_entry, "text/plain"))
			text = quality > text ? quality : text;
		accept += length + (accept[length] == ',');
	}
	return open > 0 && open >= text ? METRICS_OPEN : METRICS_TEXT;
}

const char *metrics_format_type(enum metrics_format format)
{
	return format == METRICS_OPEN
		       ? OPEN_TYPE "; version=1.0.0; charset=utf-8"
		       : "text/plain; version=0.0.4; charset=utf-8";
}

/* the text */

struct metrics_text *metrics_text_new(enum metrics_format format)
{
	struct metrics_text *text = alloc_zero(sizeof(*text));

	text->format = format;
	text->out = open_memstream(&text->data, &text->length);
	if (text->out == NULL)
		alloc_fail();
	return text;
}

char *metrics_text_end(struct metrics_text **text_r, size_t *length_r)
{
	struct metrics_text *text = *text_r;
	char *data;

	if (text->format == METRICS_OPEN)
		fputs("# EOF\n", text->out);
	if (fclose(text->out) != 0)
		alloc_fail();
	data = text->data;
	*length_r = text->length;
	free(text);
	*text_r = NULL;
	return data;
}

/* OpenMetrics: the family of a counter is its name without "_total". */
static int family_length(const struct metrics_text *text,
			 enum metrics_kind kind, const char *name)
{
	size_t length = strlen(name);

	if (kind == METRICS_COUNTER && text->format == METRICS_OPEN)
		length -= strlen(TOTAL);
	return (int)length;
}

void metrics_family(struct metrics_text *text, enum metrics_kind kind,
		    const char *name, const char *help)
{
	static const char *const kinds[] = { "counter", "gauge", "histogram" };
	int length = family_length(text, kind, name);

	text->family = name;
	fprintf(text->out, "# HELP %.*s %s\n# TYPE %.*s %s\n", length, name,
		help, length, name, kinds[kind]);
}

/* A newline, a quote and a backslash are escaped, all else is as it is. */
static void put_value(FILE *out, const char *value)
{
	for (; *value != '\0'; value++)
		if (*value == '\n')
			fputs("\\n", out);
		else if (*value == '"' || *value == '\\')
			fprintf(out, "\\%c", *value);
		else
			fputc(*value, out);
}

static void put_labels(FILE *out, const struct metrics_label *labels)
{
	const char *before = "{";

	if (labels == NULL || labels->name == NULL)
		return;
	for (; labels->name != NULL; labels++) {
		fprintf(out, "%s%s=\"", before, labels->name);
		put_value(out, labels->value);
		fputc('"', out);
		before = ",";
	}
	fputc('}', out);
}

static void put_name(struct metrics_text *text, const char *suffix,
		     const struct metrics_label *labels)
{
	fprintf(text->out, "%s%s", text->family, suffix);
	put_labels(text->out, labels);
	fputc(' ', text->out);
}

void metrics_number(struct metrics_text *text,
		    const struct metrics_label *labels, uint64_t number)
{
	put_name(text, "", labels);
	fprintf(text->out, "%" PRIu64 "\n", number);
}

void metrics_seconds(struct metrics_text *text,
		     const struct metrics_label *labels, double seconds)
{
	put_name(text, "", labels);
	fprintf(text->out, "%.3f\n", seconds);
}

/* "0.0005", "1.0": the same text in both formats, so that a series stays one
 * when Prometheus asks for the other. */
static const char *bound_text(int bucket, char buffer[30])
{
	double seconds;

	if (bucket == WAIT_BOUNDS)
		return "+Inf";
	seconds = (double)wait_bounds_ns[bucket] / NS_A_SECOND;
	snprintf(buffer, 30, seconds < 1 ? "%g" : "%.1f", seconds);
	return buffer;
}

void metrics_waits(struct metrics_text *text, const struct metrics_label *label,
		   const struct wait_counts *waits)
{
	struct metrics_label labels[3] = { { 0 } };
	struct metrics_label *le = labels;
	uint64_t count = 0;
	char bound[30];

	if (label != NULL && label->name != NULL)
		*le++ = *label;
	for (int i = 0; i <= WAIT_BOUNDS; i++) {
		count += waits->buckets[i];
		*le = (struct metrics_label){ "le", bound_text(i, bound) };
		put_name(text, "_bucket", labels);
		fprintf(text->out, "%" PRIu64 "\n", count);
	}
	*le = (struct metrics_label){ 0 };
	put_name(text, "_sum", labels);
	fprintf(text->out, "%.9f\n", (double)waits->sum_ns / NS_A_SECOND);
	put_name(text, "_count", labels);
	fprintf(text->out, "%" PRIu64 "\n", count);
}

void metrics_counter(struct metrics_text *text, const char *name,
		     const char *help, uint64_t number)
{
	metrics_family(text, METRICS_COUNTER, name, help);
	metrics_number(text, NULL, number);
}

void metrics_gauge(struct metrics_text *text, const char *name,
		   const char *help, uint64_t number)
{
	metrics_family(text, METRICS_GAUGE, name, help);
	metrics_number(text, NULL, number);
}
