/* SPDX-License-Identifier: ISC */

/*
 * One table under one lock. What is written as in subjects is made before the
 * lock is taken, what is copied for a report is copied under it, some windows
 * at a time. A window that was taken moves to the end, so that the next take
 * begins with another.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/bounded_table.h"
#include "lib/base/network.h"
#include "lib/base/text.h"
#include "lib/base/units.h"
#include "lib/policy/subject.h"
#include "flood_tally.h"

struct entry {
	struct bounded_entry head;
	struct flood_window window; /* what is new; who: all */
	enum limit_unit unit;
	/* All of it, new or not. */
	uint64_t stopped, held, monitored, amount, others;
	uint64_t seen_ms;
	bool is_named; /* its key says who sends */
	bool is_news;
};

struct flood_tally {
	atomic_uint ipv6_prefix;
	atomic_size_t news;
	atomic_ullong left_out;
	atomic_bool is_hurried;
	struct bounded_table windows;
};

void flood_window_clear(struct flood_window *window)
{
	free(window->limit);
	free(window->subject);
	free(window->uid);
	marks_clear(&window->marks);
	for (int i = 0; i < FLOOD_DIMENSIONS; i++)
		sketch_clear(&window->who[i]);
	memset(window, 0, sizeof(*window));
}

char *flood_window_key(const struct flood_window *window)
{
	char per[UNITS_TEXT_SIZE];

	if (window->order != 0)
		return alloc_format("block:%" PRIu64, window->order);
	return alloc_format("%s:%s:%s", window->limit,
			    units_format_span(window->per_ms, per),
			    window->subject);
}

static void entry_clear(void *context)
{
	struct entry *entry = context;

	flood_window_clear(&entry->window);
}

struct flood_tally *flood_tally_new(void)
{
	struct flood_tally *tally = alloc_zero(sizeof(*tally));

	atomic_store(&tally->ipv6_prefix, 64);
	bounded_table_init(&tally->windows, FLOOD_WINDOWS_MAX,
			   sizeof(struct entry), entry_clear);
	return tally;
}

void flood_tally_free(struct flood_tally **tally_r)
{
	struct flood_tally *tally = *tally_r;

	if (tally == NULL)
		return;
	bounded_table_destroy(&tally->windows);
	free(tally);
	*tally_r = NULL;
}

void flood_tally_set_prefix(struct flood_tally *tally, unsigned int ipv6_prefix)
{
	atomic_store(&tally->ipv6_prefix, ipv6_prefix);
}

/* counting */

/* As it is counted: an IPv6 client is its network. */
static const char *client_of(const char *client, unsigned int ipv6_prefix,
			     char buffer[NETWORK_TEXT_SIZE])
{
	struct network_address address;

	if (client[0] == '\0')
		return "local";
	if (strchr(client, ':') == NULL || !network_parse(client, &address))
		return client;
	return network_format(&address, ipv6_prefix, buffer);
}

struct people {
	size_t recipient_count;
	char sender[TEXT_KEY_MAX + 1], login[TEXT_KEY_MAX + 1];
	char client[NETWORK_TEXT_SIZE], content[TEXT_KEY_MAX + 1];
	char recipients[EVENT_RECIPIENTS_MAX][TEXT_KEY_MAX + 1];
};

static void write_value(char buffer[TEXT_KEY_MAX + 1], const char *value)
{
	struct text text;

	text_init(&text, buffer, TEXT_KEY_MAX + 1);
	text_add_key(&text, value, strlen(value), false);
}

static void people_of(const struct event *event, unsigned int ipv6_prefix,
		      struct people *people_r)
{
	char client[NETWORK_TEXT_SIZE];

	write_value(people_r->sender, event->sender);
	write_value(people_r->login, event->login);
	snprintf(people_r->client, sizeof(people_r->client), "%s",
		 client_of(event->client, ipv6_prefix, client));
	write_value(people_r->content, event->content);
	people_r->recipient_count = event->recipient_count;
	for (size_t i = 0; i < event->recipient_count; i++)
		write_value(people_r->recipients[i], event->recipients[i]);
}

