/* SPDX-License-Identifier: ISC */
/*
 * One SMTP client, as the milter sees it. A session talks (queues packets,
 * stage after stage) until an answer is owed, sends what it has queued in one
 * write, and waits; the answer says where to go on. As in Postfix, what needs
 * no answer waits in the buffer for the next packet that does, except that
 * all is written after DATA: there smtpd hands the socket to cleanup.
 */
#include "load_envelope.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sysexits.h>
#include <unistd.h>

enum state {
	STATE_NEGOTIATING, /* the milter owes the answer to the offer */
	STATE_TALKING,
	STATE_WAITING, /* the milter owes an answer */
	STATE_HOLDING, /* idle, and stays so */
	STATE_OVER
};

struct session {
	struct load *load;
	struct milter_client client;
	struct envelope envelope;
	int fd;
	enum state state;
	bool is_idle;
	bool is_writing; /* the socket was full: EPOLLOUT is asked for */

	enum milter_stage stage;
	size_t part; /* of the stage: which recipient, header, chunk */
	unsigned messages_left;
	bool in_message;  /* MAIL has begun, no verdict yet */
	bool needs_abort; /* the milter has taken a MAIL since the last one */
	bool is_held;
	unsigned recipients_taken;
	enum verdict recipient_verdict; /* of the last one refused */

	uint64_t now_ns;
	uint64_t message_started_ns;
	enum timing timing; /* what runs; TIMINGS when nothing does */
	uint64_t timing_started_ns;
	uint64_t answered_ns; /* 0: not yet */
};

static const enum timing timings[MILTER_STAGES] = {
	[MILTER_CONNECT] = TIMING_CONNECT, [MILTER_HELO] = TIMING_CONNECT,
	[MILTER_MAIL] = TIMING_MAIL,	   [MILTER_RCPT] = TIMING_RCPT,
	[MILTER_DATA] = TIMING_DATA,	   [MILTER_HEADER] = TIMING_CONTENT,
	[MILTER_EOH] = TIMING_CONTENT,	   [MILTER_BODY] = TIMING_CONTENT,
	[MILTER_EOM] = TIMING_EOM,
};

static void timing_stop(struct session *session)
{
	if (session->timing != TIMINGS && session->answered_ns != 0)
		histogram_add(&session->load->tally->timings[session->timing],
			      session->answered_ns -
				      session->timing_started_ns);
	session->timing = TIMINGS;
	session->answered_ns = 0;
}

static void timing_start(struct session *session, enum timing timing)
{
	if (session->timing == timing)
		return;
	timing_stop(session);
	session->timing = timing;
	session->timing_started_ns = session->now_ns;
}

static bool is_run_over(const struct session *session)
{
	const struct load *load = session->load;

	return load->is_stopping ||
	       (load->options->messages != 0 &&
		load->messages_begun >= load->options->messages) ||
	       (load->deadline_ns != 0 && session->now_ns >= load->deadline_ns);
}

/* Whether one more message may begin; it counts as begun then. */
static bool take_message(struct session *session)
{
	if (is_run_over(session))
		return false;
	envelope_set_message(&session->envelope,
			     session->load->messages_begun++);
	return true;
}

static void watch(struct session *session, int operation, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = session };

	if (epoll_ctl(session->load->epoll, operation, session->fd, &event) < 0)
		err(EX_OSERR, "epoll_ctl");
}

/* False when the connection is gone. */
static bool send_queued(struct session *session)
{
	struct milter_bytes *out = &session->client.out;
	bool was_writing = session->is_writing;
	ssize_t sent = 0;

	while (out->start < out->length && sent >= 0) {
		sent = send(session->fd, out->data + out->start,
			    out->length - out->start, MSG_NOSIGNAL);
		if (sent > 0)
			out->start += (size_t)sent;
	}
	session->is_writing = out->start < out->length;
	if (!session->is_writing)
		out->start = out->length = 0;
	else if (errno != EAGAIN && errno != EINTR)
		return false;
	if (was_writing != session->is_writing)
		watch(session, EPOLL_CTL_MOD,
		      session->is_writing ? EPOLLIN | EPOLLOUT : EPOLLIN);
	return true;
}

