/* SPDX-License-Identifier: ISC */

/*
 * Does what the milter's callbacks do, one message after the other: MAIL, each
 * RCPT, the end, all of them at the moment when the message ended, because
 * the log knows no other. A recipient whose address is hidden is a recipient
 * without one: it counts as one, but has no subject.
 */
#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/policy/assess.h"
#include "lib/policy/exemption.h"
#include "lib/policy/policy.h"
#include "lib/policy/subject.h"
#include "lib/store/store.h"
#include "lib/store/store_memory.h"
#include "replay.h"

#define ROWS_MAX 1000000
#define LOCAL	 "127.0.0.1" /* what Postfix says of mail of sendmail(1) */

/* A store in front of another: passes each question on, and notes in a tally
 * how much of each window was used. */
struct meter {
	struct store store; /* first */
	struct store *inner;
	struct tally *tally;
};

static struct meter *meter_of(struct store *store)
{
	return (struct meter *)(void *)store;
}

static void meter_note(struct tally *tally, const struct charge *charge,
		       uint64_t used, uint64_t now_ms)
{
	struct tally_row *row = tally_find(tally, charge->key,
					   charge->key_length);

	if (row == NULL || used <= row->peak)
		return;
	row->peak = used;
	row->peak_ms = now_ms;
}

static enum store_answer meter_ask(struct store *store,
				   enum store_question question,
				   struct charge *charges, size_t count,
				   uint64_t now_ms)
{
	struct meter *meter = meter_of(store);
	enum store_answer answer = store_ask(meter->inner, question, charges,
					     count, now_ms);

	for (size_t i = 0; i < count; i++)
		meter_note(meter->tally, &charges[i], charges[i].used, now_ms);
	return answer;
}

static void meter_free(struct store *store)
{
	struct meter *meter = meter_of(store);

	store_free(&meter->inner);
	free(meter);
}

static struct store *meter_new(struct store *inner, struct tally *tally)
{
	static const struct store_methods methods = { .ask = meter_ask,
						      .free = meter_free };
	struct meter *meter = alloc_zero(sizeof(*meter));

	meter->store.methods = &methods;
	meter->inner = inner;
	meter->tally = tally;
	return &meter->store;
}

struct replay {
	const struct settings *settings;
	struct store *windows, *meter; /* windows belongs to meter */
	struct policy *policy;
	struct tally *tally;
	struct replay_limit *limits;
	struct replay_totals totals;
	uint64_t now_ms, ticked_ms;
	bool answers_rcpt, has_ceiling;
};

struct replay *replay_new(const struct settings *settings, size_t max_windows)
{
	struct replay *replay = alloc_zero(sizeof(*replay));
	struct policy_needs needs;

	replay->settings = settings;
	replay->tally = tally_new(settings, ROWS_MAX);
	replay->windows = store_memory_new(max_windows);
	replay->meter = meter_new(replay->windows, replay->tally);
	replay->policy = policy_new(replay->meter, NULL, max_windows);
	replay->limits = alloc_array(settings->limit_count,
				     sizeof(*replay->limits));
	policy_needs(replay->policy, settings, &needs);
	replay->answers_rcpt = needs.rcpt_answer;
	replay->has_ceiling = assess_has_ceiling(settings);
	return replay;
}

void replay_free(struct replay **replay_r)
{
	struct replay *replay = *replay_r;

	if (replay == NULL)
		return;
	policy_free(&replay->policy);
	store_free(&replay->meter);
	tally_free(&replay->tally);
	free(replay->limits);
	free(replay);
	*replay_r = NULL;
}

/* the clock */

/* The windows find out by themselves; what was refused for the next second
 * would be refused until the log is there again. */
static void step_back(struct replay *replay)
{
	struct orders *none = NULL;

	replay->totals.steps_back++;
	policy_set_orders(replay->policy, &none);
}

