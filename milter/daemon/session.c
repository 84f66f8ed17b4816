/* SPDX-License-Identifier: ISC */

/*
 * One struct session a connection hangs on libmilter's context. It may be
 * missing in any callback (close can be the only one that is ever called,
 * MAIL can come without a connect), so each begins with session_of(). The
 * callbacks of one connection run one after the other, but each on another
 * thread.
 *
 * A session keeps the settings that it began with. Its message begins at
 * MAIL and ends at the end of message, at abort, at the next MAIL or at
 * close, whichever comes first; abort may come twice, and not at all after a
 * refusal of ours.
 *
 * Where the settings say so (charge_at_data) a message is judged and charged at
 * DATA. The stage is negotiated only then, or when it is in doubt that messages
 * end (see endings.h); the macros of DATA, which an MTA sends in any case,
 * reveal as a rule that it was reached, but libmilter does not read them of a
 * connection that is closed right behind them.
 *
 * A discard is always answered at the end. Answered at MAIL, Postfix would
 * show the message once more, as mail of this host, to non_smtpd_milters, and
 * it would be counted and logged twice.
 */
#include <ctype.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "milter/common/clock.h"
#include "feed.h"
#include "milter/common/reply.h"
#include "service.h"
#include "session.h"

#define QUEUE_ID_SIZE 64

struct session {
	struct settings *settings; /* those it began with */
	struct message message;
	bool is_in_message;
	bool is_charged;   /* at DATA: its end changes nothing */
	bool is_discarded; /* known since MAIL, answered at the end */
	struct verdict discard;
	bool has_quarantine; /* the MTA can hold mail */
	unsigned long steps; /* what was negotiated: SMFIP_* */
	bool has_data_mark;  /* the macros of DATA are those asked for */
	bool has_data;	     /* DATA was reached: its callback said so */
	struct endings_listener *listener;
	bool answers_rcpt; /* some recipient could be refused */
};

/* There is one service a process, and libmilter has no place for it. */
static struct service *service;

static struct session *session_new(SMFICTX *context)
{
	struct session *session = alloc_zero(sizeof(*session));
	struct policy_needs needs;

	session->settings = service_settings(service);
	policy_needs(service_policy(service), session->settings, &needs);
	session->answers_rcpt = needs.rcpt_answer;
	message_init(&session->message);
	housekeeper_count_session(service_housekeeper(service));
	smfi_setpriv(context, session);
	return session;
}

static struct session *session_of(SMFICTX *context)
{
	struct session *session = smfi_getpriv(context);

	return session != NULL ? session : session_new(context);
}

/* Ends the message, however it ended. */
static void session_end_message(struct session *session)
{
	if (!session->is_in_message)
		return;
	policy_abandon(service_policy(service), session->settings,
		       &session->message, clock_steady_ms());
	message_reset(&session->message);
	session->is_in_message = false;
	session->is_discarded = false;
	session->is_charged = false;
	session->has_data = false;
	service_end_message(service);
}

/* negotiation: only the stages that are needed */

static unsigned long steps_wanted(const struct policy_needs *needs)
{
	unsigned long steps = SMFIP_NOUNKNOWN;

	if (!needs->helo)
		steps |= SMFIP_NOHELO;
	if (!needs->content)
		steps |= SMFIP_NOHDRS | SMFIP_NOEOH | SMFIP_NOBODY;
	/*
	 * Over TCP a stage that nobody answers makes the next one wait 40 ms
	 * for the peer's delayed acknowledgement, and so do the macros of a
	 * DATA stage that was not wanted: there each stage is answered.
	 */
	if (service_is_stream(service))
		return steps;
	if (!needs->data && !endings_are_doubtful(service_endings(service)))
		steps |= SMFIP_NODATA;
	steps |= SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_HDR | SMFIP_NR_EOH |
		 SMFIP_NR_BODY;
	if (!needs->rcpt_answer)
		steps |= SMFIP_NR_RCPT;
	return steps;
}

/* Asked for at DATA alone, so that its presence says that DATA was reached: an
 * MTA sends the macros of a stage that it leaves out as well. */
#define DATA_MARK "j"

static bool ask_for(SMFICTX *context, int stage, const char *names)
{
	if (smfi_setsymlist(context, stage, (char *)(uintptr_t)names) ==
	    MI_SUCCESS)
		return true;
	log_warning("the MTA did not take the macros \"%s\"", names);
	return false;
}

