/* SPDX-License-Identifier: ISC */

/*
 * postqueue(1) lists the queue as one JSON object a line; postsuper(1) reads
 * queue ids from its standard input and says how many it found; postcat(1)
 * knows the client of a message, which the listing does not.
 */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "child.h"
#include "queue_postfix.h"

#define RECIPIENTS_MAX	 100000u
#define CLIENTS_AT_ONCE	 200		       /* files of one postcat(1) */
#define WORDS_MAX	 (CLIENTS_AT_ONCE + 3) /* of one tool, without -c */
#define CLIENT_ATTRIBUTE "named_attribute: client_address="
#define LOGIN_ATTRIBUTE	 "named_attribute: sasl_username="
#define ENVELOPE_BEGINS	 "*** ENVELOPE RECORDS "

/* How the listing writes the null sender (showq(8)). */
#define NULL_SENDER "MAILER-DAEMON"

/* the listing */

static void read_recipients(const json_t *list, struct queue_message *message)
{
	size_t count = json_array_size(list);

	if (count > RECIPIENTS_MAX)
		count = RECIPIENTS_MAX;
	message->recipients = alloc_array(count, sizeof(char *));
	message->recipient_count = count;
	for (size_t i = 0; i < count; i++)
		message->recipients[i] = alloc_text(
			document_get_text(json_array_get(list, i), "address"));
}

static bool read_object(const json_t *object, struct queue_message *message)
{
	const char *id = document_get_text(object, "queue_id");
	const char *place = document_get_text(object, "queue_name");
	const json_t *sender = json_object_get(object, "sender");

	if (!queue_id_is_valid(id) || place[0] == '\0' ||
	    !json_is_string(sender))
		return false;
	message->id = alloc_text(id);
	message->is_held = strcmp(place, "hold") == 0;
	message->arrived_ms = document_get_number(object, "arrival_time") *
			      1000;
	message->bytes = document_get_number(object, "message_size");
	message->sender = alloc_text(json_string_value(sender));
	if (strcmp(message->sender, NULL_SENDER) == 0)
		message->sender[0] = '\0';
	read_recipients(json_object_get(object, "recipients"), message);
	return true;
}

bool queue_postfix_read(const char *line, size_t length,
			struct queue_message *message_r)
{
	json_t *object = json_loadb(line, length, 0, NULL);
	bool is_read;

	memset(message_r, 0, sizeof(*message_r));
	is_read = json_is_object(object) && read_object(object, message_r);
	json_decref(object);
	return is_read;
}

/* words: the name of a tool, and its options; the directory of its main.cf
 * comes between. */
static bool run(struct queue *queue, const char *const *words, size_t count,
		struct queue_tool tool)
{
	const char *all[WORDS_MAX + 3] = { words[0], "-c", queue->config };

	memcpy(&all[queue->config == NULL ? 1 : 3], &words[1],
	       (count - 1) * sizeof(*words));
	tool.words = all;
	return queue_run(queue, &tool);
}

struct listing {
	const struct queue_keeper *keeper;
	struct queue_list *list;
};

static void take_message(void *context, const char *line, size_t length)
{
	struct listing *listing = context;
	struct queue_message message;

	if (length == 0)
		return;
	if (!queue_postfix_read(line, length, &message)) {
		listing->list->unreadable++;
		return;
	}
	listing->list->total++;
	if (listing->keeper->keep == NULL ||
	    listing->keeper->keep(listing->keeper->context, &message))
		queue_list_add(listing->list, &message);
	else
		queue_message_clear(&message);
}

static int compare_messages(const void *a, const void *b)
{
	const struct queue_message *left = a, *right = b;
	int order = strcmp(left->id, right->id);

	return order != 0 ? order
			  : (left->is_held > right->is_held) -
				    (left->is_held < right->is_held);
}

/* A message that moves while the queue is listed is listed twice. */
static void drop_doubles(struct queue_list *list)
{
	size_t kept = 0;

	if (list->count == 0)
		return;
	qsort(list->messages, list->count, sizeof(*list->messages),
	      compare_messages);
	for (size_t i = 1; i < list->count; i++)
		if (strcmp(list->messages[i].id, list->messages[kept].id) == 0)
			queue_message_clear(&list->messages[i]);
		else
			list->messages[++kept] = list->messages[i];
	list->count = kept + 1;
}

static bool list(struct queue *queue, const struct queue_keeper *keeper,
		 struct queue_list *list_r)
{
	static const char *const words[] = { "postqueue", "-j" };
	struct listing listing = { keeper, list_r };

	if (!run(queue, words, 2,
		 (struct queue_tool){ .take = take_message,
				      .context = &listing }))
		return false;
	drop_doubles(list_r);
	return true;
}

/* acting */

static const char *const count_words[] = {
	"Placed on hold: ", "Released from hold: ", "Deleted: "
};

bool queue_postfix_read_count(const char *line, uint64_t *count_r)
{
	static const char name[] = "postsuper: ";
	size_t rows = sizeof(count_words) / sizeof(count_words[0]);

	if (strncmp(line, name, sizeof(name) - 1) != 0)
		return false;
	line += sizeof(name) - 1;
	for (size_t i = 0; i < rows; i++) {
		size_t length = strlen(count_words[i]);

		if (strncmp(line, count_words[i], length) != 0 ||
		    !isdigit((unsigned char)line[length]))
			continue;
		*count_r = strtoull(line + length, NULL, 10);
		return true;
	}
	return false;
}

