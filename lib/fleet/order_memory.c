/* SPDX-License-Identifier: ISC */

/*
 * Redis forgets from its end: a mark that is there says that all before it is
 * there, too. So an order that is missing beside it was lifted, by whatever
 * version of weir; beside another mark it was lost.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/units.h"
#include "lib/redis/redis_client.h"
#include "top.h"
#include "lib/base/json.h"
#include "order_json.h"
#include "order_memory.h"
#include "lib/redis/redis_args.h"

#define LIFTED_MAX     10000
#define LIFTED_KEPT_MS UINT64_C(2592000000) /* 30 days */

/* A name with a time: an order that was lifted, and until when that is kept;
 * a window, and when it was emptied. */
struct entry {
	char *name;
	uint64_t time_ms;
};

struct entries {
	struct entry *entries;
	size_t count;
};

struct order_memory {
	char *prefix, *name;
	struct order_list list;
	struct entries lifted, resets;
	struct entries full; /* windows that are still to be emptied again */
	uint64_t mark;	     /* the last one left in Redis; 0: none yet */
};

static void entries_add(struct entries *entries, char *name, uint64_t time_ms)
{
	entries->entries = alloc_resize(entries->entries, entries->count + 1,
					sizeof(*entries->entries));
	entries->entries[entries->count++] = (struct entry){ name, time_ms };
}

static void entries_clear(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		free(entries->entries[i].name);
	free(entries->entries);
	*entries = (struct entries){ 0 };
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name,
		      ((const struct entry *)b)->name);
}

static void entries_sort(struct entries *entries)
{
	if (entries->count != 0)
		qsort(entries->entries, entries->count,
		      sizeof(*entries->entries), compare_entries);
}

/* Of sorted entries; NULL: it is not among them. */
static const struct entry *entries_find(const struct entries *entries,
					const char *name)
{
	const struct entry wanted = { (char *)(uintptr_t)name, 0 };

	return entries->count == 0
		       ? NULL
		       : bsearch(&wanted, entries->entries, entries->count,
				 sizeof(wanted), compare_entries);
}

/* Names and times in turns, as ZRANGE gives them. */
static void entries_take(struct entries *entries,
			 const struct redis_value *value)
{
	size_t count = redis_value_count(value) / 2;

	for (size_t i = 0; i < count; i++)
		entries_add(entries,
			    alloc_text(redis_value_text_at(value, 2 * i)),
			    redis_value_number_at(value, 2 * i + 1));
	entries_sort(entries);
}

struct order_memory *order_memory_new(const char *prefix, const char *name)
{
	struct order_memory *memory = alloc_zero(sizeof(*memory));

	memory->prefix = alloc_text(prefix);
	memory->name = alloc_text(name);
	return memory;
}

void order_memory_free(struct order_memory **memory)
{
	struct order_memory *gone = *memory;

	*memory = NULL;
	if (gone == NULL)
		return;
	order_list_clear(&gone->list);
	entries_clear(&gone->lifted);
	entries_clear(&gone->resets);
	entries_clear(&gone->full);
	free(gone->prefix);
	free(gone->name);
	free(gone);
}

const struct order_list *order_memory_list(const struct order_memory *memory)
{
	return &memory->list;
}

void order_look_clear(struct order_look *look)
{
	for (size_t i = 0; i < look->reset_count; i++) {
		free(look->resets[i].subject);
		free(look->resets[i].limit);
	}
	free(look->resets);
	memset(look, 0, sizeof(*look));
}

static char *identity_of(const struct order *order)
{
	return alloc_format("%" PRIu64 ":%" PRIu64, order_first_number(order),
			    order->created_ms);
}

/* what was lifted */

/* Was an order of this list lifted? A version of weir that knows nothing of
 * that has put it back. */
static bool has_lifted(const struct order_list *list,
		       const struct entries *lifted)
{
	bool is_found = false;

	for (size_t i = 0; i < list->count && !is_found; i++) {
		char *identity = identity_of(&list->orders[i]);

		is_found = entries_find(lifted, identity) != NULL;
		free(identity);
	}
	return is_found;
}

static bool has_order(const struct order_list *list, const struct order *order)
{
	const struct order *found =
		list->count == 0 ? NULL
				 : bsearch(order, list->orders, list->count,
					   sizeof(*order), order_list_compare);

	return found != NULL && found->created_ms == order->created_ms;
}

/* Nothing was lost, and yet it is missing: it was lifted, perhaps by a version
 * of weir that leaves no word of that. */
static void find_lifted(const struct order_memory *memory,
			const struct order_list *list, struct entries *lifted)
{
	for (size_t i = 0; i < memory->list.count; i++) {
		const struct order *order = &memory->list.orders[i];
		uint64_t until_ms = list->now_ms + LIFTED_KEPT_MS;

		if (order->until_ms < until_ms)
			until_ms = order->until_ms;
		if (until_ms > list->now_ms && !has_order(list, order))
			entries_add(lifted, identity_of(order), until_ms);
	}
}

