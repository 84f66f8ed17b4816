/* SPDX-License-Identifier: ISC */
/*
 * A match is a conjunction, so wide is implied when each of its members is:
 * by the same member of narrow, or by another that leaves no choice.
 */
#include "match_implies.h"

#include <stddef.h>

#include "lib/base/network.h"
#include "lib/base/pattern.h"
#include "limit.h"

/* What is to be true of a login; a list of logins asks for one. */
static enum match_wish login_wish(const struct match *match)
{
	if (match->authenticated == MATCH_ANY && match->in.auth != NULL)
		return MATCH_YES;
	return match->authenticated;
}

static bool wish_implies(enum match_wish narrow, enum match_wish wide)
{
	return wide == MATCH_ANY || narrow == wide;
}

static bool clients_imply(const struct match_lists *narrow_in,
			  const struct match_lists *narrow_out,
			  const struct match *wide)
{
	const struct network_list *in = wide->in.client;
	const struct network_list *out = wide->out.client;

	if (in != NULL && (narrow_in->client == NULL ||
			   !network_list_is_within(narrow_in->client, in)))
		return false;
	return out == NULL ||
	       (narrow_out->client != NULL &&
		network_list_is_within(out, narrow_out->client)) ||
	       (narrow_in->client != NULL &&
		network_list_is_apart(narrow_in->client, out));
}

/* The lists of one member, on both sides of both matches. */
struct member {
	const struct pattern_list *narrow_in, *narrow_out;
	const struct pattern_list *wide_in, *wide_out;
	enum {
		ADDRESS, /* may be "", but is never absent */
		FACT,	 /* may be absent, and is then in no list */
		ABSENT	 /* is absent where narrow matches */
	} kind;
};

static bool member_implies(const struct member *member)
{
	bool in = member->wide_in == NULL ||
		  (member->kind == ADDRESS &&
		   pattern_list_takes_all(member->wide_in)) ||
		  (member->narrow_in != NULL &&
		   pattern_list_is_within(member->narrow_in, member->wide_in));
	bool out =
		member->wide_out == NULL || member->kind == ABSENT ||
		(member->narrow_out != NULL &&
		 pattern_list_is_within(member->wide_out, member->narrow_out));

	return in && out;
}

bool match_implies(const struct match *narrow, const struct match *wide)
{
	const struct match_lists *in = &narrow->in, *out = &narrow->out;
	const struct match_lists *wide_in = &wide->in, *wide_out = &wide->out;
	const struct member members[] = {
		{ in->sender, out->sender, wide_in->sender, wide_out->sender,
		  ADDRESS },
		{ in->recipient, out->recipient, wide_in->recipient,
		  wide_out->recipient, ADDRESS },
		{ in->auth, out->auth, wide_in->auth, wide_out->auth,
		  narrow->authenticated == MATCH_NO ? ABSENT : FACT },
		{ in->helo, out->helo, wide_in->helo, wide_out->helo, FACT },
		{ in->listener, out->listener, wide_in->listener,
		  wide_out->listener, FACT },
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (!member_implies(&members[i]))
			return false;
	return wish_implies(login_wish(narrow), wide->authenticated) &&
	       wish_implies(narrow->local, wide->local) &&
	       clients_imply(in, out, wide);
}

bool match_is_all(const struct match *match)
{
	const struct match nothing = { 0 };

	return match_implies(&nothing, match);
}

static bool is_shut(const struct pattern_list *in,
		    const struct pattern_list *out)
{
	return in != NULL && out != NULL && pattern_list_is_within(in, out);
}

const char *match_empty_list(const struct match *match)
{
	const struct match_lists *in = &match->in;
	const struct {
		const char *name;
		const struct pattern_list *list;
	} rows[] = {
		{ "sender", in->sender },     { "recipient", in->recipient },
		{ "auth", in->auth },	      { "helo", in->helo },
		{ "listener", in->listener },
	};

	if (in->client != NULL && network_list_is_empty(in->client))
		return "client";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].list != NULL &&
		    pattern_list_count(rows[i].list) == 0)
			return rows[i].name;
	return NULL;
}

static struct network_list *loopback(void)
{
	struct network_list *list = network_list_new();
	const char *reason;

	network_list_add(list, "127.0.0.0/8", &reason);
	network_list_add(list, "::1", &reason);
	network_list_seal(list);
	return list;
}

/* What is local has no address, or one of the loopback. */
static bool is_local_never(const struct match *match)
{
	const struct network_list *clients = match->in.client;
	struct network_list *local;
	bool is_never;

	if (clients == NULL || match->local == MATCH_ANY)
		return false;
	local = loopback();
	is_never = match->local == MATCH_YES
			   ? network_list_is_apart(clients, local)
			   : network_list_is_within(clients, local);
	network_list_free(&local);
	return is_never;
}

bool match_is_never(const struct match *match)
{
	const struct match_lists *in = &match->in, *out = &match->out;

	return (match->authenticated == MATCH_NO && in->auth != NULL) ||
	       match_empty_list(match) != NULL || is_local_never(match) ||
	       (in->client != NULL && out->client != NULL &&
		network_list_is_within(in->client, out->client)) ||
	       (out->sender != NULL && pattern_list_takes_all(out->sender)) ||
	       (out->recipient != NULL &&
		pattern_list_takes_all(out->recipient)) ||
	       is_shut(in->sender, out->sender) ||
	       is_shut(in->recipient, out->recipient) ||
	       is_shut(in->auth, out->auth) || is_shut(in->helo, out->helo) ||
	       is_shut(in->listener, out->listener);
}

/* A list that takes all of IPv4 leaves hardly anybody out. */
static bool is_everywhere(const struct network_list *clients)
{
	struct network_list *ipv4 = network_list_new();
	const char *reason;
	bool is_within;

	network_list_add(ipv4, "0.0.0.0/0", &reason);
	network_list_seal(ipv4);
	is_within = network_list_is_within(ipv4, clients);
	network_list_free(&ipv4);
	return is_within;
}

bool match_knows_origin(const struct match *match)
{
	const struct match_lists *in = &match->in;

	return login_wish(match) == MATCH_YES || match->local == MATCH_YES ||
	       (in->client != NULL && !is_everywhere(in->client));
}
