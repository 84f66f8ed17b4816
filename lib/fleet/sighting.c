/* SPDX-License-Identifier: ISC */

/* The members of the object have the names of the fields; a table says which
 * of them are texts and which are numbers. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/policy/subject_clients.h"
#include "lib/redis/redis_client.h"
#include "sighting.h"
#include "lib/redis/words.h"

struct field {
	const char *name;
	size_t offset;
};

static const struct field texts[] = {
	{ "host", offsetof(struct sighting, host) },
	{ "queue_id", offsetof(struct sighting, queue_id) },
	{ "verdict", offsetof(struct sighting, verdict) },
	{ "limit", offsetof(struct sighting, limit) },
	{ "subject", offsetof(struct sighting, subject) },
	{ "sender", offsetof(struct sighting, sender) },
	{ "client", offsetof(struct sighting, client) },
	{ "login", offsetof(struct sighting, login) },
	{ "helo", offsetof(struct sighting, helo) },
};

static const struct field numbers[] = {
	{ "when_ms", offsetof(struct sighting, when_ms) },
	{ "order", offsetof(struct sighting, order) },
	{ "used", offsetof(struct sighting, used) },
	{ "max", offsetof(struct sighting, max) },
	{ "per_ms", offsetof(struct sighting, per_ms) },
	{ "recipients_all", offsetof(struct sighting, recipients_all) },
};

#define TEXTS	(sizeof(texts) / sizeof(texts[0]))
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

_Static_assert(sizeof(size_t) == sizeof(uint64_t),
	       "recipients_all is read as the other numbers are");

static char **text_of(struct sighting *sighting, size_t index)
{
	return (char **)(void *)((char *)sighting + texts[index].offset);
}

static uint64_t *number_of(struct sighting *sighting, size_t index)
{
	return (uint64_t *)(void *)((char *)sighting + numbers[index].offset);
}

/* what is seen */

static void take_recipients(struct sighting *sighting,
			    const struct message_recipient *recipients,
			    size_t count)
{
	sighting->recipients_all = count;
	if (count > SIGHTING_RECIPIENTS_MAX)
		count = SIGHTING_RECIPIENTS_MAX;
	sighting->recipients = alloc_array(count, sizeof(char *));
	sighting->recipient_count = count;
	for (size_t i = 0; i < count; i++)
		sighting->recipients[i] = alloc_text(
			recipients[i].address.data);
}

void sighting_make(struct sighting *sighting_r, const struct message *message,
		   const struct message_recipient *recipient,
		   const struct verdict *verdict)
{
	const struct limit *limit = verdict->limit;

	memset(sighting_r, 0, sizeof(*sighting_r));
	sighting_r->verdict = alloc_text(verdict_name(verdict->kind));
	sighting_r->limit = alloc_text(limit == NULL ? "" : limit->name);
	sighting_r->per_ms = limit == NULL ? 0 : limit->per_ms;
	sighting_r->sender = alloc_text(message->sender.data);
	sighting_r->client = alloc_text(message->client_text);
	sighting_r->login = alloc_text(message->auth.data);
	sighting_r->helo = alloc_text(message->helo.data);
	take_recipients(sighting_r,
			recipient != NULL ? recipient : message->recipients,
			recipient != NULL ? 1 : message->recipient_count);
	if (verdict->cause != VERDICT_BY_LIMIT &&
	    verdict->cause != VERDICT_BY_BLOCK) {
		sighting_r->subject = alloc_text("");
		return;
	}
	sighting_r->order = verdict->order;
	sighting_r->subject = alloc_text(verdict->subject);
	sighting_r->used = verdict->used;
	sighting_r->max = verdict->max;
}

void sighting_clear(struct sighting *sighting)
{
	for (size_t i = 0; i < TEXTS; i++)
		free(*text_of(sighting, i));
	for (size_t i = 0; i < sighting->recipient_count; i++)
		free(sighting->recipients[i]);
	free(sighting->recipients);
	memset(sighting, 0, sizeof(*sighting));
}

/* json */

