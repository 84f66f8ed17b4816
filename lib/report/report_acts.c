/* SPDX-License-Identifier: ISC */

/* The id that an act has in the log of orders says which records are of one. */
#include "report_acts.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/fleet/incident_about.h"
#include "lib/fleet/order_book.h"
#include "lib/redis/redis_client.h"
#include "report_section.h"

#define LOG_AT_ONCE 1000
#define EARLY_MS    UINT64_C(3600000) /* before the incident opened */

/* "incident 17", and not "incident 170" */
static bool names_incident(const char *text, const char *word, uint64_t number)
{
	char wanted[64];
	size_t length;

	snprintf(wanted, sizeof(wanted), "%s %" PRIu64, word, number);
	length = strlen(wanted);
	for (const char *at = strcasestr(text, wanted); at != NULL;
	     at = strcasestr(at + 1, wanted))
		if (!isdigit((unsigned char)at[length]))
			return true;
	return false;
}

bool report_acts_is_about(const struct incident_detail *detail,
			  const char *subject, const char *reason)
{
	const struct incident *incident = &detail->incident;

	if (names_incident(subject, "--incident", incident->number) ||
	    names_incident(reason, "incident", incident->number))
		return true;
	return incident_has_subject(detail, subject) ||
	       (subject[0] != '\0' && strcmp(incident->subject, subject) == 0);
}

/* "until 2026-05-01T18:00:00.000Z"-less words: what an order does */
static char *effect_of(const json_t *order)
{
	const char *kind = document_get_text(order, "kind");
	const json_t *limits = json_object_get(order, "limits");

	if (strcmp(kind, "block") == 0)
		return alloc_text(document_get_text(order, "action"));
	if (strcmp(kind, "permit") == 0)
		return alloc_format("%" PRIu64 " messages",
				    document_get_number(order, "messages"));
	if (strcmp(kind, "override") == 0)
		return alloc_format(
			"max %" PRIu64 " for %s",
			document_get_number(order, "max"),
			json_array_size(limits) == 0
				? "a limit"
				: json_string_value(json_array_get(limits, 0)));
	return alloc_text("");
}

static bool is_known(const struct report_acts *acts, const char *id,
		     const char *act, uint64_t number)
{
	for (size_t i = 0; i < acts->count; i++) {
		const struct report_act *other = &acts->all[i];

		if (id[0] != '\0' ? strcmp(other->id, id) == 0
				  : strcmp(other->act, act) == 0 &&
					    other->number == number)
			return true;
	}
	return false;
}

static struct report_act *add(struct report_acts *acts)
{
	acts->all = alloc_resize(acts->all, acts->count + 1,
				 sizeof(*acts->all));
	memset(&acts->all[acts->count], 0, sizeof(*acts->all));
	return &acts->all[acts->count++];
}

/* from the journals */

static void take_record(struct report_acts *acts,
			const struct report_record *record)
{
	const json_t *json = record->json,
		     *order = json_object_get(json, "order");
	const char *act = document_get_text(json, "act");
	const char *id = document_get_text(json, "id");
	struct report_act *made;

	if (strcmp(act, "missed") == 0) {
		acts->is_missed = true;
		return;
	}
	if (is_known(acts, id, act, document_get_number(json, "number")))
		return;
	made = add(acts);
	made->when_ms = report_moment_of(json, "at");
	if (made->when_ms == 0)
		made->when_ms = record->when_ms;
	made->act = alloc_text(act);
	made->by = alloc_text(document_get_text(json, "by"));
	made->reason = alloc_text(document_get_text(json, "reason"));
	made->subject = alloc_text(document_get_text(json, "subject"));
	made->effect = effect_of(order);
	made->number = document_get_number(json, "number");
	made->until_ms = document_get_number(order, "until_ms");
	made->id = alloc_text(id);
	made->source = report_record_source(record);
	made->is_queue = record->kind == JOURNAL_QUEUE;
}

/* from the log of orders */

static char *copy_of(const char *text)
{
	return alloc_text(text == NULL ? "" : text);
}

static void take_entry(struct report_acts *acts, const struct order_act *entry)
{
	char id[48];
	struct report_act *made;

	snprintf(id, sizeof(id), "%" PRIu64 "-%" PRIu64, entry->when_ms,
		 entry->sequence);
	if (is_known(acts, id, entry->act, entry->order.id))
		return;
	made = add(acts);
	made->when_ms = entry->when_ms;
	made->act = alloc_text(entry->act);
	made->by = copy_of(entry->order.by);
	made->reason = copy_of(entry->order.reason);
	made->subject = copy_of(entry->order.subject);
	made->effect = alloc_text("");
	made->number = entry->order.id;
	made->until_ms = entry->order.until_ms;
	made->id = alloc_text(id);
	made->source = document_string("log of orders");
	made->is_queue = order_act_is_of_queue(entry->act);
}

static void read_log(struct report_acts *acts, uint64_t from_ms,
		     struct redis_client *redis, const char *prefix)
{
	struct order_act_id last = { from_ms, 0 };
	struct order_act *found;
	size_t count;

	do {
		if (!order_book_log_after(redis, prefix, &last, LOG_AT_ONCE,
					  &found, &count)) {
			acts->fault = alloc_text(redis_client_error(redis));
			return;
		}
		for (size_t i = 0; i < count; i++) {
			take_entry(acts, &found[i]);
			last = (struct order_act_id){ found[i].when_ms,
						      found[i].sequence };
			order_act_clear(&found[i]);
		}
		free(found);
	} while (count == LOG_AT_ONCE);
}

static int by_time(const void *a, const void *b)
{
	const struct report_act *x = a, *y = b;

	if (x->when_ms != y->when_ms)
		return x->when_ms < y->when_ms ? -1 : 1;
	return strcmp(x->id, y->id);
}

void report_acts_read(const struct report_journal *journal,
		      const struct incident_detail *detail,
		      struct redis_client *redis, const char *prefix,
		      struct report_acts *acts_r)
{
	uint64_t opened_ms = detail->incident.opened_ms;

	memset(acts_r, 0, sizeof(*acts_r));
	report_records_foreach(journal, record)
		if (record->kind == JOURNAL_ORDER ||
		    record->kind == JOURNAL_QUEUE)
			take_record(acts_r, record);
	if (redis != NULL)
		read_log(acts_r,
			 opened_ms > EARLY_MS ? opened_ms - EARLY_MS : 0, redis,
			 prefix);
	for (size_t i = 0; i < acts_r->count; i++)
		acts_r->all[i].is_of = report_acts_is_about(
			detail, acts_r->all[i].subject, acts_r->all[i].reason);
	if (acts_r->count != 0)
		qsort(acts_r->all, acts_r->count, sizeof(*acts_r->all),
		      by_time);
}

void report_acts_clear(struct report_acts *acts)
{
	for (size_t i = 0; i < acts->count; i++) {
		struct report_act *act = &acts->all[i];

		free(act->act);
		free(act->by);
		free(act->reason);
		free(act->subject);
		free(act->effect);
		free(act->id);
		json_decref(act->source);
	}
	free(acts->all);
	free(acts->fault);
	memset(acts, 0, sizeof(*acts));
}
