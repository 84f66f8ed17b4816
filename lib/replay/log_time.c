/* SPDX-License-Identifier: ISC */

/*
 * The days of the civil calendar are counted as in H. Hinnant's
 * "chrono-Compatible Low-Level Date Algorithms" (days_from_civil). What
 * mktime(3) found for one hour is kept for the other lines of it.
 */
#include <string.h>
#include <time.h>

#include "log_time.h"

#define DAY_MS	  UINT64_C(86400000)
#define HOUR_MS	  UINT64_C(3600000)
#define MINUTE_MS UINT64_C(60000)

void log_time_begin(struct log_time *time, int first_year, uint64_t latest_ms)
{
	memset(time, 0, sizeof(*time));
	time->year = first_year;
	time->latest_ms = latest_ms;
}

/* count digits at text, a number of at most most; -1 when they are not. A
 * first digit may be a space. */
static int digits(const char *text, size_t count, int most)
{
	int number = 0;

	for (size_t i = 0; i < count; i++) {
		if (text[i] == ' ' && i == 0 && count == 2)
			continue;
		if (text[i] < '0' || text[i] > '9')
			return -1;
		number = number * 10 + (text[i] - '0');
	}
	return number <= most ? number : -1;
}

/* "09:50:01", since midnight. */
static bool clock_ms(const char *text, uint64_t *ms_r)
{
	int hour = digits(text, 2, 23), minute = digits(text + 3, 2, 59),
	    second = digits(text + 6, 2, 60);

	if (hour < 0 || minute < 0 || second < 0 || text[2] != ':' ||
	    text[5] != ':')
		return false;
	*ms_r = (uint64_t)hour * HOUR_MS + (uint64_t)minute * MINUTE_MS +
		(uint64_t)second * 1000;
	return true;
}

/* RFC 3339 */

static int64_t days_from_civil(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400, of_era = y % 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day -
			  1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year - 719468;
}

/* ".123456": more than milliseconds are dropped. */
static uint64_t take_fraction(struct slice *text)
{
	uint64_t ms = 0, unit = 100;

	if (!slice_skip(text, "."))
		return 0;
	while (text->length > 0 && text->data[0] >= '0' &&
	       text->data[0] <= '9') {
		ms += unit * (uint64_t)(text->data[0] - '0');
		unit /= 10;
		text->data++;
		text->length--;
	}
	return ms;
}

/* "Z", "+02:00", "+0200", in milliseconds to be taken off. */
static bool take_offset(struct slice *text, int64_t *offset_ms_r)
{
	int64_t sign = text->length > 0 && text->data[0] == '-' ? -1 : 1;
	size_t colon;
	int hour, minute;

	*offset_ms_r = 0;
	if (slice_skip(text, "Z"))
		return true;
	if (!slice_skip(text, "+") && !slice_skip(text, "-"))
		return false;
	colon = text->length > 2 && text->data[2] == ':' ? 1 : 0;
	if (text->length < 4 + colon)
		return false;
	hour = digits(text->data, 2, 23);
	minute = digits(text->data + 2 + colon, 2, 59);
	if (hour < 0 || minute < 0)
		return false;
	text->data += 4 + colon;
	text->length -= 4 + colon;
	*offset_ms_r = sign * (int64_t)((uint64_t)hour * HOUR_MS +
					(uint64_t)minute * MINUTE_MS);
	return true;
}

static bool take_rfc3339(struct slice *line, uint64_t *time_ms_r)
{
	struct slice rest = *line;
	const char *text = line->data;
	int year, month, day;
	int64_t offset_ms, ms;
	uint64_t clock, fraction;

	if (line->length < 20 || text[4] != '-' || text[7] != '-' ||
	    text[10] != 'T' || !clock_ms(text + 11, &clock))
		return false;
	year = digits(text, 4, 9999);
	month = digits(text + 5, 2, 12);
	day = digits(text + 8, 2, 31);
	rest.data += 19;
	rest.length -= 19;
	fraction = take_fraction(&rest);
	if (year < 1970 || month < 1 || day < 1 ||
	    !take_offset(&rest, &offset_ms) || !slice_skip(&rest, " "))
		return false;
	ms = days_from_civil(year, month, day) * (int64_t)DAY_MS +
	     (int64_t)(clock + fraction) - offset_ms;
	*time_ms_r = ms < 0 ? 0 : (uint64_t)ms;
	*line = rest;
	return true;
}

/* RFC 3164 */

static int month_of(const char *text)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (int i = 0; i < 12; i++)
		if (memcmp(names + 3 * i, text, 3) == 0)
			return i;
	return -1;
}

static uint64_t local_ms(int year, int month, int day, int hour)
{
	struct tm tm = { .tm_year = year - 1900,
			 .tm_mon = month,
			 .tm_mday = day,
			 .tm_hour = hour,
			 .tm_isdst = -1 };
	time_t seconds = mktime(&tm);

	return seconds < 0 ? 0 : (uint64_t)seconds * 1000;
}

static int year_of(uint64_t moment_ms)
{
	time_t seconds = (time_t)(moment_ms / 1000);
	struct tm tm;

	if (localtime_r(&seconds, &tm) == NULL)
		return 1970;
	return tm.tm_year + 1900;
}

/* The hour that begins there, in a year that is found as the header says. */
static uint64_t hour_ms(struct log_time *time, int month, int day, int hour)
{
	int year = time->year;
	uint64_t ms;

	if (year != 0) {
		/* New Year, and a line or two that come late */
		if (time->has_hour && time->month - month > 6)
			time->year = ++year;
		else if (time->has_hour && month - time->month > 6)
			time->year = --year;
		return local_ms(year, month, day, hour);
	}
	year = year_of(time->latest_ms + DAY_MS);
	ms = local_ms(year, month, day, hour);
	if (ms <= time->latest_ms + DAY_MS)
		return ms;
	return local_ms(year - 1, month, day, hour);
}

static bool take_rfc3164(struct log_time *time, struct slice *line,
			 uint64_t *time_ms_r)
{
	const char *text = line->data;
	uint64_t clock;
	int month, day;

	if (line->length < 16 || text[3] != ' ' || text[6] != ' ' ||
	    text[15] != ' ' || !clock_ms(text + 7, &clock))
		return false;
	if (!time->has_hour || memcmp(time->hour_text, text, 9) != 0) {
		month = month_of(text);
		day = digits(text + 4, 2, 31);
		if (month < 0 || day < 1)
			return false;
		time->hour_ms = hour_ms(time, month, day,
					(int)(clock / HOUR_MS));
		memcpy(time->hour_text, text, 9);
		time->month = month;
		time->has_hour = true;
	}
	*time_ms_r = time->hour_ms + clock % HOUR_MS;
	line->data += 16;
	line->length -= 16;
	return true;
}

bool log_time_take(struct log_time *time, struct slice *line,
		   uint64_t *time_ms_r)
{
	if (line->length == 0)
		return false;
	return line->data[0] >= '0' && line->data[0] <= '9'
		       ? take_rfc3339(line, time_ms_r)
		       : take_rfc3164(time, line, time_ms_r);
}
