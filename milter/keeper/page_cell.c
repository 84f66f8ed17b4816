/* SPDX-License-Identifier: ISC */
#include "page_cell.h"

#include <stdarg.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/text.h"

#define VALUE_MAX 120

json_t *page_cell_row(json_t *members, const char *class)
{
	json_object_set_new(members, "show", json_object());
	json_object_set_new(members, "class", json_string(class));
	return members;
}

void page_cell_put(json_t *row, const char *name, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	json_object_set_new(json_object_get(row, "show"), name,
			    document_vformat(format, arguments));
	va_end(arguments);
}

void page_cell_put_value(json_t *row, const char *name, const char *value)
{
	char buffer[VALUE_MAX * 4 + 8];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	text_add_line(&text, value, strlen(value), VALUE_MAX);
	page_cell_put(row, name, "%s", buffer);
}
