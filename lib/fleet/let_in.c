/* SPDX-License-Identifier: ISC */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/redis/redis_args.h"
#include "lib/redis/redis_client.h"
#include "incident_parts.h"
#include "let_in.h"

#define LOOKS_AT_ONCE 4 /* through all of the recent mail, in one call */
#define KEPT_MS	      "7776000000" /* 90 days */
#define RUNNING	      "running"

struct let_in {
	struct recent_mail *recent;
	struct followed_flood list[LET_IN_MAX];
	size_t count;
	char *handed_uids; /* " UID UID ", of the process before; or NULL */
	uint64_t handed;   /* what it had is before this position */
};

struct let_in *let_in_new(struct recent_mail *recent)
{
	struct let_in *let_in = alloc_zero(sizeof(*let_in));

	let_in->recent = recent;
	return let_in;
}

void let_in_free(struct let_in **let_in_r)
{
	struct let_in *let_in = *let_in_r;

	if (let_in == NULL)
		return;
	for (size_t i = 0; i < let_in->count; i++)
		followed_flood_clear(&let_in->list[i]);
	free(let_in->handed_uids);
	free(let_in);
	*let_in_r = NULL;
}

static struct followed_flood *find(const struct let_in *let_in, const char *uid)
{
	for (size_t i = 0; i < let_in->count; i++)
		if (strcmp(let_in->list[i].uid, uid) == 0)
			return (struct followed_flood *)(uintptr_t)&let_in
				->list[i];
	return NULL;
}

/* NULL: there are too many. */
static struct followed_flood *follow_new(struct let_in *let_in, const char *uid)
{
	struct followed_flood *followed;

	if (let_in->count == LET_IN_MAX)
		return NULL;
	followed = &let_in->list[let_in->count++];
	followed_flood_init(followed, uid);
	return followed;
}

static void forget(struct let_in *let_in, struct followed_flood *followed)
{
	followed_flood_clear(followed);
	*followed = let_in->list[--let_in->count];
}

/* counting */

void let_in_count(struct let_in *let_in)
{
	for (size_t i = 0; i < let_in->count; i++)
		followed_flood_count(&let_in->list[i], let_in->recent);
}

/* following */

/* The process before has counted what it had let in of this one. */
static bool is_handed(const struct let_in *let_in, const char *uid)
{
	char *word = alloc_format(" %s ", uid);
	bool is_there = let_in->handed_uids != NULL &&
			strstr(let_in->handed_uids, word) != NULL;

	free(word);
	return is_there;
}

static void begin(struct let_in *let_in, struct followed_flood *followed,
		  const struct settings *settings,
		  const struct incident_detail *detail,
		  const struct let_in_time *now)
{
	const struct incident *incident = &detail->incident;

	followed_flood_set_from(followed, let_in->recent, incident, now);
	followed_flood_move_until(followed, incident, now);
	if (is_handed(let_in, incident->uid))
		followed_flood_take_over(followed, let_in->recent, settings,
					 detail, let_in->handed);
}

/* Where Redis answers with another one under that number, it is looked at once
 * more. */
static bool read_set(struct let_in *let_in, struct redis_client *redis,
		     const char *prefix, const struct settings *settings,
		     const struct incident *incident,
		     const struct let_in_time *now)
{
	struct followed_flood *followed = find(let_in, incident->uid);
	struct incident_detail detail;
	bool is_read = incident_read(redis, prefix, incident->number, &detail);

	if (is_read && strcmp(detail.incident.uid, incident->uid) == 0) {
		if (followed == NULL)
			followed = follow_new(let_in, incident->uid);
		if (followed != NULL && followed->flood.subjects == NULL)
			begin(let_in, followed, settings, &detail, now);
		if (followed != NULL &&
		    followed_flood_is_changed(followed, &detail.incident))
			followed_flood_change(followed, let_in->recent,
					      settings, &detail);
	}
	if (is_read)
		incident_detail_clear(&detail);
	return is_read;
}

static void drop_unlisted(struct let_in *let_in,
			  const struct incident_answer *answer)
{
	for (size_t i = 0; i < let_in->count; i++)
		let_in->list[i].is_listed = false;
	for (size_t i = 0; i < answer->open_count; i++) {
		struct followed_flood *followed = find(let_in,
						       answer->open[i].uid);

		if (followed != NULL)
			followed->is_listed = true;
	}
	for (size_t i = let_in->count; i > 0; i--)
		if (!let_in->list[i - 1].is_listed)
			forget(let_in, &let_in->list[i - 1]);
}