static void count_value(struct entry *entry, enum flood_dimension dimension,
			const char *value)
{
	if (value[0] != '\0')
		sketch_add(&entry->window.who[dimension], value, 1);
}

static void count_people(struct entry *entry, const struct people *people)
{
	count_value(entry, FLOOD_SENDER, people->sender);
	count_value(entry, FLOOD_LOGIN, people->login);
	count_value(entry, FLOOD_CLIENT, people->client);
	count_value(entry, FLOOD_CONTENT, people->content);
	for (size_t i = 0; i < people->recipient_count; i++)
		count_value(entry, FLOOD_RECIPIENT, people->recipients[i]);
}

/* In the unit of the limit; a message is never nothing. */
static uint64_t amount_of(const struct event *event)
{
	uint64_t amount = 1;

	if (event->cause == VERDICT_BY_BLOCK)
		return 1;
	if (event->window->unit == LIMIT_BYTES)
		amount = event->bytes;
	else if (event->window->unit == LIMIT_RECIPIENTS)
		amount = event->recipients_all;
	return amount == 0 ? 1 : amount;
}

static void make_news(struct flood_tally *tally, struct entry *entry)
{
	if (!entry->is_news)
		tally->news++;
	entry->is_news = true;
}

static void count_stopped(struct entry *entry, const struct event *event)
{
	struct flood_window *window = &entry->window;
	uint64_t amount = amount_of(event);

	if (event->verdict == VERDICT_MONITOR) {
		window->monitored++;
		entry->monitored++;
	} else if (event->verdict == VERDICT_QUARANTINE) {
		window->held++;
		entry->held++;
	} else {
		window->stopped++;
		entry->stopped++;
	}
	if (event->verdict != VERDICT_MONITOR) {
		window->amount += amount;
		entry->amount += amount;
		window->bytes += event->bytes;
	}
	window->max = event->window->max;
	window->last_ms = event->steady_ms;
	if (window->first_ms == 0)
		window->first_ms = event->steady_ms;
}

static struct entry *entry_new(struct flood_tally *tally,
			       const struct event *event)
{
	const struct event_window *window = event->window;
	struct entry *entry;

	if (bounded_table_is_full(&tally->windows)) {
		tally->left_out++;
		return NULL;
	}
	entry = bounded_table_add(&tally->windows, window->key,
				  strlen(window->key));
	entry->unit = window->unit;
	entry->is_named = event->cause == VERDICT_BY_BLOCK ||
			  marks_name_source(window->subject);
	entry->window.limit = alloc_text(window->limit);
	entry->window.subject = alloc_text(window->subject);
	if (event->cause == VERDICT_BY_BLOCK)
		entry->window.order = event->order;
	entry->window.per_ms = window->per_ms;
	entry->window.max = window->max;
	return entry;
}

static struct entry *find(const struct flood_tally *tally, const char *key)
{
	return bounded_table_find(&tally->windows, key, strlen(key));
}

static void add(struct flood_tally *tally, const struct event *event,
		const struct people *people)
{
	struct entry *entry = find(tally, event->window->key);

	if (entry == NULL)
		entry = entry_new(tally, event);
	if (entry == NULL)
		return;
	entry->seen_ms = event->steady_ms;
	count_stopped(entry, event);
	count_people(entry, people);
	make_news(tally, entry);
}

void flood_tally_add(void *context, const struct event *event)
{
	struct flood_tally *tally = context;
	struct people people;

	if (event->window == NULL || event->window->is_let_in)
		return;
	people_of(event, atomic_load(&tally->ipv6_prefix), &people);
	bounded_table_lock(&tally->windows);
	add(tally, event, &people);
	bounded_table_unlock(&tally->windows);
}

/* reporting */

void flood_tally_hurry(struct flood_tally *tally)
{
	atomic_store(&tally->is_hurried, true);
}

/* A message that two limits refuse is counted for one of them; for the other
 * one the next messages are refused at MAIL, before their recipients are known.
 */
