/* SPDX-License-Identifier: ISC */
/*
 * One table says for each stage which command it is, which bit of the agreed
 * protocol silences the command or its answer, and which macros Postfix sends
 * with it. A packet is its length (4 bytes, network order, the command
 * included), the command, and data.
 */
#include "milter_client.h"

#include <arpa/inet.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum {
	PACKET_MAX = 1 << 20
};

struct stage {
	char command;
	bool has_macros_alone; /* sends its macros even when not wanted */
	uint32_t not_wanted;
	uint32_t not_answered;
	int list; /* SMFIM_*: whose macros go with it */
	const char *macros;
};

static const char connect_macros[] = "j {daemon_name} {daemon_addr} v _";
static const char mail_macros[] = "i {auth_type} {auth_authen} {auth_author} "
				  "{mail_addr} {mail_host} {mail_mailer}";
static const char rcpt_macros[] = "i {rcpt_addr} {rcpt_host} {rcpt_mailer}";

static const struct stage stages[MILTER_STAGES] = {
	[MILTER_CONNECT] = { SMFIC_CONNECT, true, SMFIP_NOCONNECT,
			     SMFIP_NR_CONN, SMFIM_CONNECT, connect_macros },
	[MILTER_HELO] = { SMFIC_HELO, true, SMFIP_NOHELO, SMFIP_NR_HELO,
			  SMFIM_HELO, "" },
	[MILTER_MAIL] = { SMFIC_MAIL, true, SMFIP_NOMAIL, SMFIP_NR_MAIL,
			  SMFIM_ENVFROM, mail_macros },
	[MILTER_RCPT] = { SMFIC_RCPT, true, SMFIP_NORCPT, SMFIP_NR_RCPT,
			  SMFIM_ENVRCPT, rcpt_macros },
	[MILTER_DATA] = { SMFIC_DATA, true, SMFIP_NODATA, SMFIP_NR_DATA,
			  SMFIM_DATA, "i" },
	[MILTER_HEADER] = { SMFIC_HEADER, false, SMFIP_NOHDRS, SMFIP_NR_HDR,
			    SMFIM_EOH, "i" },
	[MILTER_EOH] = { SMFIC_EOH, false, SMFIP_NOEOH, SMFIP_NR_EOH, SMFIM_EOH,
			 "i" },
	[MILTER_BODY] = { SMFIC_BODY, false, SMFIP_NOBODY, SMFIP_NR_BODY,
			  SMFIM_EOM, "i" },
	[MILTER_EOM] = { SMFIC_BODYEOB, false, 0, 0, SMFIM_EOM, "i" },
};

static const char *const macro_names[MACROS] = {
	[MACRO_HOST] = "j",
	[MACRO_DAEMON_NAME] = "{daemon_name}",
	[MACRO_DAEMON_ADDR] = "{daemon_addr}",
	[MACRO_VERSION] = "v",
	[MACRO_CLIENT] = "_",
	[MACRO_CLIENT_ADDR] = "{client_addr}",
	[MACRO_CLIENT_NAME] = "{client_name}",
	[MACRO_CLIENT_PORT] = "{client_port}",
	[MACRO_QUEUE_ID] = "i",
	[MACRO_AUTH_TYPE] = "{auth_type}",
	[MACRO_AUTH_AUTHEN] = "{auth_authen}",
	[MACRO_AUTH_AUTHOR] = "{auth_author}",
	[MACRO_MAIL_ADDR] = "{mail_addr}",
	[MACRO_MAIL_HOST] = "{mail_host}",
	[MACRO_MAIL_MAILER] = "{mail_mailer}",
	[MACRO_RCPT_ADDR] = "{rcpt_addr}",
	[MACRO_RCPT_HOST] = "{rcpt_host}",
	[MACRO_RCPT_MAILER] = "{rcpt_mailer}",
};

void milter_bytes_reserve(struct milter_bytes *bytes, size_t more)
{
	size_t kept = bytes->length - bytes->start;

	if (bytes->length + more <= bytes->size)
		return;
	if (kept > 0 && bytes->start > 0)
		memmove(bytes->data, bytes->data + bytes->start, kept);
	bytes->start = 0;
	bytes->length = kept;
	if (kept + more <= bytes->size)
		return;
	bytes->size = 2 * (kept + more);
	bytes->data = realloc(bytes->data, bytes->size);
	if (bytes->data == NULL)
		err(EX_OSERR, "%zu bytes for a connection", bytes->size);
}

static void put(struct milter_bytes *bytes, const void *data, size_t length)
{
	if (length == 0)
		return;
	milter_bytes_reserve(bytes, length);
	memcpy(bytes->data + bytes->length, data, length);
	bytes->length += length;
}

static void put_string(struct milter_bytes *bytes, const char *string)
{
	put(bytes, string, strlen(string) + 1);
}

static void put_head(struct milter_bytes *bytes, char command, size_t length)
{
	uint32_t packet_length = htonl((uint32_t)(length + 1));

	put(bytes, &packet_length, sizeof(packet_length));
	put(bytes, &command, 1);
}

static uint32_t get_number(const uint8_t *data)
{
	uint32_t number;

	memcpy(&number, data, sizeof(number));
	return ntohl(number);
}

