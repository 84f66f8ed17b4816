/* SPDX-License-Identifier: ISC */
/*
 * One table row a member. The rows of lists have the kind of their entries;
 * the two that are true or false share a member with their not_.
 */
#include "match_read.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/network.h"
#include "lib/base/pattern.h"
#include "lib/base/text.h"
#include "field.h"
#include "limit.h"
#include "list_read.h"
#include "reader.h"

static bool read_clients(struct reader *reader, const struct field *field,
			 const config_setting_t *setting, void *target)
{
	struct network_list *list = network_list_new();

	list_read(reader, setting, field->list, list);
	network_list_seal(list);
	memcpy((char *)target + field->offset, &list, field->size);
	return true;
}

static bool read_patterns(struct reader *reader, const struct field *field,
			  const config_setting_t *setting, void *target)
{
	struct pattern_list *list = pattern_list_new();

	list_read(reader, setting, field->list, list);
	memcpy((char *)target + field->offset, &list, field->size);
	return true;
}

static void allow_list(const struct field *field, struct text *text)
{
	text_add_string(text, field->list->allowed);
}

static void clear_clients(void *member)
{
	network_list_free(member);
}

static void clear_patterns(void *member)
{
	pattern_list_free(member);
}

const struct field_kind field_clients = { .read = read_clients,
					  .allow = allow_list,
					  .clear = clear_clients };
const struct field_kind field_patterns = { .read = read_patterns,
					   .allow = allow_list,
					   .clear = clear_patterns };

/* field->preset is what true means. */
static bool read_wish(struct reader *reader, const struct field *field,
		      const config_setting_t *setting, void *target)
{
	enum match_wish if_true = (enum match_wish)field->default_value;
	enum match_wish if_false = if_true == MATCH_YES ? MATCH_NO : MATCH_YES;
	enum match_wish wish;

	if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
		return false;
	memcpy(&wish, (char *)target + field->offset, sizeof(wish));
	if (wish != MATCH_ANY) {
		reader_error(reader, setting,
			     "found with and without not_, allowed is one "
			     "of the two");
		return true;
	}
	field_store(field, target,
		    config_setting_get_bool(setting) ? if_true : if_false);
	return true;
}

static const struct field_kind field_wish = { .read = read_wish,
					      .words = "true or false" };

/* clang-format off */
#define LIST_ROW(words, kind_of, entries, member)                       \
	{ .name = words, .kind = &field_##kind_of,                      \
	  .list = &entry_##entries, FIELD_AT(match, member) }
#define WISH_ROW(words, if_true, member)                                \
	{ .name = words, .kind = &field_wish,                           \
	  .default_value = if_true, FIELD_AT(match, member) }

static const struct field match_fields[] = {
	LIST_ROW("client", clients, network, in.client),
	LIST_ROW("sender", patterns, sender, in.sender),
	LIST_ROW("recipient", patterns, recipient, in.recipient),
	LIST_ROW("auth", patterns, login, in.auth),
	LIST_ROW("helo", patterns, helo, in.helo),
	LIST_ROW("listener", patterns, listener, in.listener),
	LIST_ROW("not_client", clients, network, out.client),
	LIST_ROW("not_sender", patterns, sender, out.sender),
	LIST_ROW("not_recipient", patterns, recipient, out.recipient),
	LIST_ROW("not_auth", patterns, login, out.auth),
	LIST_ROW("not_helo", patterns, helo, out.helo),
	LIST_ROW("not_listener", patterns, listener, out.listener),
	WISH_ROW("authenticated", MATCH_YES, authenticated),
	WISH_ROW("not_authenticated", MATCH_NO, authenticated),
	WISH_ROW("local", MATCH_YES, local),
	WISH_ROW("not_local", MATCH_NO, local),
	{ .name = NULL },
};
/* clang-format on */

void match_clear(struct match *match)
{
	field_clear(match_fields, match);
	free(match->file);
	memset(match, 0, sizeof(*match));
}

bool match_read(struct reader *reader, const config_setting_t *group,
		struct match *match)
{
	match->file = reader_file(reader, group);
	match->line = (int)config_setting_source_line(group);
	return reader_read_group(reader, match_fields, group, match);
}

static void read_network(struct reader *reader, const config_setting_t *setting)
{
	struct network_list *list = network_list_new();
	size_t index = reader->network_count;

	list_read(reader, setting, &entry_network, list);
	reader->networks = alloc_resize(reader->networks, index + 1,
					sizeof(*reader->networks));
	reader->networks[index] = (struct reader_network){
		.name = config_setting_name(setting), .list = list
	};
	reader->network_count++;
}

bool match_read_networks(struct reader *reader, const config_setting_t *group)
{
	if (config_setting_type(group) != CONFIG_TYPE_GROUP)
		return false;
	for (int i = 0; i < config_setting_length(group); i++)
		read_network(reader,
			     config_setting_get_elem(group, (unsigned int)i));
	return true;
}

void match_forget_networks(struct reader *reader)
{
	for (size_t i = 0; i < reader->network_count; i++)
		network_list_free(&reader->networks[i].list);
	free(reader->networks);
	reader->networks = NULL;
	reader->network_count = 0;
}
