/* SPDX-License-Identifier: ISC */

/* A conjunction: the first member that does not hold decides. */
#include "lib/base/pattern.h"
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

/* What the file calls a list, as part of a reason. */
struct list_names {
	const char *in, *out;
};

/* An absent list asks for nothing. */
static const char *facts_fault(const struct pattern_list *in,
			       const struct pattern_list *out,
			       const struct message_value *value,
			       const struct list_names *names)
{
	if (in != NULL && !is_present_in(in, value))
		return names->in;
	return out != NULL && is_present_in(out, value) ? names->out : NULL;
}

/* An address may be "", the null sender: lists have it as "<>". */
static const char *addresses_fault(const struct pattern_list *in,
				   const struct pattern_list *out,
				   const struct message_value *address,
				   const struct list_names *names)
{
	if (in != NULL && !in_patterns(in, address))
		return names->in;
	return out != NULL && in_patterns(out, address) ? names->out : NULL;
}

static bool in_networks(const struct network_list *list,
			const struct message *message)
{
	return message->has_client &&
	       network_list_contains(list, &message->client);
}

static const char *client_fault(const struct match *match,
				const struct message *message)
{
	if (match->in.client != NULL && !in_networks(match->in.client, message))
		return "its client is not in the list \"client\"";
	if (match->out.client != NULL &&
	    in_networks(match->out.client, message))
		return "its client is in the list \"not_client\"";
	return NULL;
}

static const char *wish_fault(enum match_wish wish, bool fact,
			      const char *missing, const char *present)
{
	if (wish == MATCH_ANY || (wish == MATCH_YES) == fact)
		return NULL;
	return fact ? present : missing;
}

const char *match_fault(const struct match *match,
			const struct message *message)
{
	static const struct list_names
		sender = { "its sender is not in the list \"sender\"",
			   "its sender is in the list \"not_sender\"" },
		auth = { "its login is not in the list \"auth\"",
			 "its login is in the list \"not_auth\"" },
		helo = { "its HELO name is not in the list \"helo\"",
			 "its HELO name is in the list \"not_helo\"" },
		listener = { "its listener is not in the list \"listener\"",
			     "its listener is in the list \"not_listener\"" };
	const struct match_lists *in = &match->in, *out = &match->out;
	const char *fault = wish_fault(match->authenticated,
				       message->auth.length != 0,
				       "it has no login", "it has a login");

	if (fault == NULL)
		fault = wish_fault(match->local, message->is_local,
				   "it was not submitted on this host",
				   "it was submitted on this host");
	if (fault == NULL)
		fault = client_fault(match, message);
	if (fault == NULL)
		fault = addresses_fault(in->sender, out->sender,
					&message->sender, &sender);
	if (fault == NULL)
		fault = facts_fault(in->auth, out->auth, &message->auth, &auth);
	if (fault == NULL)
		fault = facts_fault(in->helo, out->helo, &message->helo, &helo);
	if (fault == NULL)
		fault = facts_fault(in->listener, out->listener,
				    &message->listener, &listener);
	return fault;
}

const char *match_fault_for(const struct match *match,
			    const struct message_recipient *recipient)
{
	static const struct list_names names = {
		"its recipient is not in the list \"recipient\"",
		"its recipient is in the list \"not_recipient\""
	};

	return addresses_fault(match->in.recipient, match->out.recipient,
			       &recipient->address, &names);
}

bool match_holds(const struct match *match, const struct message *message)
{
	return match_fault(match, message) == NULL;
}

bool match_holds_for(const struct match *match,
		     const struct message_recipient *recipient)
{
	return match_fault_for(match, recipient) == NULL;
}
