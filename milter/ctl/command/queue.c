/* SPDX-License-Identifier: ISC */

/*
 * weirctl hold, release, delete: mail in the queue of the MTA.
 *
 * Redis is asked for what weir noted of held mail, and to note what was done.
 * While it is down, all that can be found without it is still found: to get
 * out of an incident must not depend on what may have caused it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/count_text.h"
#include "lib/base/span_text.h"
#include "lib/base/text.h"
#include "lib/fleet/incident_flood.h"
#include "lib/fleet/quarantine.h"
#include "lib/base/clock.h"
#include "milter/ctl/incident_find.h"
#include "milter/ctl/queue_report.h"
#include "milter/ctl/terminal.h"
#include "milter/queue/queue_pace.h"
#include "milter/queue/queue_search.h"

#define REASON_MAX 200 /* bytes */

static const struct act_text act_texts[] = {
	[QUEUE_HOLD] = { "hold", "Hold", "Held", "not held" },
	[QUEUE_RELEASE] = { "release", "Release", "Released", "still held" },
	[QUEUE_DELETE] = { "delete", "Delete", "Deleted", "not deleted" },
};

static bool complain(const struct queue_job *job, const char *what)
{
	return terminal_error("weirctl %s: %s", job->text->name, what);
}

/* the options */

static bool has_wish(const struct queue_options *options)
{
	return options->wish.sender != NULL ||
	       options->wish.recipient != NULL ||
	       options->wish.client != NULL || options->wish.limit != NULL ||
	       options->subject_text != NULL || options->incident != 0;
}

static bool check(const struct queue_job *job)
{
	const struct queue_options *options = &job->asked;

	if (!has_wish(options))
		return complain(job, "nothing says which messages: give "
				     "--sender, --recipient, --client, "
				     "--limit, --subject or --incident; see "
				     "--help");
	if (options->subject_text != NULL && options->incident != 0)
		return complain(job, "found both --subject and --incident, "
				     "only one of them is allowed");
	if (options->is_yes && options->is_dry)
		return complain(job, "found both --yes and --dry-run, only "
				     "one of them is allowed");
	if (strlen(options->order.reason) > REASON_MAX)
		return complain(job, "--reason: longer than 200 bytes, at "
				     "most 200 are allowed");
	return true;
}

/* --per-minute comes last: only release has it. */
static bool read_options(struct queue_job *job, int argc, char **argv)
{
	struct queue_options *options = &job->asked;
	const struct argument arguments[] = {
		ARGUMENT(TEXT, "sender", &options->wish.sender),
		ARGUMENT(TEXT, "recipient", &options->wish.recipient),
		ARGUMENT(TEXT, "client", &options->wish.client),
		ARGUMENT(TEXT, "limit", &options->wish.limit),
		ARGUMENT(TEXT, "subject", &options->subject_text),
		ARGUMENT(NUMBER, "incident", &options->incident, .min = 1,
			 .max = INT64_MAX),
		ARGUMENT(FLAG, "yes", &options->is_yes),
		ARGUMENT(FLAG, "dry-run", &options->is_dry),
		ORDER_BY(options->order),
		ARGUMENT(TEXT, "reason", &options->order.reason),
		ARGUMENT(CHOICE, "mta", &options->mta, .choices = queue_names),
		ARGUMENT(TEXT, "config", &options->config),
		ARGUMENT(TEXT, "tools", &options->tools),
		ARGUMENT(NUMBER, "per-minute", &options->per_minute, .min = 1,
			 .max = QUEUE_PACE_MAX),
	};
	size_t count = ARGUMENT_COUNT(arguments) - (job->act != QUEUE_RELEASE);

	if (arguments_read(argc, argv, arguments, count, 0, 0) == 0 ||
	    !check(job))
		return false;
	/* a program cannot answer a question */
	if (job->globals->is_json && !options->is_yes)
		options->is_dry = true;
	return true;
}

/* what it is done with */

/* Redis may be away; only the settings must be there. */
static int open_context(struct queue_job *job)
{
	int code = context_open(job->globals, &job->context);

	if (code != EX_UNAVAILABLE)
		return code;
	code = context_open_settings(job->globals, &job->context);
	job->context.now_ms = clock_wall_ms();
	return code;
}

/* What is mail of the incident, if one is named: EX_OK or an exit code. */
static int find_flood(struct queue_job *job)
{
	uint64_t number = job->asked.incident;
	struct incident_detail detail;
	int code = EX_OK;

	if (number == 0)
		return EX_OK;
	if (job->context.redis == NULL) {
		complain(job, "without Redis no incident is known; --sender, "
			      "--recipient and --client work without it");
		return EX_UNAVAILABLE;
	}
	if (!incident_read(job->context.redis, job->context.prefix, number,
			   &detail))
		return context_fail(&job->context);
	if (detail.incident.number == 0)
		code = incident_find_complain(job->text->name, number);
	else
		incident_flood_make(job->context.settings, &detail,
				    &job->flood);
	job->asked.wish.flood = &job->flood;
	incident_detail_clear(&detail);
	return code;
}

