/* SPDX-License-Identifier: ISC */

/* A table of the texts, so that none is left out of a copy. */
#include <string.h>

#include "lib/base/alloc.h"
#include "event.h"

static const size_t texts[] = {
	offsetof(struct event, host),	  offsetof(struct event, queue_id),
	offsetof(struct event, limit),	  offsetof(struct event, subject),
	offsetof(struct event, sender),	  offsetof(struct event, client),
	offsetof(struct event, login),	  offsetof(struct event, helo),
	offsetof(struct event, listener),
};

#define TEXTS (sizeof(texts) / sizeof(texts[0]))

static const char **text_of(struct event *event, size_t index)
{
	return (const char **)(void *)((char *)event + texts[index]);
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
	}
	event->order = verdict->order;
	event->subject = verdict->subject;
	event->used = verdict->used;
	event->max = verdict->max;
	event->wait_ms = verdict->wait_ms;
	event->is_cached = verdict->is_cached;
}

void event_make(struct event *event_r, const struct message *message,
		const struct message_recipient *recipient,
		const struct verdict *verdict)
{
	memset(event_r, 0, sizeof(*event_r));
	for (size_t i = 0; i < TEXTS; i++)
		*text_of(event_r, i) = "";
	event_r->verdict = verdict->kind;
	event_r->cause = verdict->cause;
	if (verdict->cause == VERDICT_BY_LIMIT ||
	    verdict->cause == VERDICT_BY_BLOCK)
		add_cause(event_r, verdict);
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
	end = (char *)(block + 1);
	for (size_t i = 0; i < TEXTS; i++)
		move_text(text_of(block, i), &end);
	for (size_t i = 0; i < block->recipient_count; i++)
		move_text(&block->recipients[i], &end);
	return block;
}

void event_give(const struct event_sink *sinks, const struct event *event)
{
	for (; sinks->add != NULL; sinks++)
		sinks->add(sinks->context, event);
}
