/* SPDX-License-Identifier: ISC */

/*
 * A message is found by its host and queue id. Whether it is of the incident is
 * known when all of its envelope is, so that is asked at the end; what a milter
 * refused before there was a queue id is asked at once.
 */
#include "report_log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/policy/message.h"
#include "lib/replay/log_feed.h"
#include "lib/replay/log_message.h"
#include "report_mail.h"

/* Of other times, so that the incident has room. */
#define EDGE_MESSAGES_MAX (REPORT_LOG_MESSAGES_MAX / 2)

struct reading {
	struct report_log *log;
	const struct settings *settings;
	const struct incident_flood *flood;
	struct log_file *file;
	const char *path;
	uint64_t near_from_ms, near_until_ms; /* of what others had */
	uint64_t read_from_ms, read_until_ms; /* of all lines */
	struct report_mail *known, *first, **last;
	size_t count;
};

/* of the incident? */

static void set_client(struct message *message, const char *text)
{
	struct network_address address;

	if (text[0] != '\0' && network_parse(text, &address))
		message_set_client(message, &address);
}

static bool is_of_flood(const struct reading *reading,
			const struct report_mail *mail)
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

static bool is_near(const struct reading *reading, const struct log_line *line)
{
	return line->time_ms >= reading->near_from_ms &&
	       line->time_ms <= reading->near_until_ms;
}

/* one message */

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

/* NULL: there is none, or the line has no queue id. */
static struct report_mail *find(struct reading *reading,
				const struct log_line *line)
{
	char key[LOG_HOST_MAX + LOG_ID_MAX + 2];
	struct report_mail *mail = NULL;
	size_t length;

	if (line->id.length == 0)
		return NULL;
	length = key_of(line, key);
	HASH_FIND(hh, reading->known, key, length, mail);
	return mail;
}

/* A message of this queue id begins; NULL: there is no room or no id, or it is
 * of another time. */
static struct report_mail *open_mail(struct reading *reading,
				     const struct log_line *line)
{
	char key[LOG_HOST_MAX + LOG_ID_MAX + 2];
	size_t length;
	struct report_mail *mail = find(reading, line);
	bool is_now = is_in_time(reading, line);

	if (line->id.length == 0 || (!is_now && !is_near(reading, line)))
		return mail;
	if (reading->count >=
	    (is_now ? REPORT_LOG_MESSAGES_MAX : EDGE_MESSAGES_MAX)) {
		reading->log->left_out++;
		return NULL;
	}
	if (mail != NULL) /* it had this queue id before */
		HASH_DEL(reading->known, mail);
	length = key_of(line, key);
	mail = report_mail_new(key, length);
	mail->path = reading->path;
	mail->line = log_file_lines(reading->file);
	mail->came_ms = mail->last_ms = line->time_ms;
	mail->is_in_time = is_now;
	HASH_ADD_KEYPTR(hh, reading->known, mail->key, length, mail);
	*reading->last = mail;
	reading->last = &mail->next;
	reading->count++;
	return mail;
}

static struct report_mail *meet(struct reading *reading,
				const struct log_line *line)
{
	struct report_mail *mail = find(reading, line);

	return mail != NULL && !mail->is_removed ? mail
						 : open_mail(reading, line);
}

/* To each recipient of the event. */
static void set_deliveries(const struct reading *reading,
			   struct report_mail *mail,
			   const struct log_line *line,
			   const struct log_event *event)
{
	struct log_event rest = *event;
	struct report_delivery *delivery;
	struct slice address;

	while (log_event_recipient(&rest, &address)) {
		delivery = report_mail_set_delivery(mail, &address, event);
		if (delivery == NULL)
			continue;
		delivery->path = reading->path;
		delivery->line = log_file_lines(reading->file);
		delivery->when_ms = line->time_ms;
	}
}

/* what lines say */

static void set_account(struct report_mail *mail, const struct log_event *event)
{
	if (!event->has_uid || mail->account != NULL)
		return;
	mail->account = mail->sender[0] == '\0'
				? alloc_format("uid %" PRIu64, event->uid)
				: alloc_format("uid %" PRIu64 ", from=%s",
					       event->uid, mail->sender);
}

static void on_begin(struct reading *reading, const struct log_line *line,
		     const struct log_event *event)
{
	struct report_mail *mail = open_mail(reading, line);

	if (mail == NULL)
		return;
	report_mail_set_from(mail, event);
	set_account(mail, event);
}

static void on_accepted(struct reading *reading, const struct log_line *line,
			const struct log_event *event)
{
	struct report_mail *mail = meet(reading, line);

	if (mail == NULL)
		return;
	report_mail_set_from(mail, event);
	mail->bytes = event->bytes;
	mail->is_sendmail = line->origin == LOG_SENDMAIL;
	/* a line of Sendmail without recipients: all were refused */
	mail->is_accepted |= event->count != 0;
}

static void on_recipient(struct reading *reading, const struct log_line *line,
			 const struct log_event *event)
{
	struct report_mail *mail = find(reading, line);

	if (mail == NULL)
		return;
	set_account(mail, event);
	mail->last_ms = line->time_ms;
	set_deliveries(reading, mail, line, event);
}

