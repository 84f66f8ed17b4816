/* SPDX-License-Identifier: ISC */

/*
 * Redis is asked for what weir noted of held mail, and to note what was done.
 * Where it is away, all that can be found without it is still found: to get
 * out of an incident must not depend on what may have caused it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/base/json.h"
#include "lib/fleet/quarantine.h"
#include "milter/common/clock.h"
#include "count_text.h"
#include "queue_command.h"
#include "milter/queue/queue_pace.h"
#include "queue_print.h"
#include "milter/queue/queue_search.h"
#include "queue_options.h"
#include "terminal.h"
#include "span_text.h"

/* What is said of each act. */
struct act_words {
	const char *name, *asking, *did, *remain;
};

static const struct act_words act_words[] = {
	[QUEUE_HOLD] = { "hold", "Hold", "Held", "not held" },
	[QUEUE_RELEASE] = { "release", "Release", "Released", "still held" },
	[QUEUE_DELETE] = { "delete", "Delete", "Deleted", "not deleted" },
};

struct job {
	const struct globals *globals;
	enum queue_act act;
	const struct act_words *options;

	struct queue_options asked;

	/* what it is done with */
	struct context context;
	struct subject subject;
	struct queue queue;
	struct queue_filter *filter;
	struct queue_list found;
	struct queue_summary summary;
	struct queue_outcome outcome;
	uint64_t busy; /* tried, and being delivered by the MTA */
};

static bool complain(const struct job *job, const char *what)
{
	fprintf(stderr, "weirctl %s: %s\n", job->options->name, what);
	return false;
}

/* what it is done with */

/* Redis may be away; only the settings must be there. */
static int open_context(struct job *job)
{
	int code = context_open(job->globals, &job->context);

	if (code != EX_UNAVAILABLE)
		return code;
	code = context_open_settings(job->globals, &job->context);
	job->context.now_ms = clock_wall_ms();
	return code;
}

static bool make_filter(struct job *job)
{
	const char *reason;

	if (job->asked.subject_text != NULL) {
		if (!context_subject(&job->context, job->asked.subject_text,
				     &job->subject))
			return false;
		job->asked.wish.subject = &job->subject;
	}
	job->filter = queue_filter_new(job->context.settings, &job->asked.wish,
				       &reason);
	if (job->filter != NULL)
		return true;
	fprintf(stderr, "weirctl %s: ", job->options->name);
	if (strncmp(reason, "--", 2) != 0) {
		fputs("--client: found \"", stderr);
		terminal_put(stderr, job->asked.wish.client,
			     strlen(job->asked.wish.client));
		fputs("\", which ", stderr);
	}
	fprintf(stderr, "%s\n", reason);
	return false;
}

static int refuse_queue(const struct job *job)
{
	fprintf(stderr, "weirctl %s: ", job->options->name);
	terminal_put(stderr, job->queue.error, strlen(job->queue.error));
	fputc('\n', stderr);
	return EX_UNAVAILABLE;
}

static int open_queue(struct job *job)
{
	job->queue.tools = job->asked.tools;
	job->queue.config = job->asked.config;
	job->queue.reason = job->asked.order.reason;
	if (!queue_open(&job->queue, job->asked.mta))
		return refuse_queue(job);
	if (!job->asked.is_dry && geteuid() != 0) {
		complain(job, "only root may do this to the queue: run it with "
			      "sudo; --dry-run shows what it would touch");
		return COMMAND_NOTHING;
	}
	return EX_OK;
}

static int open_job(struct job *job)
{
	int code = open_context(job);

	if (code != EX_OK)
		return code;
	if (!make_filter(job))
		return EX_USAGE;
	code = open_queue(job);
	if (code != EX_OK || job->context.redis != NULL)
		return code;
	if (queue_filter_needs_record(job->filter)) {
		complain(job, "without Redis nobody knows for which limit or "
			      "subject a message was held; --sender, "
			      "--recipient and --client do without");
		return EX_UNAVAILABLE;
	}
	complain(job, "goes on without Redis: the log of orders will not have "
		      "it");
	return EX_OK;
}