/*
 * Which MTAs have connected. Over TCP each stage with macros costs Sendmail
 * 44 ms (two small writes, and the acknowledgement of the first is late), and
 * it has nothing to say after MAIL that it did not say there. The negotiation
 * does not reveal which MTA it is with, so the first connection decides.
 */
static atomic_bool has_met_sendmail, has_met_another;

static void meet(SMFICTX *context)
{
	const char *version = smfi_getsymval(context, (char[]){ "v" });
	bool is_sendmail = version != NULL &&
			   isdigit((unsigned char)version[0]);

	if (is_sendmail)
		has_met_sendmail = true;
	else
		has_met_another = true;
}

/* Only the macros that are read; each list replaces the MTA's own. Can DATA be
 * seen by its mark? Over TCP its callback is sure to come. */
static bool ask_for_macros(SMFICTX *context)
{
	static const struct {
		const char *names;
		int stage;
		bool is_for_postfix;
	} lists[] = {
		{ "{daemon_name} v", SMFIM_CONNECT, false },
		{ "i {auth_authen} {mail_addr}", SMFIM_ENVFROM, false },
		{ "i {rcpt_addr}", SMFIM_ENVRCPT, true },
		{ "i", SMFIM_EOM, true },
	};
	bool is_sparing = service_is_stream(service) && has_met_sendmail &&
			  !has_met_another;
	bool is_taken = true;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const char *names = lists[i].is_for_postfix && is_sparing
					    ? ""
					    : lists[i].names;

		is_taken = ask_for(context, lists[i].stage, names) && is_taken;
	}
	return !service_is_stream(service) &&
	       ask_for(context, SMFIM_DATA, "i " DATA_MARK) && is_taken;
}

static sfsistat on_negotiate(SMFICTX *context, unsigned long offered_actions,
			     unsigned long offered_steps, unsigned long unused2,
			     unsigned long unused3, unsigned long *actions_r,
			     unsigned long *steps_r, unsigned long *unused2_r,
			     unsigned long *unused3_r)
{
	struct session *session = session_of(context);
	struct policy_needs needs;

	(void)unused2;
	(void)unused3;
	policy_needs(service_policy(service), session->settings, &needs);
	*actions_r = offered_actions & (SMFIF_QUARANTINE | SMFIF_SETSYMLIST);
	*steps_r = offered_steps & steps_wanted(&needs);
	*unused2_r = *unused3_r = 0;
	session->has_quarantine = (*actions_r & SMFIF_QUARANTINE) != 0;
	session->steps = *steps_r;
	if ((*actions_r & SMFIF_SETSYMLIST) != 0)
		session->has_data_mark = ask_for_macros(context);
	return SMFIS_CONTINUE;
}

/* Where no reply was agreed on, libmilter wants to hear so. */
static sfsistat go_on(const struct session *session, unsigned long no_reply)
{
	return (session->steps & no_reply) != 0 ? SMFIS_NOREPLY
						: SMFIS_CONTINUE;
}

/* macros */

static const char *queue_id_of(SMFICTX *context)
{
	return smfi_getsymval(context, (char[]){ "i" });
}

/*
 * An address as the MTA delivers it: box%dest.test is box@dest.test for
 * Postfix, and would be another sender or recipient. Sendmail gives a local one
 * without its domain, and some give none: then it is what the client wrote. The
 * null sender is nobody's to rewrite.
 */
static const char *address_of(SMFICTX *context, const char *macro,
			      char **arguments)
{
	const char *written = arguments[0] == NULL ? "" : arguments[0];
	const char *resolved = smfi_getsymval(context,
					      (char *)(uintptr_t)macro);

	if (resolved == NULL || strchr(resolved, '@') == NULL ||
	    written[0] == '\0' || strncmp(written, "<>", 2) == 0)
		return written;
	return resolved;
}

/* log */

static struct verdict_value value_of(const struct message_value *value)
{
	return (struct verdict_value){ value->data, value->length };
}

