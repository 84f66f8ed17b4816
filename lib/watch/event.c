/* SPDX-License-Identifier: ISC */

/* Tables of the texts and the numbers, so that none is left out of a copy or of
 * the JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/units.h"
#include "lib/policy/subject_clients.h"
#include "event.h"

/* The last ones are not in the JSON. */
static const struct document_field texts[] = {
	{ "host", offsetof(struct event, host) },
	{ "queue_id", offsetof(struct event, queue_id) },
	{ "limit", offsetof(struct event, limit) },
	{ "subject", offsetof(struct event, subject) },
	{ "sender", offsetof(struct event, sender) },
	{ "client", offsetof(struct event, client) },
	{ "login", offsetof(struct event, login) },
	{ "helo", offsetof(struct event, helo) },
	{ "listener", offsetof(struct event, listener) },
	{ "content", offsetof(struct event, content) },
	{ "near_limit", offsetof(struct event, near_limit) },
	{ "near_subject", offsetof(struct event, near_subject) },
};

static const struct document_field numbers[] = {
	{ "when_ms", offsetof(struct event, when_ms) },
	{ "order", offsetof(struct event, order) },
	{ "used", offsetof(struct event, used) },
	{ "max", offsetof(struct event, max) },
	{ "per_ms", offsetof(struct event, per_ms) },
	{ "recipients_all", offsetof(struct event, recipients_all) },
};

#define TEXTS	   (sizeof(texts) / sizeof(texts[0]))
#define JSON_TEXTS 8
#define NUMBERS	   (sizeof(numbers) / sizeof(numbers[0]))

_Static_assert(sizeof(size_t) == sizeof(uint64_t),
	       "recipients_all is read as the other numbers are");

static const char **text_of(struct event *event, size_t index)
{
	return (const char **)(void *)((char *)event + texts[index].offset);
}

const char *event_stage_name(enum event_stage stage)
{
	static const char *const names[] = { "mail", "rcpt", "data", "end" };

	return names[stage];
}

static void clear(struct event *event)
{
	memset(event, 0, sizeof(*event));
	for (size_t i = 0; i < TEXTS; i++)
		*text_of(event, i) = "";
}

static void add_recipients(struct event *event,
			   const struct message_recipient *recipients,
			   size_t count)
{
	event->recipients_all = count;
	event->recipient_count = count < EVENT_RECIPIENTS_MAX
					 ? count
					 : EVENT_RECIPIENTS_MAX;
	for (size_t i = 0; i < event->recipient_count; i++)
		event->recipients[i] = recipients[i].address.data;
}

static void add_cause(struct event *event, const struct verdict *verdict)
{
	if (verdict->limit != NULL) {
		event->limit = verdict->limit->name;
		event->per_ms = verdict->limit->per_ms;
		event->unit = verdict->limit->unit;
		event->meter = verdict->limit->meter;
	}
	event->order = verdict->order;
	event->subject = verdict->subject;
	event->used = verdict->used;
	event->max = verdict->max;
	event->wait_ms = verdict->wait_ms;
	event->is_cached = verdict->is_cached;
}

static void add_near(struct event *event, const struct verdict_near *near)
{
	event->near_limit = near->limit->name;
	event->near_subject = near->subject;
	event->near_per_ms = near->limit->per_ms;
	event->near_max = near->max;
	event->near_unit = near->limit->unit;
}

void event_make(struct event *event_r, const struct message *message,
		const struct message_recipient *recipient,
		const struct verdict *verdict)
{
	clear(event_r);
	event_r->verdict = verdict->kind;
	event_r->cause = verdict->cause;
	if (verdict->cause == VERDICT_BY_LIMIT ||
	    verdict->cause == VERDICT_BY_BLOCK)
		add_cause(event_r, verdict);
	if (verdict->kind == VERDICT_ACCEPT && verdict->near.limit != NULL)
		add_near(event_r, &verdict->near);
	if (!verdict_refuses(verdict) && verdict->cause != VERDICT_BY_FAILURE)
		event_r->counted = verdict->counted;
	event_r->sender = message->sender.data;
	event_r->client = message->client_text;
	event_r->login = message->auth.data;
	event_r->helo = message->helo.data;
	event_r->listener = message->listener.data;
	event_r->bytes = message->bytes != 0 ? message->bytes
					     : message->declared_bytes;
	if (recipient != NULL)
		add_recipients(event_r, recipient, 1);
	else
		add_recipients(event_r, message->recipients,
			       message->recipient_count);
}

/* its window */

static void name_limit(struct event_window *window)
{
	char per[UNITS_TEXT_SIZE];

	snprintf(window->key, sizeof(window->key), "%s:%s:%s", window->limit,
		 units_format_span(window->per_ms, per), window->subject);
}

