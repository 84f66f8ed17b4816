/* SPDX-License-Identifier: ISC */

/* The first lines say who, how much and since when. Lines without a fact are
 * left out. */
#include "incident_print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/count_text.h"
#include "lib/base/moment.h"
#include "lib/base/span_text.h"
#include "lib/base/text.h"
#include "lib/alert/incident_sentence.h"
#include "lib/alert/incident_steps.h"
#include "lib/fleet/incident_about.h"
#include "order_print.h"
#include "output.h"
#include "terminal.h"

#define CHART_MINUTES 60
#define MINUTE_MS     60000
#define WHO_SHOWN     3
#define WINDOWS_SHOWN 10
#define COMMAND_WIDTH 36

static void put_count(FILE *out, uint64_t count, const char *words)
{
	char text[COUNT_TEXT_SIZE];

	fprintf(out, "%s %s", count_text(count, text), words);
}

static enum terminal_colour colour_of(const struct incident *incident)
{
	if (incident->state >= INCIDENT_QUIET)
		return TERMINAL_FAINT;
	return incident->level >= INCIDENT_SERIOUS ? TERMINAL_BAD
						   : TERMINAL_WARN;
}

void incident_print_line(const struct incident *incident, FILE *out)
{
	fprintf(out, "incident %" PRIu64 " (%s, %s): ", incident->number,
		incident_level_name(incident->level),
		incident_state_name(incident->state));
	terminal_put_subject(out, incident->source[0] != '\0'
					  ? incident->source
					  : incident->subject);
	fputs(", ", out);
	put_count(out, incident->stopped, "stopped");
	if (incident->held > 0) {
		fputs(", ", out);
		put_count(out, incident->held, "held");
	}
	fputc('\n', out);
}

/* the head */

static void print_title(const struct incident *incident, FILE *out)
{
	terminal_begin(out, colour_of(incident));
	fprintf(out, "Incident %" PRIu64 ": %s, %s", incident->number,
		incident_level_name(incident->level),
		incident_state_name(incident->state));
	terminal_end(out, colour_of(incident));
	if (incident->agains > 0)
		fprintf(out, ", began again %" PRIu64 " time%s",
			incident->agains, incident->agains == 1 ? "" : "s");
	terminal_print_to(out, "%s%s\n",
			  incident->taken_by[0] == '\0' ? ", not taken"
							: ", taken by ",
			  incident->taken_by);
	fputc('\n', out);
}

static void print_head(const struct incident_view *view, FILE *out)
{
	const struct incident *incident = &view->detail.incident;
	char moment[MOMENT_TEXT_SIZE], span[SPAN_TEXT_SIZE], sentence[1024];
	struct text text;

	print_title(incident, out);
	text_init(&text, sentence, sizeof(sentence));
	incident_sentence_add(&text, &view->detail);
	terminal_print_to(out, "%s\n", sentence);
	put_count(out, incident->stopped, "stopped, ");
	if (incident->let_in_least != 0)
		fputs("at least ", out);
	put_count(out, incident->let_in, "let in, ");
	put_count(out, incident->held, "held");
	if (incident->monitored > 0) {
		fputs(", ", out);
		put_count(out, incident->monitored,
			  "let pass by a limit that only monitors");
	}
	fprintf(out, "\nsince %s (%s), ",
		moment_format_local(incident->opened_ms, moment),
		span_text(incident_length_ms(&view->detail), span));
	fprintf(out, "last at %s\n\n",
		moment_format_local(incident->last_ms, moment));
}

/* the facts */

/* "sender    jake@example.com (448), ann@example.com (4)" */
static void print_who(const struct incident_detail *detail,
		      enum flood_dimension dimension, FILE *out)
{
	size_t shown = 0, left = 0;

	for (size_t i = 0; i < detail->who_count; i++) {
		const struct incident_who *who = &detail->who[i];

		if (who->dimension != dimension)
			continue;
		if (shown == WHO_SHOWN) {
			left++;
			continue;
		}
		if (shown == 0)
			fprintf(out, "%-10s", flood_dimension_name(dimension));
		else
			fputs(", ", out);
		shown++;
		terminal_print_to(out, "%s (%" PRIu64 ")", who->value,
				  who->messages);
	}
	if (left > 0)
		fprintf(out, ", and %zu more", left);
	if (shown > 0)
		fputc('\n', out);
}

static void print_numbers(const char *title,
			  const struct incident_numbers *numbers, FILE *out)
{
	if (numbers->count == 0)
		return;
	fprintf(out, "%-10s", title);
	for (size_t i = 0; i < numbers->count; i++)
		fprintf(out, "%s%" PRIu64, i == 0 ? "incident " : ", ",
			numbers->numbers[i]);
	fputc('\n', out);
}

/* 'subject   "newsletter #" (9 of the 9 recorded)' */
static void print_header(const struct incident_evidence *evidence,
			 const char *title, const char *header, FILE *out)
{
	size_t count, seen;
	const char *value = incident_evidence_top(evidence, header, &count,
						  &seen);

	if (value[0] != '\0')
		terminal_print_to(out,
				  "%-10s\"%s\" (%zu of the %zu recorded)\n",
				  title, value, count, seen);
}

