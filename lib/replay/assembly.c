/* SPDX-License-Identifier: ISC */

/*
 * A part is a message that is being put together. It is found by its queue id
 * until it is complete; once it has ended it stands in the line of those that
 * wait to be handed out, and leaves the line at its front only.
 *
 * Postfix gives a message its queue id at the first recipient that it takes.
 * Recipients that a milter refused before that have only the process in
 * common with it: they are a part of their own, in the line at once, kept by
 * the process (a peer) until the message that follows says who sent it. Is it
 * the same sender, they join it.
 */
#include <stdlib.h>
#include <string.h>

#include <uthash.h>
#include <utlist.h>

#include "../base/alloc.h"
#include "assembly.h"

#define KEY_SIZE  (LOG_HOST_MAX + LOG_ID_MAX + 2)
#define PEERS_MAX 20000

struct part {
	UT_hash_handle hh;
	struct log_message message;
	uint64_t *seen; /* hashes of the addresses that were delivered to */
	uint64_t seen_count, seen_room, expected;
	bool is_known; /* it is found by its key */
	bool has_ended, is_complete, is_stopped;
	struct part *before, *owner; /* refused recipients, and whose */
	struct peer *peer;
	struct part *prev, *next; /* the line */
	size_t key_length;
	char key[];
};

struct peer {
	UT_hash_handle hh;
	struct part *refused; /* recipients before there was a queue id */
	char *login;
	bool is_discarding; /* plays on with a message that is gone */
	size_t key_length;
	char key[];
};

struct assembly {
	struct assembly_options options;
	struct assembly_counts counts;
	struct part *parts, *line;
	struct peer *peers;
	size_t waiting; /* in the line */
};

/* keys */

static size_t make_key(char *key, const struct slice *host,
		       const struct slice *id)
{
	memcpy(key, host->data, host->length);
	key[host->length] = '\0';
	memcpy(key + host->length + 1, id->data, id->length);
	return host->length + 1 + id->length;
}

static struct part *find_part(struct assembly *assembly,
			      const struct log_line *line)
{
	char key[KEY_SIZE];
	size_t length = make_key(key, &line->host, &line->id);
	struct part *part;

	if (line->id.length == 0)
		return NULL;
	HASH_FIND(hh, assembly->parts, key, length, part);
	return part;
}

static struct peer *find_peer(struct assembly *assembly,
			      const struct log_line *line)
{
	char key[KEY_SIZE];
	size_t length = make_key(key, &line->host, &line->pid);
	struct peer *peer;

	HASH_FIND(hh, assembly->peers, key, length, peer);
	return peer;
}

/* parts */

static void forget_key(struct assembly *assembly, struct part *part)
{
	if (part->is_known)
		HASH_DEL(assembly->parts, part);
	part->is_known = false;
}

static void complete(struct assembly *assembly, struct part *part)
{
	forget_key(assembly, part);
	part->is_complete = true;
	if (part->peer != NULL)
		part->peer->refused = NULL;
	part->peer = NULL;
}

static void part_free(struct assembly *assembly, struct part *part)
{
	complete(assembly, part);
	if (part->owner != NULL)
		part->owner->before = NULL;
	if (part->before != NULL) {
		part->before->owner = NULL;
		complete(assembly, part->before);
	}
	log_message_clear(&part->message);
	free(part->seen);
	free(part);
}

static void leave_line(struct assembly *assembly, struct part *part)
{
	DL_DELETE(assembly->line, part);
	assembly->waiting--;
}

static void hand_out(struct assembly *assembly, struct part *part)
{
	struct log_message *message = &part->message;

	if (part->expected > part->seen_count)
		message->hidden += part->expected - part->seen_count;
	assembly->counts.messages++;
	assembly->counts.hiding += message->hidden > 0;
	assembly->options.take(assembly->options.context, message);
	leave_line(assembly, part);
	part_free(assembly, part);
}

/* Those at the front that are complete, or have waited long enough. */
static void advance(struct assembly *assembly, uint64_t now_ms)
{
	const struct assembly_options *options = &assembly->options;

	while (assembly->line != NULL &&
	       (assembly->line->is_complete ||
		assembly->waiting > options->most ||
		assembly->line->message.time_ms + options->horizon_ms < now_ms))
		hand_out(assembly, assembly->line);
}

/* The oldest makes room. */
static void evict(struct assembly *assembly)
{
	struct part *oldest = assembly->parts;

	if (oldest->has_ended) {
		complete(assembly, oldest);
		return;
	}
	assembly->counts.unfinished++;
	part_free(assembly, oldest);
}

static struct part *part_new(size_t key_length)
{
	struct part *part = alloc_zero(sizeof(*part) + key_length);

	log_message_init(&part->message);
	part->key_length = key_length;
	return part;
}