static void move_clock(struct replay *replay, uint64_t time_ms)
{
	struct replay_totals *totals = &replay->totals;

	if (time_ms + REPLAY_STEP_MS < replay->now_ms) {
		step_back(replay);
		replay->now_ms = time_ms;
	} else if (time_ms > replay->now_ms) {
		replay->now_ms = time_ms;
	}
	if (totals->first_ms == 0 || time_ms < totals->first_ms)
		totals->first_ms = time_ms;
	if (time_ms > totals->last_ms)
		totals->last_ms = time_ms;
	if (replay->now_ms / 1000 == replay->ticked_ms / 1000)
		return;
	replay->ticked_ms = replay->now_ms;
	policy_tick(replay->policy, replay->settings->redis.on_failure,
		    replay->now_ms);
}

/* what is noted */

static struct tally_row *row_of(struct replay *replay,
				const struct verdict *verdict)
{
	char key[WINDOW_KEY_SIZE];
	struct text text;

	text_init(&text, key, sizeof(key));
	subject_add_window(&text, verdict->subject, verdict->limit);
	return tally_find(replay->tally, key, text.length);
}

/* What became of the message, and because of what. */
static bool note(struct replay *replay, const struct verdict *verdict)
{
	struct tally_row *row;

	replay->totals.kinds[verdict->kind]++;
	replay->totals.exempt += verdict->cause == VERDICT_BY_EXEMPTION;
	if (verdict->limit == NULL)
		return verdict_refuses(verdict);
	replay->limits[verdict->limit - replay->settings->limits]
		.kinds[verdict->kind]++;
	row = row_of(replay, verdict);
	if (row != NULL && verdict_refuses(verdict))
		row->stopped++;
	else if (row != NULL)
		row->noticed++;
	return verdict_refuses(verdict);
}

/* the message */

static void fill(const struct replay *replay, const struct log_message *log,
		 struct message *message)
{
	const struct address_rules *rules = &replay->settings->identity;

	message_init(message);
	message->has_client = network_parse(log->is_local ? LOCAL : log->client,
					    &message->client);
	if (message->has_client)
		network_format(&message->client, 128, message->client_text);
	message->is_local = !message->has_client ||
			    network_is_loopback(&message->client);
	message->is_simulated = log->is_local;
	message_set_auth(message, log->login);
	message_set_helo(message, rules, log->helo);
	message_set_sender(message, rules, log->sender);
	message->declared_bytes = log->bytes;
}

/* One recipient; true when it was refused, and is none. */
static bool take_recipient(struct replay *replay, struct message *message,
			   const char *address, struct verdict *verdict)
{
	struct message_recipient *recipient = message_add_recipient(
		message, &replay->settings->identity, address);

	if (!replay->answers_rcpt || message->is_simulated)
		return false;
	policy_recipient(replay->policy, replay->settings, message, recipient,
			 replay->now_ms, verdict);
	if (!verdict_refuses(verdict))
		return false;
	message_drop_recipient(message);
	message->refused_recipients++;
	return true;
}

/* Of a message that was refused at MAIL no recipient is known; it had one. */
static uint64_t hidden_of(const struct log_message *log)
{
	if (log->recipient_count == 0 && log->hidden == 0)
		return 1;
	return log->hidden < LOG_RECIPIENTS_MAX ? log->hidden
						: LOG_RECIPIENTS_MAX;
}

/* *verdict is the last refusal, if there was one. */
static void take_recipients(struct replay *replay,
			    const struct log_message *log,
			    struct message *message, struct verdict *verdict)
{
	struct verdict one;

	for (size_t i = 0; i < log->recipient_count; i++)
		if (take_recipient(replay, message, log->recipients[i].address,
				   &one)) {
			replay->totals.recipients_refused++;
			if (one.limit != NULL)
				replay->limits[one.limit -
					       replay->settings->limits]
					.recipients_refused++;
			*verdict = one;
		}
	for (uint64_t i = hidden_of(log); i > 0; i--)
		if (take_recipient(replay, message, "", &one))
			*verdict = one;
}

static void meter_ceilings(struct replay *replay, const struct message *message)
{
	struct arena arena;
	struct charge_list bill;
	bool *is_exempt;

	arena_init(&arena, NULL, 0);
	is_exempt = arena_take(&arena, message->recipient_count);
	exemption_of_recipients(replay->settings, message, is_exempt);
	assess_end(replay->settings, message, is_exempt, &arena, &bill);
	for (size_t i = 0; i < bill.count; i++)
		if (limit_is_ceiling(bill.lines[i].limit))
			meter_note(replay->tally, &bill.charges[i],
				   bill.charges[i].cost, replay->now_ms);
	charge_list_clear(&bill);
	arena_clear(&arena);
}