static void print_evidence(const struct incident_evidence *evidence, FILE *out)
{
	print_header(evidence, "subject", "subject", out);
	print_header(evidence, "script", "php_script", out);
	print_header(evidence, "mailer", "mailer", out);
	fprintf(out, "%-10s", "evidence");
	if (evidence->fault != NULL) {
		terminal_print_to(out, "%s%s%s\n", evidence->directory,
				  evidence->directory[0] == '\0' ? "" : ": ",
				  evidence->fault);
		return;
	}
	fprintf(out, "%zu records in the journal of this host, %zu of messages",
		evidence->records, json_array_size(evidence->samples));
	if (evidence->left_out > 0)
		fprintf(out, "; %" PRIu64 " messages were not recorded",
			evidence->left_out);
	if (evidence->broken + evidence->unreadable > 0)
		fputs("; some of it cannot be read: see weirctl journal verify",
		      out);
	fputc('\n', out);
}

static void print_facts(const struct incident_view *view, FILE *out)
{
	const struct incident_detail *detail = &view->detail;
	const struct incident *incident = &detail->incident;

	for (int i = 0; i < FLOOD_DIMENSIONS; i++)
		print_who(detail, (enum flood_dimension)i, out);
	fprintf(out, "%-10s", "others");
	if (incident->others_hit > 0)
		put_count(out, incident->others_hit,
			  "messages of others were stopped, too\n");
	else
		fputs("no mail of others was stopped\n", out);
	print_numbers("before", &incident->before, out);
	print_numbers("related", &incident->related, out);
	print_evidence(&view->evidence, out);
}

static void add_window(struct output *output,
		       const struct incident_window *window)
{
	output_row(output);
	output_text(output, NULL, "LIMIT", window->limit);
	if (window->order != 0)
		output_cell(output, "SUBJECT", OUTPUT_LONG, "block %" PRIu64,
			    window->order);
	else
		output_subject(output, NULL, "SUBJECT", window->subject);
	if (window->order != 0)
		output_cell(output, "MAX", OUTPUT_RIGHT, "-");
	else
		output_number(output, NULL, "MAX", window->max);
	output_number(output, NULL, "STOPPED", window->stopped);
	output_number(output, NULL, "HELD", window->held);
}

static void print_windows(const struct incident_view *view, FILE *out)
{
	const struct incident_detail *detail = &view->detail;
	struct output *output = output_new(false, "HELD");
	size_t shown = detail->window_count < WINDOWS_SHOWN
			       ? detail->window_count
			       : WINDOWS_SHOWN;

	for (size_t i = 0; i < shown; i++)
		add_window(output, &detail->windows[i]);
	fputc('\n', out);
	output_print(output, out);
	output_free(&output);
	if (detail->window_count > shown)
		fprintf(out, "and %zu more, see --json\n",
			detail->window_count - shown);
}

/* The hour that ends with the last minute in which it had mail. */
static void print_chart(const struct incident_detail *detail, FILE *out)
{
	uint64_t numbers[CHART_MINUTES] = { 0 }, end_ms;
	size_t count = detail->minute_count;
	char *chart, moment[MOMENT_TEXT_SIZE];

	if (count == 0)
		return;
	end_ms = detail->minutes[count - 1].minute_ms;
	for (size_t i = 0; i < count; i++) {
		const struct incident_minute *minute = &detail->minutes[i];
		uint64_t back = (end_ms - minute->minute_ms) / MINUTE_MS;

		if (back < CHART_MINUTES)
			numbers[CHART_MINUTES - 1 - back] = minute->stopped +
							    minute->held;
	}
	chart = terminal_chart(numbers, CHART_MINUTES, 0);
	fprintf(out, "\n  |%s| stopped and held each minute\n", chart);
	fprintf(out, "  one hour until %s; at most %" PRIu64 " in a minute\n",
		moment_format_local(end_ms, moment), detail->incident.peak);
	free(chart);
}

/* what people did */

static void print_orders(const struct incident_view *view, FILE *out)
{
	bool has_any = false;

	for (size_t i = 0; i < view->orders.count; i++) {
		const struct order *order = &view->orders.orders[i];

		if (!incident_has_order(&view->detail, order,
					view->orders.now_ms))
			continue;
		if (!has_any)
			fputs("\nOrders in force:\n", out);
		has_any = true;
		order_print(order, ORDER_USED_UNKNOWN, view->orders.now_ms,
			    out);
	}
}

static void print_notes(const struct incident_detail *detail, FILE *out)
{
	char moment[MOMENT_TEXT_SIZE];

	if (detail->note_count > 0)
		fputs("\nNotes:\n", out);
	for (size_t i = 0; i < detail->note_count; i++) {
		const struct incident_note *note = &detail->notes[i];

		terminal_print_to(out, "  %s %s: %s\n",
				  moment_format_local(note->when_ms, moment),
				  note->by, note->text);
	}
}

/* what to do next */

static void print_next(const struct incident_view *view, FILE *out)
{
	const struct incident *incident = &view->detail.incident;
	char *program = incident_steps_program(view->path);
	int width = (int)strlen(program) + COMMAND_WIDTH;
	struct incident_steps steps;

	incident_steps_make(view->settings, view->path, incident,
			    INCIDENT_STEPS_PAGE, &steps);
	fputs("\nNext:\n", out);
	for (size_t i = 0; i < steps.count; i++)
		fprintf(out, "  %-*s # %s\n", width, steps.list[i].command,
			steps.list[i].purpose);
	if (steps.no_block[0] != '\0')
		fprintf(out, "No block is proposed: %s.\n", steps.no_block);
	incident_steps_clear(&steps);
	free(program);
}

void incident_print(const struct incident_view *view, FILE *out)
{
	print_head(view, out);
	print_facts(view, out);
	print_windows(view, out);
	print_chart(&view->detail, out);
	print_orders(view, out);
	print_notes(&view->detail, out);
	print_next(view, out);
}
