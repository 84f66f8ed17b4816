/* SPDX-License-Identifier: ISC */

/* What all MTAs have in common: messages as data, and running a tool whose
 * complaints become one line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "child.h"
#include "queue.h"

/* A usable Postfix is asked first: its sendmail(1) looks like Sendmail. */
static const struct queue_backend *const backends[] = {
	&queue_postfix,
	&queue_sendmail,
};

const char *const queue_names[] = { "postfix", "sendmail", NULL };

/* messages */

void queue_message_clear(struct queue_message *message)
{
	free(message->id);
	free(message->sender);
	for (size_t i = 0; i < message->recipient_count; i++)
		free(message->recipients[i]);
	free(message->recipients);
	free(message->client);
	free(message->login);
	memset(message, 0, sizeof(*message));
}

bool queue_message_is_same(const struct queue_message *a,
			   const struct queue_message *b)
{
	return strcmp(a->id, b->id) == 0 && a->arrived_ms == b->arrived_ms &&
	       a->bytes == b->bytes && strcmp(a->sender, b->sender) == 0;
}

bool queue_id_is_valid(const char *id)
{
	size_t length = strspn(id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "abcdefghijklmnopqrstuvwxyz");

	return id[length] == '\0' && length > 0 && length <= QUEUE_ID_MAX &&
	       strcmp(id, "ALL") != 0;
}

void queue_list_add(struct queue_list *list, struct queue_message *message)
{
	if (list->count == QUEUE_MAX) {
		list->is_cut = true;
		queue_message_clear(message);
		return;
	}
	if (list->count == list->room) {
		list->room = list->room == 0 ? 64 : 2 * list->room;
		list->messages = alloc_resize(list->messages, list->room,
					      sizeof(*list->messages));
	}
	list->messages[list->count++] = *message;
	memset(message, 0, sizeof(*message));
}

void queue_list_clear(struct queue_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		queue_message_clear(&list->messages[i]);
	free(list->messages);
	memset(list, 0, sizeof(*list));
}

/* which MTA? */

bool queue_open(struct queue *queue, int index)
{
	char first[sizeof(queue->error)];

	if (index >= 0) {
		queue->backend = backends[index];
		return queue->backend->is_usable(queue);
	}
	queue->backend = backends[0];
	if (queue->backend->is_usable(queue))
		return true;
	memcpy(first, queue->error, sizeof(first));
	queue->backend = backends[1];
	if (queue->backend->is_usable(queue))
		return true;
	queue->backend = backends[0];
	memcpy(queue->error, first, sizeof(first));
	return false;
}

bool queue_ask_clients(struct queue *queue, struct queue_list *list)
{
	return queue->backend->ask_clients == NULL ||
	       queue->backend->ask_clients(queue, list);
}

bool queue_act(struct queue *queue, enum queue_act act, const char *const *ids,
	       size_t count, uint64_t *done_r)
{
	*done_r = 0;
	for (size_t i = 0; i < count; i++)
		if (!queue_id_is_valid(ids[i])) {
			snprintf(queue->error, sizeof(queue->error),
				 "found an invalid queue id");
			return false;
		}
	return queue->backend->act(queue, act, ids, count, done_r);
}

bool queue_deliver(struct queue *queue, const char *const *ids, size_t count)
{
	return queue->backend->deliver == NULL ||
	       queue->backend->deliver(queue, ids, count);
}

bool queue_read_headers(struct queue *queue, const char *id, queue_take *take,
			void *context)
{
	if (queue->backend->read_headers != NULL && queue_id_is_valid(id))
		return queue->backend->read_headers(queue, id, take, context);
	snprintf(queue->error, sizeof(queue->error),
		 "%s has no tool that shows the headers of a message",
		 queue->backend->name);
	return false;
}

/* running a tool */

struct listener {
	const struct queue_tool *tool;
	struct text complaint; /* the last lines of standard error */
};

/* The last complaint is what ended it ("fatal: ..."). */
static void take_line(void *context, enum child_stream stream, const char *line,
		      size_t length)
{
	struct listener *listener = context;
	const struct queue_tool *tool = listener->tool;
	struct text *text = &listener->complaint;

	if (stream == CHILD_OUTPUT) {
		if (tool->take != NULL)
			tool->take(tool->context, line, length);
	} else if (length != 0 && (tool->take_error == NULL ||
				   !tool->take_error(tool->context, line))) {
		text_init(text, text->data, text->size);
		text_add(text, line,
			 length < text->size - 1 ? length : text->size - 1);
	}
}

static bool fail(struct queue *queue, const char *name, int status,
		 const char *complaint)
{
	if (status < 0)
		snprintf(queue->error, sizeof(queue->error), "%s: %s%s", name,
			 strerror(errno),
			 errno == ENOENT ? "; --tools names the directory of "
					   "the MTA's programs"
					 : "");
	else if (complaint[0] != '\0')
		snprintf(queue->error, sizeof(queue->error), "%.300s",
			 complaint);
	else
		snprintf(queue->error, sizeof(queue->error),
			 "%s: ended with status %d", name, status);
	return false;
}

bool queue_run(struct queue *queue, const struct queue_tool *tool)
{
	char complaint[300];
	struct listener listener = { .tool = tool };
	int status;

	text_init(&listener.complaint, complaint, sizeof(complaint));
	status = child_run(&(struct child){
		.tools = queue->tools,
		.words = tool->words,
		.input = tool->input,
		.input_length = tool->input_length,
		.take = take_line,
		.context = &listener,
	});
	if (status != 0)
		return fail(queue, tool->words[0], status, complaint);
	if (complaint[0] != '\0')
		snprintf(queue->warning, sizeof(queue->warning), "%s",
			 complaint);
	return true;
}