static void on_removed(struct reading *reading, const struct log_line *line,
		       const struct log_event *event)
{
	struct report_mail *mail = find(reading, line);

	(void)event;
	if (mail == NULL)
		return;
	mail->is_removed = true;
	mail->last_ms = line->time_ms;
}

static void on_script(struct reading *reading, const struct log_line *line,
		      const struct log_event *event)
{
	struct report_mail *mail = find(reading, line);

	if (mail != NULL && mail->script == NULL)
		log_message_set(&mail->script, &event->script);
}

/* All of the envelope that there is stands in the line, as Postfix has it. */
static bool is_stop_of_flood(const struct reading *reading,
			     const struct log_line *line,
			     const struct log_event *event)
{
	struct report_mail *mail = report_mail_new("", 0);
	bool is_of;

	report_mail_set_from(mail, event);
	set_deliveries(reading, mail, line, event);
	is_of = is_of_flood(reading, mail);
	report_mail_free(&mail);
	return is_of;
}

/* Of what is on hold there is no other line, until it is released. */
static void hold(struct reading *reading, const struct log_line *line,
		 const struct log_event *event)
{
	struct report_mail *mail = meet(reading, line);

	if (mail == NULL)
		return;
	mail->is_accepted = true;
	report_mail_set_from(mail, event);
	set_deliveries(reading, mail, line, event);
}

/* Sendmail says whose mail it was in another line, and of a message that it
 * then refuses at the end that it came in. */
static void on_sendmail_stop(struct report_mail *mail,
			     const struct log_event *event)
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
	struct report_mail *mail;

	if (!is_in_time(reading, line))
		return;
	if (line->origin == LOG_SENDMAIL) {
		mail = meet(reading, line);
		if (mail != NULL)
			on_sendmail_stop(mail, event);
		return;
	}
	if (!is_stop_of_flood(reading, line, event))
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
		[LOG_CLIENT] = on_begin,      [LOG_LOCAL] = on_begin,
		[LOG_ACCEPTED] = on_accepted, [LOG_RECIPIENT] = on_recipient,
		[LOG_REMOVED] = on_removed,   [LOG_MAIL_STOP] = on_stop,
		[LOG_RCPT_STOP] = on_stop,    [LOG_END_STOP] = on_stop,
		[LOG_SCRIPT] = on_script,
	};

	struct reading *reading = context;

	if (line->time_ms < reading->read_from_ms)
		reading->read_from_ms = line->time_ms;
	if (line->time_ms > reading->read_until_ms)
		reading->read_until_ms = line->time_ms;
	if (steps[event->kind] != NULL)
		steps[event->kind](reading, line, event);
}

static void clear(struct reading *reading)
{
	HASH_CLEAR(hh, reading->known);
	while (reading->first != NULL) {
		struct report_mail *mail = reading->first;

		reading->first = mail->next;
		report_mail_free(&mail);
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

/* The clock of a log may have whole seconds: what is of the second in which the
 * incident opened is of it. */
static void finish(struct reading *reading,
		   const struct report_log_options *options)
{
	uint64_t opened_ms = options->opened_ms - options->opened_ms % 1000;

	for (struct report_mail *mail = reading->first; mail != NULL;
	     mail = mail->next)
		mail->is_of = is_of_flood(reading, mail);
	report_log_sum(reading->first, reading->log);
	report_others_make(
		&(struct report_others_options){
			reading->first, opened_ms, options->end_ms,
			reading->read_from_ms, reading->read_until_ms },
		reading->log->others);
}

bool report_log_read(const struct report_log_options *options,
		     struct report_log *log_r, char **error_r)
{
	struct reading reading = { .log = log_r,
				   .settings = options->settings,
				   .flood = options->flood,
				   .read_from_ms = UINT64_MAX };
	struct log_feed feed = { .take = take,
				 .context = &reading,
				 .now_ms = options->now_ms };
	bool is_good = true;

	memset(log_r, 0, sizeof(*log_r));
	log_r->files = alloc_array(options->path_count, sizeof(*log_r->files));
	reading.last = &reading.first;
	if (options->opened_ms > REPORT_OTHERS_EDGE_MS)
		reading.near_from_ms = options->opened_ms -
				       REPORT_OTHERS_EDGE_MS;
	reading.near_until_ms = options->end_ms + REPORT_OTHERS_EDGE_MS;
	for (size_t i = 0; is_good && i < options->path_count; i++)
		is_good = read_file(&reading, &feed, options->paths[i],
				    error_r);
	if (is_good)
		finish(&reading, options);
	clear(&reading);
	return is_good;
}

static void clear_counts(struct report_log_counts *counts)
{
	for (size_t i = 0; i < counts->count; i++)
		free(counts->list[i].value);
	free(counts->list);
}

void report_log_clear(struct report_log *log)
{
	clear_counts(&log->accounts);
	clear_counts(&log->scripts);
	clear_counts(&log->recipients);
	free(log->files);
	memset(log, 0, sizeof(*log));
}