/* False when the milter cannot be reached; errno says why. */
static bool dial(struct session *session)
{
	const struct options *options = session->load->options;
	int fd = socket(options->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC,
			0);

	session->now_ns = load_now_ns();
	timing_start(session, TIMING_CONNECT);
	/* Blocking: the kernel's queue may be full for a moment. */
	if (fd < 0 ||
	    connect(fd, (const struct sockaddr *)&options->address,
		    options->address_length) < 0 ||
	    fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
		int error = errno;

		if (fd >= 0)
			close(fd);
		errno = error;
		return false;
	}
	session->fd = fd;
	session->is_writing = false;
	session->messages_left = options->messages_per_connection;
	session->state = STATE_NEGOTIATING;
	watch(session, EPOLL_CTL_ADD, EPOLLIN);
	envelope_set_client(&session->envelope,
			    session->load->tally->connections++);
	milter_client_start(&session->client);
	milter_client_offer(&session->client);
	return true;
}

static void hang_up(struct session *session)
{
	timing_stop(session);
	if (session->fd < 0)
		return;
	if (session->needs_abort)
		milter_client_queue_bare(&session->client, SMFIC_ABORT);
	milter_client_queue_bare(&session->client, SMFIC_QUIT);
	session->needs_abort = false;
	send_queued(session);
	close(session->fd);
	session->fd = -1;
}

static void finish(struct session *session)
{
	hang_up(session);
	if (!session->is_idle && session->state != STATE_OVER)
		session->load->active--;
	session->state = STATE_OVER;
}

static void dial_again(struct session *session)
{
	hang_up(session);
	if (is_run_over(session) || session->is_idle) {
		finish(session);
		return;
	}
	if (!dial(session) || !send_queued(session)) {
		warn("%s", session->load->options->socket);
		finish(session);
	}
}

static void count_message(struct session *session, enum verdict verdict)
{
	struct tally *tally = session->load->tally;

	tally->verdicts[verdict]++;
	tally->ended_ns = session->now_ns;
	session->in_message = false;
}

static void begin_message(struct session *session)
{
	if (session->is_idle) {
		timing_stop(session);
		session->load->idle_ready++;
		session->state = STATE_HOLDING;
		return;
	}
	if (session->messages_left == 0 || !take_message(session)) {
		dial_again(session);
		return;
	}
	session->messages_left--;
	session->in_message = true;
	session->is_held = false;
	session->recipients_taken = 0;
	session->message_started_ns = session->now_ns;
	session->stage = MILTER_MAIL;
	session->part = 0;
	if (session->needs_abort)
		milter_client_queue_bare(&session->client, SMFIC_ABORT);
	session->needs_abort = false;
}

static void end_message(struct session *session, enum verdict verdict)
{
	timing_stop(session);
	histogram_add(&session->load->tally->timings[TIMING_MESSAGE],
		      session->now_ns - session->message_started_ns);
	count_message(session, verdict);
	session->state = STATE_TALKING;
	begin_message(session);
}

/* A verdict on CONNECT or HELO: the MTA asks no more on this connection. */
static void end_connection(struct session *session, enum verdict verdict)
{
	while (session->messages_left > 0 && take_message(session)) {
		session->messages_left--;
		count_message(session, verdict);
	}
	dial_again(session);
}

/* The milter broke off or broke the protocol. */
static void lose(struct session *session)
{
	bool is_counted = session->in_message || take_message(session);

	if (session->is_idle)
		errx(EX_PROTOCOL, "the milter closed an idle connection");
	if (is_counted)
		count_message(session, VERDICT_LOST);
	/* There is nobody to say ABORT and QUIT to. */
	close(session->fd);
	session->fd = -1;
	session->needs_abort = false;
	timing_stop(session);
	dial_again(session);
}

static void say_part(struct session *session)
{
	struct envelope *envelope = &session->envelope;
	char buffer[ENVELOPE_BUFFER_SIZE];
	const void *data;
	size_t length;

	timing_start(session, timings[session->stage]);
	/* Postfix opens the queue file for the first recipient taken. */
	if (session->stage > MILTER_MAIL && session->recipients_taken > 0)
		envelope_show_queue_id(envelope);
	length = envelope_data(envelope, session->stage, session->part, buffer,
			       &data);
	milter_client_queue(&session->client, session->stage, &envelope->values,
			    data, length);
	if (milter_client_waits(&session->client, session->stage))
		session->state = STATE_WAITING;
	else if (session->stage == MILTER_RCPT)
		session->recipients_taken++;
	if (session->stage == MILTER_MAIL)
		session->needs_abort = true;
	session->part++;
}

