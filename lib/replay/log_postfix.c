/* SPDX-License-Identifier: ISC */

/*
 * A table of programs, each with what its lines mean. Replies and HELO names in
 * a line are a client's words: what comes after them is searched for from the
 * left, where Postfix wrote it first.
 */
#include <ctype.h>
#include <string.h>

#include "log_event.h"

#define DELAY_SECONDS_MAX UINT64_C(100000000)

/* "host[192.0.2.1]", "host[2001:db8::1]:25": what is in the brackets. */
static bool take_client(struct slice *rest, struct slice *client_r)
{
	struct slice before;

	return slice_take(rest, "[", &before) &&
	       slice_take(rest, "]", client_r);
}

/* A value that a space or a comma ends. */
static struct slice word_behind(const struct slice *text, const char *mark)
{
	struct slice rest = slice_behind(text, mark);

	for (size_t i = 0; i < rest.length; i++)
		if (rest.data[i] == ' ' || rest.data[i] == ',')
			rest.length = i;
	return rest;
}

static struct slice address_behind(const struct slice *text, const char *mark)
{
	struct slice rest = slice_behind(text, mark), address = { NULL, 0 };

	slice_address(&rest, &address);
	return address;
}

/* The address at the front with its brackets. */
static bool take_bracketed(struct slice *rest, struct slice *list_r)
{
	struct slice from = *rest, address;

	if (!slice_address(rest, &address))
		return false;
	list_r->data = from.data;
	list_r->length = from.length - rest->length;
	return true;
}

/* "queued as 4Zx9fq1Lvqz3k)" */
static struct slice queue_id_behind(const struct slice *text, const char *mark)
{
	struct slice rest = slice_behind(text, mark);
	size_t length = 0;

	while (length < rest.length && length < LOG_ID_MAX &&
	       isalnum((unsigned char)rest.data[length]))
		length++;
	if (length == 0)
		return (struct slice){ NULL, 0 };
	return (struct slice){ rest.data, length };
}

/* An address, or a name such as "unknown" that means none? */
static bool is_address(const struct slice *client)
{
	for (size_t i = 0; i < client->length; i++)
		if (client->data[i] == '.' || client->data[i] == ':')
			return true;
	return false;
}

/* "app[192.0.2.1], sasl_username=kim, orig_queue_id=4Zx9, orig_client=..." */
static void read_client(struct slice rest, struct log_event *event)
{
	struct slice first;

	if (!take_client(&rest, &event->client))
		return;
	event->login = word_behind(&rest, "sasl_username=");
	event->first_id = word_behind(&rest, ", orig_queue_id=");
	first = slice_behind(&rest, ", orig_client=");
	if (first.data == NULL || !take_client(&first, &event->first_client) ||
	    !is_address(&event->first_client))
		event->first_client = (struct slice){ NULL, 0 };
	event->kind = LOG_CLIENT;
}

/* "proxy-accept: END-OF-MESSAGE from app[192.0.2.1]: 250 2.0.0 Ok: queued as
 * 4Zx9; from=<a@x> to=<b@y> proto=ESMTP helo=<h> sasl_username=<kim>" */
static void read_proxy_accept(struct slice rest, struct log_event *event)
{
	struct slice facts;

	if (!slice_skip(&rest, "END-OF-MESSAGE from ") ||
	    !take_client(&rest, &event->client))
		return;
	event->queued = queue_id_behind(&rest, "queued as ");
	facts = slice_behind(&rest, "; from=");
	if (event->queued.data == NULL ||
	    !slice_address(&facts, &event->sender))
		return;
	event->sender = (struct slice){ NULL, 0 }; /* cleanup knows better */
	event->helo = address_behind(&facts, " helo=");
	event->login = address_behind(&facts, " sasl_username=");
	event->kind = LOG_PROXY_ACCEPTED;
}

/* "MAIL from host[192.0.2.1]: 451 4.7.1 words; from=<a@x> to=<b@y> proto=ESMTP
 * helo=<h> sasl_username=<jake>" */
static void read_stop(struct slice rest, struct log_event *event)
{
	static const struct {
		const char *stage;
		enum log_event_kind kind;
	} stages[] = {
		{ "MAIL", LOG_MAIL_STOP },
		{ "RCPT", LOG_RCPT_STOP },
		{ "DATA", LOG_END_STOP },
		{ "END-OF-MESSAGE", LOG_END_STOP },
	};
	struct slice stage, facts, to;
	enum log_event_kind kind = LOG_NOTHING;

	if (!slice_take(&rest, " from ", &stage) ||
	    !take_client(&rest, &event->client))
		return;
	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (slice_is(&stage, stages[i].stage))
			kind = stages[i].kind;
	facts = slice_behind(&rest, "; from=");
	if (kind == LOG_NOTHING || !slice_address(&facts, &event->sender))
		return;
	to = slice_behind(&facts, " to=");
	take_bracketed(&to, &event->recipients);
	event->helo = address_behind(&facts, " helo=");
	event->login = address_behind(&facts, " sasl_username=");
	event->kind = kind;
}

/* What a milter had said before the message was known to be refused. */
static bool read_milter(const struct log_line *line, struct log_event *event)
{
	static const char *const words[] = { "milter-reject: ", "milter-hold: ",
					     "milter-discard: " };
	struct slice rest = line->rest;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_skip(&rest, words[i])) {
			read_stop(rest, event);
			event->is_hold = i == 1;
			event->is_discard = i == 2;
			return true;
		}
	return false;
}