static void line_fill(struct verdict_line *line, SMFICTX *context,
		      const struct message *message,
		      const struct verdict *verdict)
{
	memset(line, 0, sizeof(*line));
	line->queue_id = queue_id_of(context);
	line->verdict = verdict_name(verdict->kind);
	if (verdict->limit != NULL) {
		line->limit = verdict->limit->name;
		line->used = verdict->used;
		line->max = verdict->max;
		line->per_ms = verdict->limit->per_ms;
		line->wait_ms = verdict->wait_ms;
	} else if (verdict->cause == VERDICT_BY_BLOCK) {
		line->block = verdict->order;
	}
	line->subject = verdict->subject;
	line->sender = message->sender.length == 0
			       ? (struct verdict_value){ "<>", 2 }
			       : value_of(&message->sender);
	line->client.data = message->client_text;
	line->client.length = strlen(message->client_text);
	line->login = value_of(&message->auth);
	line->recipient_count = message->recipient_count;
	for (size_t i = 0;
	     i < message->recipient_count &&
	     i < sizeof(line->recipients) / sizeof(line->recipients[0]);
	     i++)
		line->recipients[i] = value_of(&message->recipients[i].address);
}

/* recipient: the one that the verdict is about, NULL for all of them. */
static void log_verdict(SMFICTX *context, const struct message *message,
			const struct message_recipient *recipient,
			const struct verdict *verdict)
{
	struct verdict_line line;

	housekeeper_count(service_housekeeper(service), verdict->kind);
	if (feed_is_watched(housekeeper_feed(service_housekeeper(service))))
		feed_add(housekeeper_feed(service_housekeeper(service)),
			 queue_id_of(context), message, recipient, verdict);
	if (verdict->kind == VERDICT_ACCEPT &&
	    !log_is_wanted(LOG_GRAVITY_DEBUG))
		return;
	line_fill(&line, context, message, verdict);
	if (recipient != NULL) {
		line.recipients[0] = value_of(&recipient->address);
		line.recipient_count = 1;
	}
	if (verdict->kind == VERDICT_ACCEPT)
		verdict_log_write(&line);
	else
		verdict_log_add(service_verdict_log(service), &line,
				clock_steady_ms());
}

/* answers */

static void set_reply(SMFICTX *context, const struct session *session,
		      const struct verdict *verdict)
{
	struct reply reply;
	char text[2 * sizeof(reply.text)];
	size_t length = 0;

	reply_write(verdict, session->settings, &reply);
	/* both MTAs take % for a format: one % is written as two */
	for (const char *at = reply.text; *at != '\0'; at++) {
		text[length++] = *at;
		if (*at == '%')
			text[length++] = '%';
	}
	text[length] = '\0';
	if (smfi_setreply(context, reply.code, reply.status, text) !=
	    MI_SUCCESS)
		log_warning("the reply \"%s %s %s\" was not taken", reply.code,
			    reply.status, text);
}

static sfsistat answer(SMFICTX *context, const struct session *session,
		       const struct verdict *verdict)
{
	switch (verdict->kind) {
	case VERDICT_ACCEPT:
	case VERDICT_MONITOR:
	case VERDICT_QUARANTINE:
		break;
	case VERDICT_DISCARD:
		return SMFIS_DISCARD;
	case VERDICT_TEMPFAIL:
		set_reply(context, session, verdict);
		return SMFIS_TEMPFAIL;
	case VERDICT_REJECT:
		set_reply(context, session, verdict);
		return SMFIS_REJECT;
	}
	return SMFIS_CONTINUE;
}

/* Postfix before 3.10 forgets why: whoever releases the mail asks Redis. */
static void record_held(SMFICTX *context, const struct message *message,
			const struct verdict *verdict)
{
	const char *queue_id = queue_id_of(context);
	size_t count = message->recipient_count < HELD_RECIPIENTS_MAX
			       ? message->recipient_count
			       : HELD_RECIPIENTS_MAX;
	struct held held = {
		.queue_id = alloc_text(queue_id == NULL ? "" : queue_id),
		.when_ms = clock_wall_ms(),
		.limit = verdict->limit != NULL
				 ? alloc_text(verdict->limit->name)
				 : alloc_format(
					   "block:%llu",
					   (unsigned long long)verdict->order),
		.subject = alloc_text(verdict->subject),
		.used = verdict->used,
		.max = verdict->max,
		.per_ms = verdict->limit != NULL ? verdict->limit->per_ms : 0,
		.sender = held_shorten(message->sender.data),
		.recipients = alloc_array(count, sizeof(char *)),
		.recipient_count = count,
		.recipients_all = message->recipient_count,
		.client = alloc_text(message->client_text),
		.login = held_shorten(message->auth.data),
	};

	for (size_t i = 0; i < count; i++)
		held.recipients[i] = held_shorten(
			message->recipients[i].address.data);
	housekeeper_hold(service_housekeeper(service), &held);
}

