/* SPDX-License-Identifier: ISC */

/*
 * An entry is read once with ">". From then on it is pending in Redis for this
 * keeper until XACK, and its idle time begins anew with each XCLAIM, so a live
 * keeper touches what it has in hand each TOUCH_MS. XAUTOCLAIM would be Redis
 * 6.2.
 */
#include "outbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/redis/redis_client.h"

#define GROUP	      "keeper"
#define TOUCH_MS      10000
#define LOOK_MS	      2000 /* at what others have left */
#define PENDING_LOOK  1000
#define WORDS_AT_ONCE 100
#define DONE_KEPT     1000 /* ids that a Redis from a backup may offer again */

struct id {
	char text[OUTBOX_ID_SIZE];
};

struct ids {
	struct id *list;
	size_t count, room;
};

struct outbox {
	char *key, *keeper;
	struct ids held;	   /* in hand */
	struct ids done;	   /* Redis does not know it yet */
	struct id told[DONE_KEPT]; /* Redis knows: a ring */
	size_t told_count;
	uint64_t touched_ms, looked_ms;
	bool has_looked;
	char last[OUTBOX_ID_SIZE]; /* the newest that was read; "": none */
};

struct outbox *outbox_new(const char *prefix, const char *keeper)
{
	struct outbox *outbox = alloc_zero(sizeof(*outbox));

	outbox->key = alloc_format("%s:{incidents}:log", prefix);
	outbox->keeper = alloc_text(keeper);
	return outbox;
}

/* ids */

/* NULL: it is not there. */
static struct id *ids_find(const struct ids *ids, const char *text)
{
	for (size_t i = 0; i < ids->count; i++)
		if (strcmp(ids->list[i].text, text) == 0)
			return &ids->list[i];
	return NULL;
}

static void ids_add(struct ids *ids, const char *text)
{
	if (ids->count == ids->room) {
		ids->room = ids->room == 0 ? 64 : 2 * ids->room;
		ids->list = alloc_resize(ids->list, ids->room,
					 sizeof(*ids->list));
	}
	(void)snprintf(ids->list[ids->count++].text, OUTBOX_ID_SIZE, "%s",
		       text);
}

static bool ids_remove(struct ids *ids, const char *text)
{
	struct id *id = ids_find(ids, text);

	if (id != NULL)
		*id = ids->list[--ids->count];
	return id != NULL;
}

static void tell_id(struct outbox *outbox, const char *text)
{
	struct id *id = &outbox->told[outbox->told_count++ % DONE_KEPT];

	(void)snprintf(id->text, sizeof(id->text), "%s", text);
}

static bool was_told(const struct outbox *outbox, const char *text)
{
	for (size_t i = 0; i < DONE_KEPT; i++)
		if (strcmp(outbox->told[i].text, text) == 0)
			return true;
	return false;
}

/* the group */

static bool has_word(const struct redis_client *redis, const char *word)
{
	return redis_client_was_refused(redis) &&
	       strstr(redis_client_error(redis), word) != NULL;
}

/* Another keeper may have made it meanwhile. Where this one has read of it
 * before, Redis was emptied: what is there now came after that. */
static bool make_group(struct outbox *outbox, struct redis_client *redis)
{
	uint64_t now_ms, from_ms = 0;

	if (!redis_client_time(redis, &now_ms))
		return false;
	if (outbox->last[0] == '\0' && now_ms > OUTBOX_LOOK_BACK_MS)
		from_ms = now_ms - OUTBOX_LOOK_BACK_MS;
	return redis_value_drop(redis_client_command(
		       redis, "XGROUP CREATE %s " GROUP " %" PRIu64 " MKSTREAM",
		       outbox->key, from_ms)) ||
	       has_word(redis, "BUSYGROUP");
}

/* entries */

static void act_clear(struct outbox_act *act)
{
	free(act->uid);
	free(act->act);
	free(act->text);
}