/* A message of this queue id begins; one that had it before is over. */
static struct part *open_part(struct assembly *assembly,
			      const struct log_line *line)
{
	struct part *part = find_part(assembly, line);

	if (part != NULL && part->has_ended) {
		complete(assembly, part);
	} else if (part != NULL) {
		assembly->counts.unfinished++;
		part_free(assembly, part);
	}
	if (HASH_COUNT(assembly->parts) >= assembly->options.most)
		evict(assembly);
	part = part_new(line->host.length + 1 + line->id.length);
	make_key(part->key, &line->host, &line->id);
	part->is_known = true;
	HASH_ADD_KEYPTR(hh, assembly->parts, part->key, part->key_length, part);
	return part;
}

static void end(struct assembly *assembly, struct part *part, uint64_t time_ms)
{
	if (part->has_ended)
		return;
	part->has_ended = true;
	part->message.time_ms = time_ms;
	DL_APPEND(assembly->line, part);
	assembly->waiting++;
}

/* peers */

static void peer_free(struct assembly *assembly, struct peer *peer)
{
	if (peer->refused != NULL)
		complete(assembly, peer->refused);
	HASH_DEL(assembly->peers, peer);
	free(peer->login);
	free(peer);
}

static struct peer *meet_peer(struct assembly *assembly,
			      const struct log_line *line)
{
	struct peer *peer = find_peer(assembly, line);
	size_t length = line->host.length + 1 + line->pid.length;

	if (peer != NULL)
		return peer;
	if (HASH_COUNT(assembly->peers) >= PEERS_MAX)
		peer_free(assembly, assembly->peers);
	peer = alloc_zero(sizeof(*peer) + length);
	peer->key_length = length;
	make_key(peer->key, &line->host, &line->pid);
	HASH_ADD_KEYPTR(hh, assembly->peers, peer->key, peer->key_length, peer);
	return peer;
}

/* what events do */

static void tell(struct part *part, const struct log_event *event)
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
		complete(assembly, before);
		return;
	}
	log_message_add_all(&part->message, &before->message);
	leave_line(assembly, before);
	part_free(assembly, before);
}

static void on_client(struct assembly *assembly, const struct log_line *line,
		      struct log_event *event)
{
	struct peer *peer = find_peer(assembly, line);
	struct part *part;

	if (peer != NULL && peer->is_discarding) {
		peer->is_discarding = false;
		return;
	}
	part = open_part(assembly, line);
	tell(part, event);
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
	part = open_part(assembly, line);
	tell(part, event);
	part->message.is_local = true;
}

/* Sendmail says only now who the client was, or that there was none. */
static struct part *accepted_part(struct assembly *assembly,
				  const struct log_line *line,
				  struct log_event *event)
{
	struct part *part = find_part(assembly, line);
	struct peer *peer;

	if (part == NULL && event->client.data != NULL)
		part = open_part(assembly, line);
	if (part == NULL || line->origin != LOG_SENDMAIL)
		return part;
	peer = find_peer(assembly, line);
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
	if (event->count == 0 && !part->is_stopped) {
		assembly->counts.turned_away++;
		part_free(assembly, part);
		return;
	}
	tell(part, event);
	part->message.bytes = event->bytes;
	part->expected = event->count;
	join(assembly, part);
	end(assembly, part, line->time_ms);
	if (event->count == 0 || !assembly->options.with_recipients)
		complete(assembly, part);
}

/* False when this address was delivered to before. */
static bool see(struct part *part, const struct slice *address)
{
	uint64_t hash = log_message_hash(address);

	for (uint64_t i = 0; i < part->seen_count; i++)
		if (part->seen[i] == hash)
			return false;
	if (part->seen_count == LOG_RECIPIENTS_MAX)
		return true;
	if (part->seen_count == part->seen_room) {
		part->seen_room = part->seen_room == 0 ? 1
						       : 2 * part->seen_room;
		part->seen = alloc_resize(part->seen, part->seen_room,
					  sizeof(*part->seen));
	}
	part->seen[part->seen_count++] = hash;
	return true;
}

static void on_recipient(struct assembly *assembly, const struct log_line *line,
			 struct log_event *event)
{
	struct part *part = find_part(assembly, line);
	struct slice address;

	if (part == NULL)
		return;
	while (log_event_recipient(event, &address))
		if (see(part, &address))
			log_message_add(&part->message,
					event->original.data != NULL
						? &event->original
						: &address);
	if (part->has_ended && part->seen_count >= part->expected)
		complete(assembly, part);
}

static void on_removed(struct assembly *assembly, const struct log_line *line,
		       struct log_event *event)
{
	struct part *part = find_part(assembly, line);

	(void)event;
	if (part == NULL)
		return;
	part->expected = 0;
	if (part->has_ended)
		complete(assembly, part);
}

static void add_recipients(struct part *part, struct log_event *event)
{
	struct slice address;

	while (log_event_recipient(event, &address))
		log_message_add(&part->message, &address);
}

/* smtpd says all in one line. After a discard it goes on as if nothing were,
 * and gives a queue id to what is no message any more. */