bool event_window(const struct event *event, struct event_window *window_r)
{
	/* most are of mail that is far from any limit */
	if (event->verdict == VERDICT_ACCEPT && event->near_per_ms == 0)
		return false;
	*window_r = (struct event_window){
		.limit = event->limit,
		.subject = event->subject,
		.per_ms = event->per_ms,
		.max = event->max,
		.unit = event->unit,
		.is_let_in = event->verdict == VERDICT_ACCEPT,
	};
	if (window_r->is_let_in) {
		window_r->limit = event->near_limit;
		window_r->subject = event->near_subject;
		window_r->per_ms = event->near_per_ms;
		window_r->max = event->near_max;
		window_r->unit = event->near_unit;
	} else if (event->cause == VERDICT_BY_BLOCK) {
		snprintf(window_r->key, sizeof(window_r->key), "block:%" PRIu64,
			 event->order);
		return true;
	}
	if (window_r->per_ms == 0 || window_r->limit[0] == '\0')
		return false;
	name_limit(window_r);
	return true;
}

/* copies */

/* Moves a text into the block, and the end of the block behind it. */
static void move_text(const char **text, char **end)
{
	size_t size = strlen(*text) + 1;

	*text = memcpy(*end, *text, size);
	*end += size;
}

struct event *event_copy(const struct event *event)
{
	struct event copy = *event, *block;
	size_t size = sizeof(copy);
	char *end;

	for (size_t i = 0; i < TEXTS; i++)
		size += strlen(*text_of(&copy, i)) + 1;
	for (size_t i = 0; i < copy.recipient_count; i++)
		size += strlen(copy.recipients[i]) + 1;
	block = alloc_zero(size);
	*block = copy;
	block->headers = NULL;
	block->window = NULL;
	block->counted = NULL;
	end = (char *)(block + 1);
	for (size_t i = 0; i < TEXTS; i++)
		move_text(text_of(block, i), &end);
	for (size_t i = 0; i < block->recipient_count; i++)
		move_text(&block->recipients[i], &end);
	return block;
}

/* json */

json_t *event_json(const struct event *event)
{
	json_t *object = json_object();

	document_put_texts(object, event, texts, JSON_TEXTS);
	document_put_numbers(object, event, numbers, NUMBERS);
	document_put_text(object, "verdict", verdict_name(event->verdict));
	json_object_set_new(object, "recipients",
			    document_texts((char *const *)event->recipients,
					   event->recipient_count));
	return object;
}

bool event_read(const json_t *object, struct event *event_r)
{
	const json_t *recipients = json_object_get(object, "recipients");
	const json_t *recipient;
	size_t index;

	clear(event_r);
	document_get_texts(object, event_r, texts, JSON_TEXTS);
	document_get_numbers(object, event_r, numbers, NUMBERS);
	json_array_foreach(recipients, index, recipient) {
		const char *text = json_string_value(recipient);

		if (index == EVENT_RECIPIENTS_MAX)
			break;
		event_r->recipients[index] = text == NULL ? "" : text;
		event_r->recipient_count = index + 1;
	}
	return verdict_kind_parse(document_get_text(object, "verdict"),
				  &event_r->verdict);
}

/* who is it about? */

static void fill_message(const struct event *event, struct message *message)
{
	message_init(message);
	message_set_client_text(message, event->client);
	message_set(&message->sender, event->sender, strlen(event->sender));
	message_set(&message->auth, event->login, strlen(event->login));
	message_set(&message->helo, event->helo, strlen(event->helo));
}

/* At MAIL there are no recipients, and the message has subjects all the same.
 */
bool event_has_subject(const struct event *event, const char *subject,
		       unsigned int key)
{
	bool has_it = strcmp(event->subject, subject) == 0;
	struct message message;

	fill_message(event, &message);
	if ((key & LIMIT_KEY_RECIPIENTS) == 0 && !has_it)
		has_it = subject_is_of(subject, key, &message, NULL);
	else
		for (size_t i = 0; i < event->recipient_count && !has_it; i++) {
			char *text = (char *)(uintptr_t)event->recipients[i];

			has_it = subject_is_of(
				subject, key, &message,
				&(struct message_recipient){
					.address = { text, strlen(text) } });
		}
	message_clear(&message);
	return has_it;
}

void event_give(const struct event_sink *sinks, struct event *event)
{
	struct event_window window;

	event->window = event_window(event, &window) ? &window : NULL;
	for (; sinks->add != NULL; sinks++)
		sinks->add(sinks->context, event);
	event->window = NULL;
}
