/* SPDX-License-Identifier: ISC */

/* One script for every change, plain commands for looking. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/redis/redis_client.h"
#include "order_book.h"
#include "order_book_lua.h"
#include "order_json.h"
#include "lib/redis/redis_args.h"

void order_book_call(struct redis_args *args, const char *prefix,
		     const char *name)
{
	static const char *const names[] = { "book", "version", "next",
					     "log",  "lifted",	"resets" };
	const size_t count = sizeof(names) / sizeof(names[0]);

	redis_args_add_script(args, order_book_lua, sizeof(order_book_lua),
			      count + 1);
	for (size_t i = 0; i < count; i++)
		redis_args_take(
			args, alloc_format("%s:{orders}:%s", prefix, names[i]));
	redis_args_take(args,
			alloc_format("%s:{orders}:known:%s", prefix, name));
}

/* reading */

void order_list_clear(struct order_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		order_clear(&list->orders[i]);
	free(list->orders);
	memset(list, 0, sizeof(*list));
}

bool order_book_version(struct redis_client *redis, const char *prefix,
			uint64_t *version_r)
{
	return redis_value_take_number(
		redis_client_command(redis, "GET %s:{orders}:version", prefix),
		version_r);
}

int order_list_compare(const void *a, const void *b)
{
	uint64_t first = ((const struct order *)a)->id;
	uint64_t second = ((const struct order *)b)->id;

	return (first > second) - (first < second);
}

void order_list_take(struct order_list *list, const struct redis_value *value)
{
	size_t count = redis_value_count(value) / 2;

	list->orders = alloc_array(count, sizeof(*list->orders));
	for (size_t i = 0; i < count; i++) {
		struct order *order = &list->orders[list->count];
		size_t length;
		const char *text = redis_value_text(
			redis_value_at(value, 2 * i + 1), &length);

		if (!order_json_parse(text, length, order)) {
			list->unreadable++;
			continue;
		}
		order->id = redis_value_number_at(value, 2 * i);
		list->count++;
	}
	if (list->count != 0)
		qsort(list->orders, list->count, sizeof(*list->orders),
		      order_list_compare);
}

/* The version is read first: a change in between is seen at the next look. */
bool order_book_read(struct redis_client *redis, const char *prefix,
		     struct order_list *list_r)
{
	struct redis_value *book = NULL, *time = NULL;
	bool is_good = redis_client_send_command(
			       redis, "GET %s:{orders}:version", prefix) &&
		       redis_client_send_command(redis, "GET %s:{orders}:next",
						 prefix) &&
		       redis_client_send_command(
			       redis, "HGETALL %s:{orders}:book", prefix) &&
		       redis_client_send_command(redis, "TIME");

	memset(list_r, 0, sizeof(*list_r));
	is_good = is_good &&
		  redis_value_take_number(redis_client_take(redis),
					  &list_r->version) &&
		  redis_value_take_number(redis_client_take(redis),
					  &list_r->last_id) &&
		  (book = redis_client_take(redis)) != NULL &&
		  (time = redis_client_take(redis)) != NULL;
	if (is_good) {
		order_list_take(list_r, book);
		list_r->now_ms = redis_value_time_ms(time);
	} else {
		redis_client_skip(redis);
		order_list_clear(list_r);
	}
	redis_value_free(&book);
	redis_value_free(&time);
	return is_good;
}

/* changing */

static const char *verb_word(enum order_verb verb)
{
	static const char *const args[] = {
		[ORDER_GIVE] = "give",	 [ORDER_LIFT] = "lift",
		[ORDER_DROP] = "drop",	 [ORDER_NOTE] = "note",
		[ORDER_RESET] = "reset",
	};

	return args[verb];
}

static void add_step(struct redis_args *args, const struct order_step *step)
{
	static const struct order nothing = { 0 };
	const struct order *order = step->order == NULL ? &nothing
							: step->order;

	redis_args_add(args, verb_word(step->verb));
	redis_args_add(args, step->act);
	if (step->verb == ORDER_RESET)
		redis_args_add(args, step->window);
	else
		redis_args_add_number(args, step->id);
	redis_args_take(args, document_write(order_json_make(order)));
}

/* Redis before 6 has no accounts, and one that may not ask has no name. */
static bool add_account(struct redis_args *args, struct redis_client *redis)
{
	struct redis_value *value = redis_client_say(redis, "ACL", "WHOAMI",
						     NULL);
	bool is_answered = value != NULL || redis_client_was_refused(redis);

	redis_args_add(args, redis_value_text(value, NULL));
	redis_value_free(&value);
	return is_answered;
}

bool order_book_change(struct redis_client *redis, const char *prefix,
		       struct order_step *steps, size_t count)
{
	struct redis_args args = { 0 };
	struct redis_value *value;