/* "postsuper: 4Qx1: removed" is said of each message: no complaint. */
static bool is_told_of_one(const char *line)
{
	static const char *const ends[] = { ": placed on hold",
					    ": released from hold",
					    ": removed" };
	size_t length = strlen(line);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t end = strlen(ends[i]);

		if (length > end && strcmp(line + length - end, ends[i]) == 0)
			return true;
	}
	return false;
}

static bool take_count(void *context, const char *line)
{
	return queue_postfix_read_count(line, context) || is_told_of_one(line);
}

static char *join_ids(const char *const *ids, size_t count, size_t *length_r)
{
	char *joined = alloc_array(count, QUEUE_ID_MAX + 1);
	size_t length = 0;

	for (size_t i = 0; i < count; i++) {
		size_t size = strlen(ids[i]);

		memcpy(joined + length, ids[i], size);
		joined[length + size] = '\n';
		length += size + 1;
	}
	*length_r = length;
	return joined;
}

static bool act(struct queue *queue, enum queue_act act, const char *const *ids,
		size_t count, uint64_t *done_r)
{
	static const char *const options[] = { [QUEUE_HOLD] = "-h",
					       [QUEUE_RELEASE] = "-H",
					       [QUEUE_DELETE] = "-d" };
	/* what is not in the queues named here is left alone */
	const char *const words[] = { "postsuper", options[act], "-", "hold" };
	size_t length;
	char *input = join_ids(ids, count, &length);
	bool is_done = run(queue, words, act == QUEUE_RELEASE ? 4 : 3,
			   (struct queue_tool){ .input = input,
						.input_length = length,
						.take_error = take_count,
						.context = done_r });

	free(input);
	return is_done;
}

/* postsuper(1) puts released mail into the deferred queue, where it would
 * wait for the next queue run. */
static bool deliver(struct queue *queue, const char *const *ids, size_t count)
{
	bool is_done = true;

	for (size_t i = 0; i < count && is_done; i++) {
		const char *const words[] = { "postqueue", "-i", ids[i] };

		is_done = run(queue, words, 3, (struct queue_tool){ 0 });
	}
	return is_done;
}

/* clients */

/* What postcat(1) says of several files, one after the other. */
struct clients {
	struct queue_list *list;
	struct queue_message *message; /* of which it speaks; may be NULL */
};

static int compare_id(const void *id, const void *message)
{
	return strcmp(id, ((const struct queue_message *)message)->id);
}

/* "*** ENVELOPE RECORDS hold/B/B60D1A7238E ***"; the list is in the order of
 * the ids. */
static void take_title(struct clients *clients, const char *line)
{
	const char *path = line + sizeof(ENVELOPE_BEGINS) - 1;
	size_t length = strcspn(path, " ");
	char *id = alloc_copy(path, length);

	clients->message = bsearch(
		basename(id), clients->list->messages, clients->list->count,
		sizeof(*clients->list->messages), compare_id);
	free(id);
}

/* The first of that name; value_r is NULL before. */
static void take_value(const char *line, size_t length, const char *name,
		       char **value_r)
{
	size_t skipped = strlen(name);

	if (*value_r == NULL && strncmp(line, name, skipped) == 0)
		*value_r = alloc_copy(line + skipped, length - skipped);
}

static void take_attribute(void *context, const char *line, size_t length)
{
	struct clients *clients = context;

	if (strncmp(line, ENVELOPE_BEGINS, sizeof(ENVELOPE_BEGINS) - 1) == 0)
		take_title(clients, line);
	if (clients->message == NULL)
		return;
	take_value(line, length, CLIENT_ATTRIBUTE, &clients->message->client);
	take_value(line, length, LOGIN_ATTRIBUTE, &clients->message->login);
}

/* The first file that is gone ends postcat(1): then each is asked alone, and
 * what is gone stays unknown. */
static bool ask_some(struct queue *queue, struct clients *clients,
		     const char *const *ids, size_t count)
{
	const char *words[WORDS_MAX] = { "postcat", "-q", "-e" };
	struct queue_tool tool = { .take = take_attribute, .context = clients };

	memcpy(&words[3], ids, count * sizeof(*ids));
	if (run(queue, words, 3 + count, tool) || count == 1)
		return true;
	for (size_t i = 0; i < count; i++)
		ask_some(queue, clients, &ids[i], 1);
	return true;
}

static bool ask_clients(struct queue *queue, struct queue_list *messages)
{
	const char *ids[CLIENTS_AT_ONCE];
	struct clients clients = { .list = messages };
	char path[PATH_MAX];
	size_t count = 0;

	if (!child_find(queue->tools, "postcat", path)) {
		snprintf(queue->error, sizeof(queue->error),
			 "postcat: not found, --tools names its directory");
		return false;
	}
	for (size_t i = 0; i < messages->count; i++) {
		if (messages->messages[i].client == NULL)
			ids[count++] = messages->messages[i].id;
		if (count == CLIENTS_AT_ONCE ||
		    (count != 0 && i + 1 == messages->count)) {
			ask_some(queue, &clients, ids, count);
			count = 0;
		}
	}
	return true;
}

static bool read_headers(struct queue *queue, const char *id, queue_take *take,
			 void *context)
{
	const char *const words[] = { "postcat", "-q", "-h", id };

	return run(queue, words, 4,
		   (struct queue_tool){ .take = take, .context = context });
}

static bool is_usable(struct queue *queue)
{
	static const char *const words[] = { "postconf", "-h",
					     "queue_directory" };

	return run(queue, words, 3, (struct queue_tool){ 0 });
}

const struct queue_backend queue_postfix = {
	.name = "postfix",
	.is_usable = is_usable,
	.list = list,
	.act = act,
	.ask_clients = ask_clients,
	.deliver = deliver,
	.read_headers = read_headers,
};