/* What is in Redis, and what only this process knows. */
static void keep_lifted(struct order_memory *memory,
			const struct order_list *list,
			const struct redis_value *value, bool is_all_there)
{
	struct entries before = memory->lifted, more = { 0 };

	memory->lifted = (struct entries){ 0 };
	entries_take(&memory->lifted, value);
	if (is_all_there)
		find_lifted(memory, list, &before);
	for (size_t i = 0; i < before.count; i++) {
		const struct entry *entry = &before.entries[i];

		if (entry->time_ms > list->now_ms &&
		    memory->lifted.count + more.count < LIFTED_MAX &&
		    entries_find(&memory->lifted, entry->name) == NULL)
			entries_add(&more, alloc_text(entry->name),
				    entry->time_ms);
	}
	for (size_t i = 0; i < more.count; i++)
		entries_add(&memory->lifted, more.entries[i].name,
			    more.entries[i].time_ms);
	free(more.entries);
	entries_sort(&memory->lifted);
	entries_clear(&before);
}

/* what was emptied */

/* "{sender:a@x}:own:1h"; false, with nothing to free, when it is something
 * else. */
static bool split_window(const char *window, struct order_reset *reset_r,
			 uint64_t *per_r)
{
	const char *brace = strchr(window, '}');
	const char *colon = strrchr(window, ':');
	uint64_t per_ms;

	if (window[0] != '{' || brace == NULL || brace[1] != ':' ||
	    colon <= brace + 1 || !units_parse_span(colon + 1, &per_ms))
		return false;
	reset_r->subject = alloc_copy(window + 1, (size_t)(brace - window) - 1);
	reset_r->limit = alloc_copy(brace + 2, (size_t)(colon - brace) - 2);
	*per_r = per_ms;
	return true;
}

static void keep_resets(struct order_memory *memory,
			const struct redis_value *value,
			struct order_look *look)
{
	struct entries before = memory->resets;
	uint64_t per_ms;

	memory->resets = (struct entries){ 0 };
	entries_take(&memory->resets, value);
	look->resets = alloc_resize(
		look->resets, look->reset_count + memory->resets.count + 1,
		sizeof(*look->resets));
	for (size_t i = 0; i < memory->resets.count && !look->is_first; i++) {
		const struct entry *entry = &memory->resets.entries[i];
		const struct entry *known = entries_find(&before, entry->name);

		if ((known == NULL || known->time_ms < entry->time_ms) &&
		    split_window(entry->name, &look->resets[look->reset_count],
				 &per_ms))
			look->reset_count++;
	}
	entries_clear(&before);
}

/* They are full again in the Redis that came back. Those that it is not asked
 * for in vain are done. */
static bool empty_again(struct order_memory *memory, struct redis_client *redis)
{
	while (memory->full.count != 0) {
		struct entry *entry =
			&memory->full.entries[memory->full.count - 1];
		struct order_reset reset = { NULL, NULL };
		uint64_t per_ms;
		bool is_done = redis_value_drop(redis_client_command(
				       redis, "DEL %s:%s", memory->prefix,
				       entry->name)) &&
			       (!split_window(entry->name, &reset, &per_ms) ||
				top_forget(redis, memory->prefix, reset.subject,
					   reset.limit, per_ms));
		free(reset.subject);
		free(reset.limit);
		if (!is_done)
			return false;
		free(entry->name);
		memory->full.count--;
	}
	return true;
}

/* asking */

static void ids_take(struct order_ids *ids, const struct redis_value *value)
{
	ids->count = redis_value_count(value);
	for (size_t i = 0; i < ids->count && i < ORDER_LOOK_SHOWN; i++)
		ids->ids[i] = redis_value_number_at(value, i);
}

static void words_add_entries(struct redis_args *args,
			      const struct entries *entries)
{
	redis_args_add_number(args, entries->count);
	for (size_t i = 0; i < entries->count; i++) {
		redis_args_add(args, entries->entries[i].name);
		redis_args_add_number(args, entries->entries[i].time_ms);
	}
}

static struct redis_value *ask_merge(const struct order_memory *memory,
				     struct redis_client *redis)
{
	const struct order_list *list = &memory->list;
	struct redis_args args = { 0 };

	order_book_call(&args, memory->prefix, memory->name);
	redis_args_add(&args, "merge");
	redis_args_add_number(&args, memory->mark);
	redis_args_add(&args, memory->name);
	redis_args_add_number(&args, list->version);
	redis_args_add_number(&args, list->last_id);
	redis_args_add_number(&args, list->count);
	for (size_t i = 0; i < list->count; i++) {
		redis_args_add_number(&args, list->orders[i].id);
		redis_args_take(&args, document_write(order_json_make(
					       &list->orders[i])));
	}
	words_add_entries(&args, &memory->lifted);
	words_add_entries(&args, &memory->resets);
	return redis_args_ask(&args, redis);
}