static char *text_of(const struct redis_value *entry, const char *name)
{
	return alloc_text(redis_value_field(entry, name, NULL));
}

static void read_act(const struct redis_value *entry, struct outbox_act *act_r)
{
	*act_r = (struct outbox_act){
		.number = strtoull(redis_value_field(entry, "incident", NULL),
				   NULL, 10),
		.uid = text_of(entry, "uid"),
		.act = text_of(entry, "act"),
		.text = text_of(entry, "text"),
	};
	(void)snprintf(act_r->id, sizeof(act_r->id), "%s",
		       redis_value_text_at(entry, 0));
	incident_level_parse(redis_value_field(entry, "level", NULL),
			     &act_r->level);
}

/* What is in hand already, or was told, is not given out again. */
static void add_entry(struct outbox *outbox, const struct redis_value *entry,
		      bool is_left, struct outbox_acts *acts)
{
	struct outbox_act act;

	if (redis_value_count(entry) != 2)
		return; /* it was trimmed meanwhile */
	read_act(entry, &act);
	act.is_left = is_left;
	if (ids_find(&outbox->held, act.id) != NULL ||
	    was_told(outbox, act.id)) {
		if (was_told(outbox, act.id))
			ids_add(&outbox->done, act.id);
		act_clear(&act);
		return;
	}
	ids_add(&outbox->held, act.id);
	acts->list = alloc_resize(acts->list, acts->count + 1,
				  sizeof(*acts->list));
	acts->list[acts->count++] = act;
}

void outbox_acts_clear(struct outbox_acts *acts)
{
	for (size_t i = 0; i < acts->count; i++)
		act_clear(&acts->list[i]);
	free(acts->list);
	memset(acts, 0, sizeof(*acts));
}

static struct redis_value *read_group(struct outbox *outbox,
				      struct redis_client *redis)
{
	return redis_client_command(
		redis, "XREADGROUP GROUP " GROUP " %s COUNT %d STREAMS %s >",
		outbox->keeper, (int)(OUTBOX_HELD_MAX - outbox->held.count),
		outbox->key);
}

static bool read_new(struct outbox *outbox, struct redis_client *redis,
		     struct outbox_acts *acts)
{
	struct redis_value *value;
	const struct redis_value *entries;

	if (outbox->held.count >= OUTBOX_HELD_MAX)
		return true;
	value = read_group(outbox, redis);
	if (value == NULL && has_word(redis, "NOGROUP") &&
	    make_group(outbox, redis))
		value = read_group(outbox, redis);
	if (value == NULL)
		return false;
	entries = redis_value_at(redis_value_at(value, 0), 1);
	for (size_t i = 0; i < redis_value_count(entries); i++)
		add_entry(outbox, redis_value_at(entries, i), false, acts);
	if (acts->count != 0)
		memcpy(outbox->last, acts->list[acts->count - 1].id,
		       sizeof(outbox->last));
	redis_value_free(&value);
	return true;
}

/* what others have left */

static bool claim(struct outbox *outbox, struct redis_client *redis,
		  const char *id, struct outbox_acts *acts)
{
	struct redis_value *value = redis_client_command(
		redis, "XCLAIM %s " GROUP " %s %d %s", outbox->key,
		outbox->keeper, OUTBOX_IDLE_MS, id);
	bool is_there;

	if (value == NULL)
		return false;
	/* Redis 5 and 6 have nothing in the place of one that was trimmed */
	is_there = redis_value_count(redis_value_at(value, 0)) == 2;
	if (is_there)
		add_entry(outbox, redis_value_at(value, 0), true, acts);
	else if (redis_value_count(value) != 0)
		ids_add(&outbox->done, id);
	redis_value_free(&value);
	return true;
}

static bool is_left(const struct outbox *outbox,
		    const struct redis_value *pending)
{
	const char *id = redis_value_text_at(pending, 0);

	return redis_value_number_at(pending, 2) >= OUTBOX_IDLE_MS &&
	       ids_find(&outbox->held, id) == NULL &&
	       ids_find(&outbox->done, id) == NULL;
}

