/* SPDX-License-Identifier: ISC */

#include "report_mail.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/replay/log_message.h"

struct report_mail *report_mail_new(const char *key, size_t length)
{
	struct report_mail *mail = alloc_zero(sizeof(*mail) + length + 1);

	memcpy(mail->key, key, length);
	mail->id = strrchr(mail->key, ' ');
	mail->id = mail->id == NULL ? mail->key : mail->id + 1;
	mail->client = alloc_text("");
	mail->login = alloc_text("");
	mail->sender = alloc_text("");
	return mail;
}

void report_mail_free(struct report_mail **mail)
{
	struct report_mail *old = *mail;

	for (size_t i = 0; i < old->delivery_count; i++) {
		free(old->deliveries[i].address);
		free(old->deliveries[i].queued);
	}
	free(old->deliveries);
	free(old->client);
	free(old->login);
	free(old->sender);
	free(old->account);
	free(old->script);
	free(old);
	*mail = NULL;
}

void report_mail_set_from(struct report_mail *mail,
			  const struct log_event *event)
{
	log_message_set(&mail->client, &event->client);
	log_message_set(&mail->login, &event->login);
	log_message_set(&mail->sender, &event->sender);
}

static struct report_delivery *find(struct report_mail *mail,
				    const char *address)
{
	for (size_t i = 0; i < mail->delivery_count; i++)
		if (strcmp(mail->deliveries[i].address, address) == 0)
			return &mail->deliveries[i];
	return NULL;
}

/* Takes address. */
static struct report_delivery *add(struct report_mail *mail, char *address)
{
	struct report_delivery *delivery;

	mail->deliveries = alloc_resize(mail->deliveries,
					mail->delivery_count + 1,
					sizeof(*mail->deliveries));
	delivery = &mail->deliveries[mail->delivery_count++];
	*delivery = (struct report_delivery){ .address = address };
	return delivery;
}

struct report_delivery *report_mail_set_delivery(struct report_mail *mail,
						 const struct slice *address,
						 const struct log_event *event)
{
	struct report_delivery *delivery;
	char *text = NULL;

	log_message_set(&text, address);
	if (text == NULL)
		return NULL;
	delivery = find(mail, text);
	if (delivery == NULL && mail->delivery_count < LOG_RECIPIENTS_MAX) {
		delivery = add(mail, text);
		text = NULL;
	}
	free(text);
	if (delivery == NULL)
		return NULL;
	delivery->last = event->delivery;
	delivery->has_delay = event->has_delay;
	delivery->delay_ms = event->delay_ms;
	log_message_set(&delivery->queued, &event->queued);
	return delivery;
}

bool report_mail_is_in(const struct report_mail *mail)
{
	return mail->is_accepted && !mail->is_rejected && !mail->is_discarded;
}

/* Sendmail has no line that says that a message was removed. */
bool report_mail_is_queued(const struct report_mail *mail)
{
	if (!mail->is_sendmail)
		return !mail->is_removed;
	for (size_t i = 0; i < mail->delivery_count; i++)
		if (mail->deliveries[i].last == LOG_DELIVERY_DEFERRED)
			return true;
	return mail->delivery_count == 0;
}
