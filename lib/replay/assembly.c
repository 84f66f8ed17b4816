/* SPDX-License-Identifier: ISC */

/*
 * What each event does to the part that it is about.
 *
 * Postfix gives a message its queue id at the first recipient that it accepts.
 * Recipients that a milter refused before that have only the process in common
 * with it: they are a part of their own, in the line at once, kept by the
 * process (a peer) until the log names the sender of the message that follows.
 * If the sender is the same, they join it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "parts.h"

static void set_origin(struct part *part, const struct log_event *event)
{
	struct log_message *message = &part->message;

	log_message_set(&message->client, &event->client);
	log_message_set(&message->login, &event->login);
	log_message_set(&message->helo, &event->helo);
	log_message_set(&message->sender, &event->sender);
}

/* Were the recipients that were refused before it recipients of this one? */
static void join(struct assembly *assembly, struct part *part)
{
	struct part *before = part->before;

	if (before == NULL)
		return;
	part->before = before->owner = NULL;
	if (strcmp(before->message.sender, part->message.sender) != 0) {
		parts_complete(assembly, before);
		return;
	}
	log_message_add_all(&part->message, &before->message);
	parts_leave(assembly, before);
	parts_drop(assembly, before);
}

/*
 * Sendmail gives all MAILs that are refused one after another in a session one
 * queue id, and names the client with the line that ends the last of them.
 */
static void name_refused_mails(struct assembly *assembly, struct part *part,
			       const struct log_event *event)
{
	while (part->before != NULL) {
		struct part *mail = part->before;

		part->before = mail->before;
		if (part->before != NULL)
			part->before->owner = part;
		mail->before = mail->owner = NULL;
		log_message_set(&mail->message.client, &event->client);
		log_message_set(&mail->message.login, &event->login);
		parts_complete(assembly, mail);
	}
}

/* Mail that comes back from a filter has the address of the filter. */
static bool is_loopback(const char *client)
{
	return strncmp(client, "127.", 4) == 0 || strcmp(client, "::1") == 0;
}

/* The process that gives a message to a proxy filter, by the address of its
 * client: the line of a peer whose pid is that. */
static struct log_line by_client(const struct log_line *line,
				 const struct slice *client)
{
	struct log_line by = *line;

	by.instance.length = 0;
	by.pid = *client;
	if (by.pid.length > LOG_CLIENT_MAX)
		by.pid.length = LOG_CLIENT_MAX;
	return by;
}

static void set_login(struct peer *peer, const struct slice *login)
{
	free(peer->login);
	peer->login = alloc_copy(login->data, login->length < LOG_WORD_MAX
						      ? login->length
						      : LOG_WORD_MAX);
}

/* The message has no queue id before the filter has given it back. */
static void on_proxy_client(struct assembly *assembly,
			    const struct log_line *line,
			    struct log_event *event)
{
	struct log_line by = by_client(line, &event->client);
	struct peer *peer = parts_find_peer(assembly, &by);

	if (event->login.data != NULL)
		set_login(parts_meet_peer(assembly, &by), &event->login);
	else if (peer != NULL)
		parts_forget_peer(assembly, peer);
}

/* Mail that comes back from a filter has the client and login that it had
 * before it. */
static void take_first(struct assembly *assembly, const struct log_line *line,
		       struct log_event *event)
{
	struct log_line by;
	struct peer *peer;

	if (event->first_client.data == NULL)
		return;
	event->client = event->first_client;
	by = by_client(line, &event->client);
	peer = parts_find_peer(assembly, &by);
	if (event->login.data == NULL && peer != NULL && peer->login != NULL)
		event->login = slice_of(peer->login);
}

static struct part *find_id(struct assembly *assembly,
			    const struct log_line *line, const struct slice *id)
{
	struct log_line other = *line;

	other.id = *id;
	return parts_find(assembly, &other);
}

static void on_proxy_accepted(struct assembly *assembly,
			      const struct log_line *line,
			      struct log_event *event)
{
	struct part *part = find_id(assembly, line, &event->queued);

	if (part != NULL && is_loopback(part->from))
		set_origin(part, event);
}

/* The next server is a filter, which has given the message back as another. */
static void forget_given_back(struct assembly *assembly,
			      const struct log_line *line,
			      const struct part *part,
			      const struct log_event *event)
{
	struct part *back = find_id(assembly, line, &event->queued);

	if (back == NULL || back == part ||
	    (!is_loopback(back->from) && !slice_is(&event->relay, back->from)))
		return;
	if (back->has_ended)
		parts_leave(assembly, back);
	parts_drop(assembly, back);
}

static void on_client(struct assembly *assembly, const struct log_line *line,
		      struct log_event *event)
{
	struct peer *peer = parts_find_peer(assembly, line);
	struct part *part;
	struct slice from;

