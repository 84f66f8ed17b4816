/* SPDX-License-Identifier: ISC */

/* What mktime(3) found for one hour is kept for the other lines of it. */
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

/* count digits at text, a number of at most max; -1 when they are not. A
 * first digit may be a space. */
static int digits(const char *text, size_t count, int max)
{
	int number = 0;

	for (size_t i = 0; i < count; i++) {
		if (text[i] == ' ' && i == 0 && count == 2)
			continue;
		if (text[i] < '0' || text[i] > '9')
			return -1;
		number = number * 10 + (text[i] - '0');
	}
	return number <= max ? number : -1;
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

/* The moment that is so long behind this midnight of UTC; month: from 1. */
static uint64_t utc_ms(int year, int month, int day, int64_t behind_ms)
{
	struct tm tm = { .tm_year = year - 1900,
			 .tm_mon = month - 1,
			 .tm_mday = day };
	int64_t ms = (int64_t)timegm(&tm) * 1000 + behind_ms;

	return ms < 0 ? 0 : (uint64_t)ms;
}

/* "Z", "+02:00", "+0200", in milliseconds to subtract. */
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
	slice_drop(text, 4 + colon);
	*offset_ms_r = sign * (int64_t)((uint64_t)hour * HOUR_MS +
					(uint64_t)minute * MINUTE_MS);
	return true;
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

/* journalctl's short-full has "UTC", or the local zone, behind a local time;
 * some write "+0200" there. */
static void take_zone(struct slice *rest, uint64_t *time_ms_r, int year,
		      int month, int day, uint64_t clock)
{
	struct slice after = *rest;
	int64_t offset_ms = 0;
	size_t letters = 0;

	while (letters < after.length && letters < 5 &&
	       after.data[letters] >= 'A' && after.data[letters] <= 'Z')
		letters++;
	if (letters >= 3 && letters < after.length &&
	    after.data[letters] == ' ') {
		bool is_utc = slice_skip(&after, "UTC ") ||
			      slice_skip(&after, "GMT ");

		if (!is_utc) {
			slice_drop(rest, letters + 1);
			return;
		}
	} else if (!take_offset(&after, &offset_ms) ||
		   !slice_skip(&after, " ")) {
		return;
	}
	*time_ms_r = utc_ms(year, month, day, (int64_t)clock - offset_ms);
	*rest = after;
}

static bool take_rfc3339(struct slice *line, uint64_t *time_ms_r)
{
	struct slice rest = *line;
	const char *text = line->data;
	int year, month, day;
	int64_t offset_ms;
	uint64_t clock, fraction;

	if (line->length < 20 || (text[4] != '-' && text[4] != '.') ||
	    text[7] != text[4] || (text[10] != 'T' && text[10] != ' ') ||
	    !clock_ms(text + 11, &clock))
		return false;
	year = digits(text, 4, 9999);
	month = digits(text + 5, 2, 12);
	day = digits(text + 8, 2, 31);
	slice_drop(&rest, 19);
	fraction = slice_fraction_ms(&rest);
	if (year < 1970 || month < 1 || day < 1)
		return false;
	if (slice_skip(&rest, " ")) {
		*time_ms_r = local_ms(year, month - 1, day,
				      (int)(clock / HOUR_MS)) +
			     clock % HOUR_MS + fraction;
		take_zone(&rest, time_ms_r, year, month, day, clock + fraction);
	} else if (take_offset(&rest, &offset_ms) && slice_skip(&rest, " ")) {
		*time_ms_r = utc_ms(year, month, day,
				    (int64_t)(clock + fraction) - offset_ms);
	} else {
		return false;
	}
	*line = rest;
	return true;
}

/* RFC 3164 */

/* The index of the name of three letters that is at text; -1: it is none. */
static int name_of(const char *names, const char *text)
{
	for (int i = 0; names[3 * i] != '\0'; i++)
		if (memcmp(names + 3 * i, text, 3) == 0)
			return i;
	return -1;
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
		/* New Year, and a line or two that are late */
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

/* "May  1 ", "May 1 ", "May 01 ", and what follows it. */
static bool take_day(struct slice *rest, int *month_r, int *day_r)
{
	const char *text = rest->data;
	size_t at = 4;

	if (rest->length < 15 || text[3] != ' ')
		return false;
	*month_r = name_of("JanFebMarAprMayJunJulAugSepOctNovDec", text);
	if (text[at] == ' ')
		at++;
	*day_r = digits(text + at, 1, 9);
	at++;
	if (text[at] >= '0' && text[at] <= '9') {
		*day_r = digits(text + at - 1, 2, 31);
		at++;
	}
	if (text[at] != ' ' || *month_r < 0 || *day_r < 1)
		return false;
	slice_drop(rest, at + 1);
	return true;
}

/* "2026 " */
static int take_year(struct slice *rest)
{
	int year = rest->length < 5 || rest->data[4] != ' '
			   ? -1
			   : digits(rest->data, 4, 9999);

	if (year < 1970)
		return 0;
	slice_drop(rest, 5);
	return year;
}

static void find_hour(struct log_time *time, int month, int day, int hour)
{
	char text[sizeof(time->hour_text)] = { (char)month, (char)day,
					       (char)hour };

	if (time->has_hour && memcmp(time->hour_text, text, sizeof(text)) == 0)
		return;
	time->hour_ms = hour_ms(time, month, day, hour);
	memcpy(time->hour_text, text, sizeof(text));
	time->month = month;
	time->has_hour = true;
}

static bool take_rfc3164(struct log_time *time, struct slice *line,
			 uint64_t *time_ms_r)
{
	struct slice rest = *line;
	uint64_t clock, fraction;
	int month, day, hour, year;

	if (!take_day(&rest, &month, &day))
		return false;
	year = take_year(&rest);
	if (rest.length < 9 || !clock_ms(rest.data, &clock))
		return false;
	slice_drop(&rest, 8);
	fraction = slice_fraction_ms(&rest);
	if (!slice_skip(&rest, " "))
		return false;
	hour = (int)(clock / HOUR_MS);
	if (year != 0) {
		*time_ms_r = local_ms(year, month, day, hour);
	} else {
		find_hour(time, month, day, hour);
		*time_ms_r = time->hour_ms;
	}
	*time_ms_r += clock % HOUR_MS + fraction;
	*line = rest;
	return true;
}

/* "1795485869.123456", seconds since the epoch: journalctl's short-unix. */
static bool take_unix(struct slice *line, uint64_t *time_ms_r)
{
	struct slice rest = *line;
	uint64_t seconds;

	if (!slice_number(&rest, &seconds) || rest.data - line->data < 9 ||
	    rest.data - line->data > 11 || rest.length == 0 ||
	    rest.data[0] != '.')
		return false;
	*time_ms_r = seconds * 1000 + slice_fraction_ms(&rest);
	if (!slice_skip(&rest, " "))
		return false;
	*line = rest;
	return true;
}

/* "Sat ", before a date of journalctl's short-full */
static void skip_weekday(struct slice *line)
{
	if (line->length >= 5 && line->data[3] == ' ' &&
	    name_of("MonTueWedThuFriSatSun", line->data) >= 0)
		slice_drop(line, 4);
}

bool log_time_take(struct log_time *time, struct slice *line,
		   uint64_t *time_ms_r)
{
	struct slice rest = *line;
	bool is_taken;

	skip_weekday(&rest);
	if (rest.length == 0)
		return false;
	is_taken = rest.data[0] >= '0' && rest.data[0] <= '9'
			   ? take_rfc3339(&rest, time_ms_r) ||
				     take_unix(&rest, time_ms_r)
			   : take_rfc3164(time, &rest, time_ms_r);
	if (is_taken)
		*line = rest;
	return is_taken;
}
