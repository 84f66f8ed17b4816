/* SPDX-License-Identifier: ISC */

/* All of it was written by strangers, so each text is escaped. */
#include "incident_samples.h"

#include <inttypes.h>

#include "lib/base/json.h"
#include "lib/fleet/incident_flood.h"
#include "milter/queue/queue_search.h"
#include "terminal.h"

#define HEADERS_MAX 40	/* lines of a message */
#define HEADER_MAX  500 /* bytes of a line */

static void put_member(FILE *out, const char *title, const json_t *object,
		       const char *name)
{
	const char *text = document_get_text(object, name);

	if (text[0] != '\0')
		terminal_print_to(out, "%s %s", title, text);
}

static void print_header(const char *name, const json_t *value, FILE *out)
{
	const char *text = json_string_value(value);

	terminal_print_to(out, "    %s: %s\n", name, text == NULL ? "" : text);
}

static void print_headers(const json_t *headers, FILE *out)
{
	const char *name;
	const json_t *value;

	json_object_foreach((json_t *)(uintptr_t)headers, name, value) {
		size_t index;
		const json_t *each;

		if (json_is_string(value))
			print_header(name, value, out);
		json_array_foreach(value, index, each)
			print_header(name, each, out);
	}
}

static void print_sample(const json_t *sample, FILE *out)
{
	const json_t *recipients = json_object_get(sample, "recipients");
	const char *to = json_string_value(json_array_get(recipients, 0));
	uint64_t all = document_get_number(sample, "recipients_all");

	put_member(out, "", sample, "when");
	put_member(out, "", sample, "role");
	put_member(out, ":", sample, "verdict");
	put_member(out, "", sample, "queue_id");
	fputc('\n', out);
	terminal_print_to(out, "  from %s",
			  document_get_text(sample, "sender"));
	if (to != NULL)
		terminal_print_to(out, " to %s", to);
	if (all > 1)
		fprintf(out, " and %" PRIu64 " more", all - 1);
	put_member(out, " client", sample, "client");
	put_member(out, " login", sample, "login");
	fputc('\n', out);
	print_headers(json_object_get(sample, "headers"), out);
}

void incident_samples_print(const struct incident_view *view, FILE *out)
{
	const json_t *samples = view->evidence.samples;
	size_t count = json_array_size(samples), shown = count;

	fputs("\nMessages in the journal of this host:\n", out);
	if (view->evidence.fault != NULL)
		fprintf(out, "not known: %s: %s\n", view->evidence.directory,
			view->evidence.fault);
	else if (count == 0)
		fputs("none\n", out);
	if (shown > INCIDENT_SAMPLES_SHOWN)
		shown = INCIDENT_SAMPLES_SHOWN;
	for (size_t i = 0; i < shown; i++)
		print_sample(json_array_get(samples, i), out);
	if (shown < count)
		fprintf(out, "and %zu more, see --json\n", count - shown);
}

/* the queue */

static void take_line(void *context, const char *line, size_t length)
{
	json_t *lines = context;

	if (length > HEADER_MAX)
		length = HEADER_MAX;
	if (length > 0 && json_array_size(lines) < HEADERS_MAX)
		json_array_append_new(lines, document_text(line, length));
}

static json_t *queued_json(struct queue *queue,
			   const struct queue_message *message)
{
	json_t *lines = json_array();

	if (!queue_read_headers(queue, message->id, take_line, lines)) {
		json_decref(lines);
		lines = json_null();
		terminal_error("weirctl incident: %s", queue->error);
	}
	return document_make("queue_id:s held:b arrived:m sender:s bytes:n "
			     "recipients:n headers:o",
			     message->id, message->is_held, message->arrived_ms,
			     message->sender, message->bytes,
			     (uint64_t)message->recipient_count, lines);
}

static void add_queued(uint64_t number, struct queue *queue,
		       const struct queue_list *found, json_t *queued)
{
	for (size_t i = 0; i < found->count && i < INCIDENT_SAMPLES_QUEUE; i++)
		json_array_append_new(queued,
				      queued_json(queue, &found->messages[i]));
	if (found->count > INCIDENT_SAMPLES_QUEUE)
		terminal_error(
			"weirctl incident: %zu more messages of it are in the "
			"queue; weirctl delete --incident %" PRIu64
			" --dry-run counts them",
			found->count - INCIDENT_SAMPLES_QUEUE, number);
}

static bool search(const struct incident_view *view, struct context *context,
		   struct queue *queue, struct queue_list *found)
{
	const struct queue_notes notes = { context->redis, context->prefix };
	struct incident_flood flood;
	struct queue_filter *filter;
	const char *reason;
	bool is_found;

	incident_flood_make(view->settings, &view->detail, &flood);
	filter = queue_filter_new(view->settings,
				  &(struct queue_wish){ .flood = &flood },
				  &reason);
	is_found = queue_search(queue, &notes, filter, QUEUE_DELETE, found) ==
		   QUEUE_SEARCH_DONE;
	queue_filter_free(&filter);
	incident_flood_clear(&flood);
	return is_found;
}

json_t *incident_samples_read_queue(const struct incident_view *view,
				    struct context *context,
				    struct queue *queue, int mta)
{
	struct queue_list found = { 0 };
	json_t *queued = json_array();

	if (queue_open(queue, mta) && search(view, context, queue, &found))
		add_queued(view->detail.incident.number, queue, &found, queued);
	else
		terminal_error("weirctl incident: the queue of this host was "
			       "not read: %s",
			       queue->error[0] != '\0'
				       ? queue->error
				       : "Redis did not answer");
	queue_list_clear(&found);
	return queued;
}

void incident_samples_print_queue(const json_t *queued, FILE *out)
{
	size_t index, line;
	const json_t *message, *text;

	fputs("\nMessages in the queue of this host:\n", out);
	if (json_array_size(queued) == 0)
		fputs("none\n", out);
	json_array_foreach(queued, index, message) {
		put_member(out, "", message, "arrived");
		put_member(out, "", message, "queue_id");
		fputs(json_is_true(json_object_get(message, "held"))
			      ? " held"
			      : " queued",
		      out);
		put_member(out, " from", message, "sender");
		fputc('\n', out);
		json_array_foreach(json_object_get(message, "headers"), line,
				   text)
			terminal_print_to(out, "    %s\n",
					  json_string_value(text));
	}
}
