/* SPDX-License-Identifier: ISC */

/* A line has a head and a tail of known form; what is between is jansson's. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/moment.h"
#include "lib/base/text.h"
#include "journal_line.h"

#define HEX	      "0123456789abcdef"
#define DIGITS	      "0123456789"
#define HASH_LENGTH   (SHA256_TEXT_SIZE - 1)
#define SUM_LENGTH    (JOURNAL_SUM_SIZE - 1)
#define SUM_WORD      ",\"sum\":\""
#define SUM_END	      "\""
#define PREV_WORD     ",\"prev\":\""
#define HEAD_WORD     "journal "
#define END_WORD      "\"}"
#define TIME_LENGTH   16  /* 20261125T104400Z */
#define HEAD_ROOM     120 /* number, time and kind */
#define CUT_ROOM      600 /* what was cut */
#define CUT_NAMES_MAX 8
#define TAIL_LENGTH                                                            \
	(strlen(SUM_WORD) + SUM_LENGTH + strlen(SUM_END) + strlen(PREV_WORD) + \
	 HASH_LENGTH + strlen(END_WORD))
#define MEMBERS_MAX (JOURNAL_LINE_MAX - HEAD_ROOM - TAIL_LENGTH - 1)

static const char *const kind_names[JOURNAL_KINDS] = {
	[JOURNAL_BEGIN] = "begin",     [JOURNAL_INCIDENT] = "incident",
	[JOURNAL_MESSAGE] = "message", [JOURNAL_MINUTE] = "minute",
	[JOURNAL_ORDER] = "order",     [JOURNAL_QUEUE] = "queue",
	[JOURNAL_ALERT] = "alert",     [JOURNAL_PROCESS] = "process",
	[JOURNAL_WITNESS] = "witness", [JOURNAL_GAP] = "gap",
	[JOURNAL_PRUNED] = "pruned",   [JOURNAL_END] = "end",
};

const char *journal_kind_name(enum journal_kind kind)
{
	return kind_names[kind];
}

bool journal_kind_find(const char *name, enum journal_kind *kind_r)
{
	for (int i = 0; i < JOURNAL_KINDS; i++)
		if (strcmp(kind_names[i], name) == 0) {
			*kind_r = (enum journal_kind)i;
			return true;
		}
	return false;
}

/* names and heads */

const char *journal_name_time(const char *name)
{
	return name + strlen(name) - TIME_LENGTH;
}

/* Bytes of name before ".PID.TIME"; 0: there are none. */
static size_t host_length(const char *name)
{
	size_t length = strlen(name);

	if (length < TIME_LENGTH + 1)
		return 0;
	length -= TIME_LENGTH + 1; /* the dot before the time */
	while (length > 0 && name[length - 1] != '.')
		length--;
	return length == 0 ? 0 : length - 1;
}

/* A digit where the form has 0, else the byte of the form. */
static bool has_form(const char *text, const char *form)
{
	for (; *form != '\0'; text++, form++)
		if (*form == '0' ? *text < '0' || *text > '9' : *text != *form)
			return false;
	return *text == '\0';
}

bool journal_name_is_good(const char *name)
{
	size_t host = host_length(name);
	size_t length = strlen(name), pid;

	if (host == 0 || length >= JOURNAL_NAME_SIZE ||
	    strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "abcdefghijklmnopqrstuvwxyz" DIGITS "._-") != length)
		return false;
	pid = strspn(name + host + 1, DIGITS);
	return pid > 0 && host + 1 + pid + 1 + TIME_LENGTH == length &&
	       name[0] != '.' &&
	       has_form(journal_name_time(name), "00000000T000000Z");
}

bool journal_name_of_file(const char *file_name, char name_r[JOURNAL_NAME_SIZE])
{
	size_t length = strlen(file_name), suffix = strlen(JOURNAL_SUFFIX);

	if (length <= suffix || length - suffix >= JOURNAL_NAME_SIZE ||
	    strcmp(file_name + length - suffix, JOURNAL_SUFFIX) != 0)
		return false;
	memcpy(name_r, file_name, length - suffix);
	name_r[length - suffix] = '\0';
	return journal_name_is_good(name_r);
}

