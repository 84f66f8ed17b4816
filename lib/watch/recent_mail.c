/* SPDX-License-Identifier: ISC */

/*
 * A message is a head and its texts, each with its NUL: sender, login, client,
 * HELO, recipients. It may lie across the end of the ring, so it is made and
 * read outside.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "recent_mail.h"

#define MESSAGE_MAX 8192 /* bytes; recipients that do not fit are left out */
#define CHUNK	    65536

enum {
	SENDER,
	LOGIN,
	CLIENT,
	HELO,
	TEXTS
};

struct head {
	uint64_t steady_ms;
	uint32_t length; /* of all of it */
	uint16_t recipients;
	uint16_t is_cut;
};

struct recent_mail {
	pthread_mutex_t lock;
	char *data;
	size_t size;
	uint64_t begin, end; /* positions */
	uint64_t since_ms;
};

struct recent_mail *recent_mail_new(size_t bytes)
{
	struct recent_mail *recent = alloc_zero(sizeof(*recent));

	pthread_mutex_init(&recent->lock, NULL);
	recent->size = bytes < MESSAGE_MAX ? MESSAGE_MAX : bytes;
	recent->data = alloc_zero(recent->size);
	return recent;
}

void recent_mail_free(struct recent_mail **recent_r)
{
	struct recent_mail *recent = *recent_r;

	if (recent == NULL)
		return;
	pthread_mutex_destroy(&recent->lock);
	free(recent->data);
	free(recent);
	*recent_r = NULL;
}

/* the ring, under lock */

static size_t until_wrap(const struct recent_mail *recent, uint64_t position,
			 size_t length)
{
	size_t left = recent->size - (size_t)(position % recent->size);

	return left < length ? left : length;
}

static void copy_out(const struct recent_mail *recent, uint64_t position,
		     char *data, size_t length)
{
	size_t first = until_wrap(recent, position, length);

	memcpy(data, recent->data + position % recent->size, first);
	memcpy(data + first, recent->data, length - first);
}

static void copy_in(struct recent_mail *recent, const char *data, size_t length)
{
	size_t first = until_wrap(recent, recent->end, length);

	memcpy(recent->data + recent->end % recent->size, data, first);
	memcpy(recent->data, data + first, length - first);
	recent->end += length;
}

/* Of what goes, the time is kept. */
static void append(struct recent_mail *recent, const char *data, size_t length)
{
	struct head head;

	while (recent->end - recent->begin + length > recent->size) {
		copy_out(recent, recent->begin, (char *)&head, sizeof(head));
		recent->begin += head.length;
		if (head.steady_ms >= recent->since_ms)
			recent->since_ms = head.steady_ms + 1;
	}
	copy_in(recent, data, length);
}

/* adding */

static bool add_text(char *data, struct head *head, const char *text)
{
	size_t size = strlen(text) + 1;

	if (head->length + size > MESSAGE_MAX)
		return false;
	memcpy(data + head->length, text, size);
	head->length += (uint32_t)size;
	return true;
}

/* 0: it has no room, which no address of an MTA comes to. */
static size_t write_message(char data[MESSAGE_MAX], const struct event *event)
{
	struct head head = { event->steady_ms, sizeof(head), 0,
			     event->recipients_all > event->recipient_count };
	const char *const texts[TEXTS] = { event->sender, event->login,
					   event->client, event->helo };

	for (int i = 0; i < TEXTS; i++)
		if (!add_text(data, &head, texts[i]))
			return 0;
	while (head.recipients < event->recipient_count &&
	       add_text(data, &head, event->recipients[head.recipients]))
		head.recipients++;
	head.is_cut |= head.recipients < event->recipient_count;
	memcpy(data, &head, sizeof(head));
	return head.length;
}

void recent_mail_add(void *context, const struct event *event)
{
	struct recent_mail *recent = context;
	char data[MESSAGE_MAX];
	size_t length;

	if (event->verdict != VERDICT_ACCEPT &&
	    event->verdict != VERDICT_MONITOR)
		return;
	length = write_message(data, event);
	pthread_mutex_lock(&recent->lock);
	if (length != 0)
		append(recent, data, length);
	else
		recent->since_ms = event->steady_ms + 1;
	pthread_mutex_unlock(&recent->lock);
}

uint64_t recent_mail_since_ms(struct recent_mail *recent)
{
	uint64_t since_ms;

	pthread_mutex_lock(&recent->lock);
	since_ms = recent->since_ms;
	pthread_mutex_unlock(&recent->lock);
	return since_ms;
}

void recent_mail_set_since(struct recent_mail *recent, uint64_t since_ms)
{
	pthread_mutex_lock(&recent->lock);
	recent->since_ms = since_ms;
	pthread_mutex_unlock(&recent->lock);
}

uint64_t recent_mail_end(struct recent_mail *recent)
{
	uint64_t end;

	pthread_mutex_lock(&recent->lock);
	end = recent->end;
	pthread_mutex_unlock(&recent->lock);
	return end;
}

/* reading */