static bool make_filter(struct queue_job *job)
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
	if (strncmp(reason, "--", 2) == 0)
		return complain(job, reason);
	return terminal_error("weirctl %s: --client: found \"%s\", which %s",
			      job->text->name, job->asked.wish.client, reason);
}

static int open_queue(struct queue_job *job)
{
	job->queue.tools = job->asked.tools;
	job->queue.config = job->asked.config;
	job->queue.reason = job->asked.order.reason;
	if (!queue_open(&job->queue, job->asked.mta))
		return queue_report_failure(job);
	if (!job->asked.is_dry && geteuid() != 0) {
		complain(job, "only root may change the queue: use sudo; "
			      "--dry-run shows which messages would be "
			      "affected");
		return COMMAND_NOTHING;
	}
	return EX_OK;
}

static int open_job(struct queue_job *job)
{
	int code = open_context(job);

	if (code != EX_OK)
		return code;
	code = find_flood(job);
	if (code != EX_OK)
		return code;
	if (!make_filter(job))
		return EX_USAGE;
	code = open_queue(job);
	if (code != EX_OK || job->context.redis != NULL)
		return code;
	if (queue_filter_needs_record(job->filter)) {
		complain(job, "without Redis it is unknown which limit or "
			      "subject a message was held for; --sender, "
			      "--recipient and --client work without it");
		return EX_UNAVAILABLE;
	}
	complain(job, "continuing without Redis: this will be missing from "
		      "the log of orders");
	return EX_OK;
}

/* finding */

static void make_summary(struct queue_job *job)
{
	queue_summary_clear(&job->summary);
	queue_summary_make(&job->found, &job->context.settings->identity,
			   &job->summary);
}

static int find(struct queue_job *job)
{
	const struct queue_notes notes = { job->context.redis,
					   job->context.prefix };

	switch (queue_search(&job->queue, &notes, job->filter, job->act,
			     &job->found)) {
	case QUEUE_SEARCH_NO_QUEUE:
		return queue_report_failure(job);
	case QUEUE_SEARCH_NO_REDIS:
		return context_fail(&job->context);
	case QUEUE_SEARCH_DONE:
		break;
	}
	make_summary(job);
	queue_report_warnings(job);
	return EX_OK;
}

/* asking */

static bool is_answered_yes(void)
{
	static const char *const yes[] = { "y\n",   "Y\n",   "yes\n",
					   "Yes\n", "YES\n", NULL };
	char line[16];

	if (fgets(line, sizeof(line), stdin) == NULL) {
		fputc('\n', stderr);
		return false;
	}
	return text_find(yes, line) >= 0;
}

