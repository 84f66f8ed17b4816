/* SPDX-License-Identifier: ISC */

/* From the messages of the mail logs to the figures of the incident. */
#include "report_log.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "report_mail.h"

#define ORIGINS_MAX    200
#define RECIPIENTS_TOP 20

static struct report_mail *index_ids(struct report_mail *first)
{
	struct report_mail *by_id = NULL;

	for (struct report_mail *mail = first; mail != NULL;
	     mail = mail->next) {
		struct report_mail *old = NULL;

		HASH_FIND(hh_next, by_id, mail->id, strlen(mail->id), old);
		if (old != NULL)
			HASH_DELETE(hh_next, by_id, old);
		HASH_ADD_KEYPTR(hh_next, by_id, mail->id, strlen(mail->id),
				mail);
	}
	return by_id;
}

/* Where it went on in the logs that were read; NULL: it did not. */
static struct report_mail *next_of(struct report_mail *by_id,
				   const struct report_mail *mail,
				   const struct report_delivery *delivery)
{
	struct report_mail *next = NULL;

	if (delivery->queued == NULL || delivery->last != LOG_DELIVERY_SENT)
		return NULL;
	HASH_FIND(hh_next, by_id, delivery->queued, strlen(delivery->queued),
		  next);
	return next == mail ? NULL : next;
}

/* A filter, or the next server of the same site, has it under another id. */
static void follow(struct report_mail *by_id, struct report_mail *mail)
{
	for (size_t i = 0; i < mail->delivery_count; i++) {
		struct report_mail *next = next_of(by_id, mail,
						   &mail->deliveries[i]);

		if (next == NULL)
			continue;
		mail->deliveries[i].is_followed = true;
		if (!next->is_inner) {
			next->is_inner = true;
			next->is_of |= mail->is_of;
		}
	}
}

static void add(struct report_log_counts *counts, const char *value,
		const struct report_mail *mail)
{
	counts->list = alloc_resize(counts->list, counts->count + 1,
				    sizeof(*counts->list));
	counts->list[counts->count++] = (struct report_log_count){
		alloc_text(value), 1, mail->bytes, mail->path, mail->line
	};
}

static void count_origin(struct report_log_counts *origins, const char *value,
			 const struct report_mail *mail)
{
	if (value == NULL || value[0] == '\0')
		return;
	for (size_t i = 0; i < origins->count; i++)
		if (strcmp(origins->list[i].value, value) == 0) {
			origins->list[i].messages++;
			return;
		}
	if (origins->count < ORIGINS_MAX)
		add(origins, value, mail);
}

static void count_delivery(struct report_log *log,
			   const struct report_mail *mail,
			   const struct report_delivery *delivery)
{
	if (delivery->is_followed)
		return;
	switch (delivery->last) {
	case LOG_DELIVERY_SENT:
		log->delivered++;
		add(&log->recipients, delivery->address, mail);
		break;
	case LOG_DELIVERY_DEFERRED:
		log->deferred++;
		break;
	case LOG_DELIVERY_BOUNCED:
		log->bounced++;
		break;
	case LOG_DELIVERY_OTHER:
		log->other++;
		break;
	}
}

static void note_first(struct report_log *log, const struct report_mail *mail)
{
	if (log->first_path != NULL && log->first_ms <= mail->came_ms)
		return;
	log->first_path = mail->path;
	log->first_line = mail->line;
	log->first_ms = mail->came_ms;
}

static void count(struct report_log *log, const struct report_mail *mail)
{
	log->refused += mail->stops;
	log->held += mail->is_held;
	log->discarded += mail->is_discarded;
	if (!report_mail_is_in(mail))
		return;
	if (!mail->is_inner) {
		log->accepted++;
		note_first(log, mail);
		log->bytes += mail->bytes;
		count_origin(&log->accounts, mail->account, mail);
		count_origin(&log->scripts, mail->script, mail);
	}
	log->queued += report_mail_is_queued(mail);
	for (size_t i = 0; i < mail->delivery_count; i++)
		count_delivery(log, mail, &mail->deliveries[i]);
}

static int by_value(const void *a, const void *b)
{
	const struct report_log_count *x = a, *y = b;

	return strcmp(x->value, y->value);
}

static int by_messages(const void *a, const void *b)
{
	const struct report_log_count *x = a, *y = b;

	if (x->messages != y->messages)
		return x->messages > y->messages ? -1 : 1;
	return by_value(a, b);
}

static void sort(struct report_log_counts *counts,
		 int (*compare)(const void *a, const void *b))
{
	if (counts->count != 0)
		qsort(counts->list, counts->count, sizeof(*counts->list),
		      compare);
}

/* One for each address, and of those the first RECIPIENTS_TOP. */
static void sum_recipients(struct report_log_counts *recipients)
{
	struct report_log_count *list = recipients->list;
	size_t kept = 0;

	sort(recipients, by_value);
	for (size_t i = 0; i < recipients->count; i++) {
		if (kept == 0 || by_value(&list[i], &list[kept - 1]) != 0) {
			list[kept++] = list[i];
			continue;
		}
		list[kept - 1].messages++;
		list[kept - 1].bytes += list[i].bytes;
		free(list[i].value);
	}
	recipients->count = kept;
	sort(recipients, by_messages);
	while (recipients->count > RECIPIENTS_TOP)
		free(list[--recipients->count].value);
}

void report_log_sum(struct report_mail *first, struct report_log *log)
{
	struct report_mail *by_id = index_ids(first);

	for (struct report_mail *mail = first; mail != NULL; mail = mail->next)
		follow(by_id, mail);
	HASH_CLEAR(hh_next, by_id);
	for (struct report_mail *mail = first; mail != NULL; mail = mail->next)
		if (mail->is_of && mail->is_in_time)
			count(log, mail);
	sum_recipients(&log->recipients);
	sort(&log->accounts, by_messages);
	sort(&log->scripts, by_messages);
}
