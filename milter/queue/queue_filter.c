/* SPDX-License-Identifier: ISC */

/* The queue has addresses as they were sent, the records have them as they
 * were counted: both are compared as identities. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/policy/message.h"
#include "lib/policy/subject_clients.h"
#include "queue_filter.h"

#define DAY_MS UINT64_C(86400000)

/* What a message in the queue does not have by itself. */
#define KEY_UNKNOWN \
	(LIMIT_KEY_OF(DIMENSION_AUTH) | LIMIT_KEY_OF(DIMENSION_HELO))

struct queue_filter {
	const struct settings *settings;
	char *sender, *recipient; /* identities; NULL: any */
	struct network_list *clients;
	const char *limit;
	const struct subject *subjects; /* any of them; their keys */
	size_t subject_count;
	const struct incident_flood *flood; /* NULL: no incident was named */
};

static char *identity_of(const struct settings *settings, const char *raw)
{
	size_t length;

	return address_identity(&settings->identity, raw, strlen(raw), &length);
}

/* from words to a filter */

static const char *const domain_reasons[] = {
	"--sender: found a domain, allowed is an address; for a domain there "
	"is --subject sender_domain:example.com",
	"--recipient: found a domain, allowed is an address; for a domain "
	"there is --subject recipient_domain:example.com",
};

static bool take_address(const struct settings *settings, const char *text,
			 const char *domain_reason, char **identity_r,
			 const char **reason_r)
{
	*reason_r = domain_reason;
	if (text != NULL && text[0] == '@')
		return false;
	if (text != NULL)
		*identity_r = identity_of(settings, text);
	return true;
}

static bool take_client(struct queue_filter *filter, const char *text,
			const char **reason_r)
{
	if (text == NULL)
		return true;
	filter->clients = network_list_new();
	if (!network_list_add(filter->clients, text, reason_r))
		return false;
	network_list_seal(filter->clients);
	return true;
}

struct queue_filter *queue_filter_new(const struct settings *settings,
				      const struct queue_wish *wish,
				      const char **reason_r)
{
	struct queue_filter *filter = alloc_zero(sizeof(*filter));

	filter->settings = settings;
	filter->limit = wish->limit;
	filter->subjects = wish->subject;
	filter->subject_count = wish->subject != NULL;
	if (wish->flood != NULL) {
		filter->flood = wish->flood;
		filter->subjects = wish->flood->subjects;
		filter->subject_count = wish->flood->count;
	}
	if (!take_address(settings, wish->sender, domain_reasons[0],
			  &filter->sender, reason_r) ||
	    !take_address(settings, wish->recipient, domain_reasons[1],
			  &filter->recipient, reason_r) ||
	    !take_client(filter, wish->client, reason_r))
		queue_filter_free(&filter);
	return filter;
}

void queue_filter_free(struct queue_filter **filter)
{
	struct queue_filter *old = *filter;

	*filter = NULL;
	if (old == NULL)
		return;
	free(old->sender);
	free(old->recipient);
	network_list_free(&old->clients);
	free(old);
}

/* the envelope */

static bool is_identity(const struct queue_filter *filter, const char *raw,
			const char *wanted)
{
	char *identity = identity_of(filter->settings, raw);
	bool is_same = strcmp(identity, wanted) == 0;

	free(identity);
	return is_same;
}

static bool has_recipient(const struct queue_filter *filter,
			  const struct queue_message *message)
{
	for (size_t i = 0; i < message->recipient_count; i++)
		if (is_identity(filter, message->recipients[i],
				filter->recipient))
			return true;
	return false;
}

static bool is_in_time(const struct queue_filter *filter,
		       const struct queue_message *message)
{
	return filter->flood == NULL ||
	       (message->arrived_ms >= filter->flood->from_ms &&
		message->arrived_ms <= filter->flood->until_ms);
}

bool queue_filter_takes_envelope(const struct queue_filter *filter,
				 const struct queue_message *message)
{
	return is_in_time(filter, message) &&
	       (filter->sender == NULL ||
		is_identity(filter, message->sender, filter->sender)) &&
	       (filter->recipient == NULL || has_recipient(filter, message));
}

/* what else is to be known */

/* Has the key of one of the subjects any of these dimensions? */
static bool has_key(const struct queue_filter *filter, unsigned int dimensions)
{
	for (size_t i = 0; i < filter->subject_count; i++)
		if ((filter->subjects[i].key & dimensions) != 0)
			return true;
	return false;
}