/* finding */

static void warn(const struct job *job)
{
	uint64_t dropped;
	char count[COUNT_TEXT_SIZE];

	if (job->found.unreadable != 0)
		fprintf(stderr,
			"weirctl %s: %s line%s of the queue's listing could "
			"not be read and %s left alone\n",
			job->options->name,
			count_text(job->found.unreadable, count),
			job->found.unreadable == 1 ? "" : "s",
			job->found.unreadable == 1 ? "is" : "are");
	if (job->found.is_cut)
		fprintf(stderr,
			"weirctl %s: there are more than %s messages: run it "
			"again for the rest\n",
			job->options->name, count_text(QUEUE_MAX, count));
	if (job->context.redis != NULL &&
	    quarantine_dropped(job->context.redis, job->context.prefix,
			       &dropped) &&
	    dropped != 0)
		fprintf(stderr,
			"weirctl %s: why weir held %s older message%s is not "
			"known any more: more than %d were held\n",
			job->options->name, count_text(dropped, count),
			dropped == 1 ? "" : "s", QUARANTINE_MAX);
	if (job->queue.warning[0] != '\0') {
		fprintf(stderr, "weirctl %s: ", job->options->name);
		terminal_put(stderr, job->queue.warning,
			     strlen(job->queue.warning));
		fputc('\n', stderr);
	}
}

static void make_summary(struct job *job)
{
	queue_summary_clear(&job->summary);
	queue_summary_make(&job->found, &job->context.settings->identity,
			   &job->summary);
}

static int find(struct job *job)
{
	const struct queue_notes notes = { job->context.redis,
					   job->context.prefix };

	switch (queue_search(&job->queue, &notes, job->filter, job->act,
			     &job->found)) {
	case QUEUE_SEARCH_NO_QUEUE:
		return refuse_queue(job);
	case QUEUE_SEARCH_NO_REDIS:
		return context_fail(&job->context);
	case QUEUE_SEARCH_DONE:
		break;
	}
	make_summary(job);
	warn(job);
	return EX_OK;
}

/* asking */

static void say_messages(const struct job *job, uint64_t messages, FILE *out)
{
	char count[COUNT_TEXT_SIZE], size[COUNT_TEXT_SIZE];

	fprintf(out, "%s message%s", count_text(messages, count),
		messages == 1 ? "" : "s");
	if (messages == job->summary.messages)
		fprintf(out, " (%s)",
			count_text_size(job->summary.bytes, size));
}

static bool is_answered_yes(void)
{
	static const char *const yes[] = { "y\n", "Y\n", "yes\n", "Yes\n",
					   "YES\n" };
	char line[16];

	if (fgets(line, sizeof(line), stdin) == NULL) {
		fputc('\n', stderr);
		return false;
	}
	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (strcmp(line, yes[i]) == 0)
			return true;
	return false;
}

static bool ask(struct job *job)
{
	char span[SPAN_TEXT_SIZE];

	if (job->asked.is_yes)
		return true;
	if (isatty(STDIN_FILENO) == 0)
		return complain(job, "nothing was touched: there is no "
				     "terminal to ask at, so it takes --yes");
	fflush(stdout);
	fprintf(stderr, "%s ", job->options->asking);
	say_messages(job, job->summary.messages, stderr);
	if (job->asked.per_minute != 0)
		fprintf(stderr, " in %s",
			span_text(queue_pace_when_ms(job->asked.per_minute,
						     job->summary.messages),
				  span));
	fputs("? [y/N] ", stderr);
	if (!is_answered_yes())
		return complain(job, "nothing was touched");
	/* while the answer was awaited, the MTA went on */
	if (!queue_search_again(&job->queue, job->act, &job->found)) {
		refuse_queue(job);
		return false;
	}
	make_summary(job);
	return true;
}

/* the log of orders */