	if (peer != NULL && peer->is_discarding) {
		peer->is_discarding = false;
		return;
	}
	if (event->first_id.data != NULL &&
	    parts_have_seen(assembly, line, &event->first_id))
		return;
	from = event->client;
	take_first(assembly, line, event);
	part = parts_open(assembly, line);
	snprintf(part->from, sizeof(part->from), "%.*s", (int)from.length,
		 from.data);
	set_origin(part, event);
	if (peer == NULL || peer->refused == NULL)
		return;
	part->before = peer->refused;
	part->before->owner = part;
	part->before->peer = NULL;
	peer->refused = NULL;
}

static void on_local(struct assembly *assembly, const struct log_line *line,
		     struct log_event *event)
{
	struct part *part;

	if (!assembly->options.with_local) {
		assembly->counts.local++;
		return;
	}
	part = parts_open(assembly, line);
	set_origin(part, event);
	part->message.is_local = true;
}

/* Only now does Sendmail name the client, or say that there was none. */
static struct part *accepted_part(struct assembly *assembly,
				  const struct log_line *line,
				  struct log_event *event)
{
	struct part *part = parts_find(assembly, line);
	struct peer *peer;

	if (part == NULL && event->client.data != NULL)
		part = parts_open(assembly, line);
	if (part == NULL || line->origin != LOG_SENDMAIL)
		return part;
	peer = parts_find_peer(assembly, line);
	if (peer != NULL && peer->login != NULL)
		event->login = slice_of(peer->login);
	return part;
}

static void on_accepted(struct assembly *assembly, const struct log_line *line,
			struct log_event *event)
{
	struct part *part = accepted_part(assembly, line, event);

	if (part == NULL || part->has_ended)
		return;
	if (line->origin == LOG_SENDMAIL)
		name_refused_mails(assembly, part, event);
	if (event->count == 0 && !part->is_stopped) {
		if (event->is_given_up)
			assembly->counts.unfinished++;
		else if (!part->is_anchor)
			assembly->counts.turned_away++;
		parts_drop(assembly, part);
		return;
	}
	set_origin(part, event);
	part->message.bytes = event->bytes;
	part->expected = event->count;
	join(assembly, part);
	parts_end(assembly, part, line->time_ms);
	if (event->count == 0 ||
	    (!assembly->options.with_recipients && !is_loopback(part->from)))
		parts_complete(assembly, part);
}

/* False when this address was delivered to before. */
static bool see(struct part *part, const struct slice *address)
{
	uint64_t hash = log_message_hash(address);

	if (part->seen.count == LOG_RECIPIENTS_MAX)
		return !hash_list_has(&part->seen, hash);
	return hash_list_add(&part->seen, hash);
}

static void on_recipient(struct assembly *assembly, const struct log_line *line,
			 struct log_event *event)
{
	struct part *part = parts_find(assembly, line);
	struct slice address;

	if (event->queued.data != NULL &&
	    parts_have_seen(assembly, line, &line->id))
		forget_given_back(assembly, line, part, event);
	if (part == NULL)
		return;
	while (log_event_recipient(event, &address))
		if (see(part, &address))
			log_message_add(&part->message,
					event->original.data != NULL
						? &event->original
						: &address);
	if (part->has_ended && part->seen.count >= part->expected)
		parts_complete(assembly, part);
}

static void on_removed(struct assembly *assembly, const struct log_line *line,
		       struct log_event *event)
{
	struct part *part = parts_find(assembly, line);

	(void)event;
	if (part == NULL)
		return;
	part->expected = 0;
	if (part->has_ended)
		parts_complete(assembly, part);
}

static void add_recipients(struct part *part, struct log_event *event)
{
	struct slice address;

	while (log_event_recipient(event, &address))
		log_message_add(&part->message, &address);
}

/* smtpd says all in one line. After a discard it goes on, and gives a queue id
 * to a message that is discarded. */
static struct part *stopped_at_smtpd(struct assembly *assembly,
				     const struct log_line *line,
				     const struct log_event *event)
{
	if (event->is_discard)
		parts_meet_peer(assembly, line)->is_discarding = true;
	return parts_make(0);
}

/* A message of its own, which waits for its client: the newest first. */
static void refused_mail(struct assembly *assembly, const struct log_line *line,
			 const struct log_event *event)
{
	struct part *anchor = parts_find(assembly, line);
	struct part *mail = parts_make(0);

	if (anchor == NULL) {
		anchor = parts_open(assembly, line);
		anchor->is_anchor = true;
	}
	mail->before = anchor->before;
	if (mail->before != NULL)
		mail->before->owner = mail;
	mail->owner = anchor;
	anchor->before = mail;
	set_origin(mail, event);
	mail->is_stopped = true;
	parts_end(assembly, mail, line->time_ms);
}