/* Does the envelope say whose mail it is, for one of the subjects? */
static bool is_known_without_record(const struct queue_filter *filter)
{
	for (size_t i = 0; i < filter->subject_count; i++)
		if (filter->subjects[i].key != 0 &&
		    (filter->subjects[i].key & KEY_UNKNOWN) == 0)
			return true;
	return filter->flood != NULL;
}

bool queue_filter_asks_record(const struct queue_filter *filter)
{
	return filter->limit != NULL || filter->subject_count != 0 ||
	       filter->flood != NULL || filter->clients != NULL;
}

bool queue_filter_needs_record(const struct queue_filter *filter)
{
	return filter->limit != NULL ||
	       (filter->subject_count != 0 && !is_known_without_record(filter));
}

bool queue_filter_asks_client(const struct queue_filter *filter)
{
	return filter->clients != NULL ||
	       has_key(filter, LIMIT_KEY_OF(DIMENSION_CLIENT)) ||
	       (filter->flood != NULL &&
		has_key(filter, LIMIT_KEY_OF(DIMENSION_AUTH)));
}

/* A long one is noted in its short form. */
static bool is_noted_as(const struct queue_filter *filter, const char *raw,
			const char *noted)
{
	char *identity = identity_of(filter->settings, raw);
	char buffer[TEXT_KEY_MAX + 1];
	bool is_same = strcmp(quarantine_shorten(identity, buffer), noted) == 0;

	free(identity);
	return is_same;
}

bool queue_filter_is_record(const struct queue_filter *filter,
			    const struct queue_message *message,
			    const struct event *record)
{
	uint64_t apart_ms;

	if (record == NULL)
		return false;
	apart_ms = record->when_ms > message->arrived_ms
			   ? record->when_ms - message->arrived_ms
			   : message->arrived_ms - record->when_ms;
	return apart_ms <= DAY_MS &&
	       is_noted_as(filter, message->sender, record->sender);
}

/* client and subject */

static bool is_client_in(const struct network_list *list, const char *text)
{
	struct network_address address;

	return text != NULL && network_parse(text, &address) &&
	       network_list_contains(list, &address);
}

/* What the queue or the record knows of who sent it; NULL: nothing. */
struct sender_facts {
	const char *client, *login;
};

/* The message as the milter would have seen it. */
static void fill(const struct queue_filter *filter,
		 const struct queue_message *queued,
		 const struct sender_facts *facts, struct message *message_r)
{
	const struct address_rules *rules = &filter->settings->identity;

	message_init(message_r);
	message_set_sender(message_r, rules, queued->sender);
	message_r->has_client = facts->client != NULL &&
				network_parse(facts->client,
					      &message_r->client);
	if (facts->login != NULL)
		message_set_auth(message_r, facts->login);
	if (!has_key(filter, LIMIT_KEY_RECIPIENTS))
		return;
	for (size_t i = 0; i < queued->recipient_count; i++)
		message_add_recipient(message_r, rules, queued->recipients[i]);
}

static bool has_subject(const struct queue_filter *filter,
			const struct queue_message *queued,
			const struct sender_facts *facts)
{
	struct message message;
	bool is_found = false;

	fill(filter, queued, facts, &message);
	for (size_t i = 0; i < filter->subject_count && !is_found; i++)
		is_found = subject_is_of_any(filter->subjects[i].text,
					     filter->subjects[i].key, &message);
	message_clear(&message);
	return is_found;
}

static bool is_noted_for(const struct queue_filter *filter,
			 const struct event *record)
{
	for (size_t i = 0; i < filter->subject_count; i++)
		if (strcmp(record->subject, filter->subjects[i].text) == 0)
			return true;
	return false;
}

/* The mail of a flood may be held for another reason, too. */
static bool matches_subject(const struct queue_filter *filter,
			    const struct queue_message *message,
			    const struct event *record,
			    const struct sender_facts *facts)
{
	if (filter->subject_count == 0)
		return filter->flood == NULL;
	if (record != NULL && message->is_held) {
		if (is_noted_for(filter, record))
			return true;
		if (filter->flood == NULL)
			return false;
	}
	return has_subject(filter, message, facts);
}

bool queue_filter_matches(const struct queue_filter *filter,
			  const struct queue_message *message,
			  const struct event *record)
{
	struct sender_facts facts = { message->client, message->login };

	if (record != NULL && record->client[0] != '\0')
		facts.client = record->client;
	if (record != NULL && record->login != NULL && record->login[0] != '\0')
		facts.login = record->login;

	if (filter->limit != NULL &&
	    (record == NULL || strcmp(record->limit, filter->limit) != 0))
		return false;
	if (filter->clients != NULL &&
	    !is_client_in(filter->clients, facts.client))
		return false;
	return matches_subject(filter, message, record, &facts);
}