static void add_wish(struct text *text, const char *option, const char *value)
{
	if (value == NULL)
		return;
	text_add_format(text, " --%s ", option);
	text_add_escaped(text, value, strlen(value), 200);
}

/* "release 1234 messages, --limit own-sender" */
static void describe(const struct job *job, struct text *text)
{
	text_add_format(text, "%s %llu message%s,", job->options->name,
			(unsigned long long)job->outcome.done,
			job->outcome.done == 1 ? "" : "s");
	add_wish(text, "sender", job->asked.wish.sender);
	add_wish(text, "recipient", job->asked.wish.recipient);
	add_wish(text, "client", job->asked.wish.client);
	add_wish(text, "limit", job->asked.wish.limit);
	add_wish(text, "subject", job->asked.subject_text);
}

static void note(struct job *job)
{
	char buffer[1200], owner[] = "";
	struct text text;
	struct order order = { 0 };
	struct order_step step = { ORDER_NOTE, job->options->name, 0, &order,
				   NULL };

	if (job->context.redis == NULL || job->outcome.done == 0)
		return;
	text_init(&text, buffer, sizeof(buffer));
	describe(job, &text);
	order.created_ms = job->context.now_ms;
	order.subject = buffer;
	order.by = (char *)(uintptr_t)order_command_who(&job->asked.order);
	order.reason = (char *)(uintptr_t)job->asked.order.reason;
	order.owner = owner;
	if (!order_book_change(job->context.redis, job->context.prefix, &step,
			       1))
		fprintf(stderr,
			"weirctl %s: it is done, but not noted in the log of "
			"orders: %s\n",
			job->options->name,
			redis_client_error(job->context.redis));
}

/* What has left the hold or the queue needs no note any more. What is being
 * delivered may come back, and is not told apart from the rest. */
static void forget_notes(struct job *job)
{
	size_t count = (size_t)job->outcome.tried;
	const char **ids;

	if (job->context.redis == NULL || count == 0 || job->busy != 0 ||
	    job->outcome.is_failed || job->act == QUEUE_HOLD)
		return;
	ids = alloc_array(count, sizeof(*ids));
	for (size_t i = 0; i < count; i++)
		ids[i] = job->found.messages[i].id;
	if (!quarantine_forget(job->context.redis, job->context.prefix, ids,
			       count))
		fprintf(stderr,
			"weirctl %s: it is done, but the notes of why weir "
			"held the mail are still in Redis: %s\n",
			job->options->name,
			redis_client_error(job->context.redis));
	free(ids);
}

/* what came of it */

static uint64_t not_done(const struct job *job)
{
	return job->outcome.tried > job->outcome.done
		       ? job->outcome.tried - job->outcome.done
		       : 0;
}

static uint64_t gone(const struct job *job)
{
	return not_done(job) > job->busy ? not_done(job) - job->busy : 0;
}

/* Sendmail locks what it is delivering: no tool of its own touches that. */
static void look_for_near_limit(struct job *job)
{
	if (not_done(job) != 0 && !job->outcome.is_failed)
		job->busy = queue_search_remaining(&job->queue, job->act,
						   &job->found,
						   (size_t)job->outcome.tried);
}

static uint64_t remaining(const struct job *job)
{
	return job->found.count - job->outcome.tried;
}

static void print_outcome(const struct job *job)
{
	const struct queue_outcome *outcome = &job->outcome;
	char count[COUNT_TEXT_SIZE];

	printf("%s ", job->options->did);
	say_messages(job, outcome->done, stdout);
	printf(".\n");
	if (gone(job) != 0)
		printf("%s had left the queue, or changed in it, meanwhile.\n",
		       count_text(gone(job), count));
	if (job->busy != 0)
		printf("%s %s being delivered and %s left alone: run it "
		       "again.\n",
		       count_text(job->busy, count),
		       job->busy == 1 ? "is" : "are",
		       job->busy == 1 ? "was" : "were");
	if (outcome->is_waiting)
		printf("What was released is delivered at the MTA's next queue "
		       "run.\n");
	if (outcome->is_stopped)
		printf("Stopped: %s %s %s; the same command goes on with "
		       "them.\n",
		       count_text(remaining(job), count),
		       remaining(job) == 1 ? "is" : "are",
		       job->options->remain);
}

