/* SPDX-License-Identifier: ISC */

#include "queue_report.h"

#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/count_text.h"
#include "lib/base/json.h"
#include "lib/fleet/quarantine.h"
#include "lib/base/json.h"
#include "terminal.h"

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
	const struct queue_outcome *outcome = &job->outcome;
	json_t *object = json_pack("{s:s, s:s, s:b}", "act", job->text->name,
				   "mta", job->queue.backend->name, "done",
				   !job->asked.is_dry);
	json_t *rest = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "queue_ids",
		make_ids(&job->found), "listed",
		document_number(job->found.total), "unreadable",
		document_number(job->found.unreadable), "acted",
		document_number(outcome->done), "gone",
		document_number(gone(job)), "busy", document_number(job->busy),
		"remaining", document_number(remaining(job)), "stopped",
		outcome->is_stopped);

	queue_summary_add_json(&job->summary, object);
	json_object_update(object, rest);
	json_decref(rest);
	document_print(object, stdout);
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
