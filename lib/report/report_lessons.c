/* SPDX-License-Identifier: ISC */

/* Section 11: what other limits would have done, and what did not work. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/units.h"
#include "lib/lint/lint.h"
#include "report_section.h"
#include "report_sections.h"

#define MINUTE_MS UINT64_C(60000)

/* replay */

struct replay {
	uint64_t max, per_ms;		    /* of the limit */
	uint64_t let_in, stopped, first_ms; /* first_ms: of what is stopped */
};

/* What a window of this length has, at the end of minute i, of what was let
 * in. */
static uint64_t used_at(const struct incident_minute *minutes,
			const uint64_t *let_in, size_t i, uint64_t per_ms)
{
	uint64_t used = 0;

	for (size_t j = i; j-- > 0;) {
		if (minutes[j].minute_ms + per_ms <= minutes[i].minute_ms)
			break;
		used += let_in[j];
	}
	return used;
}

/* A window that is shorter than a minute is emptied several times in one. */
static uint64_t room_in(const struct replay *replay, uint64_t used)
{
	uint64_t room = replay->max > used ? replay->max - used : 0;

	if (replay->per_ms < MINUTE_MS)
		room = replay->max * (MINUTE_MS / replay->per_ms);
	return room;
}

static void run(const struct incident_minute *minutes, size_t count,
		struct replay *replay)
{
	uint64_t *let_in = alloc_array(count, sizeof(*let_in));

	for (size_t i = 0; i < count; i++) {
		uint64_t came = minutes[i].stopped + minutes[i].let_in +
				minutes[i].held;
		uint64_t room = room_in(
			replay, used_at(minutes, let_in, i, replay->per_ms));

		let_in[i] = came < room ? came : room;
		replay->let_in += let_in[i];
		replay->stopped += came - let_in[i];
		if (came > let_in[i] && replay->first_ms == 0)
			replay->first_ms = minutes[i].minute_ms;
	}
	free(let_in);
}

static void add_replay(const struct report_facts *facts, json_t *table,
		       const struct incident_minute *minutes, size_t count)
{
	static const struct {
		const char *words;
		uint64_t times, parts;
	} trials[] = {
		{ "half of its max", 1, 2 },
		{ "its max", 1, 1 },
		{ "twice its max", 2, 1 },
	};
	const struct incident *incident = &facts->detail.incident;

	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++) {
		struct replay replay = {
			.max = incident->max * trials[i].times /
			       trials[i].parts,
			.per_ms = incident->per_ms,
		};

		run(minutes, count, &replay);
		report_row_add(table,
			       report_facts_redis_or(facts, "minute records"),
			       "snnnm", trials[i].words, replay.max,
			       replay.let_in, replay.stopped, replay.first_ms);
	}
}

static void add_replays(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "trial", "With", REPORT_WORDS },
		{ "max", "Max", REPORT_COUNT },
		{ "let_in", "Let in", REPORT_COUNT },
		{ "stopped", "Stopped", REPORT_COUNT },
		{ "first", "Stopped from the minute (UTC)", REPORT_TIME },
		{ 0 },
	};
	const struct incident *incident = &facts->detail.incident;
	char span[UNITS_TEXT_SIZE], *caption;
	json_t *table;

	if (incident->max < 2 || incident->per_ms == 0 ||
	    facts->detail.minute_count == 0) {
		report_section_gap(section,
				   "what another max would have done: the "
				   "limit or the minutes are not known");
		return;
	}
	caption = alloc_format("What the limit %s (in %s) would have done, "
			       "minute by minute",
			       incident->limit,
			       units_format_span(incident->per_ms, span));
	table = report_section_table(section, "replay", caption, columns);
	free(caption);
	add_replay(facts, table, facts->detail.minutes,
		   facts->detail.minute_count);
	report_section_gap(section,
			   "the replay knows whole minutes only, and takes all "
			   "messages for those of one subject: it is an "
			   "estimate");
}

/* limits that did nothing */

static bool has_tripped(const struct report_facts *facts, const char *name)
{
	for (size_t i = 0; i < facts->detail.window_count; i++)
		if (strcmp(facts->detail.windows[i].limit, name) == 0)
			return true;
	return false;
}

static void add_idle(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "limit", "Limit", REPORT_WORDS },
		{ 0 },
	};
	const struct settings *settings = facts->options->settings;
	json_t *table = report_section_table(
		section, "idle",
		"Limits, as they are now, that stopped nothing of it", columns);

	for (size_t i = 0; i < settings->limit_count; i++) {
		const struct limit *limit = &settings->limits[i];
		char *text;

		if (has_tripped(facts, limit->name))
			continue;
		text = limit_describe(limit);
		report_row_add(
			table,
			report_facts_setting(facts, limit->file, limit->line),
			"s", text);
		free(text);
	}
}

/* alerts */

static void add_failed(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "time", "Date and time (UTC)", REPORT_TIME },
		{ "channel", "Channel", REPORT_WORDS },
		{ "act", "Alert", REPORT_WORDS },
		{ "result", "Result", REPORT_WORDS },
		{ "detail", "Why", REPORT_WORDS },
		{ 0 },
	};
	json_t *table = report_section_table(
		section, "failed", "Alerts that were not sent at once",
		columns);

	report_records_foreach(&facts->journal, record) {
		const json_t *json = record->json;

		if (!report_record_is_alert(record) ||
		    strcmp(document_get_text(json, "result"), "told") == 0)
			continue;
		report_row_add(table, report_record_source(record), "mssss",
			       record->when_ms,
			       document_get_text(json, "channel"),
			       document_get_text(json, "act"),
			       document_get_text(json, "result"),
			       document_get_text(json, "detail"));
	}
}

/* advice */

static void add_advice(const struct report_facts *facts, json_t *section)
{
	static const struct report_column columns[] = {
		{ "advice", "Advice", REPORT_WORDS },
		{ 0 },
	};
	json_t *table = report_section_table(
		section, "advice",
		"Advice on the settings as they are now (weirctl check)",
		columns);
	struct lint_list list;

	lint_collect(facts->options->settings, &list);
	for (size_t i = 0; i < list.count; i++)
		report_row_add(table,
			       report_facts_line(list.entries[i].file,
						 list.entries[i].line),
			       "s", list.entries[i].text);
	lint_clear(&list);
}

json_t *report_lessons(struct report_facts *facts)
{
	json_t *section = report_section_new(11, "Lessons");

	add_replays(facts, section);
	add_idle(facts, section);
	add_failed(facts, section);
	add_advice(facts, section);
	report_section_say(section,
			   "Bulk mail that is announced passes with weirctl "
			   "permit SUBJECT --messages N --until TIME --owner "
			   "NAME, and is still counted.");
	report_facts_field(facts, section, "lessons",
			   "What went well, what did not, what is to change");
	return section;
}