static struct redis_value *ask_read(const struct order_memory *memory,
				    struct redis_client *redis)
{
	struct redis_args args = { 0 };

	order_book_call(&args, memory->prefix, memory->name);
	redis_args_add(&args, "read");
	redis_args_add_number(&args, memory->mark);
	return redis_args_ask(&args, redis);
}

/* The parts of an answer, see order_book.lua. */
enum part {
	PART_MARK,
	PART_VERSION,
	PART_LAST_ID,
	PART_NOW,
	PART_BOOK,
	PART_LIFTED,
	PART_RESETS,
	PART_RESTORED,
	PART_LIFTED_AGAIN,
	PART_RESET_AGAIN
};

static void take_list(const struct redis_value *answer, struct order_list *list)
{
	list->version = redis_value_number_at(answer, PART_VERSION);
	list->last_id = redis_value_number_at(answer, PART_LAST_ID);
	list->now_ms = redis_value_number_at(answer, PART_NOW);
	order_list_take(list, redis_value_at(answer, PART_BOOK));
}

/* is_all_there: what is missing was lifted. */
static void take_answer(struct order_memory *memory,
			const struct redis_value *answer, bool is_all_there,
			struct order_look *look)
{
	struct order_list list = { 0 };

	take_list(answer, &list);
	keep_lifted(memory, &list, redis_value_at(answer, PART_LIFTED),
		    is_all_there);
	keep_resets(memory, redis_value_at(answer, PART_RESETS), look);
	ids_take(&look->restored, redis_value_at(answer, PART_RESTORED));
	ids_take(&look->lifted, redis_value_at(answer, PART_LIFTED_AGAIN));
	order_list_clear(&memory->list);
	memory->list = list;
	memory->mark = redis_value_number_at(answer, PART_MARK);
	look->is_changed = true;
}

static bool merge(struct order_memory *memory, struct redis_client *redis,
		  struct order_look *look)
{
	struct redis_value *answer = ask_merge(memory, redis);
	const struct redis_value *windows = redis_value_at(answer,
							   PART_RESET_AGAIN);
	bool is_answered = answer != NULL;

	if (is_answered) {
		look->resets_repeated = redis_value_count(windows);
		for (size_t i = 0; i < look->resets_repeated; i++)
			entries_add(&memory->full,
				    alloc_text(redis_value_text_at(windows, i)),
				    0);
		take_answer(memory, answer, false, look);
	}
	redis_value_free(&answer);
	return is_answered;
}

static bool read_book(struct order_memory *memory, struct redis_client *redis,
		      struct order_look *look)
{
	struct redis_value *answer;
	bool is_answered, is_all_there;

	if (look->is_first)
		return merge(memory, redis, look);
	answer = ask_read(memory, redis);
	is_answered = answer != NULL;
	is_all_there = redis_value_count(answer) != 0;
	if (is_all_there)
		take_answer(memory, answer, true, look);
	redis_value_free(&answer);
	if (!is_answered ||
	    (is_all_there && !has_lifted(&memory->list, &memory->lifted)))
		return is_answered;
	if (merge(memory, redis, look))
		return true;
	if (is_all_there)
		memory->mark++; /* as if it were lost: merged at the next look
				 */
	return false;
}

/* Is the version in Redis that of the list, and the mark the last one? */
static bool look_for_change(const struct order_memory *memory,
			    struct redis_client *redis, bool *is_changed_r)
{
	uint64_t mark = 0, version = 0;
	bool is_answered =
		redis_client_send_command(redis, "GET %s:{orders}:known:%s",
					  memory->prefix, memory->name) &&
		redis_client_send_command(redis, "GET %s:{orders}:version",
					  memory->prefix) &&
		redis_value_take_number(redis_client_take(redis), &mark) &&
		redis_value_take_number(redis_client_take(redis), &version);

	*is_changed_r = mark != memory->mark || version != memory->list.version;
	if (!is_answered)
		redis_client_skip(redis);
	return is_answered;
}

bool order_memory_look(struct order_memory *memory, struct redis_client *redis,
		       struct order_look *look_r)
{
	bool is_changed = true, is_good;

	memset(look_r, 0, sizeof(*look_r));
	look_r->is_first = memory->mark == 0;
	is_good = look_r->is_first ||
		  look_for_change(memory, redis, &is_changed);
	if (is_good && is_changed)
		is_good = read_book(memory, redis, look_r);
	is_good = is_good && empty_again(memory, redis);
	/* what was taken holds, the rest is done at the next look */
	return is_good || look_r->is_changed;
}