bool let_in_follow(struct let_in *let_in, struct redis_client *redis,
		   const char *prefix, const struct settings *settings,
		   const struct incident_answer *answer, uint64_t steady_ms)
{
	const struct let_in_time now = { steady_ms, answer->now_ms };
	unsigned int looks = 0;

	drop_unlisted(let_in, answer);
	let_in_count(let_in);
	for (size_t i = 0; i < answer->open_count; i++) {
		const struct incident *incident = &answer->open[i];
		struct followed_flood *followed = find(let_in, incident->uid);

		if ((followed == NULL ||
		     followed_flood_is_changed(followed, incident)) &&
		    looks++ < LOOKS_AT_ONCE &&
		    !read_set(let_in, redis, prefix, settings, incident, &now))
			return false;
		followed = find(let_in, incident->uid);
		if (followed == NULL)
			continue;
		followed->number = incident->number;
		followed_flood_move_until(followed, incident, &now);
	}
	return true;
}

uint64_t let_in_local(struct let_in *let_in, const struct settings *settings,
		      const struct incident_detail *local,
		      const struct let_in_time *now)
{
	const struct incident *incident = &local->incident;
	struct followed_flood *followed = find(let_in, incident->uid);

	if (followed == NULL) {
		followed = follow_new(let_in, incident->uid);
		if (followed == NULL)
			return 0;
		followed_flood_set_from(followed, let_in->recent, incident,
					now);
	}
	followed_flood_move_until(followed, incident, now);
	if (followed_flood_is_changed(followed, incident))
		followed_flood_change(followed, let_in->recent, settings,
				      local);
	followed_flood_count(followed, let_in->recent);
	return followed->counted < 0 ? 0 : (uint64_t)followed->counted;
}

struct incident_let_in let_in_of_window(struct let_in *let_in,
					const struct settings *settings,
					const struct flood_window *window)
{
	char none[] = "";
	struct incident_window one = { .subject = window->subject };
	const struct incident_detail detail = {
		.incident = { .source = window->marks.source == NULL
						? none
						: window->marks.source,
			      .opened_ms = window->first_ms,
			      .last_ms = window->last_ms,
			      .per_ms = window->per_ms },
		.windows = &one,
		.window_count = 1,
	};
	const struct let_in_time now = { window->first_ms, window->first_ms };
	struct followed_flood followed = { .source = none };

	followed_flood_set_from(&followed, let_in->recent, &detail.incident,
				&now);
	followed_flood_move_until(&followed, &detail.incident, &now);
	incident_flood_make(settings, &detail, &followed.flood);
	followed_flood_count(&followed, let_in->recent);
	incident_flood_clear(&followed.flood);
	return (struct incident_let_in){ .messages = followed.counted,
					 .is_least = followed.is_least };
}

/* telling */

static bool is_news(const struct followed_flood *followed)
{
	return followed->number != 0 &&
	       (followed->counted != followed->told ||
		followed->is_least != followed->has_told_least);
}

bool let_in_has_news(const struct let_in *let_in)
{
	for (size_t i = 0; i < let_in->count; i++)
		if (is_news(&let_in->list[i]))
			return true;
	return false;
}

size_t let_in_take(struct let_in *let_in,
		   struct incident_let_in totals_r[LET_IN_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < let_in->count; i++) {
		const struct followed_flood *followed = &let_in->list[i];

		if (!is_news(followed))
			continue;
		totals_r[count] = (struct incident_let_in){
			.number = followed->number,
			.messages = followed->counted,
			.is_least = followed->is_least,
		};
		snprintf(totals_r[count].uid, sizeof(totals_r[count].uid), "%s",
			 followed->uid);
		count++;
	}
	return count;
}

int64_t let_in_told(struct let_in *let_in, const struct incident_let_in *total)
{
	struct followed_flood *followed = find(let_in, total->uid);
	int64_t more;

	if (followed == NULL)
		return 0;
	more = total->messages - followed->told;
	followed->told = total->messages;
	followed->has_told_least = total->is_least;
	return more;
}

int64_t let_in_total(const struct let_in *let_in, const char *uid)
{
	const struct followed_flood *followed = find(let_in, uid);

	return followed == NULL ? 0 : followed->told;
}