static struct part *stopped_at_smtpd(struct assembly *assembly,
				     const struct log_line *line,
				     const struct log_event *event)
{
	if (event->is_discard)
		meet_peer(assembly, line)->is_discarding = true;
	return part_new(0);
}

/* Sendmail says the client with the message's end; with a queue id, Postfix
 * speaks of mail of sendmail(1), which may not be wanted. */
static void on_mail_stop(struct assembly *assembly, const struct log_line *line,
			 struct log_event *event)
{
	struct part *part = find_part(assembly, line);

	if (line->id.length == 0)
		part = stopped_at_smtpd(assembly, line, event);
	else if (part == NULL && line->origin == LOG_SENDMAIL)
		part = open_part(assembly, line);
	if (part == NULL)
		return;
	tell(part, event);
	add_recipients(part, event);
	part->is_stopped = true;
	if (line->origin == LOG_SENDMAIL)
		return;
	end(assembly, part, line->time_ms);
	complete(assembly, part);
}

static bool is_sender(const struct part *part, const struct slice *sender)
{
	return slice_is(sender, part->message.sender);
}

/* The recipients that this process has refused for the message under way. */
static struct part *refused_part(struct assembly *assembly,
				 const struct log_line *line,
				 const struct log_event *event)
{
	struct peer *peer = meet_peer(assembly, line);
	struct part *part = peer->refused;
	struct log_event again = *event;
	struct slice address;

	if (part != NULL && is_sender(part, &event->sender) &&
	    log_event_recipient(&again, &address)) {
		uint64_t hash = log_message_hash(&address);
		bool is_new = true;

		for (size_t i = 0; i < part->message.recipient_count; i++)
			is_new &= part->message.recipients[i].hash != hash;
		if (is_new)
			return part;
	}
	if (part != NULL)
		complete(assembly, part);
	part = part_new(0);
	part->peer = peer;
	peer->refused = part;
	end(assembly, part, line->time_ms);
	return part;
}

static void on_rcpt_stop(struct assembly *assembly, const struct log_line *line,
			 struct log_event *event)
{
	struct part *part;

	if (line->id.length == 0) {
		part = refused_part(assembly, line, event);
	} else {
		part = find_part(assembly, line);
		if (part == NULL)
			part = open_part(assembly, line);
	}
	tell(part, event);
	add_recipients(part, event);
	if (line->id.length == 0 || line->origin == LOG_SENDMAIL)
		part->is_stopped = true;
}

static void on_end_stop(struct assembly *assembly, const struct log_line *line,
			struct log_event *event)
{
	struct part *part = find_part(assembly, line);

	if (part == NULL && event->client.data != NULL)
		part = open_part(assembly, line);
	if (part == NULL || line->origin == LOG_SENDMAIL)
		return;
	tell(part, event);
	add_recipients(part, event);
	join(assembly, part);
	part->is_stopped = true;
	end(assembly, part, line->time_ms);
	complete(assembly, part);
}

static void on_login(struct assembly *assembly, const struct log_line *line,
		     struct log_event *event)
{
	struct peer *peer = meet_peer(assembly, line);

	free(peer->login);
	peer->login = alloc_copy(event->login.data,
				 event->login.length < LOG_WORD_MAX
					 ? event->login.length
					 : LOG_WORD_MAX);
}

static void on_over(struct assembly *assembly, const struct log_line *line,
		    struct log_event *event)
{
	struct peer *peer = find_peer(assembly, line);

	(void)event;
	if (peer != NULL)
		peer_free(assembly, peer);
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
		[LOG_LOCAL] = on_local,
		[LOG_ACCEPTED] = on_accepted,
		[LOG_RECIPIENT] = on_recipient,
		[LOG_REMOVED] = on_removed,
		[LOG_MAIL_STOP] = on_mail_stop,
		[LOG_RCPT_STOP] = on_rcpt_stop,
		[LOG_END_STOP] = on_end_stop,
		[LOG_TURNED_AWAY] = on_turned_away,
	};

	if (event->kind == LOG_NOTHING)
		return;
	steps[event->kind](assembly, line, event);
	advance(assembly, line->time_ms);
}

void assembly_finish(struct assembly *assembly)
{
	while (assembly->parts != NULL)
		evict(assembly);
	while (assembly->line != NULL)
		hand_out(assembly, assembly->line);
}

struct assembly *assembly_new(const struct assembly_options *options)
{
	struct assembly *assembly = alloc_zero(sizeof(*assembly));

	assembly->options = *options;
	return assembly;
}

void assembly_free(struct assembly **assembly_r)
{
	struct assembly *assembly = *assembly_r;

	if (assembly == NULL)
		return;
	while (assembly->peers != NULL)
		peer_free(assembly, assembly->peers);
	while (assembly->parts != NULL)
		evict(assembly);
	while (assembly->line != NULL) {
		struct part *first = assembly->line;

		leave_line(assembly, first);
		part_free(assembly, first);
	}
	free(assembly);
	*assembly_r = NULL;
}

const struct assembly_counts *assembly_counts(const struct assembly *assembly)
{
	return &assembly->counts;
}
