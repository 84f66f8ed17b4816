/* SPDX-License-Identifier: ISC */

/* Each act has a row: its words in the subject, and what it says above the
 * facts. */
#include "alert_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/count_text.h"
#include "lib/base/span_text.h"
#include "lib/base/text.h"
#include "lib/fleet/incident_about.h"
#include "alert_parts.h"
#include "incident_sentence.h"
#include "incident_steps.h"

#define SUBJECT_VALUE_MAX 60
#define STEP_WIDTH	  29

static bool has_text(const struct alert *alert)
{
	return alert->text != NULL && alert->text[0] != '\0';
}

static void add_text(struct text *text, const struct alert *alert)
{
	if (has_text(alert))
		alert_add_value(text, alert->text);
	else
		text_add_string(text, "(not known)");
}

/* The words, with what is to be said of the act in the place of an "@". */
static void add_words(struct text *text, const char *words,
		      const struct alert *alert)
{
	size_t length = strcspn(words, "@");

	text_add(text, words, length);
	if (words[length] == '\0')
		return;
	add_text(text, alert);
	text_add_string(text, words + length + 1);
}

/* the subject */

static const struct incident *incident_of(const struct alert *alert)
{
	return &alert->detail->incident;
}

static void add_name(struct text *text, const struct incident *incident)
{
	const char *name = incident->source[0] != '\0' ? incident->source
						       : incident->subject;

	text_add_subject(text, name, strlen(name), SUBJECT_VALUE_MAX);
}

/* ": sender:script@dev.example, 352 stopped in 12s" */
static void subject_flood(struct text *text, const struct alert *alert)
{
	const struct incident *incident = incident_of(alert);
	uint64_t count = incident->stopped;
	const char *verb = "stopped";
	char number[COUNT_TEXT_SIZE], span[SPAN_TEXT_SIZE];

	if (count == 0) {
		count = incident->held > 0 ? incident->held
					   : incident->monitored;
		verb = incident->held > 0 ? "held" : "over a limit";
	}
	text_add_string(text, ": ");
	add_name(text, incident);
	text_add_format(text, ", %s %s in %s", count_text(count, number), verb,
			span_text(incident_length_ms(alert->detail), span));
}

static void subject_test(struct text *text, const struct alert *alert)
{
	if (has_text(alert))
		add_words(text, " by @", alert);
}

/* ": 4,712 stopped, 100 let in, 14m 00s" */
static void subject_end(struct text *text, const struct alert *alert)
{
	char span[SPAN_TEXT_SIZE];

	text_add_string(text, ": ");
	alert_add_counts(text, incident_of(alert));
	text_add_format(text, ", %s",
			span_text(incident_length_ms(alert->detail), span));
}

static void subject_digest(struct text *text, const struct alert *alert)
{
	uint64_t stopped = 0;
	char number[COUNT_TEXT_SIZE];

	if (has_text(alert))
		alert_add_value(text, alert->text);
	else
		text_add_format(text, "%zu flood%s at once", alert->flood_count,
				alert->flood_count == 1 ? "" : "s");
	for (size_t i = 0; i < alert->flood_count; i++)
		stopped += alert->floods[i].stopped;
	text_add_format(text, ", %s stopped", count_text(stopped, number));
}

/* the lines above the facts */

static void lead_quiet(struct text *text, const struct alert *alert)
{
	char span[SPAN_TEXT_SIZE];

	text_add_format(text, "It is quiet: nothing was stopped for %s",
			span_text(alert->settings->incident.quiet_ms, span));
}

static void lead_over(struct text *text, const struct alert *alert)
{
	char span[SPAN_TEXT_SIZE];

	if (has_text(alert))
		add_words(text, "It is over: closed by @", alert);
	else
		text_add_format(
			text, "It is over: no more of it came for %s",
			span_text(alert->settings->incident.over_ms, span));
}

static void lead_redis_away(struct text *text, const struct alert *alert)
{
	static const char *const meanwhile[] = {
		[ON_FAILURE_LOCAL] =
			("Each milter counts by itself and goes on "
			 "to stop floods"),
		[ON_FAILURE_ACCEPT] = "Mail is accepted without counting",
		[ON_FAILURE_TEMPFAIL] = "All mail gets a tempfail",
	};

	add_words(text, "Redis does not answer: @. ", alert);
	text_add_format(text, "%s. No flood is reported here until it is back",
			meanwhile[alert->settings->redis.on_failure]);
}

