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
 * end (see endings.h).
 *
 * A discard is always answered at the end. Answered at MAIL, Postfix would
 * show the message once more, as mail of this host, to non_smtpd_milters, and
 * it would be counted and logged twice.
 */
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <libmilter/mfapi.h>
#include <libmilter/mfdef.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"
#include "lib/watch/headers.h"
#include "lib/base/clock.h"
#include "milter/common/reply.h"
#include "negotiation.h"
#include "service.h"
#include "session.h"

struct session {
	struct settings *settings; /* those it began with */
	struct message message;
	struct verdict discard;	 /* with is_discarded */
	struct headers *headers; /* of the message; NULL: none so far */
	struct endings_listener *listener;
	unsigned long steps; /* what was negotiated: SMFIP_* */
	bool has_quarantine; /* the MTA can hold mail */
	bool answers_rcpt;   /* some recipient could be refused */
	bool is_in_message;
	bool keeps_headers; /* of this message, all or none */
	bool has_data;	    /* DATA was reached: its callback said so */
	bool is_charged;    /* at DATA: its end changes nothing */
	bool is_discarded;  /* known since MAIL, answered at the end */
};

/* There is one service a process, and libmilter has no place for it. */
static struct service *service;

static struct session *session_new(SMFICTX *context)
{
	struct session *session = alloc_zero(sizeof(*session));
	struct policy_needs needs;

	session->settings = current_settings_get(&service->settings);
	policy_needs(service->policy, session->settings, &needs);
	session->answers_rcpt = needs.rcpt_answer;
	message_init(&session->message);
	atomic_fetch_add_explicit(&service->sessions_opened, 1,
				  memory_order_relaxed);
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
	policy_abandon(service->policy, session->settings, &session->message);
	message_reset(&session->message);
	session->is_in_message = false;
	session->is_discarded = false;
	session->is_charged = false;
	session->has_data = false;
	if (session->headers != NULL)
		headers_clear(session->headers);
	atomic_fetch_sub(&service->messages, 1);
}

/* negotiation: only the stages that are needed */

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
	policy_needs(service->policy, session->settings, &needs);
	needs.headers = service_asks_for_headers(service, session->settings);
	*actions_r = offered_actions & (SMFIF_QUARANTINE | SMFIF_SETSYMLIST);
	*steps_r = offered_steps &
		   negotiation_steps(&needs, service->is_stream,
				     endings_are_doubtful(service->endings));
	*unused2_r = *unused3_r = 0;
	session->has_quarantine = (*actions_r & SMFIF_QUARANTINE) != 0;
	session->steps = *steps_r;
	if ((*actions_r & SMFIF_SETSYMLIST) != 0)
		negotiation_ask_for_macros(context, service->is_stream);
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
 * null sender stays as it is.
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

/* events */

