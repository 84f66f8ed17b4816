/* SPDX-License-Identifier: ISC */

/*
 * A reader that goes through the text once; each part takes what it knows and
 * says whether it did.
 */
#include <string.h>
#include <stdio.h>
#include <time.h>

#include "moment.h"

#define DAY_S	 86400
#define DAY_MS	 (UINT64_C(1000) * DAY_S)
#define YEAR_MIN 1970
#define YEAR_MAX 9999
#define END_S	 INT64_C(253402300800) /* 10000-01-01T00:00:00Z */

/* What the text contains. */
struct reading {
	const char *at;
	struct tm tm; /* tm_year from 0, tm_mon from 1 */
	unsigned int ms;
	bool has_date, has_offset;
	int offset_s;
};

static bool is_digit(char letter)
{
	return letter >= '0' && letter <= '9';
}

/* Exactly so many digits, min to max. */
static bool take_number(struct reading *reading, int digits, int min, int max,
			int *number_r)
{
	int number = 0;

	for (int i = 0; i < digits; i++) {
		if (!is_digit(reading->at[i]))
			return false;
		number = number * 10 + (reading->at[i] - '0');
	}
	if (number < min || number > max)
		return false;
	reading->at += digits;
	*number_r = number;
	return true;
}

static bool take_letter(struct reading *reading, char letter)
{
	if (*reading->at != letter)
		return false;
	reading->at++;
	return true;
}

static int days_of_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30,
				    31, 31, 30, 31, 30, 31 };
	bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && is_leap ? 29 : days[month - 1];
}

/* "2026-05-01" */
static bool take_date(struct reading *reading)
{
	struct tm *tm = &reading->tm;

	return take_number(reading, 4, YEAR_MIN, YEAR_MAX, &tm->tm_year) &&
	       take_letter(reading, '-') &&
	       take_number(reading, 2, 1, 12, &tm->tm_mon) &&
	       take_letter(reading, '-') &&
	       take_number(reading, 2, 1,
			   days_of_month(tm->tm_year, tm->tm_mon),
			   &tm->tm_mday);
}

/* ".250": what is behind the milliseconds is left out. */
static bool take_fraction(struct reading *reading)
{
	unsigned int unit = 100;

	if (!is_digit(*reading->at))
		return false;
	for (; is_digit(*reading->at); reading->at++, unit /= 10)
		reading->ms += (unsigned int)(*reading->at - '0') * unit;
	return true;
}

/* "18:00", "18:00:30", "18:00:30.250" */
static bool take_time(struct reading *reading)
{
	struct tm *tm = &reading->tm;

	if (!take_number(reading, 2, 0, 23, &tm->tm_hour) ||
	    !take_letter(reading, ':') ||
	    !take_number(reading, 2, 0, 59, &tm->tm_min))
		return false;
	if (!take_letter(reading, ':'))
		return true;
	if (!take_number(reading, 2, 0, 59, &tm->tm_sec))
		return false;
	return !take_letter(reading, '.') || take_fraction(reading);
}

/* "Z", "+02:00", "-0530", or nothing; a space before it may be. */
static bool take_offset(struct reading *reading)
{
	int hours, minutes, sign;

	if (*reading->at == '\0')
		return true;
	take_letter(reading, ' ');
	reading->has_offset = true;
	if (take_letter(reading, 'Z') || take_letter(reading, 'z'))
		return true;
	sign = *reading->at == '-' ? -1 : 1;
	if (!take_letter(reading, '+') && !take_letter(reading, '-'))
		return false;
	if (!take_number(reading, 2, 0, 14, &hours))
		return false;
	take_letter(reading, ':');
	if (!take_number(reading, 2, 0, 59, &minutes))
		return false;
	reading->offset_s = sign * (hours * 3600 + minutes * 60);
	return true;
}

static bool take_all(struct reading *reading, const char *text)
{
	reading->has_date = strlen(text) >= 5 && text[4] == '-';
	if (reading->has_date) {
		if (!take_date(reading))
			return false;
		if (*reading->at == '\0')
			return true;
		if (!take_letter(reading, 'T') && !take_letter(reading, 't') &&
		    !take_letter(reading, ' '))
			return false;
	}
	return take_time(reading) && take_offset(reading) &&
	       *reading->at == '\0';
}

/* With a date: the moment it names. False before 1970 and after 9999, where an
 * offset can lead to. */