/* An MTA that cannot hold mail must not let it through: the sender keeps it. */
static void quarantine(SMFICTX *context, const struct session *session,
		       struct verdict *verdict)
{
	char reason[TEMPLATE_TEXT_MAX + 1];

	reply_write_reason(verdict, reason);
	if (session->has_quarantine &&
	    smfi_quarantine(context, reason) == MI_SUCCESS) {
		record_held(context, &session->message, verdict);
		return;
	}
	log_warning("the MTA cannot quarantine, the message is tempfailed");
	verdict->kind = VERDICT_TEMPFAIL;
}

/* the stages */

static in_port_t port_of(const _SOCK_ADDR *address)
{
	return address->sa_family == AF_INET
		       ? ((const struct sockaddr_in *)(const void *)address)
				 ->sin_port
		       : ((const struct sockaddr_in6 *)(const void *)address)
				 ->sin6_port;
}

static sfsistat on_connect(SMFICTX *context, char *host, _SOCK_ADDR *address)
{
	struct session *session = session_of(context);
	struct message *message = &session->message;
	const char *listener = smfi_getsymval(context,
					      (char[]){ "{daemon_name}" });
	struct network_address client;
	bool has_client = network_from_sockaddr(address, &client);

	(void)host;
	message_set_client(message, has_client ? &client : NULL);
	/* Postfix plays the session of sendmail(1) with port 0 */
	message->is_simulated = message->is_local && has_client &&
				port_of(address) == 0;
	meet(context);
	message_set(&message->listener, listener,
		    listener == NULL ? 0 : strlen(listener));
	message->is_charged_at_data = policy_charges_at_data(session->settings,
							     message);
	session->listener = endings_find(service_endings(service),
					 message->listener.data);
	return go_on(session, SMFIP_NR_CONN);
}

static sfsistat on_helo(SMFICTX *context, char *name)
{
	struct session *session = session_of(context);

	message_set_helo(&session->message, &session->settings->identity, name);
	return go_on(session, SMFIP_NR_HELO);
}

/* SIZE=n among the parameters of MAIL (RFC 1870). */
static uint64_t declared_size(char **arguments)
{
	uint64_t bytes;
	char *end;

	for (size_t i = 1; arguments[0] != NULL && arguments[i] != NULL; i++) {
		if (strncasecmp(arguments[i], "SIZE=", 5) != 0 ||
		    !isdigit((unsigned char)arguments[i][5]))
			continue;
		bytes = strtoull(arguments[i] + 5, &end, 10);
		return bytes < WINDOW_COUNT_MAX ? bytes : WINDOW_COUNT_MAX;
	}
	return 0;
}

static sfsistat on_mail(SMFICTX *context, char **arguments)
{
	struct session *session = session_of(context);
	struct message *message = &session->message;
	struct verdict verdict;

	session_end_message(session);
	session->is_in_message = true;
	service_begin_message(service);
	message_set_auth(message,
			 smfi_getsymval(context, (char[]){ "{auth_authen}" }));
	message_set_sender(message, &session->settings->identity,
			   address_of(context, "{mail_addr}", arguments));
	message->declared_bytes = declared_size(arguments);
	policy_mail(service_policy(service), session->settings, message,
		    clock_steady_ms(), &verdict);
	if (verdict.kind == VERDICT_DISCARD) {
		session->is_discarded = true;
		session->discard = verdict;
	}
	if (!verdict_refuses(&verdict) || session->is_discarded)
		return SMFIS_CONTINUE;
	log_verdict(context, message, NULL, &verdict);
	session_end_message(session);
	return answer(context, session, &verdict);
}

static sfsistat on_rcpt(SMFICTX *context, char **arguments)
{
	struct session *session = session_of(context);
	struct message *message = &session->message;
	struct message_recipient *recipient;
	struct verdict verdict;

	recipient = message_add_recipient(
		message, &session->settings->identity,
		address_of(context, "{rcpt_addr}", arguments));
	if (!session->answers_rcpt || message->is_simulated ||
	    session->is_discarded)
		return go_on(session, SMFIP_NR_RCPT);
	policy_recipient(service_policy(service), session->settings, message,
			 recipient, clock_steady_ms(), &verdict);
	if (!verdict_refuses(&verdict))
		return SMFIS_CONTINUE;
	log_verdict(context, message, recipient, &verdict);
	message_drop_recipient(message);
	message->refused_recipients++;
	return answer(context, session, &verdict);
}

