/* SPDX-License-Identifier: ISC */

/*
 * A message is found by its host and queue id. Whether it is of the incident is
 * known when all of its envelope is, so that is asked at the end; what a milter
 * refused before there was a queue id is asked at once.
 */
#include "report_log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/hash_table.h"
#include "lib/policy/message.h"
#include "lib/replay/log_feed.h"
#include "lib/replay/log_message.h"

#define ORIGINS_MAX    200
#define RECIPIENTS_TOP 20

struct delivery {
	char *address, *queued; /* queued: the id at the next server, or NULL */
	enum log_delivery last;
};

struct mail {
	UT_hash_handle hh;	/* by host and queue id */
	UT_hash_handle hh_next; /* by queue id alone, at the end */
	struct mail *next;	/* all of them, oldest first */
	char *client, *login, *sender, *account, *script;
	struct delivery *deliveries;
	size_t delivery_count;
	uint64_t bytes, line, stops;
	const char *path;
	bool is_accepted, is_removed, is_sendmail;
	bool is_rejected, is_held, is_discarded; /* at its end, by Sendmail */
	bool is_of, is_inner; /* inner: it came from another one of the log */
	const char *id;
	char key[];
};

struct reading {
	struct report_log *log;
	const struct settings *settings;
	const struct incident_flood *flood;
	struct log_file *file;
	const char *path;
	struct mail *known, *by_id, *first, **last;
	size_t count;
};

/* of the incident? */

static void set_client(struct message *message, const char *text)
{
	struct network_address address;

	if (text[0] != '\0' && network_parse(text, &address))
		message_set_client(message, &address);
}

static bool is_of_flood(const struct reading *reading, const struct mail *mail)
{
	const struct address_rules *rules = &reading->settings->identity;
	struct message message;
	bool is_of;

	message_init(&message);
	set_client(&message, mail->client);
	message_set_sender(&message, rules, mail->sender);
	if (mail->login[0] != '\0')
		message_set_auth(&message, mail->login);
	for (size_t i = 0; i < mail->delivery_count; i++)
		message_add_recipient(&message, rules,
				      mail->deliveries[i].address);
	is_of = incident_flood_has(reading->flood, &message);
	message_clear(&message);
	return is_of;
}

static bool is_in_time(const struct reading *reading,
		       const struct log_line *line)
{
	return line->time_ms >= reading->flood->from_ms &&
	       line->time_ms <= reading->flood->until_ms;
}

/* one message */

static void init_texts(struct mail *mail)
{
	mail->client = alloc_text("");
	mail->login = alloc_text("");
	mail->sender = alloc_text("");
}

static void clear_mail(struct mail *mail)
{
	for (size_t i = 0; i < mail->delivery_count; i++) {
		free(mail->deliveries[i].address);
		free(mail->deliveries[i].queued);
	}
	free(mail->deliveries);
	free(mail->client);
	free(mail->login);
	free(mail->sender);
	free(mail->account);
	free(mail->script);
}

static size_t key_of(const struct log_line *line,
		     char key[LOG_HOST_MAX + LOG_ID_MAX + 2])
{
	size_t host = line->host.length < LOG_HOST_MAX ? line->host.length
						       : LOG_HOST_MAX;
	size_t id = line->id.length < LOG_ID_MAX ? line->id.length : LOG_ID_MAX;

	memcpy(key, line->host.data, host);
	key[host] = ' ';
	memcpy(key + host + 1, line->id.data, id);
	key[host + 1 + id] = '\0';
	return host + 1 + id;
}

static struct mail *find(struct reading *reading, const struct log_line *line)
{
	char key[LOG_HOST_MAX + LOG_ID_MAX + 2];
	struct mail *mail = NULL;
	size_t length = key_of(line, key);

	HASH_FIND(hh, reading->known, key, length, mail);
	return mail;
}

/* A message of this queue id begins; NULL: there is no room, or it is of
 * another time. */
