/* SPDX-License-Identifier: ISC */

/* The thresholds are judgement: here they are, all of them. */
#include "entry.h"
#include "groups.h"
#include "match_read.h"
#include "reader.h"
#include "settings.h"

#define MINUTE UINT64_C(60000)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

#define SPAN_ROW(words, member, from, to, otherwise)                          \
	FIELD(span, words, settings_incident, member, .min = from, .max = to, \
	      .default_value = otherwise)
#define NUMBER_ROW(member, otherwise)                               \
	FIELD(number, #member, settings_incident, member, .min = 1, \
	      .max = 1000000, .default_value = otherwise)

const struct field incident_fields[] = {
	SPAN_ROW("quiet", quiet_ms, 1000, DAY, 15 * MINUTE),
	SPAN_ROW("over", over_ms, 1000, 30 * DAY, DAY),
	FIELD(clients, "shared", settings_incident, shared,
	      .list = &entry_network),
	NUMBER_ROW(serious_times, 10),
	NUMBER_ROW(serious_windows, 5),
	SPAN_ROW("serious_after", serious_after_ms, 1000, 30 * DAY, HOUR),
	NUMBER_ROW(critical_times, 100),
	NUMBER_ROW(critical_others, 100),
	{ .name = NULL },
};