char *journal_name_host(const char *name)
{
	size_t length = host_length(name);

	return alloc_copy(name, length == 0 ? strcspn(name, ".") : length);
}

bool journal_name_same_host(const char *a, const char *b)
{
	size_t length = host_length(a);

	return length == host_length(b) && memcmp(a, b, length) == 0;
}

bool journal_name_same_process(const char *a, const char *b)
{
	return host_length(a) != 0 && strlen(a) == strlen(b) &&
	       memcmp(a, b, strlen(a) - TIME_LENGTH) == 0;
}

char *journal_head_text(const struct journal_head *head)
{
	return alloc_format("journal %s n=%" PRIu64 " head=%s", head->name,
			    head->n, head->hash);
}

/* One word of a line, up to a space or its end; false: it does not fit. */
static bool take_word(const char **at, char *word_r, size_t size)
{
	size_t length = strcspn(*at, " \t\r\n");

	if (length == 0 || length >= size)
		return false;
	memcpy(word_r, *at, length);
	word_r[length] = '\0';
	*at += length;
	*at += **at == ' ';
	return true;
}

static bool parse_head(const char *at, struct journal_head *head_r)
{
	char number[32], hash[sizeof("head=") + HASH_LENGTH];

	if (!take_word(&at, head_r->name, sizeof(head_r->name)) ||
	    !journal_name_is_good(head_r->name) ||
	    !take_word(&at, number, sizeof(number)) ||
	    strncmp(number, "n=", 2) != 0 || number[2] == '\0' ||
	    strspn(number + 2, DIGITS) != strlen(number + 2) ||
	    !take_word(&at, hash, sizeof(hash)) ||
	    strncmp(hash, "head=", strlen("head=")) != 0 ||
	    strspn(hash + strlen("head="), HEX) != HASH_LENGTH)
		return false;
	head_r->n = strtoull(number + 2, NULL, 10);
	memcpy(head_r->hash, hash + strlen("head="), SHA256_TEXT_SIZE);
	return true;
}

static bool begins_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* Behind the tag, if there is one; NULL: it is another program's line. */
static const char *message_of(const char *line)
{
	const char *colon = strstr(line, ": "), *tag = colon;

	if (begins_with(line, HEAD_WORD) || begins_with(line, "incident="))
		return line;
	while (tag != NULL && tag > line && tag[-1] != ' ')
		tag--;
	return tag != NULL && begins_with(tag, "weir-") ? colon + 2 : NULL;
}

/* The last one of them is ours: before it there may be what people wrote. */
static const char *last_head(const char *text)
{
	const char *found = NULL;

	while ((text = strstr(text, " " HEAD_WORD)) != NULL)
		found = ++text;
	return found;
}

bool journal_head_parse(const char *line, struct journal_head *head_r)
{
	const char *at = message_of(line);

	if (at != NULL && begins_with(at, "incident="))
		at = last_head(at);
	return at != NULL && begins_with(at, HEAD_WORD) &&
	       parse_head(at + strlen(HEAD_WORD), head_r);
}

/* making */

static void add_tail(struct text *text, const char *prev)
{
	char tail[sizeof(PREV_WORD) + HASH_LENGTH + sizeof(END_WORD)];
	char sum[SHA256_TEXT_SIZE];

	(void)snprintf(tail, sizeof(tail), "%s%s" END_WORD, PREV_WORD, prev);
	sha256_text_of_two(text->data, text->length, tail, strlen(tail), sum);
	text_add_format(text, SUM_WORD "%.*s" SUM_END PREV_WORD "%s" END_WORD,
			(int)SUM_LENGTH, sum, prev);
}

size_t journal_line_make(const struct journal_record *record,
			 struct journal_head *head,
			 char line_r[JOURNAL_LINE_MAX])
{
	char when[MOMENT_TEXT_SIZE];
	struct text text;

	text_init(&text, line_r, JOURNAL_LINE_MAX);
	text_add_format(&text,
			"{\"n\":%" PRIu64 ",\"t\":\"%s\",\"kind\":\"%s\"",
			record->n, moment_format_utc(record->when_ms, when),
			journal_kind_name(record->kind));
	if (record->members[0] != '\0')
		text_add_format(&text, ",%s", record->members);
	add_tail(&text, head->hash);
	sha256_text(text.data, text.length, head->hash);
	head->n = record->n;
	line_r[text.length] = '\n';
	return text.length + 1;
}