static size_t parts(const struct session *session)
{
	return envelope_parts(&session->envelope, session->stage);
}

static void next_stage(struct session *session)
{
	if (session->stage == MILTER_RCPT && session->recipients_taken == 0) {
		end_message(session, session->recipient_verdict);
		return;
	}
	session->part = 0;
	if (session->stage == MILTER_HELO)
		begin_message(session);
	else
		session->stage++;
}

/* Says all that can be said before the milter has to answer. */
static void talk(struct session *session)
{
	bool is_sent = true;

	while (session->state == STATE_TALKING && is_sent) {
		if (session->part >= parts(session)) {
			next_stage(session);
			continue;
		}
		say_part(session);
		if (session->stage == MILTER_DATA)
			is_sent = send_queued(session);
	}
	if (session->state == STATE_WAITING)
		is_sent = send_queued(session);
	if (!is_sent)
		lose(session);
}

enum effect {
	EFFECT_BROKEN, /* no such answer */
	EFFECT_GO_ON,
	EFFECT_WAIT, /* the verdict is yet to come */
	EFFECT_HOLD, /* the same, and the message is quarantined */
	EFFECT_SKIP,
	/* From here on: final, and at CONNECT and HELO for all messages. */
	EFFECT_END,
	EFFECT_REFUSE,
	EFFECT_CLOSE
};

static const struct answer {
	char command;
	enum effect effect;
	enum verdict verdict;
} answers[] = {
	{ SMFIR_CONTINUE, EFFECT_GO_ON, VERDICT_ACCEPTED },
	{ SMFIR_ACCEPT, EFFECT_END, VERDICT_ACCEPTED },
	{ SMFIR_DISCARD, EFFECT_END, VERDICT_DISCARDED },
	{ SMFIR_REJECT, EFFECT_REFUSE, VERDICT_REJECTED },
	{ SMFIR_TEMPFAIL, EFFECT_REFUSE, VERDICT_TEMPFAILED },
	{ SMFIR_REPLYCODE, EFFECT_REFUSE, VERDICT_REJECTED },
	{ SMFIR_SHUTDOWN, EFFECT_CLOSE, VERDICT_TEMPFAILED },
	{ SMFIR_CONN_FAIL, EFFECT_CLOSE, VERDICT_TEMPFAILED },
	{ SMFIR_QUARANTINE, EFFECT_HOLD, VERDICT_QUARANTINED },
	{ SMFIR_SKIP, EFFECT_SKIP, VERDICT_ACCEPTED },
	{ SMFIR_PROGRESS, EFFECT_WAIT, VERDICT_ACCEPTED },
	{ SMFIR_ADDRCPT, EFFECT_WAIT, VERDICT_ACCEPTED },
	{ SMFIR_ADDRCPT_PAR, EFFECT_WAIT, VERDICT_ACCEPTED },
	{ SMFIR_DELRCPT, EFFECT_WAIT, VERDICT_ACCEPTED },
	{ SMFIR_CHGFROM, EFFECT_WAIT, VERDICT_ACCEPTED },
	{ SMFIR_ADDHEADER, EFFECT_WAIT, VERDICT_ACCEPTED },
	{ SMFIR_INSHEADER, EFFECT_WAIT, VERDICT_ACCEPTED },
	{ SMFIR_CHGHEADER, EFFECT_WAIT, VERDICT_ACCEPTED },
	{ SMFIR_REPLBODY, EFFECT_WAIT, VERDICT_ACCEPTED },
};

static struct answer answer_of(const struct milter_packet *packet)
{
	static const struct answer broken = { 0, EFFECT_BROKEN, VERDICT_LOST };
	struct answer answer = broken;
	size_t n;

	for (n = 0; n < sizeof(answers) / sizeof(answers[0]); n++) {
		if (answers[n].command == packet->command)
			answer = answers[n];
	}
	if (answer.command == SMFIR_REPLYCODE && packet->length > 0 &&
	    packet->data[0] == '4')
		answer.verdict = VERDICT_TEMPFAILED;
	return answer;
}

