/* SPDX-License-Identifier: ISC */

/* Hash tables in the order of arrival (uthash keeps it), so that the oldest is
 * the first; and a list for the line. */
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "lib/base/alloc.h"
#include "parts.h"

#define KEY_SIZE     (LOG_HOST_MAX + INSTANCE_MAX + WORD_MAX + 2)
#define WORD_MAX     64 /* of a queue id, a pid or a client */
#define INSTANCE_MAX 64
#define PEERS_MAX    20000

/* keys */

/* Two instances of Postfix on one host may have one queue id at once. */
static size_t make_key(char *key, const struct log_line *line,
		       const struct slice *id)
{
	const struct slice *host = &line->host;
	size_t instance = line->instance.length < INSTANCE_MAX
				  ? line->instance.length
				  : INSTANCE_MAX;

	memcpy(key, host->data, host->length);
	key[host->length] = '\0';
	memcpy(key + host->length + 1, line->instance.data, instance);
	key[host->length + 1 + instance] = '\0';
	memcpy(key + host->length + 2 + instance, id->data, id->length);
	return host->length + 2 + instance + id->length;
}

struct part *parts_find(struct parts *parts, const struct log_line *line)
{
	char key[KEY_SIZE];
	size_t length = make_key(key, line, &line->id);
	struct part *part;

	if (line->id.length == 0)
		return NULL;
	HASH_FIND(hh, parts->known, key, length, part);
	return part;
}

struct peer *parts_find_peer(struct parts *parts, const struct log_line *line)
{
	char key[KEY_SIZE];
	size_t length = make_key(key, line, &line->pid);
	struct peer *peer;

	HASH_FIND(hh, parts->peers, key, length, peer);
	return peer;
}

/* parts */

static void forget_key(struct parts *parts, struct part *part)
{
	if (part->is_known && parts->known != NULL)
		HASH_DEL(parts->known, part);
	part->is_known = false;
}

void parts_complete(struct parts *parts, struct part *part)
{
	forget_key(parts, part);
	part->is_complete = true;
	if (part->peer != NULL)
		part->peer->refused = NULL;
	part->peer = NULL;
}

void parts_drop(struct parts *parts, struct part *part)
{
	parts_complete(parts, part);
	if (part->owner != NULL)
		part->owner->before = NULL;
	while (part->before != NULL) {
		struct part *before = part->before;

		part->before = before->before;
		before->before = before->owner = NULL;
		parts_complete(parts, before);
	}
	log_message_clear(&part->message);
	hash_list_clear(&part->seen);
	free(part);
}

void parts_leave(struct parts *parts, struct part *part)
{
	DL_DELETE(parts->line, part);
	parts->waiting--;
}

static void hand_out(struct parts *parts, struct part *part)
{
	struct log_message *message = &part->message;

	if (part->expected > part->seen.count)
		message->hidden += part->expected - part->seen.count;
	parts->counts.messages++;
	parts->counts.hiding += message->hidden > 0;
	parts->options.take(parts->options.context, message);
	parts_leave(parts, part);
	parts_drop(parts, part);
}

void parts_advance(struct parts *parts, uint64_t now_ms)
{
	const struct assembly_options *options = &parts->options;

	while (parts->line != NULL &&
	       (parts->line->is_complete || parts->waiting > options->max ||
		parts->line->message.time_ms + options->horizon_ms < now_ms))
		hand_out(parts, parts->line);
}

/* Makes room: the oldest is complete, or dropped when it has no end. */
static void parts_evict(struct parts *parts)
{
	struct part *oldest = parts->known;

	if (oldest->has_ended) {
		parts_complete(parts, oldest);
		return;
	}
	parts->counts.unfinished += !oldest->is_anchor;
	parts_drop(parts, oldest);
}

struct part *parts_make(size_t key_length)
{
	struct part *part = alloc_zero(sizeof(*part) + key_length);

	log_message_init(&part->message);
	part->key_length = key_length;
	return part;
}

/* Where weir notes that a queue id of this host was seen: a later one with the
 * same slot replaces it. */
static uint64_t seen_hash(const struct log_line *line, const struct slice *id)
{
	return (log_message_hash(&line->host) * 31 + log_message_hash(id)) | 1;
}

static size_t seen_slot(const struct log_line *line, const struct slice *id)
{
	return seen_hash(line, id) / 2 % PARTS_SEEN_MAX;
}

bool parts_have_seen(const struct parts *parts, const struct log_line *line,
		     const struct slice *id)
{
	return parts->seen[seen_slot(line, id)] == seen_hash(line, id);
}

struct part *parts_open(struct parts *parts, const struct log_line *line)
{
	struct part *part = parts_find(parts, line);
	char key[KEY_SIZE];
	size_t length;

	if (part != NULL && part->has_ended) {
		parts_complete(parts, part);
	} else if (part != NULL) {
		parts->counts.unfinished++;
		parts_drop(parts, part);
	}
	if (HASH_COUNT(parts->known) >= parts->options.max)
		parts_evict(parts);
	length = make_key(key, line, &line->id);
	part = parts_make(length);
	memcpy(part->key, key, length);
	parts->seen[seen_slot(line, &line->id)] = seen_hash(line, &line->id);
	part->is_known = true;
	HASH_ADD_KEYPTR(hh, parts->known, part->key, part->key_length, part);
	return part;
}

void parts_end(struct parts *parts, struct part *part, uint64_t time_ms)
{
	if (part->has_ended)
		return;
	part->has_ended = true;
	part->message.time_ms = time_ms;
	DL_APPEND(parts->line, part);
	parts->waiting++;
}

/* peers */

void parts_forget_peer(struct parts *parts, struct peer *peer)
{
	if (peer->refused != NULL)
		parts_complete(parts, peer->refused);
	HASH_DEL(parts->peers, peer);
	free(peer->login);
	free(peer);
}

struct peer *parts_meet_peer(struct parts *parts, const struct log_line *line)
{
	struct peer *peer = parts_find_peer(parts, line);
	char key[KEY_SIZE];
	size_t length = make_key(key, line, &line->pid);

	if (peer != NULL)
		return peer;
	if (HASH_COUNT(parts->peers) >= PEERS_MAX)
		parts_forget_peer(parts, parts->peers);
	peer = alloc_zero(sizeof(*peer) + length);
	peer->key_length = length;
	memcpy(peer->key, key, length);
	HASH_ADD_KEYPTR(hh, parts->peers, peer->key, peer->key_length, peer);
	return peer;
}

void parts_finish(struct parts *parts)
{
	while (parts->known != NULL)
		parts_evict(parts);
	while (parts->line != NULL)
		hand_out(parts, parts->line);
}

void parts_clear(struct parts *parts)
{
	while (parts->peers != NULL)
		parts_forget_peer(parts, parts->peers);
	while (parts->known != NULL)
		parts_evict(parts);
	while (parts->line != NULL) {
		struct part *first = parts->line;

		parts_leave(parts, first);
		parts_drop(parts, first);
	}
}