static const char *recipient_elsewhere(const struct flood_tally *tally,
				       const struct entry *entry)
{
	const struct sketch *who = entry->window.who;
	const struct sketch_counter *sender = sketch_top(&who[FLOOD_SENDER]);
	const struct sketch_counter *top;

	if (entry->window.incident != 0 || sender == NULL ||
	    who[FLOOD_RECIPIENT].total != 0)
		return NULL;
	for (const struct entry *other = bounded_table_first(&tally->windows);
	     other != NULL; other = bounded_table_next(other)) {
		who = other->window.who;
		top = sketch_top(&who[FLOOD_RECIPIENT]);
		if (top != NULL &&
		    top->count >= who[FLOOD_RECIPIENT].total - top->count &&
		    sketch_has(&who[FLOOD_SENDER], sender->value))
			return top->value;
	}
	return NULL;
}

static struct marks_window marks_window_of(const struct entry *entry,
					   const struct flood_look *look)
{
	return (struct marks_window){ .subject = entry->window.subject,
				      .sketches = entry->window.who,
				      .messages = entry->stopped + entry->held +
						  entry->monitored,
				      .is_shared = look->is_shared,
				      .context = look->context };
}

static void make_marks(const struct flood_tally *tally,
		       const struct entry *entry, const struct flood_look *look,
		       struct marks *marks_r)
{
	struct marks_window window = marks_window_of(entry, look);

	window.recipient = recipient_elsewhere(tally, entry);
	marks_make(&window, marks_r);
}

static bool is_due(const struct flood_tally *tally, const struct entry *entry,
		   const struct flood_look *look)
{
	const struct flood_window *window = &entry->window;
	struct marks_window marks_window;

	if (!entry->is_news || entry->is_named || window->incident != 0 ||
	    window->local != 0 || atomic_load(&tally->is_hurried) ||
	    window->first_ms + FLOOD_PATIENCE_MS <= look->now_ms)
		return entry->is_news;
	marks_window = marks_window_of(entry, look);
	return marks_are_sure(&marks_window);
}

bool flood_tally_has_news(struct flood_tally *tally,
			  const struct flood_look *look)
{
	bool has_news = false;

	if (atomic_load(&tally->news) == 0)
		return false;
	bounded_table_lock(&tally->windows);
	for (const struct entry *entry = bounded_table_first(&tally->windows);
	     entry != NULL && !has_news; entry = bounded_table_next(entry))
		has_news = is_due(tally, entry, look);
	bounded_table_unlock(&tally->windows);
	return has_news;
}

/* Begins the next report: the counts are 0, what it is part of stays. */
static void begin_report(struct flood_window *window)
{
	window->stopped = window->held = window->monitored = 0;
	window->bytes = window->amount = 0;
	window->first_ms = window->last_ms = 0;
}

static void take_entry(struct flood_tally *tally, struct entry *entry,
		       const struct flood_look *look,
		       struct flood_window *window_r)
{
	struct flood_window *window = &entry->window;

	*window_r = *window;
	window_r->limit = alloc_text(window->limit);
	window_r->subject = alloc_text(window->subject);
	window_r->uid = alloc_text(window->uid);
	make_marks(tally, entry, look, &window_r->marks);
	if (window_r->marks.others > entry->others) {
		window_r->others = window_r->marks.others - entry->others;
		entry->others = window_r->marks.others;
	}
	for (int i = 0; i < FLOOD_DIMENSIONS; i++)
		sketch_take(&window->who[i], &window_r->who[i]);
	begin_report(window);
	entry->is_news = false;
	tally->news--;
	bounded_table_put(&tally->windows,
			  bounded_table_take(&tally->windows, entry));
}

size_t flood_tally_take(struct flood_tally *tally,
			const struct flood_look *look,
			struct flood_window *windows_r, size_t max)
{
	struct entry *entry, *next;
	size_t count = 0, left;

