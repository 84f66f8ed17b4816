/* SPDX-License-Identifier: ISC */

/* The order of the table is the order of use. */
#include "charge_outcome.h"
#include "window_table.h"

void window_table_init(struct window_table *table, size_t max_windows)
{
	*table = (struct window_table){ 0 };
	bounded_table_init(&table->table, max_windows,
			   sizeof(struct window_entry), NULL);
}

struct window_entry *window_table_find(struct window_table *table,
				       const struct charge *charge)
{
	return bounded_table_renew(&table->table, charge->key,
				   charge->key_length);
}

struct window_entry *window_table_make(struct window_table *table,
				       const struct charge *charge,
				       uint64_t now_ms)
{
	struct window_entry *entry = window_table_find(table, charge);

	if (entry != NULL)
		return entry;
	table->evictions += bounded_table_is_full(&table->table);
	entry = bounded_table_add(&table->table, charge->key,
				  charge->key_length);
	entry->shape = charge->shape;
	entry->mark = table->mark;
	window_init(&entry->window, &entry->shape, now_ms);
	return entry;
}

/* The window as it is now, or an empty one, without making it. */
static void look(struct window_table *table, const struct charge *charge,
		 uint64_t now_ms, struct window *window_r)
{
	const struct window_entry *entry = window_table_find(table, charge);

	if (entry == NULL) {
		window_init(window_r, &charge->shape, now_ms);
		return;
	}
	*window_r = entry->window;
	window_move(window_r, &charge->shape, now_ms);
}

/* Fills in the answer of one charge as if nothing were charged. To be looked
 * at is a use: who is being refused must not be forgotten for it. */
static void judge(struct window_table *table, struct charge *charge,
		  uint64_t now_ms)
{
	struct window window;

	look(table, charge, now_ms, &window);
	charge->used = window.used;
	charge->wait_ms = window_wait(&window, &charge->shape, now_ms,
				      charge->cost, charge->max);
	charge->shut_ms = charge->wait_ms == 0
				  ? 0
				  : window_wait(&window, &charge->shape, now_ms,
						1, charge->max);
}

uint64_t window_table_charge(struct window_table *table,
			     const struct charge *charge, uint64_t now_ms)
{
	struct window_entry *entry = window_table_make(table, charge, now_ms);

	window_move(&entry->window, &entry->shape, now_ms);
	window_add(&entry->window, &entry->shape, charge->cost);
	entry->charged_ms = now_ms;
	return entry->window.used;
}

enum store_answer window_table_ask(struct window_table *table,
				   struct window_table *also,
				   enum store_question question,
				   struct charge *charges, size_t count,
				   uint64_t now_ms)
{
	struct charge_outcome finding;

	for (size_t i = 0; i < count; i++)
		judge(table, &charges[i], now_ms);
	charge_outcome_of(charges, count, &finding);
	for (size_t i = 0; i < count; i++) {
		if (!charge_is_made(question, &finding, &charges[i]))
			continue;
		charges[i].used = window_table_charge(table, &charges[i],
						      now_ms);
		if (also != NULL)
			window_table_charge(also, &charges[i], now_ms);
	}
	return finding.is_stopped && question != STORE_ADD ? STORE_REFUSED
							   : STORE_ADMITTED;
}

struct window_entry *window_table_turn(struct window_table *table)
{
	struct window_entry *entry = bounded_table_first(&table->table);

	if (entry != NULL)
		bounded_table_renew(&table->table, entry->head.hh.key,
				    entry->head.hh.keylen);
	return entry;
}

struct window_entry *window_table_pop(struct window_table *table)
{
	struct window_entry *entry = bounded_table_first(&table->table);

	if (entry != NULL)
		bounded_table_take(&table->table, entry);
	return entry;
}