json_t *sighting_json(const struct sighting *sighting)
{
	struct sighting *fields = (struct sighting *)(uintptr_t)sighting;
	json_t *object = json_object(), *recipients = json_array();

	for (size_t i = 0; i < sighting->recipient_count; i++)
		json_array_append_new(recipients,
				      document_string(sighting->recipients[i]));
	for (size_t i = 0; i < TEXTS; i++)
		json_object_set_new(object, texts[i].name,
				    document_string(*text_of(fields, i)));
	for (size_t i = 0; i < NUMBERS; i++)
		json_object_set_new(object, numbers[i].name,
				    document_number(*number_of(fields, i)));
	json_object_set_new(object, "recipients", recipients);
	return object;
}

bool sighting_parse(const json_t *object, struct sighting *sighting_r)
{
	const json_t *recipients = json_object_get(object, "recipients");
	size_t count = json_array_size(recipients);

	memset(sighting_r, 0, sizeof(*sighting_r));
	if (!json_is_object(object))
		return false;
	for (size_t i = 0; i < TEXTS; i++)
		*text_of(sighting_r, i) = alloc_text(
			document_get_text(object, texts[i].name));
	for (size_t i = 0; i < NUMBERS; i++)
		*number_of(sighting_r,
			   i) = document_get_number(object, numbers[i].name);
	if (count > SIGHTING_RECIPIENTS_MAX)
		count = SIGHTING_RECIPIENTS_MAX;
	sighting_r->recipients = alloc_array(count, sizeof(char *));
	sighting_r->recipient_count = count;
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(
			json_array_get(recipients, i));

		sighting_r->recipients[i] = alloc_text(text == NULL ? ""
								    : text);
	}
	return true;
}

/* who is it about? */

static void fill_message(const struct sighting *sighting,
			 struct message *message)
{
	struct network_address client;
	bool has_client = network_parse(sighting->client, &client);

	message_init(message);
	message_set_client(message, has_client ? &client : NULL);
	message_set(&message->sender, sighting->sender,
		    strlen(sighting->sender));
	message_set(&message->auth, sighting->login, strlen(sighting->login));
	message_set(&message->helo, sighting->helo, strlen(sighting->helo));
}

/* recipient may be NULL where the key has none in it. */
/* At MAIL there are no recipients, and the message has subjects all the same.
 */
bool sighting_has_subject(const struct sighting *sighting, const char *subject,
			  unsigned int key)
{
	bool has_it = strcmp(sighting->subject, subject) == 0;
	struct message message;

	fill_message(sighting, &message);
	if ((key & LIMIT_KEY_RECIPIENTS) == 0 && !has_it)
		has_it = subject_is_of(subject, key, &message, NULL);
	else
		for (size_t i = 0; i < sighting->recipient_count && !has_it;
		     i++)
			has_it = subject_is_of(
				subject, key, &message,
				&(struct message_recipient){
					.address = { sighting->recipients[i],
						     strlen(sighting->recipients
								    [i]) } });
	message_clear(&message);
	return has_it;
}

/* telling */

char *sighting_channel(const char *prefix)
{
	return alloc_format("%s:verdicts", prefix);
}

bool sighting_publish(struct redis_client *redis, const char *prefix,
		      const struct sighting *sightings, size_t count,
		      uint64_t left_out)
{
	json_t *object = json_object(), *array = json_array();
	struct words words = { 0 };
	struct redis_value *value;
	bool is_told;

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, sighting_json(&sightings[i]));
	json_object_set_new(object, "sightings", array);
	json_object_set_new(object, "left_out", document_number(left_out));
	words_add(&words, "PUBLISH");
	words_take(&words, sighting_channel(prefix));
	words_take(&words, document_write(object));
	value = words_ask(&words, redis);
	is_told = value != NULL;
	redis_value_free(&value);
	return is_told;
}

bool sighting_is_watched(struct redis_client *redis, const char *prefix,
			 bool *is_watched_r)
{
	char *channel = sighting_channel(prefix);
	struct redis_value *value = redis_client_say(redis, "PUBSUB", "NUMSUB",
						     channel, NULL);
	bool is_answered = value != NULL;

	*is_watched_r = redis_value_integer(redis_value_at(value, 1)) > 0;
	redis_value_free(&value);
	free(channel);
	return is_answered;
}