/* With a queue id, Postfix speaks of mail of sendmail(1), which may not be
 * wanted. */
static void on_mail_stop(struct assembly *assembly, const struct log_line *line,
			 struct log_event *event)
{
	struct part *part;

	if (line->origin == LOG_SENDMAIL) {
		refused_mail(assembly, line, event);
		return;
	}
	part = line->id.length == 0 ? stopped_at_smtpd(assembly, line, event)
				    : parts_find(assembly, line);
	if (part == NULL)
		return;
	set_origin(part, event);
	add_recipients(part, event);
	part->is_stopped = true;
	parts_end(assembly, part, line->time_ms);
	parts_complete(assembly, part);
}

/* The recipients that this process has refused for the message under way. */
static struct part *refused_part(struct assembly *assembly,
				 const struct log_line *line,
				 const struct log_event *event)
{
	struct peer *peer = parts_meet_peer(assembly, line);
	struct part *part = peer->refused;
	struct log_event again = *event;
	struct slice address;

	if (part != NULL && slice_is(&event->sender, part->message.sender) &&
	    log_event_recipient(&again, &address)) {
		uint64_t hash = log_message_hash(&address);
		bool is_new = true;

		for (size_t i = 0; i < part->message.recipient_count; i++)
			is_new &= part->message.recipients[i].hash != hash;
		if (is_new)
			return part;
	}
	if (part != NULL)
		parts_complete(assembly, part);
	part = parts_make(0);
	part->peer = peer;
	peer->refused = part;
	parts_end(assembly, part, line->time_ms);
	return part;
}

static void on_rcpt_stop(struct assembly *assembly, const struct log_line *line,
			 struct log_event *event)
{
	struct part *part;

	if (line->id.length == 0) {
		part = refused_part(assembly, line, event);
	} else {
		part = parts_find(assembly, line);
		if (part == NULL)
			part = parts_open(assembly, line);
	}
	set_origin(part, event);
	add_recipients(part, event);
	part->is_anchor = false;
	if (line->id.length == 0 || line->origin == LOG_SENDMAIL)
		part->is_stopped = true;
}

static void on_end_stop(struct assembly *assembly, const struct log_line *line,
			struct log_event *event)
{
	struct part *part = parts_find(assembly, line);

	if (part == NULL && event->client.data != NULL)
		part = parts_open(assembly, line);
	if (part == NULL || line->origin == LOG_SENDMAIL)
		return;
	set_origin(part, event);
	add_recipients(part, event);
	join(assembly, part);
	part->is_stopped = true;
	parts_end(assembly, part, line->time_ms);
	parts_complete(assembly, part);
}

static void on_login(struct assembly *assembly, const struct log_line *line,
		     struct log_event *event)
{
	set_login(parts_meet_peer(assembly, line), &event->login);
}

static void on_over(struct assembly *assembly, const struct log_line *line,
		    struct log_event *event)
{
	struct peer *peer = parts_find_peer(assembly, line);

	(void)event;
	if (peer != NULL)
		parts_forget_peer(assembly, peer);
}

static void on_turned_away(struct assembly *assembly,
			   const struct log_line *line, struct log_event *event)
{
	(void)line;
	(void)event;
	assembly->counts.turned_away++;
}

void assembly_add(struct assembly *assembly, const struct log_line *line,
		  struct log_event *event)
{
	static void (*const steps[])(struct assembly * assembly,
				     const struct log_line *line,
				     struct log_event *event) = {
		[LOG_LOGIN] = on_login,
		[LOG_OVER] = on_over,
		[LOG_CLIENT] = on_client,
		[LOG_PROXY_CLIENT] = on_proxy_client,
		[LOG_PROXY_ACCEPTED] = on_proxy_accepted,
		[LOG_LOCAL] = on_local,
		[LOG_ACCEPTED] = on_accepted,
		[LOG_RECIPIENT] = on_recipient,
		[LOG_REMOVED] = on_removed,
		[LOG_MAIL_STOP] = on_mail_stop,
		[LOG_RCPT_STOP] = on_rcpt_stop,
		[LOG_END_STOP] = on_end_stop,
		[LOG_TURNED_AWAY] = on_turned_away,
		[LOG_SCRIPT] = NULL,
	};

	if (steps[event->kind] == NULL) /* it says nothing of the envelope */
		return;
	steps[event->kind](assembly, line, event);
	parts_advance(assembly, line->time_ms);
}

struct assembly *assembly_new(const struct assembly_options *options)
{
	struct assembly *assembly = alloc_zero(sizeof(*assembly));

	assembly->options = *options;
	return assembly;
}

const struct assembly_counts *assembly_counts(const struct assembly *assembly)
{
	return &assembly->counts;
}
