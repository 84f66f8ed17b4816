/* SPDX-License-Identifier: ISC */
/* Headers are read at once: they go with the message. */
#include "evidence_sample.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/sha256.h"

#define HASH_DIGITS 32

void evidence_sample_make(struct evidence_sample *sample_r,
			  const struct event *event,
			  const struct evidence_privacy *privacy)
{
	*sample_r = (struct evidence_sample){ .event = event_copy(event) };
	if (event->headers == NULL)
		return;
	headers_fingerprint(event->headers, sample_r->content);
	sample_r->headers = headers_json(event->headers, privacy->subjects);
	if (json_object_size(sample_r->headers) == 0) {
		json_decref(sample_r->headers);
		sample_r->headers = NULL;
	}
}

void evidence_sample_clear(struct evidence_sample *sample)
{
	free(sample->event);
	json_decref(sample->headers);
	*sample = (struct evidence_sample){ 0 };
}

static json_t *recipient_json(const char *recipient,
			      const struct evidence_privacy *privacy)
{
	char hash[SHA256_TEXT_SIZE], text[HASH_DIGITS + sizeof("hmac:")];

	if (!privacy->hashes_recipients)
		return document_string(recipient);
	sha256_hmac_text(privacy->key, sizeof(privacy->key), recipient,
			 strlen(recipient), hash);
	snprintf(text, sizeof(text), "hmac:%.*s", HASH_DIGITS, hash);
	return json_string(text);
}

static json_t *recipients_json(const struct event *event,
			       const struct evidence_privacy *privacy)
{
	json_t *recipients = json_array();

	for (size_t i = 0; i < event->recipient_count; i++)
		json_array_append_new(
			recipients,
			recipient_json(event->recipients[i], privacy));
	return recipients;
}

/* What names a recipient, where recipients are hashed: "recipient:HMAC". */
static json_t *subject_json(const char *subject,
			    const struct evidence_privacy *privacy)
{
	char hash[SHA256_TEXT_SIZE], text[HASH_DIGITS + 128];
	const char *colon = strchr(subject, ':');

	if (!privacy->hashes_recipients || colon == NULL ||
	    strstr(subject, "recipient") == NULL ||
	    strstr(subject, "recipient") > colon)
		return document_string(subject);
	sha256_hmac_text(privacy->key, sizeof(privacy->key), colon + 1,
			 strlen(colon + 1), hash);
	snprintf(text, sizeof(text), "%.*s:hmac:%.*s", (int)(colon - subject),
		 subject, HASH_DIGITS, hash);
	return json_string(text);
}

json_t *evidence_sample_json(const struct evidence_sample *sample,
			     const char *role,
			     const struct evidence_privacy *privacy)
{
	const struct event *event = sample->event;
	bool is_near = event->near_limit[0] != '\0';
	json_t *object = document_make(
		"role:s when:m queue_id:s stage:s verdict:s limit:s subject:o "
		"used:n max:n per_ms:n client:s helo:s login:s listener:s "
		"sender:s recipients:o recipients_all:n bytes:n",
		role, event->when_ms, event->queue_id,
		event_stage_name(event->stage), verdict_name(event->verdict),
		is_near ? event->near_limit : event->limit,
		subject_json(is_near ? event->near_subject : event->subject,
			     privacy),
		event->used, is_near ? event->near_max : event->max,
		is_near ? event->near_per_ms : event->per_ms, event->client,
		event->helo, event->login, event->listener, event->sender,
		recipients_json(event, privacy),
		(uint64_t)event->recipients_all, event->bytes);

	if (event->order != 0)
		document_put_number(object, "order", event->order);
	if (sample->headers != NULL) {
		json_object_set(object, "headers", sample->headers);
		json_object_set_new(object, "content",
				    json_string(sample->content));
	}
	return object;
}