static bool resolve(const struct reading *reading, int64_t *seconds_r)
{
	struct tm tm = reading->tm;

	tm.tm_year -= 1900;
	tm.tm_mon--;
	tm.tm_isdst = -1;
	*seconds_r = reading->has_offset
			     ? (int64_t)timegm(&tm) - reading->offset_s
			     : (int64_t)mktime(&tm);
	return *seconds_r >= 0 && *seconds_r < END_S;
}

/* Without one: today in that offset, or the day after. */
static bool resolve_next(struct reading *reading, uint64_t now_ms,
			 int64_t *seconds_r)
{
	time_t now = (time_t)(now_ms / 1000);
	struct tm today;

	for (int day = 0; day <= 2; day++) {
		time_t base = now + day * DAY_S;

		if (reading->has_offset) {
			base += reading->offset_s;
			gmtime_r(&base, &today);
		} else {
			localtime_r(&base, &today);
		}
		reading->tm.tm_year = today.tm_year + 1900;
		reading->tm.tm_mon = today.tm_mon + 1;
		reading->tm.tm_mday = today.tm_mday;
		if (resolve(reading, seconds_r) &&
		    (uint64_t)*seconds_r * 1000 + reading->ms > now_ms)
			return true;
	}
	return false;
}

bool moment_parse(const char *text, uint64_t now_ms, uint64_t *moment_ms_r)
{
	struct reading reading = { .at = text };
	int64_t seconds;

	if (!take_all(&reading, text))
		return false;
	if (!(reading.has_date ? resolve(&reading, &seconds)
			       : resolve_next(&reading, now_ms, &seconds)))
		return false;
	*moment_ms_r = (uint64_t)seconds * 1000 + reading.ms;
	return true;
}

const char *moment_format_local(uint64_t moment_ms,
				char buffer[MOMENT_TEXT_SIZE])
{
	time_t seconds = (time_t)(moment_ms / 1000);
	struct tm tm;

	if (localtime_r(&seconds, &tm) == NULL ||
	    strftime(buffer, MOMENT_TEXT_SIZE, "%Y-%m-%d %H:%M:%S %z", &tm) ==
		    0)
		snprintf(buffer, MOMENT_TEXT_SIZE, "-");
	return buffer;
}

const char *moment_format_utc(uint64_t moment_ms, char buffer[MOMENT_TEXT_SIZE])
{
	time_t seconds = (time_t)(moment_ms / 1000);
	char whole[24];
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL ||
	    strftime(whole, sizeof(whole), "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		snprintf(buffer, MOMENT_TEXT_SIZE, "-");
	else
		snprintf(buffer, MOMENT_TEXT_SIZE, "%s.%03uZ", whole,
			 (unsigned int)(moment_ms % 1000));
	return buffer;
}

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* All zero where it is no date. */
static struct tm utc_of(uint64_t moment_ms)
{
	time_t seconds = (time_t)(moment_ms / 1000);
	struct tm tm = { 0 };

	(void)gmtime_r(&seconds, &tm);
	return tm;
}

const char *moment_format_near(uint64_t moment_ms, uint64_t now_ms,
			       char buffer[MOMENT_TEXT_SIZE])
{
	struct tm tm = utc_of(moment_ms);

	if (moment_ms == 0)
		snprintf(buffer, MOMENT_TEXT_SIZE, "-");
	else if (moment_ms / DAY_MS == now_ms / DAY_MS)
		snprintf(buffer, MOMENT_TEXT_SIZE, "%02d:%02d:%02d", tm.tm_hour,
			 tm.tm_min, tm.tm_sec);
	else
		snprintf(buffer, MOMENT_TEXT_SIZE, "%d %.3s %02d:%02d",
			 tm.tm_mday, months + 3 * tm.tm_mon, tm.tm_hour,
			 tm.tm_min);
	return buffer;
}

const char *moment_format_day(uint64_t moment_ms, char buffer[MOMENT_TEXT_SIZE])
{
	struct tm tm = utc_of(moment_ms);

	snprintf(buffer, MOMENT_TEXT_SIZE, "%d %.3s", tm.tm_mday,
		 months + 3 * tm.tm_mon);
	return buffer;
}

const char *moment_format_date(uint64_t moment_ms,
			       char buffer[MOMENT_TEXT_SIZE])
{
	static const char days[] = "SunMonTueWedThuFriSat";
	struct tm tm = utc_of(moment_ms);

	snprintf(buffer, MOMENT_TEXT_SIZE, "%.3s, %02d %.3s %d %02d:%02d:%02d",
		 days + 3 * tm.tm_wday, tm.tm_mday, months + 3 * tm.tm_mon,
		 tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return buffer;
}