/* The longest member of the object, and its bytes; NULL: it has none. */
static const char *find_longest(json_t *object, size_t *bytes_r)
{
	const char *name, *longest = NULL;
	json_t *value;

	*bytes_r = 0;
	json_object_foreach(object, name, value) {
		size_t bytes = json_dumpb(value, NULL, 0,
					  JSON_COMPACT | JSON_ENSURE_ASCII |
						  JSON_ENCODE_ANY) +
			       strlen(name);

		if (longest == NULL || bytes > *bytes_r) {
			longest = name;
			*bytes_r = bytes;
		}
	}
	return longest;
}

static size_t size_of(const json_t *object)
{
	return json_dumpb(object, NULL, 0, JSON_COMPACT | JSON_ENSURE_ASCII);
}

/* Names are ours, and short. */
static void cut_to(json_t *object, size_t most)
{
	json_t *cut = json_object();

	for (int i = 0; i < CUT_NAMES_MAX && size_of(object) > most; i++) {
		size_t bytes;
		char *name = alloc_text(find_longest(object, &bytes));

		json_object_set_new(cut, name, json_integer((json_int_t)bytes));
		json_object_del(object, name);
		free(name);
	}
	json_object_set_new(object, "cut", cut);
}

char *journal_members(json_t *object)
{
	static const char *const ours[] = { "n", "t", "kind", "sum", "prev" };
	size_t length;
	char *text;

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		json_object_del(object, ours[i]);
	text = document_write(json_incref(object));
	if (strlen(text) > MEMBERS_MAX) {
		free(text);
		cut_to(object, MEMBERS_MAX - CUT_ROOM);
		text = document_write(json_incref(object));
	}
	json_decref(object);
	length = strlen(text);
	if (length > MEMBERS_MAX) { /* DEL grows when it is written */
		free(text);
		return alloc_text("\"cut\":true");
	}
	memmove(text, text + 1, length - 2);
	text[length - 2] = '\0';
	return text;
}

/* reading */

/* Is the tail as it is made, and the sum right? */
static bool read_tail(const char *line, size_t length,
		      struct journal_line *line_r)
{
	const char *tail = line + length - TAIL_LENGTH;
	const char *sum = tail + strlen(SUM_WORD);
	const char *prev_word = sum + SUM_LENGTH + strlen(SUM_END);
	const char *prev = prev_word + strlen(PREV_WORD);
	const char *end = prev + HASH_LENGTH;
	char wanted[SHA256_TEXT_SIZE];

	if (memcmp(tail, SUM_WORD, strlen(SUM_WORD)) != 0 ||
	    memcmp(sum + SUM_LENGTH, SUM_END, strlen(SUM_END)) != 0 ||
	    memcmp(prev_word, PREV_WORD, strlen(PREV_WORD)) != 0 ||
	    memcmp(end, END_WORD, strlen(END_WORD)) != 0)
		return false;
	memcpy(line_r->prev, prev, HASH_LENGTH);
	sha256_text_of_two(line, (size_t)(tail - line), prev_word,
			   (size_t)(line + length - prev_word), wanted);
	return memcmp(sum, wanted, SUM_LENGTH) == 0;
}

bool journal_line_read(const char *line, size_t length,
		       struct journal_line *line_r)
{
	memset(line_r, 0, sizeof(*line_r));
	sha256_text(line, length, line_r->hash);
	if (length <= TAIL_LENGTH || !read_tail(line, length, line_r))
		return false;
	line_r->json = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
	line_r->n = document_get_number(line_r->json, "n");
	line_r->kind = document_get_text(line_r->json, "kind");
	line_r->when = document_get_text(line_r->json, "t");
	if (json_is_object(line_r->json) &&
	    json_is_integer(json_object_get(line_r->json, "n")))
		return true;
	journal_line_clear(line_r);
	return false;
}

void journal_line_clear(struct journal_line *line)
{
	json_decref(line->json);
	line->json = NULL;
}
