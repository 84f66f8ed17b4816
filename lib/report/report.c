/* SPDX-License-Identifier: ISC */

/* The sections are a table: their names are what programs read. */
#include "report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/letter.h"
#include "lib/base/sha256.h"
#include "report_sections.h"

#define VERSION UINT64_C(1)

static const struct {
	const char *name;
	json_t *(*make)(struct report_facts *facts);
} sections[] = {
	{ "identification", report_identification },
	{ "who", report_who },
	{ "timeline", report_timeline },
	{ "containment", report_containment },
	{ "eradication", report_eradication },
	{ "recovery", report_recovery },
	{ "impact", report_impact },
	{ "evidence", report_evidence },
	{ "lessons", report_lessons },
	{ "preparation", report_preparation },
	/* which files the others are from is known when they are made */
	{ "custody", report_custody },
	{ "head", report_head },
};

#define SECTION_COUNT (sizeof(sections) / sizeof(sections[0]))

/* In the order of their numbers. */
static json_t *make_sections(struct report_facts *facts)
{
	json_t *made[SECTION_COUNT], *object = json_object();

	for (size_t i = 0; i < SECTION_COUNT; i++)
		made[i] = sections[i].make(facts);
	for (json_int_t number = 0; number < (json_int_t)SECTION_COUNT;
	     number++)
		for (size_t i = 0; i < SECTION_COUNT; i++)
			if (json_integer_value(json_object_get(
				    made[i], "number")) == number)
				json_object_set_new(object, sections[i].name,
						    made[i]);
	return object;
}

/* "\u001B" or "\u001b": programs differ, and the hash must not. */
static void lower_escapes(char *text)
{
	for (char *at = text; *at != '\0'; at++) {
		if (*at != '\\')
			continue;
		at++;
		for (int i = 1; *at == 'u' && i <= 4; i++)
			at[i] = letter_lower(at[i]);
	}
}

static void add_hash(json_t *document)
{
	char hash[SHA256_TEXT_SIZE], *text;

	text = json_dumps(document, JSON_COMPACT);
	if (text == NULL)
		alloc_fail();
	lower_escapes(text);
	sha256_text(text, strlen(text), hash);
	free(text);
	json_object_set_new(document, "hash", json_string(hash));
}

static json_t *make_document(struct report_facts *facts)
{
	const struct report_options *options = facts->options;
	char *title = alloc_format("weir: incident %" PRIu64, options->number);
	json_t *document = document_make(
		"report:n incident:n uid:s title:s made:m by:s host:s "
		"sections:o",
		VERSION, options->number, facts->detail.incident.uid, title,
		options->now_ms, options->program, options->host,
		make_sections(facts));

	free(title);
	add_hash(document);
	return document;
}

enum report_result report_make(const struct report_options *options,
			       json_t **document_r, char **error_r)
{
	struct report_facts facts;
	enum report_result result;

	*document_r = NULL;
	*error_r = NULL;
	result = report_facts_read(options, &facts, error_r);
	if (result == REPORT_MADE)
		*document_r = make_document(&facts);
	report_facts_clear(&facts);
	return result;
}
