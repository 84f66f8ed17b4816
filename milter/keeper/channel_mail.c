/* SPDX-License-Identifier: ISC */

/* A transaction for each recipient, on one connection: what one address does
 * wrong is no reason to keep the alert from the others, and none to send it to
 * these again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alert/alert_mail.h"
#include "lib/base/alloc.h"
#include "lib/settings/text_list.h"
#include "lib/base/clock.h"
#include "channel_curl.h"

#define HOST_SIZE  100
#define REPLY_SIZE 160

/* "weir@" and the name of this host, if there is no other. */
static char *sender_of(const struct channel_try *way)
{
	if (way->rules->sender[0] != '\0')
		return alloc_text(way->rules->sender);
	return alloc_format("weir@%s", way->host);
}

void channel_mail_write(const struct channel_try *way,
			const struct alert *alert, struct channel_load *load_r)
{
	size_t count = text_list_count(way->rules->mail);
	char *sender = sender_of(way);

	load_r->recipients = alloc_array(count + 1, sizeof(char *));
	for (size_t i = 0; i < count; i++)
		load_r->recipients[i] = alloc_text(way->rules->mail[i]);
	load_r->body = alert_mail_make(
		alert, &(struct alert_mail){
			       .from = sender,
			       .to = (const char *const *)load_r->recipients,
			       .to_count = count,
			       .now_ms = clock_wall_ms() });
	load_r->length = strlen(load_r->body);
	free(sender);
}

/* One transaction. */
struct send {
	const struct channel_load *load;
	size_t sent;
	char reply[REPLY_SIZE];	  /* the last line */
	char failure[REPLY_SIZE]; /* the last with 4 or 5; "": none */
};

static size_t give_mail(char *data, size_t size, size_t count, void *context)
{
	struct send *send = context;
	size_t room = size * count, left = send->load->length - send->sent;
	size_t length = left < room ? left : room;

	memcpy(data, send->load->body + send->sent, length);
	send->sent += length;
	return length;
}

/* libcurl gives it each line of the server. */
static size_t take_reply(char *data, size_t size, size_t count, void *context)
{
	struct send *send = context;
	size_t length = size * count, shown = 0;

	while (shown < length && shown < REPLY_SIZE - 1 &&
	       data[shown] != '\r' && data[shown] != '\n')
		shown++;
	if (shown == 0)
		return length;
	memcpy(send->reply, data, shown);
	send->reply[shown] = '\0';
	if (data[0] == '4' || data[0] == '5')
		memcpy(send->failure, send->reply, shown + 1);
	return length;
}

/* A password is sent to nobody whose name is not proved. Without one an
 * smtp: server gets what it asks for, as between mail servers. */
static void set_security(CURL *curl, const struct settings_alert *rules)
{
	bool has_login = rules->user[0] != '\0';
	bool is_verified = has_login || rules->ca_file[0] != '\0';

	if (strncmp(rules->server, "smtps:", 6) == 0)
		return;
	curl_easy_setopt(curl, CURLOPT_USE_SSL,
			 (long)(is_verified ? CURLUSESSL_ALL : CURLUSESSL_TRY));
	if (!is_verified) {
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

static void set_server(CURL *curl, const struct channel_try *way)
{
	const struct settings_alert *rules = way->rules;
	char *url = alloc_format("%s/%s", rules->server, way->host);
	char *sender = sender_of(way);

	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_MAIL_FROM, sender);
	if (rules->user[0] != '\0') {
		curl_easy_setopt(curl, CURLOPT_USERNAME, rules->user);
		curl_easy_setopt(curl, CURLOPT_PASSWORD,
				 way->secret == NULL ? "" : way->secret);
	}
	set_security(curl, rules);
	free(sender);
	free(url);
}

static CURLcode send_one(CURL *curl, const char *recipient, struct send *send)
{
	struct curl_slist *list = curl_slist_append(NULL, recipient);
	CURLcode code;

	if (list == NULL)
		alloc_fail();
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, list);
	curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_mail);
	curl_easy_setopt(curl, CURLOPT_READDATA, send);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_reply);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, send);
	code = curl_easy_perform(curl);
	/* the farewell comes when send is gone */
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, NULL);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, NULL);
	curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, NULL);
	curl_slist_free_all(list);
	return code;
}

/* What the whole of it came to; last is of the recipient that decided it. */
static void conclude(struct channel_try *way, const struct send *last,
		     const char *fault, bool must_retry)
{
	const struct channel_load *load = way->load;
	char host[HOST_SIZE];

	channel_curl_host(way->rules->server, host, sizeof(host));
	if (must_retry)
		channel_conclude(way, CHANNEL_LATER, "%s: %s", host, fault);
	else if (load->done == 0)
		channel_conclude(way, CHANNEL_NEVER, "%s: %s", host,
				 load->refusal);
	else if (load->refused != 0)
		channel_conclude(way, CHANNEL_DONE,
				 "%s: not to all recipients: %s", host,
				 load->refusal);
	else
		channel_conclude(way, CHANNEL_DONE, "%s: %s", host,
				 last->reply);
}

static void send_all(struct channel_try *way, CURL *curl,
		     const char *curl_fault)
{
	struct channel_load *load = way->load;
	char fault[REPLY_SIZE + CURL_ERROR_SIZE] = "";
	struct send last = { 0 };
	bool must_retry = false, is_cut = false;

	for (size_t i = 0; load->recipients[i] != NULL && !is_cut; i++) {
		uint64_t bit = UINT64_C(1) << (i % 64);
		CURLcode code;

		if (((load->done | load->refused) & bit) != 0)
			continue;
		last = (struct send){ .load = load };
		code = send_one(curl, load->recipients[i], &last);
		if (code == CURLE_OK) {
			load->done |= bit;
			continue;
		}
		(void)snprintf(fault, sizeof(fault), "%s",
			       last.failure[0] != '\0'
				       ? last.failure
				       : channel_curl_fault(code, curl_fault));
		if (last.failure[0] == '5') {
			load->refused |= bit;
			(void)snprintf(load->refusal, sizeof(load->refusal),
				       "%s", last.failure);
		} else {
			must_retry = true;
			/* no server, no answer */
			is_cut = last.failure[0] == '\0';
		}
	}
	conclude(way, &last, fault, must_retry);
}

void channel_mail_run(struct channel_try *way)
{
	char fault[CURL_ERROR_SIZE];
	CURL *curl = channel_curl_new(way, "smtp,smtps", fault);

	set_server(curl, way);
	send_all(way, curl, fault);
	curl_easy_cleanup(curl);
}