static void lead_redis_back(struct text *text, const struct alert *alert)
{
	add_words(text,
		  has_text(alert) ? "Redis answers again: @"
				  : "Redis answers again",
		  alert);
}

static void lead_test(struct text *text, const struct alert *alert)
{
	text_add_string(text, "Nothing has happened: this is a test");
	subject_test(text, alert);
	text_add_string(text, ". It shows that weir-keeper on ");
	alert_add_value(text, alert->host);
	text_add_string(text, " can reach you here");
}

static const struct row {
	/* "incident 17" and this, or this alone; as add_words() has it. */
	const char *words;
	void (*subject)(struct text *text, const struct alert *alert);
	/* Above the facts a sentence without its full stop, by the words or by
	 * the function; NULL: none. */
	const char *lead_words;
	void (*lead)(struct text *text, const struct alert *alert);
} rows[] = {
	[ALERT_OPENED] = { "", subject_flood, NULL, NULL },
	[ALERT_WARNING] = { " is stopped now", subject_flood, NULL, NULL },
	[ALERT_SERIOUS] = { " is serious", subject_flood, NULL, NULL },
	[ALERT_CRITICAL] = { " is critical", subject_flood, NULL, NULL },
	[ALERT_CONTAINED] = { " is contained", subject_flood,
			      "It is contained: its mail is refused by @",
			      NULL },
	[ALERT_TAKEN] = { " is taken by @", subject_flood,
			  "@ has taken it: there are no more reminders", NULL },
	[ALERT_QUIET] = { " is quiet", subject_end, NULL, lead_quiet },
	[ALERT_AGAIN] = { " again", subject_flood,
			  "It was quiet, and has begun again", NULL },
	[ALERT_OVER] = { " is over", subject_end, NULL, lead_over },
	[ALERT_REMINDER] = { " is still open", subject_flood,
			     "It is still open: not contained, not taken",
			     NULL },
	[ALERT_DIGEST] = { "", subject_digest, NULL, subject_digest },
	[ALERT_REDIS_AWAY] = { "Redis is away: @", NULL, NULL,
			       lead_redis_away },
	[ALERT_REDIS_BACK] = { "Redis is back", NULL, NULL, lead_redis_back },
	[ALERT_MILTER_SILENT] = { "weir-milter is silent: @", NULL,
				  "No sign of weir-milter @. Until it is back "
				  "its MTA accepts all mail or tempfails it, "
				  "as configured there",
				  NULL },
	[ALERT_MILTER_BACK] = { "weir-milter is back: @", NULL,
				"It runs again: weir-milter @", NULL },
	[ALERT_CHANNEL_FAILING] = { "alerts fail on a channel: @", NULL,
				    "An alert could not be sent on channel @",
				    NULL },
	[ALERT_CHANNEL_WORKS] = { "alerts work again: @", NULL,
				  "Alerts are sent again on channel @", NULL },
	[ALERT_TEST] = { "test of alerts", subject_test, NULL, lead_test },
};

char *alert_subject(const struct alert *alert)
{
	const struct row *row = &rows[alert->act];
	char buffer[ALERT_SUBJECT_MAX + 1];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_add_string(&text, "[weir] ");
	if (alert->detail != NULL)
		text_add_format(&text, "incident %" PRIu64,
				incident_of(alert)->number);
	add_words(&text, row->words, alert);
	if (row->subject != NULL)
		row->subject(&text, alert);
	return alloc_copy(text.data, text.length);
}

/* the text */

static bool is_going_on(const struct alert *alert)
{
	return incident_of(alert)->state < INCIDENT_QUIET;
}

/* ", 41 a second": on the average, where there is a number to it. */
static void add_rate(struct text *text, const struct incident_detail *detail)
{
	static const struct {
		uint64_t span_ms;
		const char *words;
	} units[] = { { 1000, "second" }, { 60000, "minute" } };
	uint64_t length_ms = incident_length_ms(detail);
	uint64_t count = detail->incident.stopped + detail->incident.held;

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		uint64_t rate = length_ms < units[i].span_ms
					? 0
					: count * units[i].span_ms / length_ms;

		if (rate < 2)
			continue;
		text_add_format(text, ", %" PRIu64 " a %s", rate,
				units[i].words);
		return;
	}
}

