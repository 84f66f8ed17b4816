/* SPDX-License-Identifier: ISC */

/*
 * Three sieves, the cheapest first: the envelope while the queue is listed,
 * then records from Redis, a thousand at a time, then, for what has no record,
 * the client as the MTA's own files have it.
 */
#include <stdlib.h>
#include <string.h>

#include "queue_search.h"

#define RECORDS_AT_ONCE 1000

struct search {
	const struct queue_filter *filter;
	enum queue_act act;
};

static bool can_be_done(enum queue_act act, const struct queue_message *message)
{
	return act == QUEUE_DELETE ||
	       message->is_held == (act == QUEUE_RELEASE);
}

static bool keep(void *context, const struct queue_message *message)
{
	const struct search *search = context;

	return can_be_done(search->act, message) &&
	       queue_filter_takes_envelope(search->filter, message);
}

/* records */

/* What its record decides goes to found or away, what has none to rest. */
static void sort_by_record(const struct queue_filter *filter,
			   struct queue_message *message,
			   const struct event *record, struct queue_list *found,
			   struct queue_list *rest)
{
	if (!queue_filter_is_record(filter, message, record))
		queue_list_add(rest, message);
	else if (queue_filter_matches(filter, message, record))
		queue_list_add(found, message);
	else
		queue_message_clear(message);
}

static bool sort_some(const struct queue_notes *notes,
		      const struct queue_filter *filter,
		      struct queue_message *messages, size_t count,
		      struct queue_list lists[2])
{
	const char *ids[RECORDS_AT_ONCE];
	struct event *records[RECORDS_AT_ONCE];
	bool is_read;

	for (size_t i = 0; i < count; i++)
		ids[i] = messages[i].id;
	is_read = quarantine_read(notes->redis, notes->prefix, ids, count,
				  records);
	for (size_t i = 0; i < count; i++) {
		if (is_read)
			sort_by_record(filter, &messages[i], records[i],
				       &lists[0], &lists[1]);
		free(records[i]);
	}
	return is_read;
}

/* lists: found, and what has no record. */
static bool sort_all(const struct queue_notes *notes,
		     const struct queue_filter *filter,
		     struct queue_list *listed, struct queue_list lists[2])
{
	for (size_t done = 0; done < listed->count;) {
		size_t count = listed->count - done;

		if (count > RECORDS_AT_ONCE)
			count = RECORDS_AT_ONCE;
		if (!sort_some(notes, filter, listed->messages + done, count,
			       lists))
			return false;
		done += count;
	}
	return true;
}

/* what has no record */

static bool match_rest(struct queue *queue, const struct queue_filter *filter,
		       struct queue_list *rest, struct queue_list *found)
{
	if (queue_filter_needs_record(filter))
		return true;
	if (queue_filter_asks_client(filter) && !queue_ask_clients(queue, rest))
		return false;
	for (size_t i = 0; i < rest->count; i++)
		if (queue_filter_matches(filter, &rest->messages[i], NULL))
			queue_list_add(found, &rest->messages[i]);
	return true;
}

static void move_list(struct queue_list *from, struct queue_list *to)
{
	queue_list_clear(to);
	*to = *from;
	memset(from, 0, sizeof(*from));
}

static enum queue_search_end sieve(struct queue *queue,
				   const struct queue_notes *notes,
				   const struct queue_filter *filter,
				   struct queue_list *listed,
				   struct queue_list *found)
{
	struct queue_list lists[2] = { { 0 }, { 0 } };
	enum queue_search_end end = QUEUE_SEARCH_DONE;

	if (notes->redis == NULL)
		move_list(listed, &lists[1]);
	else if (!sort_all(notes, filter, listed, lists))
		end = QUEUE_SEARCH_NO_REDIS;
	if (end == QUEUE_SEARCH_DONE &&
	    !match_rest(queue, filter, &lists[1], &lists[0]))
		end = QUEUE_SEARCH_NO_QUEUE;
	move_list(&lists[0], found);
	queue_list_clear(&lists[1]);
	return end;
}

