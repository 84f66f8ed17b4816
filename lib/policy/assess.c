/* SPDX-License-Identifier: ISC */

/*
 * Before the end, one question of each limit: is it wanted here, and does it
 * look at this message? At the end, also at how many of its recipients?
 */
#include "assess.h"
#include "match_message.h"

static bool limit_is_by_recipient(const struct limit *limit)
{
	return (limit->key & LIMIT_KEY_RECIPIENTS) != 0;
}

/* Does it need a recipient to know whether it looks at a message? */
static bool limit_needs_recipient(const struct limit *limit)
{
	return limit_is_by_recipient(limit) ||
	       match_has_recipient(&limit->match);
}

bool assess_has_ceiling(const struct settings *settings)
{
	for (size_t i = 0; i < settings->limit_count; i++)
		if (limit_is_ceiling(&settings->limits[i]))
			return true;
	return false;
}

/* A stranger's SIZE= can be any number. */
static uint64_t cost_of(const struct limit *limit, size_t recipients,
			uint64_t bytes)
{
	switch (limit->unit) {
	case LIMIT_MESSAGES:
		break;
	case LIMIT_RECIPIENTS:
		return recipients;
	case LIMIT_BYTES:
		return bytes < WINDOW_COUNT_MAX ? bytes : WINDOW_COUNT_MAX;
	}
	return 1;
}

static uint64_t cost_so_far(const struct limit *limit,
			    const struct message *message)
{
	return cost_of(limit, 1,
		       message->declared_bytes != 0 ? message->declared_bytes
						    : 1);
}

void assess_envelope(const struct settings *settings,
		     const struct message *message, struct arena *arena,
		     struct charge_list *list_r)
{
	charge_list_init(list_r, arena, settings->limit_count,
			 settings->ipv6_prefix, false);
	for (size_t i = 0; i < settings->limit_count; i++) {
		const struct limit *limit = &settings->limits[i];

		if (!limit_needs_recipient(limit) &&
		    match_holds(&limit->match, message))
			charge_list_add(list_r, limit, message, NULL,
					cost_so_far(limit, message));
	}
}

/* before the end, for one recipient */

static bool can_refuse(const struct limit *limit, const struct message *message)
{
	return limit_action_stops(message_action(message, limit->action));
}

static bool is_peeked_at(const struct limit *limit,
			 const struct message *message)
{
	return limit_needs_recipient(limit) && can_refuse(limit, message);
}

static bool counts_refused(const struct limit *limit,
			   const struct message *message)
{
	(void)message;
	return limit->count == LIMIT_COUNT_ATTEMPTS &&
	       limit_needs_recipient(limit);
}

struct stage {
	const struct settings *settings;
	const struct message *message;
	const struct message_recipient *recipient;
	bool (*wants)(const struct limit *limit, const struct message *message);
};

static void assess_stage_now(const struct stage *stage, struct arena *arena,
			     struct charge_list *list_r)
{
	const struct settings *settings = stage->settings;
	const struct message *message = stage->message;

	charge_list_init(list_r, arena, settings->limit_count,
			 settings->ipv6_prefix, false);
	for (size_t i = 0; i < settings->limit_count; i++) {
		const struct limit *limit = &settings->limits[i];

		if (stage->wants(limit, message) &&
		    match_holds(&limit->match, message) &&
		    match_holds_for(&limit->match, stage->recipient))
			charge_list_add(list_r, limit, message,
					limit_is_by_recipient(limit)
						? stage->recipient
						: NULL,
					cost_so_far(limit, message));
	}
}

void assess_stops(const struct settings *settings,
		  const struct message *message,
		  const struct message_recipient *recipient,
		  struct arena *arena, struct charge_list *list_r)
{
	assess_stage_now(
		&(struct stage){ settings, message, recipient, can_refuse },
		arena, list_r);
}

void assess_peek(const struct settings *settings, const struct message *message,
		 const struct message_recipient *recipient, struct arena *arena,
		 struct charge_list *list_r)
{
	assess_stage_now(
		&(struct stage){ settings, message, recipient, is_peeked_at },
		arena, list_r);
}

void assess_refused(const struct settings *settings,
		    const struct message *message,
		    const struct message_recipient *recipient,
		    struct arena *arena, struct charge_list *list_r)
{
	assess_stage_now(
		&(struct stage){ settings, message, recipient, counts_refused },
		arena, list_r);
}

void assess_add_admitted(const struct message *message,
			 struct charge_list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct charge charge = list->charges[i];
		struct charge_list_line line = list->lines[i];
		size_t admitted = message_admitted(message, charge.key,
						   charge.key_length);

		if (line.limit->unit == LIMIT_RECIPIENTS)
			charge.cost += admitted;
		else if (admitted != 0)
			continue;
		list->lines[kept] = line;
		list->charges[kept++] = charge;
	}
	list->count = kept;
}

/* at the end */

static size_t max_lines(const struct settings *settings,
			const struct message *message)
{
	size_t lines = 0;

	for (size_t i = 0; i < settings->limit_count; i++)
		lines += limit_is_by_recipient(&settings->limits[i])
				 ? message->recipient_count
				 : 1;
	return lines;
}

/* Adds a line for each recipient that the limit looks at. */
static void assess_each_recipient_now(const struct limit *limit,
				      const struct message *message,
				      const bool *is_exempt,
				      struct charge_list *list)
{
	for (size_t i = 0; i < message->recipient_count; i++)
		if (!is_exempt[i] &&
		    match_holds_for(&limit->match, &message->recipients[i]))
			charge_list_add(list, limit, message,
					&message->recipients[i],
					cost_of(limit, 1, message->bytes));
}

/* Adds one line for all recipients that the limit looks at, if any. */
static void assess_message_now(const struct limit *limit,
			       const struct message *message,
			       const bool *is_exempt, struct charge_list *list)
{
	size_t seen = 0;

	for (size_t i = 0; i < message->recipient_count; i++)
		if (!is_exempt[i] &&
		    match_holds_for(&limit->match, &message->recipients[i]))
			seen++;
	if (seen != 0 && charge_list_add(list, limit, message, NULL,
					 cost_of(limit, seen, message->bytes)))
		list->lines[list->count - 1].is_partial =
			seen != message->recipient_count;
}

void assess_end(const struct settings *settings, const struct message *message,
		const bool *is_exempt, struct arena *arena,
		struct charge_list *list_r)
{
	charge_list_init(list_r, arena, max_lines(settings, message),
			 settings->ipv6_prefix, message->recipient_count > 1);
	for (size_t i = 0; i < settings->limit_count; i++) {
		const struct limit *limit = &settings->limits[i];

		if (!match_holds(&limit->match, message))
			continue;
		if (limit_is_by_recipient(limit))
			assess_each_recipient_now(limit, message, is_exempt,
						  list_r);
		else
			assess_message_now(limit, message, is_exempt, list_r);
	}
}

/* What refused recipients have cost already is not charged again. */
void assess_spare_attempts(const struct message *message,
			   struct charge_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct charge *charge = &list->charges[i];
		const struct limit *limit = list->lines[i].limit;
		uint64_t spared;

		if (!charge->attempts || limit->unit == LIMIT_RECIPIENTS ||
		    !message_has_attempted(message, charge->key,
					   charge->key_length))
			continue;
		spared = cost_so_far(limit, message);
		charge->cost -= spared < charge->cost ? spared : charge->cost;
	}
}