/* The policy asks no store about these: what the message has, also when it is
 * refused before its end. Leaves the message as it was. */
static void note_ceilings(struct replay *replay, const struct log_message *log,
			  struct message *message)
{
	if (!replay->has_ceiling ||
	    exemption_of_message(replay->settings, message))
		return;
	for (size_t i = 0; i < log->recipient_count; i++)
		message_add_recipient(message, &replay->settings->identity,
				      log->recipients[i].address);
	for (uint64_t i = hidden_of(log); i > 0; i--)
		message_add_recipient(message, &replay->settings->identity, "");
	message->bytes = log->bytes;
	meter_ceilings(replay, message);
	message->bytes = 0;
	while (message->recipient_count != 0)
		message_drop_recipient(message);
}

static bool judge(struct replay *replay, const struct log_message *log,
		  struct message *message)
{
	const struct settings *settings = replay->settings;
	struct verdict verdict;

	note_ceilings(replay, log, message);
	policy_mail(replay->policy, settings, message, replay->now_ms,
		    &verdict);
	if (verdict_refuses(&verdict))
		return note(replay, &verdict);
	take_recipients(replay, log, message, &verdict);
	if (message->recipient_count == 0) {
		policy_abandon(replay->policy, settings, message);
		return note(replay, &verdict);
	}
	message->bytes = log->bytes;
	policy_end(replay->policy, settings, message, replay->now_ms, &verdict);
	return note(replay, &verdict);
}

bool replay_take(struct replay *replay, const struct log_message *log)
{
	struct message message;
	bool is_stopped;

	move_clock(replay, log->time_ms);
	replay->totals.messages++;
	fill(replay, log, &message);
	is_stopped = judge(replay, log, &message);
	message_clear(&message);
	return is_stopped;
}

/* results */

void replay_totals(const struct replay *replay, struct replay_totals *totals_r)
{
	*totals_r = replay->totals;
	totals_r->evicted = store_memory_evictions(replay->windows);
	totals_r->untallied = tally_dropped(replay->tally);
}

const struct replay_limit *replay_limits(const struct replay *replay)
{
	return replay->limits;
}

struct tally *replay_tally(const struct replay *replay)
{
	return replay->tally;
}

const struct settings *replay_settings(const struct replay *replay)
{
	return replay->settings;
}

uint64_t replay_stopped(const uint64_t kinds[VERDICT_REJECT + 1])
{
	return kinds[VERDICT_TEMPFAIL] + kinds[VERDICT_DISCARD] +
	       kinds[VERDICT_REJECT];
}

/* what settings ask of a log */

bool replay_needs_recipients(const struct settings *settings)
{
	for (size_t i = 0; i < settings->limit_count; i++) {
		const struct limit *limit = &settings->limits[i];

		if ((limit->key & LIMIT_KEY_RECIPIENTS) != 0 ||
		    limit->unit == LIMIT_RECIPIENTS ||
		    match_has_recipient(&limit->match))
			return true;
	}
	for (size_t i = 0; i < settings->exempt_count; i++)
		if (match_has_recipient(&settings->exempt[i]))
			return true;
	return false;
}

static const char *match_lacks(const struct match *match)
{
	if (match_has_helo(match))
		return "HELO names";
	return match->in.listener != NULL || match->out.listener != NULL
		       ? "the listener"
		       : NULL;
}

const char *replay_lacks(const struct settings *settings)
{
	const char *what = NULL;

	for (size_t i = 0; i < settings->limit_count && what == NULL; i++)
		what = (settings->limits[i].key &
			LIMIT_KEY_OF(DIMENSION_HELO)) != 0
			       ? "HELO names"
			       : match_lacks(&settings->limits[i].match);
	for (size_t i = 0; i < settings->exempt_count && what == NULL; i++)
		what = match_lacks(&settings->exempt[i]);
	return what;
}
