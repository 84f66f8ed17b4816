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

struct part *parts_find(struct assembly *assembly, const struct log_line *line)
{
	char key[KEY_SIZE];
	size_t length = make_key(key, line, &line->id);
	struct part *part;

	if (line->id.length == 0)
		return NULL;
	HASH_FIND(hh, assembly->known, key, length, part);
	return part;
}

struct peer *parts_find_peer(struct assembly *assembly,
			     const struct log_line *line)
{
	char key[KEY_SIZE];
	size_t length = make_key(key, line, &line->pid);
	struct peer *peer;

	HASH_FIND(hh, assembly->peers, key, length, peer);
	return peer;
}

/* parts */

void parts_complete(struct assembly *assembly, struct part *part)
{
	if (part->is_known && assembly->known != NULL)
		HASH_DEL(assembly->known, part);
	part->is_known = false;
	part->is_complete = true;
	if (part->peer != NULL)
		part->peer->refused = NULL;
	part->peer = NULL;
}

void parts_drop(struct assembly *assembly, struct part *part)
{
	parts_complete(assembly, part);
	if (part->owner != NULL)
		part->owner->before = NULL;
	while (part->before != NULL) {
		struct part *before = part->before;

		part->before = before->before;
		before->before = before->owner = NULL;
		parts_complete(assembly, before);
	}
	log_message_clear(&part->message);
	hash_list_clear(&part->seen);
	free(part);
}

void parts_leave(struct assembly *assembly, struct part *part)
{
	DL_DELETE(assembly->line, part);
	assembly->waiting--;
}

static void hand_out(struct assembly *assembly, struct part *part)
{
	struct log_message *message = &part->message;

	if (part->expected > part->seen.count)
		message->hidden += part->expected - part->seen.count;
	assembly->counts.messages++;
	assembly->counts.hiding += message->hidden > 0;
	assembly->options.take(assembly->options.context, message);
	parts_leave(assembly, part);
	parts_drop(assembly, part);
}

void parts_advance(struct assembly *assembly, uint64_t now_ms)
{
	const struct assembly_options *options = &assembly->options;

	while (assembly->line != NULL &&
	       (assembly->line->is_complete ||
		assembly->waiting > options->max ||
		assembly->line->message.time_ms + options->horizon_ms < now_ms))
		hand_out(assembly, assembly->line);
}

/* Makes room: the oldest is complete, or dropped when it has no end. */
static void parts_evict(struct assembly *assembly)
{
	struct part *oldest = assembly->known;

	if (oldest->has_ended) {
		parts_complete(assembly, oldest);
		return;
	}
	assembly->counts.unfinished += !oldest->is_anchor;
	parts_drop(assembly, oldest);
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

bool parts_have_seen(const struct assembly *assembly,
		     const struct log_line *line, const struct slice *id)
{
	return assembly->seen[seen_slot(line, id)] == seen_hash(line, id);
}

struct part *parts_open(struct assembly *assembly, const struct log_line *line)
{
	struct part *part = parts_find(assembly, line);
	char key[KEY_SIZE];
	size_t length;

	if (part != NULL && part->has_ended) {
		parts_complete(assembly, part);
	} else if (part != NULL) {
		assembly->counts.unfinished++;
		parts_drop(assembly, part);
	}
	if (HASH_COUNT(assembly->known) >= assembly->options.max)
		parts_evict(assembly);
	length = make_key(key, line, &line->id);
	part = parts_make(length);
	memcpy(part->key, key, length);
	assembly->seen[seen_slot(line, &line->id)] = seen_hash(line, &line->id);
	part->is_known = true;
	HASH_ADD_KEYPTR(hh, assembly->known, part->key, part->key_length, part);
	return part;
}

void parts_end(struct assembly *assembly, struct part *part, uint64_t time_ms)
{
	if (part->has_ended)
		return;
	part->has_ended = true;
	part->message.time_ms = time_ms;
	DL_APPEND(assembly->line, part);
	assembly->waiting++;
}

/* peers */

void parts_forget_peer(struct assembly *assembly, struct peer *peer)
{
	if (peer->refused != NULL)
		parts_complete(assembly, peer->refused);
	HASH_DEL(assembly->peers, peer);
	free(peer->login);
	free(peer);
}

struct peer *parts_meet_peer(struct assembly *assembly,
			     const struct log_line *line)
{
	struct peer *peer = parts_find_peer(assembly, line);
	char key[KEY_SIZE];
	size_t length = make_key(key, line, &line->pid);

	if (peer != NULL)
		return peer;
	if (HASH_COUNT(assembly->peers) >= PEERS_MAX)
		parts_forget_peer(assembly, assembly->peers);
	peer = alloc_zero(sizeof(*peer) + length);
	peer->key_length = length;
	memcpy(peer->key, key, length);
	HASH_ADD_KEYPTR(hh, assembly->peers, peer->key, peer->key_length, peer);
	return peer;
}

void assembly_finish(struct assembly *assembly)
{
	while (assembly->known != NULL)
		parts_evict(assembly);
	while (assembly->line != NULL)
		hand_out(assembly, assembly->line);
}

void assembly_free(struct assembly **assembly_r)
{
	struct assembly *assembly = *assembly_r;

	if (assembly == NULL)
		return;
	while (assembly->peers != NULL)
		parts_forget_peer(assembly, assembly->peers);
	while (assembly->known != NULL)
		parts_evict(assembly);
	while (assembly->line != NULL) {
		struct part *first = assembly->line;

		parts_leave(assembly, first);
		parts_drop(assembly, first);
	}
	free(assembly);
	*assembly_r = NULL;
}