static void go_on(struct session *session)
{
	session->state = STATE_TALKING;
	if (session->stage == MILTER_EOM)
		end_message(session, session->is_held ? VERDICT_QUARANTINED
						      : VERDICT_ACCEPTED);
	else if (session->stage == MILTER_RCPT)
		session->recipients_taken++;
}

static void refuse(struct session *session, enum verdict verdict)
{
	if (session->stage == MILTER_RCPT) {
		session->load->tally->refused_recipients++;
		session->recipient_verdict = verdict;
		session->state = STATE_TALKING;
		return;
	}
	/* Postfix has no sender to forget yet when MAIL is refused. */
	if (session->stage == MILTER_MAIL)
		session->needs_abort = false;
	end_message(session, verdict);
}

/* No more of this stage. There is nothing behind the end of the message. */
static void skip(struct session *session)
{
	session->part = parts(session);
	session->state = STATE_TALKING;
	if (session->stage == MILTER_EOM)
		lose(session);
}

static void obey(struct session *session, const struct answer *answer)
{
	switch (answer->effect) {
	case EFFECT_GO_ON:
		go_on(session);
		break;
	case EFFECT_WAIT:
		break;
	case EFFECT_HOLD:
		session->is_held = true;
		break;
	case EFFECT_SKIP:
		skip(session);
		break;
	case EFFECT_END:
		end_message(session, session->is_held ? VERDICT_QUARANTINED
						      : answer->verdict);
		break;
	case EFFECT_REFUSE:
		refuse(session, answer->verdict);
		break;
	case EFFECT_CLOSE:
		count_message(session, answer->verdict);
		end_connection(session, answer->verdict);
		break;
	case EFFECT_BROKEN:
		lose(session);
		break;
	}
}

static void hear(struct session *session, const struct milter_packet *packet)
{
	struct answer answer = answer_of(packet);

	session->answered_ns = session->now_ns;
	if (session->state == STATE_NEGOTIATING) {
		session->state = STATE_TALKING;
		session->stage = MILTER_CONNECT;
		session->part = 0;
		if (!milter_client_agree(&session->client, packet))
			lose(session);
		return;
	}
	if (session->state != STATE_WAITING) {
		lose(session);
		return;
	}
	if (session->stage == MILTER_RCPT)
		timing_stop(session);
	if (session->stage <= MILTER_HELO && answer.effect >= EFFECT_END)
		end_connection(session, answer.verdict);
	else
		obey(session, &answer);
}

/* False when the milter is gone. */
static bool receive(struct session *session)
{
	struct milter_bytes *in = &session->client.in;
	ssize_t received;

	milter_bytes_reserve(in, 4096);
	received = recv(session->fd, in->data + in->length,
			in->size - in->length, 0);
	if (received < 0)
		return errno == EAGAIN || errno == EINTR;
	in->length += (size_t)received;
	return received > 0;
}

void session_ready(struct session *session, uint32_t events)
{
	struct milter_packet packet;
	enum milter_found found = MILTER_PACKET;

	session->now_ns = load_now_ns();
	if (((events & EPOLLOUT) != 0 && !send_queued(session)) ||
	    ((events & ~(uint32_t)EPOLLOUT) != 0 && !receive(session))) {
		lose(session);
		return;
	}
	while (session->state != STATE_OVER) {
		found = milter_client_take(&session->client, &packet);
		if (found != MILTER_PACKET)
			break;
		hear(session, &packet);
		talk(session);
	}
	if (found == MILTER_BROKEN)
		lose(session);
}

struct session *session_new(struct load *load, bool is_idle)
{
	struct session *session = calloc(1, sizeof(*session));

	if (session == NULL)
		err(EX_OSERR, "a session");
	session->load = load;
	session->envelope.options = load->options;
	session->envelope.body = load->body;
	session->is_idle = is_idle;
	session->fd = -1;
	session->timing = TIMINGS;
	if (!is_idle)
		load->active++;
	if (!dial(session) || !send_queued(session)) {
		finish(session);
		session_free(&session);
	}
	return session;
}

void session_free(struct session **session)
{
	if (*session == NULL)
		return;
	finish(*session);
	milter_client_free(&(*session)->client);
	free(*session);
	*session = NULL;
}