static bool look_for_left(struct outbox *outbox, struct redis_client *redis,
			  uint64_t now_ms, struct outbox_acts *acts)
{
	struct redis_value *value;
	bool is_good = true;

	if (outbox->has_looked && now_ms - outbox->looked_ms < LOOK_MS)
		return true;
	value = redis_client_command(redis, "XPENDING %s " GROUP " - + %d",
				     outbox->key, PENDING_LOOK);
	if (value == NULL)
		return false;
	outbox->has_looked = true;
	outbox->looked_ms = now_ms;
	for (size_t i = 0; is_good && i < redis_value_count(value) &&
			   outbox->held.count < OUTBOX_HELD_MAX;
	     i++) {
		const struct redis_value *pending = redis_value_at(value, i);

		if (is_left(outbox, pending))
			is_good = claim(outbox, redis,
					redis_value_text_at(pending, 0), acts);
	}
	redis_value_free(&value);
	return is_good;
}

/* what is in hand, and what is done */

/* What is done, from *next on, which becomes the first that had no room. */
static bool acknowledge(const struct outbox *outbox, struct redis_client *redis,
			size_t *next)
{
	const char *words[3 + WORDS_AT_ONCE] = { "XACK", outbox->key, GROUP };
	size_t n = 3, i = *next;

	while (i < outbox->done.count && n < 3 + WORDS_AT_ONCE)
		words[n++] = outbox->done.list[i++].text;
	if (!redis_value_drop(redis_client_ask(redis, n, words, NULL)))
		return false;
	*next = i;
	return true;
}

/* Each with a command of its own: JUSTID stands behind the ids. */
static bool touch(struct outbox *outbox, struct redis_client *redis,
		  uint64_t now_ms)
{
	bool is_good = true;

	if (now_ms - outbox->touched_ms < TOUCH_MS)
		return true;
	for (size_t i = 0; is_good && i < outbox->held.count; i++) {
		const char *words[] = { "XCLAIM", outbox->key,
					GROUP,	  outbox->keeper,
					"0",	  outbox->held.list[i].text,
					"JUSTID" };

		is_good = redis_client_send(redis, 7, words, NULL);
	}
	for (size_t i = 0; is_good && i < outbox->held.count; i++)
		is_good = redis_value_drop(redis_client_take(redis));
	if (!is_good)
		redis_client_skip(redis);
	else
		outbox->touched_ms = now_ms;
	return is_good;
}

void outbox_done(struct outbox *outbox, const char *id)
{
	if (ids_remove(&outbox->held, id))
		ids_add(&outbox->done, id);
}

bool outbox_flush(struct outbox *outbox, struct redis_client *redis)
{
	size_t next = 0;

	while (next < outbox->done.count && acknowledge(outbox, redis, &next))
		continue;
	for (size_t i = 0; i < next; i++)
		if (!was_told(outbox, outbox->done.list[i].text))
			tell_id(outbox, outbox->done.list[i].text);
	if (next == 0)
		return outbox->done.count == 0;
	memmove(outbox->done.list, outbox->done.list + next,
		(outbox->done.count - next) * sizeof(*outbox->done.list));
	outbox->done.count -= next;
	return outbox->done.count == 0;
}

bool outbox_take(struct outbox *outbox, struct redis_client *redis,
		 uint64_t now_ms, struct outbox_acts *acts_r)
{
	memset(acts_r, 0, sizeof(*acts_r));
	if (outbox_flush(outbox, redis) && read_new(outbox, redis, acts_r) &&
	    touch(outbox, redis, now_ms) &&
	    look_for_left(outbox, redis, now_ms, acts_r))
		return true;
	/* After an outage all idle times are long: first each keeper says what
	 * it is done with. */
	outbox->has_looked = true;
	outbox->looked_ms = now_ms;
	return false;
}
