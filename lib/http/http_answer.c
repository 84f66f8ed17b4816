/* SPDX-License-Identifier: ISC */

/* The head by one format, the body behind it. */
#include "http_answer.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/moment.h"
#include "lib/base/text.h"

#define HEAD_SIZE 2048

static const char *name_of(unsigned int status)
{
	static const struct {
		unsigned int status;
		const char *name;
	} names[] = {
		{ 200, "OK" },
		{ 304, "Not Modified" },
		{ 400, "Bad Request" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 413, "Content Too Large" },
		{ 414, "URI Too Long" },
		{ 421, "Misdirected Request" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 503, "Service Unavailable" },
		{ 505, "HTTP Version Not Supported" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].status == status)
			return names[i].name;
	return "Other";
}

/* If-None-Match: a list of quoted texts, some with W/ before, or *. */
static bool has_etag(const char *list, const char *etag)
{
	char *quoted = alloc_format("\"%s\"", etag);
	bool has_it = strcmp(list, "*") == 0 || strstr(list, quoted) != NULL;

	free(quoted);
	return has_it;
}

static void settle(struct http_answer *answer, const struct http_reply *reply)
{
	if (answer->status == 200 && answer->etag[0] != '\0' &&
	    has_etag(reply->if_none_match, answer->etag)) {
		answer->status = 304;
		answer->length = 0;
	}
	if (answer->body == NULL && answer->status >= 400) {
		answer->type = "text/plain; charset=utf-8";
		answer->body = alloc_format("%u %s\n", answer->status,
					    name_of(answer->status));
		answer->length = strlen(answer->body);
	}
}

static void write_head(struct text *head, const struct http_answer *answer,
		       const struct http_reply *reply)
{
	char date[MOMENT_TEXT_SIZE];

	text_add_format(head, "HTTP/1.1 %u %s\r\nDate: %s GMT\r\n",
			answer->status, name_of(answer->status),
			moment_format_date(reply->now_ms, date));
	if (answer->status == 405)
		text_add_string(head, "Allow: GET, HEAD\r\n");
	if (answer->etag[0] != '\0')
		text_add_format(head, "ETag: \"%s\"\r\n", answer->etag);
	if (answer->status != 304)
		text_add_format(head,
				"Content-Type: %s\r\nContent-Length: %zu\r\n",
				answer->type, answer->length);
	text_add_format(head,
			"Cache-Control: no-store\r\n"
			"Content-Security-Policy: %s\r\n"
			"X-Content-Type-Options: nosniff\r\n"
			"Referrer-Policy: no-referrer\r\n"
			"Cross-Origin-Resource-Policy: same-origin\r\n"
			"Connection: close\r\n\r\n",
			answer->policy == NULL ? reply->policy
					       : answer->policy);
}

char *http_answer_write(struct http_answer *answer,
			const struct http_reply *reply, size_t *length_r)
{
	char buffer[HEAD_SIZE], *bytes;
	struct text head;

	text_init(&head, buffer, sizeof(buffer));
	settle(answer, reply);
	write_head(&head, answer, reply);
	if (reply->is_head)
		answer->length = 0;
	*length_r = head.length + answer->length;
	bytes = alloc_zero(*length_r + 1);
	memcpy(bytes, head.data, head.length);
	if (answer->length != 0)
		memcpy(bytes + head.length, answer->body, answer->length);
	free(answer->body);
	answer->body = NULL;
	return bytes;
}
