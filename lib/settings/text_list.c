/* SPDX-License-Identifier: ISC */

#include "text_list.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/letter.h"
#include "lib/base/text.h"
#include "reader.h"

#define HINT_SIZE 256

static bool is_good(const struct field *field, const config_setting_t *element)
{
	const char *value = config_setting_get_string(element);
	char buffer[HINT_SIZE];
	struct text hint;

	text_init(&hint, buffer, sizeof(buffer));
	return value != NULL && !letter_has_control(value) &&
	       strlen(value) <= TEXT_LIST_TEXT_MAX &&
	       (field->check == NULL || field->check(value, &hint));
}

static bool read_list(struct reader *reader, const struct field *field,
		      const config_setting_t *setting, void *target)
{
	unsigned int count = reader_count(setting);
	char **list;

	(void)reader;
	if (count == 0 || count > TEXT_LIST_MAX)
		return false;
	for (unsigned int i = 0; i < count; i++)
		if (!is_good(field, reader_element(setting, i)))
			return false;
	list = alloc_array(count + 1, sizeof(*list));
	for (unsigned int i = 0; i < count; i++)
		list[i] = alloc_text(
			config_setting_get_string(reader_element(setting, i)));
	memcpy((char *)target + field->offset, &list, sizeof(list));
	return true;
}

static void allow_list(const struct field *field, struct text *text)
{
	text_add_format(text, "a list of 1 to %d %s", TEXT_LIST_MAX,
			field->allowed);
}

static void clear_list(void *member)
{
	text_list_free(member);
}

const struct field_kind field_text_list = { .read = read_list,
					    .allow = allow_list,
					    .clear = clear_list };

static bool read_command(struct reader *reader, const struct field *field,
			 const config_setting_t *setting, void *target)
{
	const char *first = reader_count(setting) == 0
				    ? NULL
				    : config_setting_get_string(
					      reader_element(setting, 0));

	return first != NULL && first[0] == '/' &&
	       read_list(reader, field, setting, target);
}

static void allow_command(const struct field *field, struct text *text)
{
	(void)field;
	text_add_format(text,
			"a list of 1 to %d words, the first an absolute path, "
			"such as [ \"/usr/local/sbin/page-me\", \"-q\" ]",
			TEXT_LIST_MAX);
}

const struct field_kind field_command = { .read = read_command,
					  .allow = allow_command,
					  .clear = clear_list };

void text_list_free(char ***list)
{
	for (char **text = *list; text != NULL && *text != NULL; text++)
		free(*text);
	free(*list);
	*list = NULL;
}

size_t text_list_count(char *const *list)
{
	size_t count = 0;

	while (list != NULL && list[count] != NULL)
		count++;
	return count;
}
