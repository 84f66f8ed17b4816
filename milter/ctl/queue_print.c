/* SPDX-License-Identifier: ISC */

/* Sorted by sender to merge equal ones, then by count. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/count_text.h"
#include "lib/base/json.h"
#include "lib/base/span_text.h"
#include "lib/base/json.h"
#include "queue_print.h"
#include "output.h"

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

static void add_row(struct output *output, enum terminal_colour colour,
		    const struct queue_sender *sender, uint64_t now_ms)
{
	char count[COUNT_TEXT_SIZE], size[COUNT_TEXT_SIZE];
	char span[SPAN_TEXT_SIZE];
	uint64_t age_ms = now_ms > sender->oldest_ms
				  ? now_ms - sender->oldest_ms
				  : 0;

	output_row(output);
	output_value(output, "sender", document_string(sender->sender),
		     "SENDER", OUTPUT_LONG | colour, "%s",
		     sender->sender[0] == '\0' ? "<>" : sender->sender);
	output_value(output, "messages", document_number(sender->messages),
		     "MESSAGES", OUTPUT_RIGHT | colour, "%s",
		     count_text(sender->messages, count));
	output_value(output, "bytes", document_number(sender->bytes), "SIZE",
		     OUTPUT_RIGHT | colour, "%s",
		     count_text_size(sender->bytes, size));
	output_value(output, "oldest", document_moment(sender->oldest_ms),
		     "OLDEST", OUTPUT_RIGHT | colour, "%s",
		     span_text(age_ms, span));
}

static struct output *make_rows(const struct queue_summary *summary,
				bool is_json, size_t count, uint64_t now_ms)
{
	struct output *output = output_new(is_json, "OLDEST,SIZE");

	for (size_t i = 0; i < count; i++)
		add_row(output, TERMINAL_PLAIN, &summary->senders[i], now_ms);
	return output;
}

static size_t at_most(const struct queue_summary *summary, size_t max)
{
	return summary->count < max ? summary->count : max;
}

void queue_summary_print(const struct queue_summary *summary, uint64_t now_ms,
			 FILE *out)
{
	size_t shown = at_most(summary, SHOWN_MAX);
	struct output *output = make_rows(summary, false, shown, now_ms);
	char total[] = "total", count[COUNT_TEXT_SIZE];
	size_t more = summary->count - shown;

	if (more != 0) {
		output_row(output);
		output_cell(output, "SENDER", TERMINAL_FAINT,
			    "and %s more sender%s", count_text(more, count),
			    more == 1 ? "" : "s");
	}
	if (summary->count != 1)
		add_row(output, TERMINAL_HEAD,
			&(struct queue_sender){ total, summary->messages,
						summary->bytes,
						summary->oldest_ms },
			now_ms);
	output_print(output, out);
	output_free(&output);
}

void queue_summary_add_json(const struct queue_summary *summary, json_t *object)
{
	size_t shown = at_most(summary, JSON_MAX);
	struct output *senders = make_rows(summary, true, shown, 0);
	json_t *members = json_pack("{s:o, s:o, s:o, s:o, s:o}", "messages",
				    document_number(summary->messages), "bytes",
				    document_number(summary->bytes), "oldest",
				    document_moment(summary->oldest_ms),
				    "senders", output_take(&senders),
				    "more_senders",
				    document_number(summary->count - shown));

	json_object_update(object, members);
	json_decref(members);
}
