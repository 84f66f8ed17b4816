/* SPDX-License-Identifier: ISC */

#include "queue_report.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/alloc.h"
#include "lib/base/count_text.h"
#include "lib/base/json.h"
#include "lib/base/span_text.h"
#include "lib/fleet/quarantine.h"
#include "output.h"
#include "terminal.h"

/* the senders: sorted by name to merge equal ones, then by count */

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

/* the report */

int queue_report_failure(const struct queue_job *job)
{
	terminal_error("weirctl %s: %s", job->text->name, job->queue.error);
	return EX_UNAVAILABLE;
}

void queue_report_warnings(const struct queue_job *job)
{
	uint64_t dropped;
	char count[COUNT_TEXT_SIZE];

	if (job->found.unreadable != 0)
		terminal_error(
			"weirctl %s: %s line%s of the queue listing could not "
			"be read and %s skipped",
			job->text->name,
			count_text(job->found.unreadable, count),
			job->found.unreadable == 1 ? "" : "s",
			job->found.unreadable == 1 ? "is" : "are");
	if (job->found.is_cut)
		terminal_error(
			"weirctl %s: more than %s messages match: run it "
			"again for the rest",
			job->text->name, count_text(QUEUE_MAX, count));
	if (job->context.redis != NULL &&
	    quarantine_dropped(job->context.redis, job->context.prefix,
			       &dropped) &&
	    dropped != 0)
		terminal_error(
			"weirctl %s: the reason why weir held %s older "
			"message%s is no longer known: more than %d were "
			"held",
			job->text->name, count_text(dropped, count),
			dropped == 1 ? "" : "s", QUARANTINE_MAX);
	if (job->queue.warning[0] != '\0')
		terminal_error("weirctl %s: %s", job->text->name,
			       job->queue.warning);
}

void queue_report_count(const struct queue_job *job, uint64_t messages,
			FILE *out)
{
	char count[COUNT_TEXT_SIZE], size[COUNT_TEXT_SIZE];

	fprintf(out, "%s message%s", count_text(messages, count),
		messages == 1 ? "" : "s");
	if (messages == job->summary.messages)
		fprintf(out, " (%s)",
			count_text_size(job->summary.bytes, size));
}

uint64_t queue_report_not_done(const struct queue_job *job)
{
	return job->outcome.tried > job->outcome.done
		       ? job->outcome.tried - job->outcome.done
		       : 0;
}

static uint64_t gone(const struct queue_job *job)
{
	return queue_report_not_done(job) > job->busy
		       ? queue_report_not_done(job) - job->busy
		       : 0;
}

static uint64_t remaining(const struct queue_job *job)
{
	return job->found.count - job->outcome.tried;
}

static void print_outcome(const struct queue_job *job)
{
	const struct queue_outcome *outcome = &job->outcome;
	char count[COUNT_TEXT_SIZE];

	printf("%s ", job->text->did);
	queue_report_count(job, outcome->done, stdout);
	printf(".\n");
	if (gone(job) != 0)
		printf("%s had left the queue or changed in the meantime.\n",
		       count_text(gone(job), count));
	if (job->busy != 0)
		printf("%s %s being delivered and %s skipped: run it again.\n",
		       count_text(job->busy, count),
		       job->busy == 1 ? "is" : "are",
		       job->busy == 1 ? "was" : "were");
	if (outcome->is_waiting)
		printf("Released mail is delivered at the next queue run of "
		       "the MTA.\n");
	if (outcome->is_stopped)
		printf("Stopped: %s %s %s; run the same command to continue.\n",
		       count_text(remaining(job), count),
		       remaining(job) == 1 ? "is" : "are", job->text->remain);
}

static json_t *make_ids(const struct queue_list *list)
{
	json_t *ids = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(ids,
				      document_string(list->messages[i].id));
	return ids;
}

static void print_json(const struct queue_job *job)
{
	const struct queue_summary *summary = &job->summary;
	size_t shown = at_most(summary, JSON_MAX);
	struct output *senders = make_rows(summary, true, shown, 0);

	document_print(
		document_make("act:s mta:s done:b messages:n bytes:n oldest:m "
			      "senders:o more_senders:n queue_ids:o listed:n "
			      "unreadable:n acted:n gone:n busy:n remaining:n "
			      "stopped:b",
			      job->text->name, job->queue.backend->name,
			      !job->asked.is_dry, summary->messages,
			      summary->bytes, summary->oldest_ms,
			      output_take(&senders),
			      (uint64_t)(summary->count - shown),
			      make_ids(&job->found), (uint64_t)job->found.total,
			      (uint64_t)job->found.unreadable,
			      job->outcome.done, gone(job), job->busy,
			      remaining(job), job->outcome.is_stopped),
		stdout);
}

int queue_report(const struct queue_job *job)
{
	if (job->globals->is_json)
		print_json(job);
	else if (!job->asked.is_dry)
		print_outcome(job);
	if (job->outcome.is_failed)
		return queue_report_failure(job);
	if (job->busy != 0)
		return EX_TEMPFAIL;
	return job->outcome.is_stopped ? COMMAND_NOTHING : EX_OK;
}

/* A limit that does not exist held nothing: say so. */
int queue_report_nothing(const struct queue_job *job)
{
	char count[COUNT_TEXT_SIZE];

	if (job->globals->is_json)
		print_json(job);
	else
		terminal_error(
			"weirctl %s: no match among the %s message%s in the "
			"queue",
			job->text->name, count_text(job->found.total, count),
			job->found.total == 1 ? "" : "s");
	if (job->asked.wish.limit != NULL &&
	    strchr(job->asked.wish.limit, ':') == NULL)
		context_limit(&job->context, job->asked.wish.limit);
	return COMMAND_NOTHING;
}
