/* SPDX-License-Identifier: ISC */

/* Line by line, in the caller's buffer: RFC 9112, what GET and HEAD need. */
#include "http_head.h"

#include <string.h>
#include <strings.h>

#include "http_server.h"

struct fields {
	const char *host, *accept, *if_none_match, *length, *encoding;
};

const struct http_head http_head_none = {
	.path = "",
	.query = "",
	.host = "",
	.accept = "",
	.if_none_match = "",
};

size_t http_head_length(const char *data, size_t length)
{
	const char *end = data;

	while ((end = memchr(end, '\n', length - (size_t)(end - data))) !=
	       NULL) {
		size_t next = (size_t)(++end - data);

		if (next < length && data[next] == '\n')
			return next + 1;
		if (next + 1 < length && data[next] == '\r' &&
		    data[next + 1] == '\n')
			return next + 2;
	}
	return 0;
}

unsigned int http_head_refuse(const char *data, size_t length)
{
	const char *end = memchr(data, '\n', length);

	return end == NULL || end - data > HTTP_TARGET_MAX ? 414 : 431;
}

/* Takes one line off, without its end; NULL: it has a byte that no head has. */
static char *take_line(char **rest)
{
	char *line = *rest, *end = strchr(line, '\n');

	if (end == NULL)
		return NULL;
	*rest = end + 1;
	if (end > line && end[-1] == '\r')
		end--;
	*end = '\0';
	for (const char *p = line; *p != '\0'; p++)
		if (((unsigned char)*p < ' ' && *p != '\t') || *p == 0x7f)
			return NULL;
	return line;
}

static bool is_token(const char *text, size_t length)
{
	return length != 0 &&
	       strspn(text, "!#$%&'*+-.^_`|~0123456789"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "abcdefghijklmnopqrstuvwxyz") >= length;
}

/* The word before the next space, which must be one. */
static char *take_word(char **rest)
{
	char *word = *rest, *end = word == NULL ? NULL : strchr(word, ' ');

	*rest = end == NULL ? NULL : end + 1;
	if (end != NULL)
		*end = '\0';
	return word;
}

static unsigned int parse_target(char *target, struct http_head *head_r)
{
	char *mark = strchr(target, '?');

	if (target[0] != '/')
		return 400;
	for (const char *p = target; *p != '\0'; p++)
		if (*p <= ' ' || *p == '#')
			return 400;
	if (strlen(target) > HTTP_TARGET_MAX)
		return 414;
	head_r->path = target;
	head_r->query = mark == NULL ? target + strlen(target) : mark + 1;
	if (mark != NULL)
		*mark = '\0';
	return 0;
}

static bool is_version(const char *version, char *minor_r)
{
	*minor_r = version[7];
	return strncmp(version, "HTTP/1.", 7) == 0 && strlen(version) == 8 &&
	       *minor_r >= '0' && *minor_r <= '9';
}

static unsigned int parse_request(char *line, struct http_head *head_r,
				  char *minor_r)
{
	char *rest = line, *method = take_word(&rest);
	char *target = take_word(&rest), *version = take_word(&rest);
	unsigned int status;

	if (rest != NULL || version == NULL ||
	    !is_token(method, strlen(method)))
		return 400;
	if (strncmp(version, "HTTP/", 5) != 0 || strlen(version) != 8)
		return 400;
	if (!is_version(version, minor_r))
		return 505;
	status = parse_target(target, head_r);
	if (status != 0)
		return status;
	head_r->is_head = strcmp(method, "HEAD") == 0;
	return head_r->is_head || strcmp(method, "GET") == 0 ? 0 : 405;
}

static const char **field_of(struct fields *fields, const char *name)
{
	const struct {
		const char *name;
		const char **value;
	} known[] = {
		{ "host", &fields->host },
		{ "accept", &fields->accept },
		{ "if-none-match", &fields->if_none_match },
		{ "content-length", &fields->length },
		{ "transfer-encoding", &fields->encoding },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcasecmp(name, known[i].name) == 0)
			return known[i].value;
	return NULL;
}

/* False: it is no header. A second Host or Content-Length is none either. */
static bool take_field(char *line, struct fields *fields)
{
	char *colon = strchr(line, ':'), *end = line + strlen(line);
	const char **field, *value;

	if (colon == NULL || !is_token(line, (size_t)(colon - line)))
		return false;
	*colon = '\0';
	value = colon + 1 + strspn(colon + 1, " \t");
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	field = field_of(fields, line);
	if (field == NULL)
		return true;
	if (*field != NULL)
		return field != &fields->host && field != &fields->length;
	*field = value;
	return true;
}

static unsigned int check_body(const struct fields *fields)
{
	unsigned long long length = 0;

	if (fields->encoding != NULL)
		return 413; /* of no known size */
	if (fields->length == NULL)
		return 0;
	if (fields->length[0] == '\0')
		return 400;
	for (const char *p = fields->length; *p != '\0'; p++) {
		if (*p < '0' || *p > '9')
			return 400;
		if (length <= HTTP_BODY_MAX)
			length = length * 10 + (unsigned int)(*p - '0');
	}
	return length > HTTP_BODY_MAX ? 413 : 0;
}

static const char *or_empty(const char *value)
{
	return value == NULL ? "" : value;
}

unsigned int http_head_parse(char *data, size_t length,
			     struct http_head *head_r)
{
	struct fields fields = { 0 };
	unsigned int status;
	char *rest = data, *line, minor = '0';

	*head_r = http_head_none;
	if (length == 0 || memchr(data, '\0', length) != NULL)
		return 400;
	data[length - 1] = '\0'; /* of the empty line */
	line = take_line(&rest);
	if (line == NULL)
		return 400;
	status = parse_request(line, head_r, &minor);
	if (status != 0 && status != 405)
		return status;
	while (rest[0] != '\0' && strcmp(rest, "\r") != 0) {
		line = take_line(&rest);
		if (line == NULL || !take_field(line, &fields))
			return 400;
	}
	if (fields.host == NULL && minor != '0')
		return 400;
	head_r->host = or_empty(fields.host);
	head_r->accept = or_empty(fields.accept);
	head_r->if_none_match = or_empty(fields.if_none_match);
	return status != 0 ? status : check_body(&fields);
}