void let_in_renumber(struct let_in *let_in, const char *uid, uint64_t number)
{
	struct followed_flood *followed = find(let_in, uid);

	if (followed != NULL)
		followed->number = number;
}

/* from one process to the next */

static char *key_of(const char *prefix, const char *place)
{
	char *base = incident_base(prefix), escaped[TEXT_KEY_MAX + 1], *key;
	struct text text;

	text_init(&text, escaped, sizeof(escaped));
	text_add_key(&text, place, strlen(place), false);
	key = alloc_format("%s:recent:%s", base, escaped);
	free(base);
	return key;
}

static bool set(struct redis_client *redis, const char *prefix,
		const char *place, const char *value, size_t length)
{
	struct redis_args args = { 0 };

	redis_args_add(&args, "SET");
	redis_args_take(&args, key_of(prefix, place));
	redis_args_add_bytes(&args, value, length);
	redis_args_add(&args, "PX");
	redis_args_add(&args, KEPT_MS);
	return redis_args_do(&args, redis);
}

/* "1 SINCE UID UID \n", and the mail, with times since the epoch. */
static bool take_over(struct let_in *let_in, const char *value, size_t length,
		      const struct let_in_time *now)
{
	int64_t shift_ms = (int64_t)now->steady_ms - (int64_t)now->incidents_ms;
	const char *line_end = memchr(value, '\n', length);
	uint64_t since_ms;
	size_t head;
	char *line, *uids;
	bool is_good;

	if (line_end == NULL || strncmp(value, "1 ", 2) != 0)
		return false;
	head = (size_t)(line_end - value);
	line = alloc_copy(value, head);
	since_ms = strtoull(line + 2, &uids, 10);
	is_good = recent_mail_load(let_in->recent, value + head + 1,
				   length - head - 1, shift_ms);
	if (is_good && since_ms != 0)
		recent_mail_set_since(let_in->recent,
				      let_in_time_steady(since_ms, now));
	if (is_good)
		let_in->handed_uids = alloc_text(uids);
	let_in->handed = recent_mail_end(let_in->recent);
	free(line);
	return is_good;
}

/* A process that ended without a word has not told what it knew. */
void let_in_begin(struct let_in *let_in, struct redis_client *redis,
		  const char *prefix, const char *place,
		  const struct let_in_time *now)
{
	struct redis_value *value;
	const char *text;
	size_t length;
	char *key;

	if (redis == NULL) {
		recent_mail_set_since(let_in->recent, now->steady_ms);
		return;
	}
	key = key_of(prefix, place);
	value = redis_client_say(redis, "GET", key, NULL);
	free(key);
	text = redis_value_text(value, &length);
	if (value == NULL ||
	    (length != 0 && !take_over(let_in, text, length, now)))
		recent_mail_set_since(let_in->recent, now->steady_ms);
	redis_value_free(&value);
	(void)set(redis, prefix, place, RUNNING, strlen(RUNNING));
}

static char *head_line(const struct let_in *let_in,
		       const struct let_in_time *now)
{
	uint64_t since_ms = recent_mail_since_ms(let_in->recent);
	char *line = alloc_format("1 %" PRIu64 " ",
				  since_ms == 0 ? 0
						: since_ms + now->incidents_ms -
							  now->steady_ms);

	for (size_t i = 0; i < let_in->count; i++) {
		const struct followed_flood *followed = &let_in->list[i];
		char *longer;

		if (followed->number == 0)
			continue;
		longer = alloc_format("%s%s ", line, followed->uid);
		free(line);
		line = longer;
	}
	return line;
}

bool let_in_hand_over(struct let_in *let_in, struct redis_client *redis,
		      const char *prefix, const char *place,
		      const struct let_in_time *now)
{
	int64_t shift_ms = (int64_t)now->incidents_ms - (int64_t)now->steady_ms;
	char *line = head_line(let_in, now), *mail, *value;
	size_t head = strlen(line), length;
	bool is_done;

	mail = recent_mail_save(let_in->recent, shift_ms, &length);
	value = alloc_zero(head + 1 + length);
	memcpy(value, line, head);
	value[head] = '\n';
	memcpy(value + head + 1, mail, length);
	is_done = set(redis, prefix, place, value, head + 1 + length);
	free(value);
	free(mail);
	free(line);
	return is_done;
}
