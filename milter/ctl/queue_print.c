/* SPDX-License-Identifier: ISC */

/* Sorted by sender, equal ones stand together; then sorted by count. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "count_text.h"
#include "queue_print.h"
#include "terminal.h"
#include "span_text.h"

#define SHOWN_MAX 20
#define JSON_MAX  1000

static int compare_names(const void *a, const void *b)
{
	const struct queue_sender *left = a, *right = b;

	return strcmp(left->sender, right->sender);
}

static int compare_counts(const void *a, const void *b)
{
	const struct queue_sender *left = a, *right = b;

	if (left->messages != right->messages)
		return left->messages > right->messages ? -1 : 1;
	return strcmp(left->sender, right->sender);
}

static void add_up(struct queue_sender *sum, const struct queue_sender *more)
{
	sum->messages += more->messages;
	sum->bytes += more->bytes;
	if (more->oldest_ms < sum->oldest_ms)
		sum->oldest_ms = more->oldest_ms;
}

static void merge_equal(struct queue_summary *summary)
{
	size_t kept = 0;

	for (size_t i = 1; i < summary->count; i++) {
		struct queue_sender *sender = &summary->senders[i];

		if (strcmp(summary->senders[kept].sender, sender->sender) !=
		    0) {
			summary->senders[++kept] = *sender;
			continue;
		}
		add_up(&summary->senders[kept], sender);
		free(sender->sender);
	}
	summary->count = kept + 1;
}

void queue_summary_make(const struct queue_list *list,
			const struct address_rules *rules,
			struct queue_summary *summary_r)
{
	struct queue_sender sum = { .oldest_ms = UINT64_MAX };

	memset(summary_r, 0, sizeof(*summary_r));
	if (list->count == 0)
		return;
	summary_r->senders = alloc_array(list->count,
					 sizeof(*summary_r->senders));
	summary_r->count = list->count;
	for (size_t i = 0; i < list->count; i++) {
		const struct queue_message *message = &list->messages[i];
		size_t length;

		summary_r->senders[i] = (struct queue_sender){
			.sender = address_identity(rules, message->sender,
						   strlen(message->sender),
						   &length),
			.messages = 1,
			.bytes = message->bytes,
			.oldest_ms = message->arrived_ms,
		};
		add_up(&sum, &summary_r->senders[i]);
	}
	summary_r->messages = sum.messages;
	summary_r->bytes = sum.bytes;
	summary_r->oldest_ms = sum.oldest_ms;
	qsort(summary_r->senders, summary_r->count, sizeof(*summary_r->senders),
	      compare_names);
	merge_equal(summary_r);
	qsort(summary_r->senders, summary_r->count, sizeof(*summary_r->senders),
	      compare_counts);
}

void queue_summary_clear(struct queue_summary *summary)
{
	for (size_t i = 0; i < summary->count; i++)
		free(summary->senders[i].sender);
	free(summary->senders);
	memset(summary, 0, sizeof(*summary));
}

/* for people */

static void add_row(struct table *table, enum terminal_colour colour,
		    const struct queue_sender *sender, uint64_t now_ms)
{
	char count[COUNT_TEXT_SIZE], size[COUNT_TEXT_SIZE];
	char span[SPAN_TEXT_SIZE];
	uint64_t age_ms = now_ms > sender->oldest_ms
				  ? now_ms - sender->oldest_ms
				  : 0;

	table_add_format(table, colour, "%s", sender->sender);
	table_add_format(table, colour, "%s",
			 count_text(sender->messages, count));
	table_add_format(table, colour, "%s",
			 count_text_size(sender->bytes, size));
	table_add_format(table, colour, "%s", span_text(age_ms, span));
}

static void add_sum(struct table *table, const struct queue_summary *summary,
		    uint64_t now_ms)
{
	char total[] = "total";

	add_row(table, TERMINAL_HEAD,
		&(struct queue_sender){ total, summary->messages,
					summary->bytes, summary->oldest_ms },
		now_ms);
}

static void add_more(struct table *table, size_t more)
{
	char count[COUNT_TEXT_SIZE];

	table_add_format(table, TERMINAL_FAINT, "and %s more sender%s",
			 count_text(more, count), more == 1 ? "" : "s");
	for (int i = 0; i < 3; i++)
		table_add(table, "");
}

void queue_summary_print(const struct queue_summary *summary, uint64_t now_ms,
			 FILE *out)
{
	static const struct table_column columns[] = {
		{ .title = "sender", .least_width = 20 },
		{ .title = "messages", .align = TABLE_RIGHT },
		{ .title = "size", .align = TABLE_RIGHT },
		{ .title = "oldest", .align = TABLE_RIGHT },
	};
	struct table *table = table_new(columns, 4);
	char null_sender[] = "<>";

	for (size_t i = 0; i < summary->count && i < SHOWN_MAX; i++) {
		struct queue_sender sender = summary->senders[i];

		if (sender.sender[0] == '\0')
			sender.sender = null_sender;
		add_row(table, TERMINAL_PLAIN, &sender, now_ms);
	}
	if (summary->count > SHOWN_MAX)
		add_more(table, summary->count - SHOWN_MAX);
	if (summary->count != 1)
		add_sum(table, summary, now_ms);
	table_print(table, out, 0);
	table_free(&table);
}

/* for programs */

static json_t *make_sender(const struct queue_sender *sender)
{
	json_t *object = json_object();

	json_object_set_new(object, "sender", document_string(sender->sender));
	json_object_set_new(object, "messages",
			    document_number(sender->messages));
	json_object_set_new(object, "bytes", document_number(sender->bytes));
	json_object_set_new(object, "oldest",
			    document_moment(sender->oldest_ms));
	return object;
}

void queue_summary_add_json(const struct queue_summary *summary, json_t *object)
{
	json_t *senders = json_array();
	size_t shown = summary->count < JSON_MAX ? summary->count : JSON_MAX;

	for (size_t i = 0; i < shown; i++)
		json_array_append_new(senders,
				      make_sender(&summary->senders[i]));
	json_object_set_new(object, "messages",
			    document_number(summary->messages));
	json_object_set_new(object, "bytes", document_number(summary->bytes));
	json_object_set_new(object, "oldest",
			    document_moment(summary->oldest_ms));
	json_object_set_new(object, "senders", senders);
	json_object_set_new(object, "more_senders",
			    document_number(summary->count - shown));
}