/* An added message leaves {0} behind, which clears as nothing. */
static int compare_age(const void *a, const void *b)
{
	const struct queue_message *left = a, *right = b;

	if (left->arrived_ms != right->arrived_ms)
		return left->arrived_ms < right->arrived_ms ? -1 : 1;
	return strcmp(left->id, right->id);
}

static void sort(struct queue_list *list,
		 int (*compare)(const void *a, const void *b))
{
	if (list->count != 0)
		qsort(list->messages, list->count, sizeof(*list->messages),
		      compare);
}

enum queue_search_end queue_search(struct queue *queue,
				   const struct queue_notes *notes,
				   const struct queue_filter *filter,
				   enum queue_act act,
				   struct queue_list *found_r)
{
	struct search search = { filter, act };
	struct queue_keeper keeper = { keep, &search };
	struct queue_list listed = { 0 };
	enum queue_search_end end = QUEUE_SEARCH_DONE;
	size_t total, unreadable;
	bool is_cut;

	if (!queue->backend->list(queue, &keeper, &listed)) {
		queue_list_clear(&listed);
		return QUEUE_SEARCH_NO_QUEUE;
	}
	total = listed.total;
	unreadable = listed.unreadable;
	is_cut = listed.is_cut;
	if (queue_filter_asks_record(filter))
		end = sieve(queue, notes, filter, &listed, found_r);
	else
		move_list(&listed, found_r);
	queue_list_clear(&listed);
	found_r->total = total;
	found_r->unreadable = unreadable;
	found_r->is_cut = is_cut;
	sort(found_r, compare_age);
	return end;
}

/* once more, after the question */

static int compare_id(const void *a, const void *b)
{
	const struct queue_message *left = a, *right = b;

	return strcmp(left->id, right->id);
}

static bool is_still_there(const struct queue_list *now, enum queue_act act,
			   const struct queue_message *message)
{
	const struct queue_message *same;

	if (now->count == 0)
		return false;
	same = bsearch(message, now->messages, now->count,
		       sizeof(*now->messages), compare_id);
	return same != NULL && queue_message_is_same(same, message) &&
	       can_be_done(act, same);
}

static void drop_gone(struct queue_list *found, enum queue_act act,
		      const struct queue_list *now)
{
	size_t kept = 0;

	for (size_t i = 0; i < found->count; i++) {
		struct queue_message *message = &found->messages[i];

		if (is_still_there(now, act, message))
			found->messages[kept++] = *message;
		else
			queue_message_clear(message);
	}
	found->count = kept;
}

/* Only what is in found is kept, so that a long queue needs no room. */
static bool keep_found(void *context, const struct queue_message *message)
{
	const struct queue_list *by_id = context;

	return bsearch(message, by_id->messages, by_id->count,
		       sizeof(*by_id->messages), compare_id) != NULL;
}

/* What is in the queue now of these, which it sorts by their ids. */
static bool list_again(struct queue *queue, struct queue_list *found,
		       struct queue_list *now_r)
{
	struct queue_keeper keeper = { keep_found, found };
	bool is_listed;

	sort(found, compare_id);
	is_listed = queue->backend->list(queue, &keeper, now_r);
	if (is_listed)
		sort(now_r, compare_id);
	return is_listed;
}

bool queue_search_again(struct queue *queue, enum queue_act act,
			struct queue_list *found)
{
	struct queue_list now = { 0 };
	bool is_listed;

	if (found->count == 0)
		return true;
	is_listed = list_again(queue, found, &now);
	if (is_listed)
		drop_gone(found, act, &now);
	queue_list_clear(&now);
	sort(found, compare_age);
	return is_listed;
}

uint64_t queue_search_remaining(struct queue *queue, enum queue_act act,
				struct queue_list *found, size_t count)
{
	struct queue_list tried = { .messages = found->messages,
				    .count = count };
	struct queue_list now = { 0 };
	uint64_t remaining = 0;

	if (count != 0 && list_again(queue, &tried, &now))
		for (size_t i = 0; i < count; i++)
			remaining += is_still_there(&now, act,
						    &tried.messages[i]);
	queue_list_clear(&now);
	return remaining;
}