/* The moment that counts: here what there is is judged, once, and logged. */
static void judge(SMFICTX *context, struct session *session,
		  struct verdict *verdict)
{
	if (session->is_discarded)
		*verdict = session->discard;
	else
		policy_end(service_policy(service), session->settings,
			   &session->message, clock_steady_ms(), verdict);
	if (verdict->kind == VERDICT_QUARANTINE)
		quarantine(context, session, verdict);
	log_verdict(context, &session->message, NULL, verdict);
	session->message.refused_recipients = 0;
}

static sfsistat on_data(SMFICTX *context)
{
	struct session *session = session_of(context);
	struct message *message = &session->message;
	struct verdict verdict;

	session->has_data = true;
	if (!session->is_in_message || !message->is_charged_at_data)
		return go_on(session, SMFIP_NR_DATA);
	message->bytes = message->declared_bytes != 0 ? message->declared_bytes
						      : 1;
	judge(context, session, &verdict);
	session->is_charged = true;
	if (!verdict_refuses(&verdict))
		return SMFIS_CONTINUE;
	session_end_message(session);
	return answer(context, session, &verdict);
}

/* Counts as it stood on the wire: "Name: value" and CRLF for each line. */
static sfsistat on_header(SMFICTX *context, char *name, char *value)
{
	struct session *session = session_of(context);
	size_t length = strlen(name) + strlen(": ") + strlen(value) +
			strlen("\r\n");

	for (const char *at = value; *at != '\0'; at++)
		length += *at == '\n';
	session->message.bytes += length;
	return go_on(session, SMFIP_NR_HDR);
}

static sfsistat on_end_of_header(SMFICTX *context)
{
	struct session *session = session_of(context);

	session->message.bytes += strlen("\r\n");
	return go_on(session, SMFIP_NR_EOH);
}

static sfsistat on_body(SMFICTX *context, unsigned char *data, size_t length)
{
	struct session *session = session_of(context);

	(void)data;
	session->message.bytes += length;
	return go_on(session, SMFIP_NR_BODY);
}

static enum ending ending_of(SMFICTX *context, const struct session *session)
{
	if (session->has_data ||
	    (session->has_data_mark &&
	     smfi_getsymval(context, (char[]){ DATA_MARK }) != NULL))
		return ENDING_AT_DATA;
	return (session->steps & SMFIP_NODATA) != 0 ? ENDING_UNKNOWN
						    : ENDING_BEFORE_DATA;
}

/* Nothing is missed of a message that was charged at DATA. */
static void note_ending(SMFICTX *context, const struct session *session,
			enum ending ending)
{
	if (session->listener != NULL && !session->is_charged)
		endings_note(service_endings(service), session->listener,
			     ending, queue_id_of(context) != NULL);
}

static sfsistat on_end_of_message(SMFICTX *context)
{
	struct session *session = session_of(context);
	struct verdict verdict;

	verdict_accept(&verdict, VERDICT_BY_NOTHING);
	if (!session->is_charged)
		judge(context, session, &verdict);
	note_ending(context, session, ENDING_WHOLE);
	session_end_message(session);
	return answer(context, session, &verdict);
}

/* Without its end. */
static void give_up_message(SMFICTX *context, struct session *session)
{
	if (session->is_in_message && session->message.recipient_count != 0)
		note_ending(context, session, ending_of(context, session));
	session_end_message(session);
}

static sfsistat on_abort(SMFICTX *context)
{
	give_up_message(context, session_of(context));
	return SMFIS_CONTINUE;
}

static sfsistat on_close(SMFICTX *context)
{
	struct session *session = smfi_getpriv(context);

	if (session == NULL)
		return SMFIS_CONTINUE;
	/* libmilter need not have read the abort before it */
	give_up_message(context, session);
	message_clear(&session->message);
	settings_release(&session->settings);
	free(session);
	smfi_setpriv(context, NULL);
	return SMFIS_CONTINUE;
}

void session_serve(struct service *service_used)
{
	service = service_used;
}

const struct smfiDesc *session_description(void)
{
	static char name[] = "weir";
	static const struct smfiDesc description = {
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = SMFIF_QUARANTINE | SMFIF_SETSYMLIST,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_helo,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_eoh = on_end_of_header,
		.xxfi_body = on_body,
		.xxfi_eom = on_end_of_message,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_data = on_data,
		.xxfi_negotiate = on_negotiate,
	};

	return &description;
}