static void read_smtpd(const struct log_line *line, struct log_event *event)
{
	struct slice rest = line->rest;

	if (slice_skip(&rest, "client=")) {
		read_client(rest, event);
		if (line->id.length == 0 && event->kind == LOG_CLIENT)
			event->kind = LOG_PROXY_CLIENT;
	} else if (slice_skip(&rest, "proxy-accept: ")) {
		read_proxy_accept(rest, event);
	} else if (!read_milter(line, event) && line->id.length == 0 &&
		   slice_skip(&rest, "reject: RCPT from "))
		event->kind = LOG_TURNED_AWAY;
	else if (slice_skip(&rest, "disconnect from ") ||
		 slice_skip(&rest, "connect from "))
		event->kind = LOG_OVER;
}

/* "warning: header X-PHP-Originating-Script: 33:cdomail.php from local;
 * from=<a@x>", of a header_checks that logs it: INFO or WARN */
static void read_header(const struct log_line *line, struct log_event *event)
{
	struct slice rest = line->rest, before;

	if ((!slice_skip(&rest, "info: header ") &&
	     !slice_skip(&rest, "warning: header ")) ||
	    !slice_skip(&rest, "X-PHP-Originating-Script: "))
		return;
	event->script = rest;
	/* what is behind the last one is not the sender's */
	while (slice_take(&rest, " from ", &before))
		event->script.length = (size_t)(before.data + before.length -
						event->script.data);
	event->kind = LOG_SCRIPT;
}

static void read_cleanup(const struct log_line *line, struct log_event *event)
{
	if (line->id.length > 0 && !read_milter(line, event))
		read_header(line, event);
}

/* "from=<a@x>, size=123, nrcpt=2 (queue active)" */
static void read_qmgr(const struct log_line *line, struct log_event *event)
{
	struct slice rest = line->rest;

	if (slice_is(&rest, "removed")) {
		event->kind = LOG_REMOVED;
		return;
	}
	if (slice_skip(&rest, "from=") &&
	    slice_address(&rest, &event->sender) &&
	    slice_skip(&rest, ", size=") &&
	    slice_number(&rest, &event->bytes) &&
	    slice_skip(&rest, ", nrcpt=") && slice_number(&rest, &event->count))
		event->kind = LOG_ACCEPTED;
}

/* "uid=0 from=<root>" */
static void read_pickup(const struct log_line *line, struct log_event *event)
{
	struct slice rest = line->rest;

	if (!slice_skip(&rest, "uid="))
		return;
	event->has_uid = slice_number(&rest, &event->uid);
	event->sender = address_behind(&rest, " from=");
	if (event->sender.data != NULL)
		event->kind = LOG_LOCAL;
}

/* "sent (250 ...", "deferred (connect to ...", "bounced (host ..." */
static enum log_delivery delivery_of(const struct slice *status)
{
	static const struct {
		const char *word;
		enum log_delivery delivery;
	} words[] = {
		{ "sent ", LOG_DELIVERY_SENT },
		{ "deferred ", LOG_DELIVERY_DEFERRED },
		{ "bounced ", LOG_DELIVERY_BOUNCED },
		{ "expired ", LOG_DELIVERY_BOUNCED },
	};
	struct slice rest = *status;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (slice_skip(&rest, words[i].word))
			return words[i].delivery;
	return LOG_DELIVERY_OTHER;
}

/* "delay=12", "delay=0.03" */
static void read_delay(const struct slice *text, struct log_event *event)
{
	struct slice rest = slice_behind(text, ", delay=");
	uint64_t seconds;

	if (rest.data == NULL || !slice_number(&rest, &seconds) ||
	    seconds > DELAY_SECONDS_MAX)
		return;
	event->has_delay = true;
	event->delay_ms = seconds * 1000 + slice_fraction_ms(&rest);
}

/* "to=<b@y>, orig_to=<c@z>, relay=..., delay=1, status=sent (words)" */
static void read_delivery(const struct log_line *line, struct log_event *event)
{
	struct slice rest = line->rest, relay, status;

	if (!slice_skip(&rest, "to=") ||
	    !take_bracketed(&rest, &event->recipients))
		return;
	if (slice_skip(&rest, ", orig_to=") &&
	    !slice_address(&rest, &event->original))
		event->original = (struct slice){ NULL, 0 };
	relay = slice_behind(&rest, ", relay=");
	if (relay.data != NULL && !take_client(&relay, &event->relay))
		event->relay = (struct slice){ NULL, 0 };
	read_delay(&rest, event);
	status = slice_behind(&rest, ", status=");
	if (status.data == NULL)
		return;
	event->delivery = delivery_of(&status);
	if (slice_skip(&status, "sent "))
		event->queued = queue_id_behind(&status, "queued as ");
	event->kind = LOG_RECIPIENT;
}

static const struct {
	const char *name;
	void (*read)(const struct log_line *line, struct log_event *event);
} programs[] = {
	{ "smtpd", read_smtpd },      { "cleanup", read_cleanup },
	{ "qmgr", read_qmgr },	      { "smtp", read_delivery },
	{ "local", read_delivery },   { "lmtp", read_delivery },
	{ "virtual", read_delivery }, { "pipe", read_delivery },
	{ "discard", read_delivery }, { "error", read_delivery },
	{ "retry", read_delivery },   { "pickup", read_pickup },
	{ "nqmgr", read_qmgr },	      { "oqmgr", read_qmgr },
};

bool log_postfix_read(const struct log_line *line, struct log_event *event_r)
{
	memset(event_r, 0, sizeof(*event_r));
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (slice_is(&line->program, programs[i].name)) {
			programs[i].read(line, event_r);
			break;
		}
	return event_r->kind != LOG_NOTHING;
}