static struct mail *open_mail(struct reading *reading,
			      const struct log_line *line)
{
	char key[LOG_HOST_MAX + LOG_ID_MAX + 2];
	size_t length = key_of(line, key);
	struct mail *mail = find(reading, line);

	if (!is_in_time(reading, line))
		return mail;
	if (reading->count == REPORT_LOG_MESSAGES_MAX) {
		reading->log->left_out++;
		return NULL;
	}
	if (mail != NULL) /* it had this queue id before */
		HASH_DEL(reading->known, mail);
	mail = alloc_zero(sizeof(*mail) + length + 1);
	memcpy(mail->key, key, length + 1);
	mail->id = strrchr(mail->key, ' ') + 1;
	mail->path = reading->path;
	mail->line = log_file_lines(reading->file);
	init_texts(mail);
	HASH_ADD_KEYPTR(hh, reading->known, mail->key, length, mail);
	*reading->last = mail;
	reading->last = &mail->next;
	reading->count++;
	return mail;
}

static struct mail *meet(struct reading *reading, const struct log_line *line)
{
	struct mail *mail;

	if (line->id.length == 0)
		return NULL;
	mail = find(reading, line);
	return mail != NULL && !mail->is_removed ? mail
						 : open_mail(reading, line);
}

static void set_from(struct mail *mail, const struct log_event *event)
{
	log_message_set(&mail->client, &event->client);
	log_message_set(&mail->login, &event->login);
	log_message_set(&mail->sender, &event->sender);
}

static struct delivery *find_delivery(struct mail *mail, const char *address)
{
	for (size_t i = 0; i < mail->delivery_count; i++)
		if (strcmp(mail->deliveries[i].address, address) == 0)
			return &mail->deliveries[i];
	return NULL;
}

static void set_delivery(struct mail *mail, const struct slice *recipient,
			 const struct log_event *event)
{
	struct delivery *delivery;
	char *address = NULL;

	log_message_set(&address, recipient);
	if (address == NULL)
		return;
	delivery = find_delivery(mail, address);
	if (delivery == NULL && mail->delivery_count < LOG_RECIPIENTS_MAX) {
		mail->deliveries = alloc_resize(mail->deliveries,
						mail->delivery_count + 1,
						sizeof(*mail->deliveries));
		delivery = &mail->deliveries[mail->delivery_count++];
		*delivery = (struct delivery){ .address = address };
		address = NULL;
	}
	free(address);
	if (delivery == NULL)
		return;
	delivery->last = event->delivery;
	log_message_set(&delivery->queued, &event->queued);
}

/* what lines say */

static void on_client(struct reading *reading, const struct log_line *line,
		      const struct log_event *event)
{
	struct mail *mail = line->id.length == 0 ? NULL
						 : open_mail(reading, line);

	if (mail != NULL)
		set_from(mail, event);
}

static void set_account(struct mail *mail, const struct log_event *event)
{
	if (!event->has_uid || mail->account != NULL)
		return;
	mail->account = mail->sender[0] == '\0'
				? alloc_format("uid %" PRIu64, event->uid)
				: alloc_format("uid %" PRIu64 ", from=%s",
					       event->uid, mail->sender);
}

static void on_local(struct reading *reading, const struct log_line *line,
		     const struct log_event *event)
{
	struct mail *mail = line->id.length == 0 ? NULL
						 : open_mail(reading, line);

	if (mail == NULL)
		return;
	set_from(mail, event);
	set_account(mail, event);
}

static void on_accepted(struct reading *reading, const struct log_line *line,
			const struct log_event *event)
{
	struct mail *mail = meet(reading, line);

	if (mail == NULL)
		return;
	set_from(mail, event);
	mail->bytes = event->bytes;
	mail->is_sendmail = line->origin == LOG_SENDMAIL;
	/* a line of Sendmail without recipients: all were refused */
	mail->is_accepted |= event->count != 0;
}

static void on_recipient(struct reading *reading, const struct log_line *line,
			 const struct log_event *event)
{
	struct mail *mail = line->id.length == 0 ? NULL : find(reading, line);
	struct log_event rest = *event;
	struct slice address;

	if (mail == NULL)
		return;
	set_account(mail, event);
	while (log_event_recipient(&rest, &address))
		set_delivery(mail, &address, event);
}

static void on_removed(struct reading *reading, const struct log_line *line,
		       const struct log_event *event)
{
	struct mail *mail = line->id.length == 0 ? NULL : find(reading, line);

	(void)event;
	if (mail != NULL)
		mail->is_removed = true;
}