static void use_macro(struct milter_client *client, enum milter_stage stage,
		      const char *name, size_t length)
{
	uint8_t macro;

	for (macro = 0; macro < MACROS; macro++) {
		if (strlen(macro_names[macro]) == length &&
		    memcmp(macro_names[macro], name, length) == 0)
			break;
	}
	if (macro < MACROS && client->macro_count[stage] < MACROS)
		client->macros[stage][client->macro_count[stage]++] = macro;
}

/* names: separated by spaces or commas, as smfi_setsymlist takes them. */
static void use_macros(struct milter_client *client, enum milter_stage stage,
		       const char *names)
{
	client->macro_count[stage] = 0;
	for (names += strspn(names, " ,"); *names != '\0';
	     names += strspn(names, " ,")) {
		size_t length = strcspn(names, " ,");

		use_macro(client, stage, names, length);
		names += length;
	}
}

void milter_client_start(struct milter_client *client)
{
	enum milter_stage stage;

	client->protocol = 0;
	client->in.start = client->in.length = 0;
	client->out.start = client->out.length = 0;
	for (stage = 0; stage < MILTER_STAGES; stage++)
		use_macros(client, stage, stages[stage].macros);
}

void milter_client_free(struct milter_client *client)
{
	free(client->in.data);
	free(client->out.data);
	memset(client, 0, sizeof(*client));
}

void milter_client_offer(struct milter_client *client)
{
	uint32_t offer[3] = { htonl(SMFI_PROT_VERSION), htonl(SMFI_CURR_ACTS),
			      htonl(SMFI_CURR_PROT) };

	put_head(&client->out, SMFIC_OPTNEG, sizeof(offer));
	put(&client->out, offer, sizeof(offer));
}

static void take_list(struct milter_client *client, uint32_t list,
		      const char *names)
{
	enum milter_stage stage;

	for (stage = 0; stage < MILTER_STAGES; stage++) {
		if ((uint32_t)stages[stage].list == list)
			use_macros(client, stage, names);
	}
}

bool milter_client_agree(struct milter_client *client,
			 const struct milter_packet *answer)
{
	const uint8_t *list = answer->data + MILTER_OPTLEN;
	const uint8_t *end = answer->data + answer->length;
	const uint8_t *nul;

	if (answer->command != SMFIC_OPTNEG || answer->length < MILTER_OPTLEN)
		return false;
	if (get_number(answer->data) > SMFI_PROT_VERSION)
		return false;
	client->protocol = get_number(answer->data + 2 * MILTER_LEN_BYTES);
	for (; end - list > MILTER_LEN_BYTES; list = nul + 1) {
		const uint8_t *names = list + MILTER_LEN_BYTES;

		nul = memchr(names, 0, (size_t)(end - names));
		if (nul == NULL)
			return false;
		take_list(client, get_number(list), (const char *)names);
	}
	return (client->protocol & ~(uint32_t)SMFI_CURR_PROT) == 0;
}

bool milter_client_sends(const struct milter_client *client,
			 enum milter_stage stage)
{
	return (client->protocol & stages[stage].not_wanted) == 0;
}

bool milter_client_waits(const struct milter_client *client,
			 enum milter_stage stage)
{
	return milter_client_sends(client, stage) &&
	       (client->protocol & stages[stage].not_answered) == 0;
}

static void put_macros(struct milter_client *client, enum milter_stage stage,
		       const struct milter_values *values)
{
	struct milter_bytes *out = &client->out;
	size_t head = out->length - out->start;
	uint32_t length;
	uint8_t i;

	put_head(out, SMFIC_MACRO, 1);
	put(out, &stages[stage].command, 1);
	for (i = 0; i < client->macro_count[stage]; i++) {
		uint8_t macro = client->macros[stage][i];

		if (values->value[macro] == NULL)
			continue;
		put_string(out, macro_names[macro]);
		put_string(out, values->value[macro]);
	}
	length = htonl(
		(uint32_t)(out->length - out->start - head - MILTER_LEN_BYTES));
	memcpy(out->data + out->start + head, &length, sizeof(length));
}

void milter_client_queue(struct milter_client *client, enum milter_stage stage,
			 const struct milter_values *values, const void *data,
			 size_t length)
{
	bool is_sent = milter_client_sends(client, stage);

	if (is_sent || stages[stage].has_macros_alone)
		put_macros(client, stage, values);
	if (!is_sent)
		return;
	put_head(&client->out, stages[stage].command, length);
	put(&client->out, data, length);
}

void milter_client_queue_bare(struct milter_client *client, char command)
{
	put_head(&client->out, command, 0);
}

enum milter_found milter_client_take(struct milter_client *client,
				     struct milter_packet *packet_r)
{
	struct milter_bytes *in = &client->in;
	size_t there = in->length - in->start;
	const uint8_t *packet = in->data + in->start;
	uint32_t length;

	if (there < MILTER_LEN_BYTES)
		return MILTER_NO_PACKET;
	length = get_number(packet);
	if (length == 0 || length > PACKET_MAX)
		return MILTER_BROKEN;
	if (there < MILTER_LEN_BYTES + (size_t)length)
		return MILTER_NO_PACKET;
	packet_r->command = (char)packet[MILTER_LEN_BYTES];
	packet_r->data = packet + MILTER_LEN_BYTES + 1;
	packet_r->length = length - 1;
	in->start += MILTER_LEN_BYTES + (size_t)length;
	if (in->start == in->length)
		in->start = in->length = 0;
	return MILTER_PACKET;
}
