/* SPDX-License-Identifier: ISC */
/* A table of names; Received moves up, so that the last two stay. */
#include "headers.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"

static const struct {
	const char *name;
	enum header header;
} known[] = {
	{ "From", HEADER_FROM },
	{ "To", HEADER_TO },
	{ "Subject", HEADER_SUBJECT },
	{ "Message-ID", HEADER_MESSAGE_ID },
	{ "Date", HEADER_DATE },
	{ "X-Mailer", HEADER_MAILER },
	{ "User-Agent", HEADER_MAILER },
	{ "X-PHP-Originating-Script", HEADER_PHP_SCRIPT },
	{ "X-PHP-Script", HEADER_PHP_URL },
	{ "X-Source-Args", HEADER_SOURCE_ARGS },
	{ "X-Source-Dir", HEADER_SOURCE_DIRECTORY },
	{ "X-Originating-IP", HEADER_ORIGINATING_IP },
	{ "List-Id", HEADER_LIST_ID },
	{ "Auto-Submitted", HEADER_AUTO_SUBMITTED },
	{ "Received", HEADER_RECEIVED_FIRST },
};

static const char *const members[HEADERS] = {
	[HEADER_FROM] = "from",
	[HEADER_SUBJECT] = "subject",
	[HEADER_MESSAGE_ID] = "message_id",
	[HEADER_DATE] = "date",
	[HEADER_MAILER] = "mailer",
	[HEADER_PHP_SCRIPT] = "php_script",
	[HEADER_PHP_URL] = "php_url",
	[HEADER_SOURCE_ARGS] = "source_args",
	[HEADER_SOURCE_DIRECTORY] = "source_directory",
	[HEADER_ORIGINATING_IP] = "originating_ip",
	[HEADER_LIST_ID] = "list_id",
	[HEADER_AUTO_SUBMITTED] = "auto_submitted",
};

/* What the hops add, and differs from one way to the next. */
static const char *const trace[] = {
	"Received",	 "Return-Path",		  "Delivered-To",
	"X-Original-To", "Received-SPF",	  "Authentication-Results",
	"ARC-Seal",	 "ARC-Message-Signature", "ARC-Authentication-Results",
};

#define COUNT_OF(rows) (sizeof(rows) / sizeof((rows)[0]))

static void add_shape(struct headers *headers, const char *name)
{
	size_t length = strlen(name), *end = &headers->shape_length;
	size_t blank = *end > 0;

	for (size_t i = 0; i < COUNT_OF(trace); i++)
		if (strcasecmp(trace[i], name) == 0)
			return;
	if (*end + blank + length > HEADERS_SHAPE_MAX)
		return;
	if (blank)
		headers->shape[(*end)++] = ' ';
	for (size_t i = 0; i < length; i++)
		headers->shape[(*end)++] =
			(char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] | 0x20
								: name[i]);
	headers->shape[*end] = '\0';
}

/* The commas outside of quotes, comments and routes, and one. */
static size_t count_addresses(const char *value)
{
	size_t count = 1, depth = 0;
	bool is_quoted = false;

	if (value[strspn(value, " \t\r\n")] == '\0')
		return 0;
	for (const char *at = value; *at != '\0'; at++) {
		if (*at == '\\' && at[1] != '\0')
			at++;
		else if (*at == '"')
			is_quoted = !is_quoted;
		else if (!is_quoted && *at == '(')
			depth++;
		else if (!is_quoted && *at == ')' && depth > 0)
			depth--;
		else if (!is_quoted && depth == 0 && *at == ',')
			count++;
	}
	return count;
}

static char *copy(struct headers *headers, const char *value)
{
	size_t length = strlen(value);

	headers->cut += length > HEADER_VALUE_MAX;
	return alloc_copy(value, length > HEADER_VALUE_MAX ? HEADER_VALUE_MAX
							   : length);
}

static void keep(struct headers *headers, enum header header, const char *value)
{
	char **slot = &headers->values[header];

	if (header == HEADER_TO) {
		headers->to_count += count_addresses(value);
		return;
	}
	if (header == HEADER_RECEIVED_FIRST) {
		free(headers->values[HEADER_RECEIVED]);
		headers->values[HEADER_RECEIVED] = *slot;
		*slot = NULL;
	}
	if (*slot == NULL)
		*slot = copy(headers, value);
}

void headers_add(struct headers *headers, const char *name, const char *value)
{
	add_shape(headers, name);
	for (size_t i = 0; i < COUNT_OF(known); i++)
		if (strcasecmp(known[i].name, name) == 0)
			keep(headers, known[i].header, value);
}

void headers_clear(struct headers *headers)
{
	for (size_t i = 0; i < HEADERS; i++)
		free(headers->values[i]);
	*headers = (struct headers){ 0 };
}

static const char *value_of(const struct headers *headers, enum header header)
{
	const char *value = headers->values[header];

	return value != NULL ? value : "";
}

const char *headers_fold(const struct headers *headers,
			 char folded_r[FINGERPRINT_FOLD_MAX + 1])
{
	const char *subject = value_of(headers, HEADER_SUBJECT);

	return fingerprint_fold(subject, strlen(subject), folded_r);
}

const char *headers_fingerprint(const struct headers *headers,
				char text_r[FINGERPRINT_SIZE])
{
	char folded[FINGERPRINT_FOLD_MAX + 1];
	const char *fold, *script;

	text_r[0] = '\0';
	if (headers->shape_length == 0)
		return text_r;
	fold = headers_fold(headers, folded);
	script = value_of(headers, HEADER_PHP_SCRIPT);
	/* the names of headers alone are those of one mailer, not of one flood
	 */
	if (fold[0] == '\0' && script[0] == '\0')
		return text_r;
	return fingerprint_of(fold, headers->shape, script, text_r);
}

/* json */

static void put(json_t *object, const char *name, const char *value)
{
	if (value != NULL)
		document_put_text(object, name, value);
}

static void put_subject(json_t *object, const struct headers *headers,
			enum settings_subjects subject)
{
	char folded[FINGERPRINT_FOLD_MAX + 1];

	if (subject == SUBJECTS_NONE || headers->values[HEADER_SUBJECT] == NULL)
		return;
	put(object, members[HEADER_SUBJECT],
	    subject == SUBJECTS_FOLD ? headers_fold(headers, folded)
				     : headers->values[HEADER_SUBJECT]);
}

static void put_received(json_t *object, const struct headers *headers)
{
	json_t *hops;

	if (headers->values[HEADER_RECEIVED_FIRST] == NULL)
		return;
	hops = json_array();
	for (enum header i = HEADER_RECEIVED; i <= HEADER_RECEIVED_FIRST; i++)
		if (headers->values[i] != NULL)
			json_array_append_new(
				hops, document_string(headers->values[i]));
	json_object_set_new(object, "received", hops);
}

json_t *headers_json(const struct headers *headers,
		     enum settings_subjects subject)
{
	json_t *object = json_object();

	for (size_t i = 0; i < HEADERS; i++)
		if (i == HEADER_SUBJECT)
			put_subject(object, headers, subject);
		else if (i == HEADER_TO && headers->to_count > 0)
			document_put_number(object, "to", headers->to_count);
		else if (members[i] != NULL)
			put(object, members[i], headers->values[i]);
	put_received(object, headers);
	if (headers->cut > 0)
		document_put_number(object, "cut", headers->cut);
	return object;
}