static void on_script(struct reading *reading, const struct log_line *line,
		      const struct log_event *event)
{
	struct mail *mail = line->id.length == 0 ? NULL : find(reading, line);

	if (mail != NULL && mail->script == NULL)
		log_message_set(&mail->script, &event->script);
}

/* All of the envelope that there is stands in the line, as Postfix has it. */
static bool is_stop_of_flood(const struct reading *reading,
			     const struct log_event *event)
{
	struct log_event rest = *event;
	struct mail mail = { 0 };
	struct slice address;
	bool is_of;

	init_texts(&mail);
	set_from(&mail, event);
	while (log_event_recipient(&rest, &address))
		set_delivery(&mail, &address, event);
	is_of = is_of_flood(reading, &mail);
	clear_mail(&mail);
	return is_of;
}

/* Of what is on hold there is no other line, until it is released. */
static void hold(struct reading *reading, const struct log_line *line,
		 const struct log_event *event)
{
	struct mail *mail = meet(reading, line);
	struct log_event rest = *event;
	struct slice address;

	if (mail == NULL)
		return;
	mail->is_accepted = true;
	set_from(mail, event);
	while (log_event_recipient(&rest, &address))
		set_delivery(mail, &address, event);
}

/* Sendmail says whose mail it was in another line, and of a message that it
 * then refuses at the end that it came in. */
static void on_sendmail_stop(struct mail *mail, const struct log_event *event)
{
	if (event->is_hold) {
		mail->is_held = true;
	} else if (event->is_discard) {
		mail->is_discarded = true;
	} else {
		mail->stops++;
		mail->is_rejected |= event->kind == LOG_END_STOP;
	}
}

static void on_stop(struct reading *reading, const struct log_line *line,
		    const struct log_event *event)
{
	struct report_log *log = reading->log;
	struct mail *mail;

	if (!is_in_time(reading, line))
		return;
	if (line->origin == LOG_SENDMAIL) {
		mail = meet(reading, line);
		if (mail != NULL)
			on_sendmail_stop(mail, event);
		return;
	}
	if (!is_stop_of_flood(reading, event))
		return;
	if (event->is_hold) {
		hold(reading, line, event);
		log->held++;
	} else if (event->is_discard) {
		log->discarded++;
	} else {
		log->refused++;
	}
}

static void take(void *context, const struct log_line *line,
		 const struct log_event *event)
{
	static void (*const steps[])(struct reading * reading,
				     const struct log_line *line,
				     const struct log_event *event) = {
		[LOG_CLIENT] = on_client,     [LOG_LOCAL] = on_local,
		[LOG_ACCEPTED] = on_accepted, [LOG_RECIPIENT] = on_recipient,
		[LOG_REMOVED] = on_removed,   [LOG_MAIL_STOP] = on_stop,
		[LOG_RCPT_STOP] = on_stop,    [LOG_END_STOP] = on_stop,
		[LOG_SCRIPT] = on_script,
	};

	if (steps[event->kind] != NULL)
		steps[event->kind](context, line, event);
}

/* when all is read */

static void index_ids(struct reading *reading)
{
	for (struct mail *mail = reading->first; mail != NULL;
	     mail = mail->next) {
		struct mail *old = NULL;

		HASH_FIND(hh_next, reading->by_id, mail->id, strlen(mail->id),
			  old);
		if (old != NULL)
			HASH_DELETE(hh_next, reading->by_id, old);
		HASH_ADD_KEYPTR(hh_next, reading->by_id, mail->id,
				strlen(mail->id), mail);
	}
}

/* Where it went on in the logs that were read; NULL: it did not. */
static struct mail *next_of(const struct reading *reading,
			    const struct mail *mail,
			    const struct delivery *delivery)
{
	struct mail *next = NULL;

	if (delivery->queued == NULL || delivery->last != LOG_DELIVERY_SENT)
		return NULL;
	HASH_FIND(hh_next, reading->by_id, delivery->queued,
		  strlen(delivery->queued), next);
	return next == mail ? NULL : next;
}

/* A filter, or the next server of the same site, has it under another id. */
static void follow(const struct reading *reading, struct mail *mail)
{
	for (size_t i = 0; i < mail->delivery_count; i++) {
		struct mail *next = next_of(reading, mail,
					    &mail->deliveries[i]);

		if (next != NULL && !next->is_inner) {
			next->is_inner = true;
			next->is_of |= mail->is_of;
		}
	}
}