	bounded_table_lock(&tally->windows);
	left = bounded_table_count(&tally->windows);
	for (entry = bounded_table_first(&tally->windows);
	     entry != NULL && count < max && left != 0; entry = next, left--) {
		next = bounded_table_next(entry);
		if (is_due(tally, entry, look))
			take_entry(tally, entry, look, &windows_r[count++]);
	}
	bounded_table_unlock(&tally->windows);
	return count;
}

static void visit_entry(struct flood_tally *tally, struct entry *entry,
			const struct flood_look *look,
			void (*visit)(void *context,
				      struct flood_window *window),
			void *context)
{
	struct flood_window view = entry->window;

	view.stopped = entry->stopped;
	view.held = entry->held;
	view.monitored = entry->monitored;
	view.amount = entry->amount;
	make_marks(tally, entry, look, &view.marks);
	view.others = view.marks.others;
	visit(context, &view);
	entry->window.local = view.local;
	marks_clear(&view.marks);
}

void flood_tally_visit(struct flood_tally *tally, const struct flood_look *look,
		       void (*visit)(void *context,
				     struct flood_window *window),
		       void *context)
{
	bounded_table_lock(&tally->windows);
	for (struct entry *entry = bounded_table_first(&tally->windows);
	     entry != NULL; entry = bounded_table_next(entry))
		if (entry->window.incident == 0 && is_due(tally, entry, look))
			visit_entry(tally, entry, look, visit, context);
	bounded_table_unlock(&tally->windows);
}

void flood_tally_assign(struct flood_tally *tally, const char *key,
			uint64_t incident, const char *uid)
{
	struct entry *entry;

	bounded_table_lock(&tally->windows);
	entry = find(tally, key);
	if (entry != NULL) {
		free(entry->window.uid);
		entry->window.incident = incident;
		entry->window.uid = alloc_text(uid);
		entry->window.local = 0;
	}
	bounded_table_unlock(&tally->windows);
}

void flood_tally_forget_locals(struct flood_tally *tally)
{
	bounded_table_lock(&tally->windows);
	for (struct entry *entry = bounded_table_first(&tally->windows);
	     entry != NULL; entry = bounded_table_next(entry))
		entry->window.local = 0;
	bounded_table_unlock(&tally->windows);
}

void flood_tally_renumber(struct flood_tally *tally, const char *uid,
			  uint64_t incident)
{
	bounded_table_lock(&tally->windows);
	for (struct entry *entry = bounded_table_first(&tally->windows);
	     entry != NULL; entry = bounded_table_next(entry))
		if (entry->window.uid != NULL &&
		    strcmp(entry->window.uid, uid) == 0)
			entry->window.incident = incident;
	bounded_table_unlock(&tally->windows);
}

void flood_tally_repeat_who(struct flood_tally *tally)
{
	bounded_table_lock(&tally->windows);
	for (struct entry *entry = bounded_table_first(&tally->windows);
	     entry != NULL; entry = bounded_table_next(entry))
		for (int i = 0; i < FLOOD_DIMENSIONS; i++)
			sketch_untake(&entry->window.who[i]);
	bounded_table_unlock(&tally->windows);
}

uint64_t flood_tally_left_out(struct flood_tally *tally)
{
	return atomic_exchange(&tally->left_out, 0);
}

/* Half of the table is kept free for windows that are new, whatever their
 * length: the script knows what it was told of the others. */
void flood_tally_sweep(struct flood_tally *tally, uint64_t now_ms,
		       uint64_t quiet_ms)
{
	struct entry *entry, *next;

	bounded_table_lock(&tally->windows);
	for (entry = bounded_table_first(&tally->windows); entry != NULL;
	     entry = next) {
		bool is_quiet = entry->seen_ms + entry->window.per_ms +
					quiet_ms <
				now_ms;

		next = bounded_table_next(entry);
		if (!entry->is_news &&
		    (is_quiet || bounded_table_count(&tally->windows) >
					 FLOOD_WINDOWS_MAX / 2))
			bounded_table_drop(&tally->windows, entry);
	}
	bounded_table_unlock(&tally->windows);
}
