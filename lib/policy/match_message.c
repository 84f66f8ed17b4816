/* SPDX-License-Identifier: ISC */

/* A conjunction: the first member that does not hold decides. */
#include "../base/pattern.h"
#include "match_message.h"

static bool in_patterns(const struct pattern_list *list,
			const struct message_value *value)
{
	return pattern_list_matches(list, value->data, value->length);
}

/* Nothing is not "": the glob "*" would take it. */
static bool is_present_in(const struct pattern_list *list,
			  const struct message_value *value)
{
	return value->length != 0 && in_patterns(list, value);
}

/* An absent list asks for nothing: in is then true, out is then true. */
static bool facts_hold(const struct pattern_list *in,
		       const struct pattern_list *out,
		       const struct message_value *value)
{
	return (in == NULL || is_present_in(in, value)) &&
	       (out == NULL || !is_present_in(out, value));
}

/* An address may be "", the null sender: lists have it as "<>". */
static bool addresses_hold(const struct pattern_list *in,
			   const struct pattern_list *out,
			   const struct message_value *address)
{
	return (in == NULL || in_patterns(in, address)) &&
	       (out == NULL || !in_patterns(out, address));
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

bool match_holds(const struct match *match, const struct message *message)
{
	const struct match_lists *in = &match->in, *out = &match->out;

	return wish_holds(match->authenticated, message->auth.length != 0) &&
	       wish_holds(match->local, message->is_local) &&
	       (in->client == NULL || in_networks(in->client, message)) &&
	       (out->client == NULL || !in_networks(out->client, message)) &&
	       addresses_hold(in->sender, out->sender, &message->sender) &&
	       facts_hold(in->auth, out->auth, &message->auth) &&
	       facts_hold(in->helo, out->helo, &message->helo) &&
	       facts_hold(in->listener, out->listener, &message->listener);
}

bool match_holds_for(const struct match *match,
		     const struct message_recipient *recipient)
{
	return addresses_hold(match->in.recipient, match->out.recipient,
			      &recipient->address);
}