static void count_origin(struct report_log_origins *origins, const char *value,
			 const struct mail *mail)
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

static void count_delivery(const struct reading *reading,
			   const struct mail *mail,
			   const struct delivery *delivery)
{
	struct report_log *log = reading->log;

	if (next_of(reading, mail, delivery) != NULL)
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

/* Sendmail has no line that says that a message was removed. */
static bool is_queued(const struct mail *mail)
{
	if (!mail->is_sendmail)
		return !mail->is_removed;
	for (size_t i = 0; i < mail->delivery_count; i++)
		if (mail->deliveries[i].last == LOG_DELIVERY_DEFERRED)
			return true;
	return mail->delivery_count == 0;
}

static void count(const struct reading *reading, const struct mail *mail)
{
	struct report_log *log = reading->log;

	log->refused += mail->stops;
	log->held += mail->is_held;
	log->discarded += mail->is_discarded;
	if (!mail->is_accepted || mail->is_rejected || mail->is_discarded)
		return;
	if (!mail->is_inner) {
		log->accepted++;
		log->bytes += mail->bytes;
		count_origin(&log->accounts, mail->account, mail);
		count_origin(&log->scripts, mail->script, mail);
	}
	log->queued += is_queued(mail);
	for (size_t i = 0; i < mail->delivery_count; i++)
		count_delivery(reading, mail, &mail->deliveries[i]);
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

static void finish(struct reading *reading)
{
	index_ids(reading);
	for (struct mail *mail = reading->first; mail != NULL;
	     mail = mail->next)
		mail->is_of = is_of_flood(reading, mail);
	for (struct mail *mail = reading->first; mail != NULL;
	     mail = mail->next)
		follow(reading, mail);
	for (struct mail *mail = reading->first; mail != NULL;
	     mail = mail->next)
		if (mail->is_of)
			count(reading, mail);
	sum_recipients(reading->log);
	sort_origins(&reading->log->accounts);
	sort_origins(&reading->log->scripts);
}

static void clear(struct reading *reading)
{
	HASH_CLEAR(hh, reading->known);
	HASH_CLEAR(hh_next, reading->by_id);
	while (reading->first != NULL) {
		struct mail *mail = reading->first;

		reading->first = mail->next;
		clear_mail(mail);
		free(mail);
	}
}

static bool read_file(struct reading *reading, struct log_feed *feed,
		      const char *path, char **error_r)
{
	struct report_log *log = reading->log;
	bool is_good = false;

	reading->path = path;
	reading->file = log_file_open(path);
	if (reading->file == NULL) {
		*error_r = alloc_format("%s: %s", path, strerror(errno));
		return false;
	}
	is_good = log_feed_read(feed, reading->file);
	if (!is_good)
		*error_r = alloc_format("%s: %s", path,
					log_file_error(reading->file));
	log->files[log->file_count++] =
		(struct report_log_file){ path, feed->file_lines, feed->unknown,
					  log_file_cut(reading->file) };
	log_file_close(&reading->file);
	return is_good;
}

bool report_log_read(const struct report_log_options *options,
		     struct report_log *log_r, char **error_r)
{
	struct reading reading = { .log = log_r,
				   .settings = options->settings,
				   .flood = options->flood };
	struct log_feed feed = { .take = take,
				 .context = &reading,
				 .now_ms = options->now_ms };
	bool is_good = true;

	memset(log_r, 0, sizeof(*log_r));
	log_r->files = alloc_array(options->path_count, sizeof(*log_r->files));
	reading.last = &reading.first;
	for (size_t i = 0; is_good && i < options->path_count; i++)
		is_good = read_file(&reading, &feed, options->paths[i],
				    error_r);
	if (is_good)
		finish(&reading);
	clear(&reading);
	return is_good;
}

static void clear_origins(struct report_log_origins *origins)
{
	for (size_t i = 0; i < origins->count; i++)
		free(origins->list[i].value);
	free(origins->list);
}

void report_log_clear(struct report_log *log)
{
	clear_origins(&log->accounts);
	clear_origins(&log->scripts);
	for (size_t i = 0; i < log->recipient_count; i++)
		free(log->recipients[i].address);
	free(log->recipients);
	free(log->files);
	memset(log, 0, sizeof(*log));
}
