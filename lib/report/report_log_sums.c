/* SPDX-License-Identifier: ISC */

#include "report_log_sums.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"

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

static void count_origin(struct report_log_origins *origins, const char *value,
			 const struct report_mail *mail)
{
	if (value == NULL || value[0] == '\0')
		return;
	for (size_t i = 0; i < origins->count; i++)
		if (strcmp(origins->list[i].value, value) == 0) {
			origins->list[i].messages++;
			return;
		}
	if (origins->count == ORIGINS_MAX)
		return;
	origins->list = alloc_resize(origins->list, origins->count + 1,
				     sizeof(*origins->list));
	origins->list[origins->count++] = (struct report_log_origin){
		alloc_text(value), 1, mail->path, mail->line
	};
}

static void add_recipient(struct report_log *log, const char *address,
			  uint64_t bytes)
{
	log->recipients = alloc_resize(log->recipients,
				       log->recipient_count + 1,
				       sizeof(*log->recipients));
	log->recipients[log->recipient_count++] =
		(struct report_log_recipient){ alloc_text(address), 1, bytes };
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
		add_recipient(log, delivery->address, mail->bytes);
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

static int by_address(const void *a, const void *b)
{
	const struct report_log_recipient *x = a, *y = b;

	return strcmp(x->address, y->address);
}

static int by_messages(const void *a, const void *b)
{
	const struct report_log_recipient *x = a, *y = b;

	if (x->messages != y->messages)
		return x->messages > y->messages ? -1 : 1;
	return strcmp(x->address, y->address);
}

static int by_origin(const void *a, const void *b)
{
	const struct report_log_origin *x = a, *y = b;

	if (x->messages != y->messages)
		return x->messages > y->messages ? -1 : 1;
	return strcmp(x->value, y->value);
}

static void sort_origins(struct report_log_origins *origins)
{
	if (origins->count != 0)
		qsort(origins->list, origins->count, sizeof(*origins->list),
		      by_origin);
}

/* One for each address, and of those the first RECIPIENTS_TOP. */
static void sum_recipients(struct report_log *log)
{
	struct report_log_recipient *list = log->recipients;
	size_t kept = 0;

	if (log->recipient_count == 0)
		return;
	qsort(list, log->recipient_count, sizeof(*list), by_address);
	for (size_t i = 1; i < log->recipient_count; i++) {
		if (strcmp(list[i].address, list[kept].address) != 0) {
			list[++kept] = list[i];
			continue;
		}
		list[kept].messages++;
		list[kept].bytes += list[i].bytes;
		free(list[i].address);
	}
	log->recipient_count = kept + 1;
	qsort(list, log->recipient_count, sizeof(*list), by_messages);
	while (log->recipient_count > RECIPIENTS_TOP)
		free(list[--log->recipient_count].address);
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
	sum_recipients(log);
	sort_origins(&log->accounts);
	sort_origins(&log->scripts);
}
