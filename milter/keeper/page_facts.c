/* SPDX-License-Identifier: ISC */

/* The same questions that weirctl asks for status, top, orders, incidents. */
#include "page_facts.h"

#include <stdlib.h>

#include "lib/base/alloc.h"
#include "lib/redis/redis_client.h"
#include "milter/common/order_text.h"
#include "milter/common/top_choose.h"

static bool goes_on(const struct incident *incident)
{
	return incident->state == INCIDENT_OPEN ||
	       incident->state == INCIDENT_CONTAINED;
}

/* Open before contained before the rest; then the graver, then the newer. */
static int by_weight(const void *a, const void *b)
{
	const struct incident *left = *(const struct incident *const *)a;
	const struct incident *right = *(const struct incident *const *)b;

	if (goes_on(left) != goes_on(right))
		return goes_on(left) ? -1 : 1;
	if (goes_on(left) && left->state != right->state)
		return left->state < right->state ? -1 : 1;
	if (goes_on(left) && left->level != right->level)
		return left->level > right->level ? -1 : 1;
	return left->number > right->number ? -1 : 1;
}

static void count_open(const struct incident *incident,
		       struct page_facts *facts)
{
	if (incident->state == INCIDENT_CONTAINED)
		facts->contained++;
	if (incident->state != INCIDENT_OPEN ||
	    incident->level < INCIDENT_WARNING)
		return;
	facts->open++;
	facts->open_stopped += incident->stopped + incident->held;
}

static bool read_details(struct redis_client *redis, const char *prefix,
			 const struct incident **chosen, size_t count,
			 struct page_facts *facts)
{
	facts->incidents = alloc_array(count, sizeof(*facts->incidents));
	for (size_t i = 0; i < count; i++) {
		if (!incident_read(redis, prefix, chosen[i]->number,
				   &facts->incidents[facts->incident_count]))
			return false;
		/* one that has gone meanwhile is no row */
		if (facts->incidents[facts->incident_count].incident.number !=
		    0)
			facts->incident_count++;
		else
			incident_detail_clear(
				&facts->incidents[facts->incident_count]);
	}
	return true;
}

static bool read_incidents(struct redis_client *redis, const char *prefix,
			   struct page_facts *facts)
{
	uint64_t now_ms = facts->status.now_ms;
	const struct incident **chosen;
	struct incident_list list;
	size_t count;
	bool is_read;

	if (!incident_list_read(
		    redis, prefix,
		    now_ms > PAGE_SINCE_MS ? now_ms - PAGE_SINCE_MS : 0, &list))
		return false;
	chosen = alloc_array(list.count, sizeof(*chosen));
	for (size_t i = 0; i < list.count; i++) {
		chosen[i] = &list.incidents[i];
		count_open(chosen[i], facts);
	}
	if (list.count != 0)
		qsort(chosen, list.count, sizeof(*chosen), by_weight);
	count = list.count < PAGE_INCIDENTS_MAX ? list.count
						: PAGE_INCIDENTS_MAX;
	facts->incidents_more = list.count - count;
	is_read = read_details(redis, prefix, chosen, count, facts);
	free(chosen);
	incident_list_clear(&list);
	return is_read;
}

static bool read_top(struct redis_client *redis,
		     const struct settings *settings, struct page_facts *facts)
{
	const struct top_wish wish = { .settings = settings };

	if (!top_read(redis, settings->redis.prefix, &facts->top))
		return false;
	facts->near_count = top_choose(&facts->top, &wish);
	return true;
}

static bool read_used(struct redis_client *redis, const char *prefix,
		      struct page_facts *facts)
{
	const struct order_list *list = &facts->status.orders;

	facts->used = alloc_array(list->count, sizeof(*facts->used));
	for (size_t i = 0; i < list->count; i++)
		if (!order_text_used(redis, prefix, list->now_ms,
				     &list->orders[i], &facts->used[i]) &&
		    !redis_client_was_refused(redis))
			return false;
	return true;
}

bool page_facts_read(struct redis_client *redis,
		     const struct settings *settings,
		     struct page_facts *facts_r)
{
	const char *prefix = settings->redis.prefix;

	*facts_r = (struct page_facts){ 0 };
	if (status_read(redis, prefix, &facts_r->status) &&
	    read_incidents(redis, prefix, facts_r) &&
	    read_top(redis, settings, facts_r) &&
	    read_used(redis, prefix, facts_r)) {
		facts_r->head_count = briefing_heads(redis, prefix,
						     facts_r->heads);
		return true;
	}
	page_facts_clear(facts_r);
	return false;
}

void page_facts_clear(struct page_facts *facts)
{
	status_clear(&facts->status);
	for (size_t i = 0; i < facts->incident_count; i++)
		incident_detail_clear(&facts->incidents[i]);
	free(facts->incidents);
	top_clear(&facts->top);
	free(facts->used);
	*facts = (struct page_facts){ 0 };
}