static bool ask(struct queue_job *job)
{
	char span[SPAN_TEXT_SIZE];

	if (job->asked.is_yes)
		return true;
	if (isatty(STDIN_FILENO) == 0)
		return complain(job, "nothing was changed: there is no "
				     "terminal to ask at; use --yes");
	fflush(stdout);
	fprintf(stderr, "%s ", job->text->asking);
	queue_report_count(job, job->summary.messages, stderr);
	if (job->asked.per_minute != 0)
		fprintf(stderr, " in %s",
			span_text(queue_pace_when_ms(job->asked.per_minute,
						     job->summary.messages),
				  span));
	fputs("? [y/N] ", stderr);
	if (!is_answered_yes())
		return complain(job, "nothing was changed");
	/* while the answer was awaited, the MTA went on */
	if (!queue_search_again(&job->queue, job->act, &job->found)) {
		queue_report_failure(job);
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
static void describe(const struct queue_job *job, struct text *text)
{
	text_add_format(text, "%s %llu message%s,", job->text->name,
			(unsigned long long)job->outcome.done,
			job->outcome.done == 1 ? "" : "s");
	add_wish(text, "sender", job->asked.wish.sender);
	add_wish(text, "recipient", job->asked.wish.recipient);
	add_wish(text, "client", job->asked.wish.client);
	add_wish(text, "limit", job->asked.wish.limit);
	add_wish(text, "subject", job->asked.subject_text);
	if (job->asked.incident != 0)
		text_add_format(text, " --incident %llu",
				(unsigned long long)job->asked.incident);
}

static void note(struct queue_job *job)
{
	char buffer[1200], owner[] = "";
	struct text text;
	struct order order = { 0 };
	struct order_step step = { ORDER_NOTE, job->text->name, 0, &order,
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
		terminal_error(
			"weirctl %s: done, but not recorded in the log of "
			"orders: %s",
			job->text->name,
			redis_client_error(job->context.redis));
}

/* What has left the hold or the queue needs no note any more. What is being
 * delivered may return to the queue, and cannot be told from the rest. */
static void forget_notes(struct queue_job *job)
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
		terminal_error(
			"weirctl %s: done, but the quarantine records are "
			"still in Redis: %s",
			job->text->name,
			redis_client_error(job->context.redis));
	free(ids);
}

/* Sendmail locks what it is delivering: no tool of its own touches that. */
static void look_for_near_limit(struct queue_job *job)
{
	if (queue_report_not_done(job) != 0 && !job->outcome.is_failed)
		job->busy = queue_search_remaining(&job->queue, job->act,
						   &job->found,
						   (size_t)job->outcome.tried);
}

static void draw_progress(void *user_data, uint64_t done)
{
	progress_set(user_data, done);
}

static void act(struct queue_job *job)
{
	struct progress progress;
	const struct queue_pace pace = { job->asked.per_minute, draw_progress,
					 &progress };

	progress_begin(&progress, "messages", job->found.count);
	queue_pace_run(&job->queue, job->act, &job->found, &pace,
		       &job->outcome);
	progress_end(&progress);
}

static int work(struct queue_job *job)
{
	int code = find(job);

	if (code != EX_OK)
		return code;
	if (job->found.count == 0)
		return queue_report_nothing(job);
	if (!job->globals->is_json)
		queue_summary_print(&job->summary, job->context.now_ms, stdout);
	if (job->asked.is_dry)
		return queue_report(job);
	if (!ask(job))
		return COMMAND_NOTHING;
	if (job->found.count != 0)
		act(job);
	look_for_near_limit(job);
	note(job);
	forget_notes(job);
	return queue_report(job);
}

/* argv[0] says which of the three. */
static int run(const struct globals *globals, int argc, char **argv)
{
	struct queue_job job = { .globals = globals,
				 .asked = { .order = { .reason = "" },
					    .mta = -1 } };
	int code = EX_USAGE;

	while (strcmp(act_texts[job.act].name, argv[0]) != 0)
		job.act++;
	job.text = &act_texts[job.act];
	if (read_options(&job, argc, argv))
		code = open_job(&job);
	if (code == EX_OK)
		code = work(&job);
	queue_summary_clear(&job.summary);
	queue_list_clear(&job.found);
	queue_filter_free(&job.filter);
	incident_flood_clear(&job.flood);
	context_close(&job.context);
	return code;
}

/* What their usage and their help have in common. */
#define WHICH                                                          \
	"[--sender ADDRESS] [--recipient ADDRESS] [--client NETWORK] " \
	"[--limit NAME] [--subject SUBJECT|--incident N] [OPTIONS]"

/* clang-format off */
#define HELP \
	"At least one of the first six says which messages; of several, all must match.\n" \
	"\n" \
	"  --sender ADDRESS    the envelope sender, as weir counts it; \"<>\" is the\n" \
	"                      null sender\n" \
	"  --recipient ADDRESS one of the recipients\n" \
	"  --client NETWORK    the client address, or a network such as 192.0.2.0/24\n" \
	"  --limit NAME        the limit that weir held it for\n" \
	"  --subject SUBJECT   the subject that weir held it for, or one of the message\n" \
	"  --incident N        mail of an incident: of its source and the senders that it\n" \
	"                      was stopped for, in its time\n" \
	"  --yes               do not ask; with --json nothing is changed without it\n" \
	"  --dry-run           show which messages would be affected, change nothing\n" \
	"  --reason TEXT       recorded in the log of orders\n" \
	"  --by WHO            the operator (default: sudo's user, or the login)\n" \
	"  --mta MTA           postfix or sendmail (default: the one that is installed)\n" \
	"  --config DIRECTORY  of main.cf, for one of several Postfix instances\n" \
	"  --tools DIRECTORY   search the programs of the MTA here first\n"

const struct command command_hold = {
	.name = "hold",
	.arguments = WHICH,
	.purpose = "put queued mail of the MTA on hold",
	.help =
	"Puts queued mail of the MTA on hold: no delivery is attempted until "
	"it is\nreleased.\n\n"
	HELP "\nexample:\n"
	"  weirctl hold --sender script@dev.example.com\n",
	.run = run,
};

const struct command command_release = {
	.name = "release",
	.arguments = WHICH,
	.purpose = "release held mail, gradually if wanted",
	.help =
	"Releases mail that weir or an operator has put on hold. It is not "
	"counted\nagain.\n\n"
	HELP
	"  --per-minute N      at most N a minute, evenly spread, oldest "
	"first; Ctrl-C\n"
	"                      stops, the same command continues\n\n"
	"example:\n"
	"  weirctl release --limit own-sender --per-minute 600\n",
	.run = run,
};

const struct command command_delete = {
	.name = "delete",
	.arguments = WHICH,
	.purpose = "delete mail from the MTA's queue",
	.help =
	"Deletes mail from the MTA's queue for good, held or not. The sender "
	"gets no\nnotice.\n\n"
	HELP "\nexample:\n"
	"  weirctl delete --limit own-sender --sender script@dev.example.com\n",
	.run = run,
};
/* clang-format on */
