/* SPDX-License-Identifier: ISC */
#include "page_cell.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/json.h"
#include "lib/base/text.h"

#define VALUE_MAX 120
#define DAY_MS	  UINT64_C(86400000)

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

const char *page_cell_clock(uint64_t moment_ms, uint64_t now_ms,
			    char buffer[PAGE_CLOCK_SIZE])
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t moment = (time_t)(moment_ms / 1000);
	struct tm parts;

	gmtime_r(&moment, &parts);
	if (moment_ms == 0)
		snprintf(buffer, PAGE_CLOCK_SIZE, "-");
	else if (moment_ms / DAY_MS == now_ms / DAY_MS)
		snprintf(buffer, PAGE_CLOCK_SIZE, "%02d:%02d:%02d",
			 parts.tm_hour, parts.tm_min, parts.tm_sec);
	else
		snprintf(buffer, PAGE_CLOCK_SIZE, "%d %.3s %02d:%02d",
			 parts.tm_mday, months + 3 * parts.tm_mon,
			 parts.tm_hour, parts.tm_min);
	return buffer;
}