/* Whole messages from a position on, or from the oldest one that is there. */
static size_t read_chunk(struct recent_mail *recent, uint64_t *position,
			 char data[CHUNK])
{
	size_t length;

	pthread_mutex_lock(&recent->lock);
	if (*position < recent->begin)
		*position = recent->begin;
	length = *position < recent->end ? (size_t)(recent->end - *position)
					 : 0;
	if (length > CHUNK)
		length = CHUNK;
	copy_out(recent, *position, data, length);
	pthread_mutex_unlock(&recent->lock);
	return length;
}

static struct message_value value_of(const char **at)
{
	struct message_value value = { (char *)(uintptr_t)*at, strlen(*at) };

	*at += value.length + 1;
	return value;
}

static void read_message(const char *data, const struct head *head,
			 struct message_recipient *recipients,
			 struct recent_message *message_r)
{
	static char nothing[] = "";
	const char *at = data + sizeof(*head);
	struct message *message = &message_r->message;

	memset(message_r, 0, sizeof(*message_r));
	message_r->steady_ms = head->steady_ms;
	message_r->is_cut = head->is_cut != 0;
	message->has_sender = true;
	message->sender = value_of(&at);
	message->auth = value_of(&at);
	message_set_client_text(message, value_of(&at).data);
	message->helo = value_of(&at);
	message->listener = (struct message_value){ nothing, 0 };
	message->recipients = recipients;
	message->recipient_count = head->recipients;
	for (size_t i = 0; i < head->recipients; i++)
		recipients[i] =
			(struct message_recipient){ .address = value_of(&at) };
}

/* How many bytes of whole messages there were. */
static size_t visit_chunk(const char *data, size_t length, uint64_t position,
			  void (*visit)(void *context,
					const struct recent_message *message),
			  void *context)
{
	struct message_recipient recipients[EVENT_RECIPIENTS_MAX];
	struct recent_message message;
	struct head head;
	size_t at = 0;

	while (length - at >= sizeof(head)) {
		memcpy(&head, data + at, sizeof(head));
		if (head.length > length - at)
			break;
		read_message(data + at, &head, recipients, &message);
		message.position = position + at;
		visit(context, &message);
		at += head.length;
	}
	return at;
}

uint64_t recent_mail_visit(struct recent_mail *recent, uint64_t position,
			   void (*visit)(void *context,
					 const struct recent_message *message),
			   void *context)
{
	char *data = alloc_zero(CHUNK);
	size_t length;

	while ((length = read_chunk(recent, &position, data)) != 0)
		position += visit_chunk(data, length, position, visit, context);
	free(data);
	return position;
}

/* from one process to the next */

static void shift(char *data, const struct head *head, int64_t shift_ms)
{
	struct head moved = *head;
	int64_t steady_ms = (int64_t)head->steady_ms + shift_ms;

	moved.steady_ms = steady_ms < 0 ? 0 : (uint64_t)steady_ms;
	memcpy(data, &moved, sizeof(moved));
}

/* Is it one message of ours, with all of its texts? */
static bool is_message(const char *data, size_t length, struct head *head_r)
{
	size_t texts = 0;

	if (length < sizeof(*head_r))
		return false;
	memcpy(head_r, data, sizeof(*head_r));
	if (head_r->length > length || head_r->length > MESSAGE_MAX ||
	    head_r->length <= sizeof(*head_r) ||
	    head_r->recipients > EVENT_RECIPIENTS_MAX ||
	    data[head_r->length - 1] != '\0')
		return false;
	for (size_t i = sizeof(*head_r); i < head_r->length; i++)
		texts += data[i] == '\0';
	return texts == TEXTS + (size_t)head_r->recipients;
}

static bool shift_all(char *data, size_t length, int64_t shift_ms)
{
	struct head head;

	for (size_t at = 0; at < length; at += head.length) {
		if (!is_message(data + at, length - at, &head))
			return false;
		shift(data + at, &head, shift_ms);
	}
	return true;
}

char *recent_mail_save(struct recent_mail *recent, int64_t shift_ms,
		       size_t *length_r)
{
	char *data;

	pthread_mutex_lock(&recent->lock);
	*length_r = (size_t)(recent->end - recent->begin);
	data = alloc_zero(*length_r + 1);
	copy_out(recent, recent->begin, data, *length_r);
	pthread_mutex_unlock(&recent->lock);
	(void)shift_all(data, *length_r, shift_ms);
	return data;
}

bool recent_mail_load(struct recent_mail *recent, const char *data,
		      size_t length, int64_t shift_ms)
{
	char *copy = alloc_copy(data, length);
	struct head head;
	bool is_whole = shift_all(copy, length, shift_ms);

	pthread_mutex_lock(&recent->lock);
	for (size_t at = 0; is_whole && at < length; at += head.length) {
		memcpy(&head, copy + at, sizeof(head));
		append(recent, copy + at, head.length);
	}
	pthread_mutex_unlock(&recent->lock);
	free(copy);
	return is_whole;
}