/* recipient: the one that the verdict is about, NULL for all. */
static void report(SMFICTX *context, enum event_stage stage,
		   const struct message_recipient *recipient,
		   const struct verdict *verdict)
{
	const char *queue_id = queue_id_of(context);
	const struct headers *headers = session_of(context)->headers;
	char content[FINGERPRINT_SIZE];
	struct event event;

	event_make(&event, &session_of(context)->message, recipient, verdict);
	if (headers != NULL) {
		event.headers = headers;
		event.content = headers_fingerprint(headers, content);
	}
	event.when_ms = clock_wall_ms();
	event.steady_ms = clock_steady_ms();
	event.stage = stage;
	if (queue_id != NULL)
		event.queue_id = queue_id;
	service_report(service, &event);
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
		log_warning("libmilter did not accept the reply \"%s %s %s\"",
			    reply.code, reply.status, text);
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

/* An MTA that cannot hold mail must not let it through: the sender keeps it. */
static void quarantine(SMFICTX *context, const struct session *session,
		       struct verdict *verdict)
{
	char reason[TEMPLATE_TEXT_MAX + 1];

	reply_write_reason(verdict, reason);
	if (session->has_quarantine &&
	    smfi_quarantine(context, reason) == MI_SUCCESS)
		return;
	log_warning("the MTA cannot quarantine; the message is tempfailed");
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
	negotiation_note_mta(context);
	message_set(&message->listener, listener,
		    listener == NULL ? 0 : strlen(listener));
	message->is_charged_at_data = policy_charges_at_data(session->settings,
							     message);
	session->listener = endings_find(service->endings,
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

static sfsistat begin_message(SMFICTX *context, char **arguments)
{
	struct session *session = session_of(context);
	struct message *message = &session->message;
	struct verdict verdict;

	session_end_message(session);
	session->is_in_message = true;
	session->keeps_headers = service_wants_headers(service,
						       session->settings);
	atomic_fetch_add(&service->messages, 1);
	message_set_auth(message,
			 smfi_getsymval(context, (char[]){ "{auth_authen}" }));
	message_set_sender(message, &session->settings->identity,
			   address_of(context, "{mail_addr}", arguments));
	message->declared_bytes = declared_size(arguments);
	policy_mail(service->policy, session->settings, message,
		    clock_steady_ms(), &verdict);
	if (verdict.kind == VERDICT_DISCARD) {
		session->is_discarded = true;
		session->discard = verdict;
	}
	if (!verdict_refuses(&verdict) || session->is_discarded)
		return SMFIS_CONTINUE;
	report(context, EVENT_AT_MAIL, NULL, &verdict);
	session_end_message(session);
	return answer(context, session, &verdict);
}

static sfsistat on_mail(SMFICTX *context, char **arguments)
{
	uint64_t begun_ns = clock_steady_ns();
	sfsistat reply = begin_message(context, arguments);

	service_note_wait(service, EVENT_AT_MAIL, begun_ns);
	return reply;
}

static sfsistat judge_recipient(SMFICTX *context,
				struct message_recipient *recipient)
{
	struct session *session = session_of(context);
	struct message *message = &session->message;
	struct verdict verdict;

	policy_recipient(service->policy, session->settings, message, recipient,
			 clock_steady_ms(), &verdict);
	if (!verdict_refuses(&verdict))
		return SMFIS_CONTINUE;
	report(context, EVENT_AT_RCPT, recipient, &verdict);
	message_drop_recipient(message);
	message->refused_recipients++;
	return answer(context, session, &verdict);
}

static sfsistat on_rcpt(SMFICTX *context, char **arguments)
{
	uint64_t begun_ns = clock_steady_ns();
	struct session *session = session_of(context);
	struct message *message = &session->message;
	struct message_recipient *recipient;
	sfsistat reply;

	recipient = message_add_recipient(
		message, &session->settings->identity,
		address_of(context, "{rcpt_addr}", arguments));
	if (!session->answers_rcpt || message->is_simulated ||
	    session->is_discarded)
		return go_on(session, SMFIP_NR_RCPT);
	reply = judge_recipient(context, recipient);
	service_note_wait(service, EVENT_AT_RCPT, begun_ns);
	return reply;
}

/* The one moment that counts: judges the message and reports the verdict. */
static void judge(SMFICTX *context, enum event_stage stage,
		  struct verdict *verdict)
{
	struct session *session = session_of(context);

	if (session->is_discarded)
		*verdict = session->discard;
	else
		policy_end(service->policy, session->settings,
			   &session->message, clock_steady_ms(), verdict);
	if (verdict->kind == VERDICT_QUARANTINE)
		quarantine(context, session, verdict);
	report(context, stage, NULL, verdict);
	session->message.refused_recipients = 0;
}

static sfsistat on_data(SMFICTX *context)
{
	uint64_t begun_ns = clock_steady_ns();
	struct session *session = session_of(context);
	struct message *message = &session->message;
	struct verdict verdict;

	session->has_data = true;
	if (!session->is_in_message || !message->is_charged_at_data)
		return go_on(session, SMFIP_NR_DATA);
	message->bytes = message->declared_bytes != 0 ? message->declared_bytes
						      : 1;
	judge(context, EVENT_AT_DATA, &verdict);
	service_note_wait(service, EVENT_AT_DATA, begun_ns);
	session->is_charged = true;
	if (!verdict_refuses(&verdict))
		return SMFIS_CONTINUE;
	session_end_message(session);
	return answer(context, session, &verdict);
}

static bool counts_bytes(const struct session *session)
{
	return (session->steps & SMFIP_NOBODY) == 0;
}

/* Of a session that has them anyway, or was asked for them. */
static void keep_header(struct session *session, const char *name,
			const char *value)
{
	if (!session->keeps_headers)
		return;
	if (session->headers == NULL)
		session->headers = alloc_zero(sizeof(*session->headers));
	headers_add(session->headers, name, value);
}

/* Counts as it was on the wire: "Name: value" and CRLF for each line. */
static sfsistat on_header(SMFICTX *context, char *name, char *value)
{
	struct session *session = session_of(context);
	size_t length = strlen(name) + strlen(": ") + strlen(value) +
			strlen("\r\n");

	for (const char *at = value; *at != '\0'; at++)
		length += *at == '\n';
	if (counts_bytes(session))
		session->message.bytes += length;
	keep_header(session, name, value);
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

static enum ending ending_of(const struct session *session)
{
	if (session->has_data)
		return ENDING_AT_DATA;
	return (session->steps & SMFIP_NODATA) != 0 ? ENDING_UNKNOWN
						    : ENDING_BEFORE_DATA;
}

/* Nothing is missed of a message that was charged at DATA. */
static void note_ending(SMFICTX *context, const struct session *session,
			enum ending ending)
{
	if (session->listener != NULL && !session->is_charged)
		endings_note(service->endings, session->listener, ending,
			     queue_id_of(context) != NULL);
}

static sfsistat on_end_of_message(SMFICTX *context)
{
	uint64_t begun_ns = clock_steady_ns();
	struct session *session = session_of(context);
	struct verdict verdict;

	verdict_accept(&verdict, VERDICT_BY_NOTHING);
	if (!session->is_charged)
		judge(context, EVENT_AT_END, &verdict);
	note_ending(context, session, ENDING_WHOLE);
	session_end_message(session);
	service_note_wait(service, EVENT_AT_END, begun_ns);
	return answer(context, session, &verdict);
}

/* Without its end. */
static void give_up_message(SMFICTX *context, struct session *session)
{
	if (session->is_in_message && session->message.recipient_count != 0)
		note_ending(context, session, ending_of(session));
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
	free(session->headers);
	free(session);
	atomic_fetch_add_explicit(&service->sessions_closed, 1,
				  memory_order_relaxed);
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
