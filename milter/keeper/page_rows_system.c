/* SPDX-License-Identifier: ISC */

/* What weir is made of: milters and their journals, Redis, the channels. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/count_text.h"
#include "lib/base/moment.h"
#include "lib/base/span_text.h"
#include "page_cell.h"
#include "page_rows.h"

#define JOURNAL_BEHIND_MS 5000
#define HEAD_SIZE	  80

static json_t *new_row(json_t *rows, const char *kind, const char *class)
{
	json_t *row = page_cell_row(json_object(), class);

	page_cell_put(row, "kind", "%s", kind);
	json_array_append_new(rows, row);
	return row;
}

/* "; journal record 4711, head 9f3a4b5c", of its own file; "": not known. */
static const char *head_of(const struct page_facts *facts,
			   const struct milter *milter, char text[HEAD_SIZE])
{
	char *begin = alloc_format("%s.%" PRIu64 ".", milter->host,
				   milter->pid);

	text[0] = '\0';
	for (size_t i = 0; i < facts->head_count; i++)
		if (strncmp(facts->heads[i].name, begin, strlen(begin)) == 0)
			snprintf(text, HEAD_SIZE,
				 "; journal record %" PRIu64 ", head %.8s",
				 facts->heads[i].n, facts->heads[i].hash);
	free(begin);
	return text;
}

static void add_milter(json_t *rows, const struct page_facts *facts,
		       const struct milter *milter)
{
	const struct status *status = &facts->status;
	char head[HEAD_SIZE];
	bool is_silent = status_is_silent(status, milter);
	bool is_behind = status_is_behind(status, milter);
	bool is_late = milter->journal_behind_ms >= JOURNAL_BEHIND_MS ||
		       milter->journal_lost != 0;
	json_t *row = new_row(rows, "milter",
			      is_silent ? "bad"
			      : is_behind || is_late ||
					      milter->windows_forgotten != 0
				      ? "warn"
				      : "good");
	char span[SPAN_TEXT_SIZE], all[COUNT_TEXT_SIZE], no[COUNT_TEXT_SIZE];

	page_cell_put_value(row, "name", milter->name);
	page_cell_put(
		row, "state", "%s %s", is_silent ? "silent" : "up",
		span_text(status_age_ms(status, is_silent ? milter->seen_ms
							  : milter->started_ms),
			  span));
	page_cell_put(row, "detail", "%s, %s verdicts, %s refused; %s%s%s%s",
		      milter->version, count_text(status_all(milter), all),
		      count_text(status_refused(milter), no),
		      is_behind ? "does not know the newest orders"
				: "knows all orders",
		      head_of(facts, milter, head),
		      is_late ? "; its journal is behind" : "",
		      milter->windows_forgotten != 0
			      ? "; windows dropped, raise memory_subjects"
			      : "");
}

static void add_redis(json_t *rows, const struct redis_health *redis)
{
	bool can_evict = redis_health_can_evict(redis);
	json_t *row = new_row(rows, redis_health_name(redis),
			      can_evict ? "warn" : "good");
	char used[COUNT_TEXT_SIZE], max[COUNT_TEXT_SIZE];

	page_cell_put(row, "name", "%s", redis->role);
	page_cell_put(row, "state", "up");
	page_cell_put(
		row, "detail",
		"%s, %s used%s%s, %s, %" PRIu64 " keys evicted%s",
		redis->version, count_text_size(redis->used_bytes, used),
		redis->max_bytes != 0 ? " of " : "",
		redis->max_bytes != 0 ? count_text_size(redis->max_bytes, max)
				      : "",
		redis->policy[0] != '\0' ? redis->policy
					 : "maxmemory-policy unknown",
		redis->evicted,
		can_evict ? "; evicts counters and orders when full" : "");
}

static void add_channel(json_t *rows, const struct channel_state *channel,
			uint64_t now_ms)
{
	json_t *row = new_row(rows, "alerts",
			      channel->is_failing	       ? "bad"
			      : channel->failing_since_ms != 0 ? "warn"
							       : "good");
	char told[MOMENT_TEXT_SIZE];

	page_cell_put_value(row, "name", channel->name);
	page_cell_put(row, "state", "%s",
		      channel->is_failing	       ? "failing"
		      : channel->failing_since_ms != 0 ? "retrying"
						       : "ok");
	page_cell_put(row, "detail",
		      "%s, last sent %s, %" PRIu64 " sent, %" PRIu64
		      " failed tries, %zu "
		      "waiting",
		      channel->kind,
		      moment_format_near(channel->told_ms, now_ms, told),
		      channel->told, channel->failed, channel->waiting);
}

json_t *page_rows_system(const struct page_frame *frame,
			 const struct page_facts *facts)
{
	const struct status *status = &facts->status;
	json_t *rows = json_array(), *row;

	for (size_t i = 0; i < status->milters.count; i++)
		add_milter(rows, facts, &status->milters.list[i]);
	add_redis(rows, &status->redis);
	for (size_t i = 0; i < facts->channels.count; i++)
		add_channel(rows, &facts->channels.list[i], status->now_ms);
	row = new_row(rows, "keeper", "good");
	page_cell_put_value(row, "name", frame->host);
	page_cell_put(row, "state", "up");
	page_cell_put(row, "detail", "%s%s", WEIR_VERSION,
		      facts->channels.count == 0
			      ? "; no channel for alerts is set"
			      : "");
	return rows;
}