	order_book_call(&args, prefix, "");
	redis_args_add(&args, "change");
	if (!add_account(&args, redis)) {
		redis_args_clear(&args);
		return false;
	}
	for (size_t i = 0; i < count; i++)
		add_step(&args, &steps[i]);
	value = redis_args_ask(&args, redis);
	if (value == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		steps[i].id = redis_value_number_at(value, i);
	redis_value_free(&value);
	return true;
}

/* the log */

void order_act_clear(struct order_act *act)
{
	order_clear(&act->order);
	free(act->act);
	free(act->account);
	memset(act, 0, sizeof(*act));
}

bool order_act_is_of_queue(const char *act)
{
	return strcmp(act, "hold") == 0 || strcmp(act, "release") == 0 ||
	       strcmp(act, "delete") == 0;
}

/* The members that every entry has, whatever the order is. */
static void take_note(const char *text, size_t length, struct order *order)
{
	json_t *object = json_loadb(text, length, 0, NULL);

	order->subject = alloc_text(document_get_text(object, "subject"));
	order->by = alloc_text(document_get_text(object, "by"));
	order->reason = alloc_text(document_get_text(object, "reason"));
	order->owner = alloc_text("");
	json_decref(object);
}

/* The other fields of an entry. */
struct entry_fields {
	uint64_t id;
	const char *by; /* NULL: as in the order */
};

static void take_field(const char *name, const struct redis_value *value,
		       struct order_act *act, struct entry_fields *fields)
{
	size_t length;
	const char *text = redis_value_text(value, &length);

	if (strcmp(name, "act") == 0 && act->act == NULL)
		act->act = alloc_text(text);
	else if (strcmp(name, "account") == 0 && act->account == NULL)
		act->account = alloc_text(text);
	else if (strcmp(name, "id") == 0)
		fields->id = redis_value_number(value);
	else if (strcmp(name, "by") == 0)
		fields->by = text;
	else if (strcmp(name, "order") == 0 && act->order.subject == NULL &&
		 !order_json_parse(text, length, &act->order))
		take_note(text, length, &act->order);
}

static void take_id(const struct redis_value *value, struct order_act *act)
{
	const char *text = redis_value_text(value, NULL);
	const char *dash = strchr(text, '-');

	act->when_ms = strtoull(text, NULL, 10);
	act->sequence = dash == NULL ? 0 : strtoull(dash + 1, NULL, 10);
}

/* An entry is its id ("MS-N") and a list of fields and values. */
static void take_act(const struct redis_value *entry, struct order_act *act)
{
	const struct redis_value *fields = redis_value_at(entry, 1);
	struct entry_fields more = { 0 };

	take_id(redis_value_at(entry, 0), act);
	for (size_t i = 0; i + 1 < redis_value_count(fields); i += 2)
		take_field(redis_value_text_at(fields, i),
			   redis_value_at(fields, i + 1), act, &more);
	if (act->act == NULL)
		act->act = alloc_text("");
	if (act->account == NULL)
		act->account = alloc_text("");
	if (act->order.subject == NULL)
		take_note("", 0, &act->order);
	act->order.id = more.id;
	if (more.by != NULL) {
		free(act->order.by);
		act->order.by = alloc_text(more.by);
	}
}

/* The entries from the one with the id `from` on; "-": from the first. */
static bool read_log(struct redis_client *redis, const char *prefix,
		     const char *from, size_t max, struct order_act **acts_r,
		     size_t *count_r)
{
	struct redis_value *value = redis_client_command(
		redis, "XREVRANGE %s:{orders}:log + %s COUNT %lu", prefix, from,
		(unsigned long)max);

	if (value != NULL) {
		size_t count = redis_value_count(value);

		*count_r = count;
		*acts_r = alloc_array(count, sizeof(**acts_r));
		for (size_t i = 0; i < count; i++)
			take_act(redis_value_at(value, count - 1 - i),
				 &(*acts_r)[i]);
	}
	return redis_value_drop(value);
}

bool order_book_log(struct redis_client *redis, const char *prefix, size_t max,
		    struct order_act **acts_r, size_t *count_r)
{
	return read_log(redis, prefix, "-", max, acts_r, count_r);
}

bool order_book_log_after(struct redis_client *redis, const char *prefix,
			  const struct order_act_id *after, size_t max,
			  struct order_act **acts_r, size_t *count_r)
{
	/* Redis before 6.2 has no open ranges */
	char *from = alloc_format("%" PRIu64 "-%" PRIu64, after->when_ms,
				  after->sequence + 1);
	bool is_read = read_log(redis, prefix, from, max, acts_r, count_r);

	free(from);
	return is_read;
}