static void add_head(struct text *text, const struct alert *alert)
{
	const struct incident *incident = incident_of(alert);
	char buffer[2048], span[SPAN_TEXT_SIZE];
	struct text words;

	text_init(&words, buffer, sizeof(buffer));
	incident_sentence_add(&words, alert->detail);
	alert_add_wrapped(text, "", 0, buffer);
	text_init(&words, buffer, sizeof(buffer));
	alert_add_counts(&words, incident);
	text_add_string(&words, " since ");
	alert_add_time(&words, incident->opened_ms, alert->when_ms);
	text_add_format(&words, " (%s)",
			span_text(incident_length_ms(alert->detail), span));
	if (is_going_on(alert))
		add_rate(&words, alert->detail);
	text_add_string(&words, ".");
	alert_add_wrapped(text, "", 0, buffer);
}

static void add_lead(struct text *text, const struct alert *alert)
{
	const struct row *row = &rows[alert->act];
	char buffer[2048];
	struct text words;

	text_init(&words, buffer, sizeof(buffer));
	if (row->lead_words != NULL)
		add_words(&words, row->lead_words, alert);
	else if (row->lead != NULL)
		row->lead(&words, alert);
	else
		return;
	text_add_string(&words, ".");
	alert_add_wrapped(text, "", 0, buffer);
}

/* what to type */

static void add_step(struct text *text, const struct alert *alert,
		     const char *command, const char *purpose)
{
	char *program = incident_steps_program(alert->path);

	text_add_format(text, "  %-*s # %s\n",
			(int)(strlen(program) + STEP_WIDTH), command, purpose);
	free(program);
}

static const char *step_title(const struct alert *alert)
{
	const struct incident *incident = incident_of(alert);

	if (!is_going_on(alert))
		return "What you may want to do:";
	if (incident->stopped == 0 && incident->held > 0)
		return "weir keeps holding it. What you may want to do:";
	if (incident->stopped == 0)
		return "weir lets it pass. What you may want to do:";
	return "weir keeps stopping it. What you may want to do:";
}

static void add_steps(struct text *text, const struct alert *alert)
{
	struct incident_steps steps;
	char *reason;

	incident_steps_make(alert->settings, alert->path, incident_of(alert),
			    INCIDENT_STEPS_ALERT, &steps);
	text_add_format(text, "\n%s\n", step_title(alert));
	for (size_t i = 0; i < steps.count; i++)
		add_step(text, alert, steps.list[i].command,
			 steps.list[i].purpose);
	if (steps.no_block[0] != '\0') {
		reason = alloc_format("No block is proposed: %s.",
				      steps.no_block);
		alert_add_wrapped(text, "", 0, reason);
		free(reason);
	}
	incident_steps_clear(&steps);
}

static void add_other_steps(struct text *text, const struct alert *alert)
{
	static const struct {
		const char *words, *purpose;
	} steps[ALERT_ACTS] = {
		[ALERT_DIGEST] = { "incidents", "all of them" },
		[ALERT_REDIS_AWAY] = { "status", "what each milter does" },
		[ALERT_REDIS_BACK] = { "incidents", "what happened" },
		[ALERT_MILTER_SILENT] = { "status", "which milters run" },
		[ALERT_MILTER_BACK] = { "status", "which milters run" },
		[ALERT_CHANNEL_FAILING] = { "alert --test",
					    "try all channels" },
	};
	char *program, *command;

	if (steps[alert->act].words == NULL)
		return;
	program = incident_steps_program(alert->path);
	command = alloc_format("%s%s", program, steps[alert->act].words);
	text_add_string(text, "\n");
	add_step(text, alert, command, steps[alert->act].purpose);
	free(command);
	free(program);
}

/* In lines of their own, as `weirctl journal verify --anchors` finds them. */
static void add_evidence(struct text *text, const struct alert *alert)
{
	if (alert->head_count == 0)
		return;
	text_add_string(text, "\nEvidence (keep this message: it proves the "
			      "journal up to here)\n");
	for (size_t i = 0; i < alert->head_count; i++) {
		char *words = journal_head_text(&alert->heads[i]);

		text_add_line(text, words, strlen(words), strlen(words));
		text_add_string(text, "\n");
		free(words);
	}
}

char *alert_text(const struct alert *alert)
{
	char *buffer = alloc_array(ALERT_TEXT_SIZE, 1);
	struct text text;

	text_init(&text, buffer, ALERT_TEXT_SIZE);
	add_lead(&text, alert);
	if (alert->detail != NULL) {
		add_head(&text, alert);
		text_add_string(&text, "\n");
		alert_add_facts(&text, alert);
		add_steps(&text, alert);
	} else {
		if (alert->flood_count > 0)
			text_add_string(&text, "\n");
		alert_add_floods(&text, alert);
		add_other_steps(&text, alert);
	}
	add_evidence(&text, alert);
	return buffer;
}
