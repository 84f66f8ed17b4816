/* SPDX-License-Identifier: ISC */
/*
 * One walker cuts a text into pieces, a run of plain bytes or a name, and
 * both the check at reading time and the expansion at sending time use it.
 * So what has been checked is what is sent.
 */
#include "template.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/letter.h"
#include "lib/base/text.h"

#define CODE_LENGTH 3
#define STATUS_SIZE sizeof("5.999.999")

struct template
{
	char code[CODE_LENGTH + 1];
	char status[STATUS_SIZE];
	char *text;
};

enum piece_kind {
	PIECE_END,
	PIECE_PLAIN,
	PIECE_NAME,
	PIECE_WRONG
};

struct piece {
	const char *data; /* plain bytes, or what is wrong */
	size_t length;
	enum template_name name;
};

static const char *const template_names[TEMPLATE_NAMES] = {
	[TEMPLATE_LIMIT] = "limit",	[TEMPLATE_SUBJECT] = "subject",
	[TEMPLATE_USED] = "used",	[TEMPLATE_MAX] = "max",
	[TEMPLATE_PER] = "per",		[TEMPLATE_RETRY] = "retry",
	[TEMPLATE_CONTACT] = "contact",
};

#define NAMES_ALLOWED                                               \
	"%{limit}, %{subject}, %{used}, %{max}, %{per}, %{retry}, " \
	"%{contact} and %% for a percent sign"

static bool find_name(const char *data, size_t length,
		      enum template_name *name_r)
{
	for (unsigned int i = 0; i < TEMPLATE_NAMES; i++)
		if (strlen(template_names[i]) == length &&
		    memcmp(template_names[i], data, length) == 0) {
			*name_r = (enum template_name)i;
			return true;
		}
	return false;
}

/* cursor is at a '%'. */
static enum piece_kind next_percent(const char **cursor, struct piece *piece_r)
{
	const char *start = *cursor, *end;

	if (start[1] == '%') {
		piece_r->data = start;
		piece_r->length = 1;
		*cursor = start + 2;
		return PIECE_PLAIN;
	}
	end = start[1] == '{' ? strchr(start, '}') : NULL;
	piece_r->data = start;
	piece_r->length = end != NULL ? (size_t)(end - start) + 1 : 1;
	*cursor = start + piece_r->length;
	if (end == NULL ||
	    !find_name(start + 2, piece_r->length - 3, &piece_r->name))
		return PIECE_WRONG;
	return PIECE_NAME;
}

static enum piece_kind next_piece(const char **cursor, struct piece *piece_r)
{
	if (**cursor == '\0')
		return PIECE_END;
	if (**cursor == '%')
		return next_percent(cursor, piece_r);
	piece_r->data = *cursor;
	piece_r->length = strcspn(*cursor, "%");
	*cursor += piece_r->length;
	return PIECE_PLAIN;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Skips one to three digits. */
static bool skip_number(const char **cursor)
{
	size_t length = strspn(*cursor, "0123456789");

	*cursor += length;
	return length >= 1 && length <= 3;
}

/* Takes "550 5.7.1 " off the text. */
static bool take_codes(const char **cursor, char class,
		       struct template *template)
{
	const char *code = *cursor, *status = code + CODE_LENGTH + 1;
	const char *end = status + 1;

	if (code[0] != class || code[1] < '0' || code[1] > '5' ||
	    !is_digit(code[2]) || code[3] != ' ')
		return false;
	if (status[0] != class || *end++ != '.' || !skip_number(&end) ||
	    *end++ != '.' || !skip_number(&end) || *end != ' ')
		return false;
	memcpy(template->code, code, CODE_LENGTH);
	memcpy(template->status, status, (size_t)(end - status));
	*cursor = end + strspn(end, " ");
	return strcmp(template->code, "421") != 0;
}

/* NULL when the text behind the codes is right. */
static char *find_fault(const char *text)
{
	size_t length = strlen(text);
	struct piece piece;
	enum piece_kind kind;

	if (!letter_all_ascii(text, ' '))
		return alloc_text("found a byte that is not printable ASCII, "
				  "allowed is printable ASCII");
	if (length == 0)
		return alloc_text("found no text behind the codes, allowed is "
				  "a text for the sender");
	if (length > TEMPLATE_TEXT_MAX)
		return alloc_format("found a text of %zu bytes, allowed are "
				    "%d",
				    length, TEMPLATE_TEXT_MAX);
	while ((kind = next_piece(&text, &piece)) != PIECE_END)
		if (kind == PIECE_WRONG)
			return alloc_format("found %.*s, allowed are "
					    "%s",
					    (int)piece.length, piece.data,
					    NAMES_ALLOWED);
	return NULL;
}

/* The class of reply codes that an action may have; NUL for none. */
static char class_of(enum limit_action action)
{
	switch (action) {
	case LIMIT_TEMPFAIL:
		return '4';
	case LIMIT_REJECT:
		return '5';
	case LIMIT_MONITOR:
	case LIMIT_QUARANTINE:
	case LIMIT_DISCARD:
		break;
	}
	return '\0';
}

static char *codes_fault(enum limit_action action, char class)
{
	return alloc_format("found codes that do not fit action = \"%s\", "
			    "allowed is a reply that begins like "
			    "\"%c50 %c.7.1 \"%s",
			    limit_action_name(action), class, class,
			    class == '4' ? ", but not 421" : "");
}

struct template *template_parse(const char *text, enum limit_action action,
				char **reason_r)
{
	struct template *template = alloc_zero(sizeof(*template));
	char class = class_of(action);

	if (class == '\0')
		*reason_r = alloc_format("found a reply for action = \"%s\", "
					 "allowed only with tempfail and "
					 "reject",
					 limit_action_name(action));
	else if (!take_codes(&text, class, template))
		*reason_r = codes_fault(action, class);
	else
		*reason_r = find_fault(text);
	if (*reason_r != NULL)
		template_free(&template);
	else
		template->text = alloc_text(text);
	return template;
}

void template_free(struct template **template)
{
	if (*template == NULL)
		return;
	free((*template)->text);
	free(*template);
	*template = NULL;
}

const char *template_code(const struct template *template)
{
	return template->code;
}

const char *template_status(const struct template *template)
{
	return template->status;
}

void template_expand(const struct template *template,
		     const char *const values[TEMPLATE_NAMES],
		     struct text *text)
{
	const char *cursor = template->text;
	struct piece piece;
	enum piece_kind kind;

	while ((kind = next_piece(&cursor, &piece)) != PIECE_END) {
		if (kind == PIECE_NAME)
			text_add_string(text, values[piece.name]);
		else
			text_add(text, piece.data, piece.length);
	}
}
