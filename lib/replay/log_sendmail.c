/* SPDX-License-Identifier: ISC */

/*
 * Sendmail writes one line when a message has come, with all that is known of
 * it, and one for each delivery. A message that a milter refused at MAIL or
 * RCPT has its line, too, with nrcpts=0; its client is only there. So has
 * one that the client gave up (RSET, QUIT, a lost connection) after its
 * recipients: without a msgid, which every message has once it is complete.
 */
#include <string.h>

#include "log_event.h"

#define DAYS_MAX 1000

/* The value behind mark, up to the comma that begins the next one. */
static struct slice value_behind(const struct slice *text, const char *mark)
{
	struct slice rest = slice_behind(text, mark), value;

	if (rest.data != NULL && slice_take(&rest, ", ", &value))
		return value;
	return rest;
}

static uint64_t number_behind(const struct slice *text, const char *mark)
{
	struct slice rest = slice_behind(text, mark);
	uint64_t number = 0;

	if (rest.data == NULL || !slice_number(&rest, &number))
		return 0;
	return number;
}

/* What follows the last mark: msgid, before it, is a sender's word. */
static struct slice last_behind(const struct slice *text, const char *mark)
{
	struct slice last = { NULL, 0 }, next = slice_behind(text, mark);

	while (next.data != NULL) {
		last = next;
		next = slice_behind(&last, mark);
	}
	return last;
}

/* "relay=host [192.0.2.1] (may be forged)", "relay=[IPv6:2001:db8::1]" */
static struct slice client_of(const struct slice *text)
{
	struct slice relay = last_behind(text, ", relay="), before;
	struct slice client = { NULL, 0 };

	if (slice_take(&relay, "[", &before) &&
	    !slice_take(&relay, "]", &client))
		client = (struct slice){ NULL, 0 };
	return client;
}

/* "<a@x>" or "root" at the front. */
static bool take_sender(struct slice *rest, struct slice *sender_r)
{
	return slice_address(rest, sender_r) ||
	       slice_take(rest, ", ", sender_r);
}

/* "from=<a@x>, size=1, class=0, nrcpts=1, msgid=<m>, proto=ESMTP, daemon=MTA,
 * relay=host [192.0.2.1]". Mail of sendmail(1) has no address there. */
static void read_from(struct slice rest, struct log_event *event)
{
	if (!take_sender(&rest, &event->sender))
		return;
	event->bytes = number_behind(&rest, "size=");
	event->count = number_behind(&rest, "nrcpts=");
	if (slice_behind(&rest, ", msgid=").data == NULL) {
		event->is_given_up = event->count != 0;
		event->count = 0;
	}
	event->client = client_of(&rest);
	event->kind = LOG_ACCEPTED;
}

/* "Sent (Ok: queued as ...)", "Deferred: Connection refused", "User unknown" */
static enum log_delivery delivery_of(const struct slice *status,
				     const struct slice *line)
{
	struct slice rest = *status, code = value_behind(line, ", dsn=");

	if (slice_skip(&rest, "Sent"))
		return LOG_DELIVERY_SENT;
	if (slice_skip(&rest, "Deferred") || slice_skip(&rest, "queued"))
		return LOG_DELIVERY_DEFERRED;
	return slice_skip(&code, "5.") ? LOG_DELIVERY_BOUNCED
				       : LOG_DELIVERY_OTHER;
}

/* "ctladdr=www-data (33/33)": on whose behalf. Addresses are before it. */
static void read_account(struct slice rest, struct log_event *event)
{
	struct slice account = value_behind(&rest, "ctladdr="), before;

	event->has_uid = slice_take(&account, " (", &before) &&
			 slice_number(&account, &event->uid) &&
			 slice_skip(&account, "/");
}

/* "00:00:01", "1+02:03:04": days, hours, minutes, seconds */
static void read_delay(const struct slice *rest, struct log_event *event)
{
	struct slice text = value_behind(rest, "delay=");
	uint64_t days, hours, minutes, seconds;

	if (text.data == NULL || !slice_number(&text, &hours))
		return;
	days = 0;
	if (slice_skip(&text, "+")) {
		days = hours;
		if (!slice_number(&text, &hours))
			return;
	}
	event->has_delay = days <= DAYS_MAX && hours < 24 &&
			   slice_skip(&text, ":") &&
			   slice_number(&text, &minutes) && minutes < 60 &&
			   slice_skip(&text, ":") &&
			   slice_number(&text, &seconds) && seconds < 60;
	if (event->has_delay)
		event->delay_ms = (((days * 24 + hours) * 60 + minutes) * 60 +
				   seconds) *
				  1000;
}

/* "to=<b@y>,<c@z>, delay=..., stat=Sent" */
static void read_to(struct slice rest, struct log_event *event)
{
	struct slice status;

	if (!slice_take(&rest, ", ", &event->recipients) ||
	    (status = slice_behind(&rest, "stat=")).data == NULL)
		return;
	event->delivery = delivery_of(&status, &rest);
	read_account(rest, event);
	read_delay(&rest, event);
	event->kind = LOG_RECIPIENT;
}

/* "AUTH=server, relay=host [192.0.2.1], authid=jake, mech=PLAIN, bits=0" */
static void read_auth(struct slice rest, struct log_event *event)
{
	event->login = value_behind(&rest, "authid=");
	if (event->login.data != NULL)
		event->kind = LOG_LOGIN;
}

/* "from=<a@x>, reject=451 ...", "to=<b@y>, reject=...", "data, reject=...";
 * or "discard" instead of "reject=..." */
static void read_milter(struct slice rest, struct log_event *event)
{
	static const char *const ends[] = { "data, ", "body, ", "eom, ",
					    "header, ", "eoh, " };

	if (slice_skip(&rest, "from=")) {
		if (take_sender(&rest, &event->sender))
			event->kind = LOG_MAIL_STOP;
		(void)slice_skip(&rest, ", ");
	} else if (slice_skip(&rest, "to=")) {
		if (slice_take(&rest, ", ", &event->recipients))
			event->kind = LOG_RCPT_STOP;
	} else {
		for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
			if (slice_skip(&rest, ends[i]))
				event->kind = LOG_END_STOP;
	}
	event->is_discard = slice_is(&rest, "discard");
}

/* "milter=weir, quarantine=why" */
static void read_quarantine(struct slice rest, struct log_event *event)
{
	struct slice name;

	if (slice_take(&rest, ", ", &name) &&
	    slice_skip(&rest, "quarantine=")) {
		event->kind = LOG_END_STOP;
		event->is_hold = true;
	}
}

static void read_ruleset(struct slice rest, struct log_event *event)
{
	if (slice_skip(&rest, "check_rcpt"))
		event->kind = LOG_TURNED_AWAY;
}

static const struct {
	const char *word;
	void (*read)(struct slice rest, struct log_event *event);
	bool needs_id;
} lines[] = {
	{ "from=", read_from, true },
	{ "to=", read_to, true },
	{ "AUTH=server, ", read_auth, false },
	{ "Milter: ", read_milter, true },
	{ "milter=", read_quarantine, true },
	{ "ruleset=", read_ruleset, true },
};

bool log_sendmail_read(const struct log_line *line, struct log_event *event_r)
{
	memset(event_r, 0, sizeof(*event_r));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct slice rest = line->rest;

		if (slice_skip(&rest, lines[i].word) &&
		    (line->id.length > 0 || !lines[i].needs_id)) {
			lines[i].read(rest, event_r);
			break;
		}
	}
	return event_r->kind != LOG_NOTHING;
}
