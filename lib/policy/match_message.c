/* SPDX-License-Identifier: ISC */

/* A conjunction: the first member that does not hold decides. */
#include "../base/pattern.h"
#include "match_message.h"

static bool in_patterns(const struct pattern_list *list,
			const struct message_value *value)
{
	return pattern_list_matches(list, value->data, value->length);
}

/* An absent list asks for nothing: in is then true, out is then true. */
static bool patterns_hold(const struct pattern_list *in,
			  const struct pattern_list *out,
			  const struct message_value *value)
{
	return (in == NULL || in_patterns(in, value)) &&
	       (out == NULL || !in_patterns(out, value));
}

static bool in_networks(const struct network_list *list,
			const struct message *message)
{
	return message->has_client &&
	       network_list_contains(list, &message->client);
}

static bool wish_holds(enum match_wish wish, bool fact)
{
	return wish == MATCH_ANY || (wish == MATCH_YES) == fact;
}

/* The null sender is written "<>" in lists. */
static const struct message_value *
sender_in_lists(const struct message *message)
{
	static char null_sender[] = "<>";
	static const struct message_value null_value = { null_sender, 2 };

	return message->sender.length == 0 ? &null_value : &message->sender;
}

bool match_holds(const struct match *match, const struct message *message)
{
	const struct match_lists *in = &match->in, *out = &match->out;

	return wish_holds(match->authenticated, message->auth.length != 0) &&
	       wish_holds(match->local, message->is_local) &&
	       (in->client == NULL || in_networks(in->client, message)) &&
	       (out->client == NULL || !in_networks(out->client, message)) &&
	       patterns_hold(in->sender, out->sender,
			     sender_in_lists(message)) &&
	       patterns_hold(in->auth, out->auth, &message->auth) &&
	       patterns_hold(in->helo, out->helo, &message->helo) &&
	       patterns_hold(in->listener, out->listener, &message->listener);
}

bool match_holds_for(const struct match *match,
		     const struct message_recipient *recipient)
{
	return patterns_hold(match->in.recipient, match->out.recipient,
			     &recipient->address);
}