static json_t *make_ids(const struct queue_list *list)
{
	json_t *ids = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(ids,
				      document_string(list->messages[i].id));
	return ids;
}

static void print_json(const struct job *job)
{
	const struct queue_outcome *outcome = &job->outcome;
	json_t *object = json_object();

	json_object_set_new(object, "act", document_string(job->options->name));
	json_object_set_new(object, "mta",
			    document_string(job->queue.backend->name));
	json_object_set_new(object, "done", json_boolean(!job->asked.is_dry));
	queue_summary_add_json(&job->summary, object);
	json_object_set_new(object, "queue_ids", make_ids(&job->found));
	json_object_set_new(object, "listed",
			    document_number(job->found.total));
	json_object_set_new(object, "unreadable",
			    document_number(job->found.unreadable));
	json_object_set_new(object, "acted", document_number(outcome->done));
	json_object_set_new(object, "gone", document_number(gone(job)));
	json_object_set_new(object, "busy", document_number(job->busy));
	json_object_set_new(object, "remaining",
			    document_number(remaining(job)));
	json_object_set_new(object, "stopped",
			    json_boolean(outcome->is_stopped));
	document_print(object, stdout);
}

static int tell(const struct job *job)
{
	if (job->globals->is_json)
		print_json(job);
	else if (!job->asked.is_dry)
		print_outcome(job);
	if (job->outcome.is_failed)
		return refuse_queue(job);
	if (job->busy != 0)
		return EX_TEMPFAIL;
	return job->outcome.is_stopped ? COMMAND_NOTHING : EX_OK;
}

/* A limit that does not exist held nothing: say so. */
static int tell_nothing(const struct job *job)
{
	char count[COUNT_TEXT_SIZE];

	if (job->globals->is_json)
		print_json(job);
	else
		fprintf(stderr,
			"weirctl %s: nothing found among the %s message%s of "
			"the queue\n",
			job->options->name, count_text(job->found.total, count),
			job->found.total == 1 ? "" : "s");
	if (job->asked.wish.limit != NULL &&
	    strchr(job->asked.wish.limit, ':') == NULL)
		context_limit(&job->context, job->asked.wish.limit);
	return COMMAND_NOTHING;
}

static void draw_progress(void *user_data, uint64_t done)
{
	progress_set(user_data, done);
}

static void act(struct job *job)
{
	struct progress progress;
	const struct queue_pace pace = { job->asked.per_minute, draw_progress,
					 &progress };

	progress_begin(&progress, "messages", job->found.count);
	queue_pace_run(&job->queue, job->act, &job->found, &pace,
		       &job->outcome);
	progress_end(&progress);
}

static int work(struct job *job)
{
	int code = find(job);

	if (code != EX_OK)
		return code;
	if (job->found.count == 0)
		return tell_nothing(job);
	if (!job->globals->is_json)
		queue_summary_print(&job->summary, job->context.now_ms, stdout);
	if (job->asked.is_dry)
		return tell(job);
	if (!ask(job))
		return COMMAND_NOTHING;
	if (job->found.count != 0)
		act(job);
	look_for_near_limit(job);
	note(job);
	forget_notes(job);
	return tell(job);
}

int queue_command_run(const struct globals *globals, enum queue_act act,
		      int argc, char **argv)
{
	struct job job = {
		.globals = globals,
		.act = act,
		.options = &act_words[act],
	};
	int code = EX_USAGE;

	if (queue_options(&job.asked, globals, act, argc, argv))
		code = open_job(&job);
	if (code == EX_OK)
		code = work(&job);
	queue_summary_clear(&job.summary);
	queue_list_clear(&job.found);
	queue_filter_free(&job.filter);
	context_close(&job.context);
	return code;
}
