/* SPDX-License-Identifier: ISC */

/*
 * A number and a unit. Each kind has one table of units, smallest first; the
 * first name of a factor is the one that is written.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "units.h"

/* Beyond this a double (Lua in Redis) would no longer be exact. */
#define LARGEST (UINT64_C(1) << 53)

struct unit {
	const char *name;
	uint64_t factor;
};

#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define WEEK   (7 * DAY)

static const struct unit span_units[] = {
	{ "ms", 1 },	       { "msec", 1 },	      { "msecs", 1 },
	{ "millisecond", 1 },  { "milliseconds", 1 }, { "s", SECOND },
	{ "sec", SECOND },     { "secs", SECOND },    { "second", SECOND },
	{ "seconds", SECOND }, { "m", MINUTE },	      { "min", MINUTE },
	{ "mins", MINUTE },    { "minute", MINUTE },  { "minutes", MINUTE },
	{ "h", HOUR },	       { "hr", HOUR },	      { "hrs", HOUR },
	{ "hour", HOUR },      { "hours", HOUR },     { "d", DAY },
	{ "day", DAY },	       { "days", DAY },	      { "w", WEEK },
	{ "week", WEEK },      { "weeks", WEEK },     { NULL, 0 },
};

#define KILOBYTE UINT64_C(1024)
#define MEGABYTE (1024 * KILOBYTE)
#define GIGABYTE (1024 * MEGABYTE)
#define TERABYTE (1024 * GIGABYTE)

static const struct unit size_units[] = {
	{ "bytes", 1 },	     { "byte", 1 },	 { "B", 1 },
	{ "", 1 },	     { "KB", KILOBYTE }, { "K", KILOBYTE },
	{ "KiB", KILOBYTE }, { "MB", MEGABYTE }, { "M", MEGABYTE },
	{ "MiB", MEGABYTE }, { "GB", GIGABYTE }, { "G", GIGABYTE },
	{ "GiB", GIGABYTE }, { "TB", TERABYTE }, { "T", TERABYTE },
	{ "TiB", TERABYTE }, { NULL, 0 },
};

/* The number at *text, which moves behind it. */
static bool parse_number(const char **text, uint64_t *number_r)
{
	const char *p = *text;
	uint64_t number = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		number = number * 10 + (uint64_t)(*p - '0');
		if (number > LARGEST)
			return false;
	}
	*text = p;
	*number_r = number;
	return true;
}

static bool parse(const char *text, const struct unit *units, uint64_t *r)
{
	uint64_t number;

	if (!parse_number(&text, &number))
		return false;
	if (text[0] == ' ' && text[1] != '\0')
		text++;
	while (units->name != NULL && strcasecmp(units->name, text) != 0)
		units++;
	if (units->name == NULL || number > LARGEST / units->factor)
		return false;
	*r = number * units->factor;
	return true;
}

bool units_parse_span(const char *text, uint64_t *span_ms_r)
{
	return parse(text, span_units, span_ms_r);
}

bool units_parse_size(const char *text, uint64_t *bytes_r)
{
	return parse(text, size_units, bytes_r);
}

/* The largest unit that divides value without a rest. */
static const struct unit *largest_unit(const struct unit *units, uint64_t value)
{
	const struct unit *largest = units;

	for (; units->name != NULL; units++)
		if (value % units->factor == 0 &&
		    units->factor > largest->factor)
			largest = units;
	return largest;
}

const char *units_format_span(uint64_t span_ms, char buffer[UNITS_TEXT_SIZE])
{
	const struct unit *unit = largest_unit(span_units, span_ms);

	if (span_ms == 0)
		return memcpy(buffer, "0s", sizeof("0s"));
	(void)snprintf(buffer, UNITS_TEXT_SIZE, "%" PRIu64 "%s",
		       span_ms / unit->factor, unit->name);
	return buffer;
}

const char *units_format_size(uint64_t bytes, char buffer[UNITS_TEXT_SIZE])
{
	const struct unit *unit = largest_unit(size_units, bytes);

	if (bytes == 0)
		return memcpy(buffer, "0 bytes", sizeof("0 bytes"));
	(void)snprintf(buffer, UNITS_TEXT_SIZE, "%" PRIu64 " %s",
		       bytes / unit->factor, bytes == 1 ? "byte" : unit->name);
	return buffer;
}
