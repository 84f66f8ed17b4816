/* SPDX-License-Identifier: ISC */

/*
 * Random mail under random orders against a model that counts in plain
 * numbers. All windows are so long that nothing leaves them while a test
 * lasts; the clock runs, and orders begin and end.
 */
#include <stdio.h>

#include "policy_orders.h"

#define DAY_MS	   (24 * HOUR_MS)
#define COUNTS_MAX 4096
#define EPOCHS	   12
#define MESSAGES   120

static const char *const senders[] = { "<a@x>", "<b@x>", "<c@y>" };
static const char *const recipients[] = { "<p@u>", "<q@u>", "<r@v>" };
static const char *const clients[] = { "192.0.2.1", "192.0.2.2" };

static uint64_t random_state;

static unsigned int random_below(unsigned int bound)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (unsigned int)((random_state * UINT64_C(2685821657736338717)) >>
			      33) %
	       bound;
}

static struct {
	char name[SUBJECT_SIZE + 32];
	uint64_t count;
} counts[COUNTS_MAX];
static size_t count_count;

static uint64_t *count_of(const char *what, const char *subject)
{
	char name[sizeof(counts[0].name)];
	size_t i;

	snprintf(name, sizeof(name), "%s %s", what, subject);
	for (i = 0; i < count_count; i++)
		if (strcmp(counts[i].name, name) == 0)
			return &counts[i].count;
	ck_assert_uint_lt(count_count, COUNTS_MAX);
	strcpy(counts[count_count].name, name);
	return &counts[count_count++].count;
}

static uint64_t *budget_of(const struct order *permit)
{
	char what[32];

	snprintf(what, sizeof(what), "permit %u", (unsigned int)permit->id);
	return count_of(what, "");
}

static const char *subject_of(unsigned int key)
{
	static char buffer[SUBJECT_SIZE];
	struct text text;

	text_init(&text, buffer, sizeof(buffer));
	ck_assert(subject_add(&text, key, &message, message.recipients, 64));
	return buffer;
}

static bool applies(const struct order *order, enum order_kind kind)
{
	return order->kind == kind && order->from_ms <= now_ms &&
	       now_ms < order->until_ms &&
	       strcmp(order->subject, subject_of(order->key)) == 0;
}

static enum verdict_kind graver(enum verdict_kind kind,
				enum limit_action action)
{
	static const enum verdict_kind kinds[] = {
		[LIMIT_MONITOR] = VERDICT_MONITOR,
		[LIMIT_QUARANTINE] = VERDICT_QUARANTINE,
		[LIMIT_TEMPFAIL] = VERDICT_TEMPFAIL,
		[LIMIT_DISCARD] = VERDICT_DISCARD,
		[LIMIT_REJECT] = VERDICT_REJECT,
	};

	return kinds[action] > kind ? kinds[action] : kind;
}

static bool is_by_recipient(unsigned int key)
{
	return (key & (RECIPIENT | RECIPIENT_DOMAIN)) != 0;
}

static enum verdict_kind model_blocks(bool has_recipient)
{
	enum verdict_kind kind = VERDICT_ACCEPT;

	for (size_t i = 0; i < list_count; i++)
		if ((has_recipient || !is_by_recipient(list[i].key)) &&
		    applies(&list[i], ORDER_BLOCK))
			kind = graver(kind, list[i].action);
	return kind;
}

static bool model_names(const struct order *order, const struct limit *limit)
{
	return order->limit_count == 0 ||
	       strcmp(order->limits[0], limit->name) == 0;
}

static uint64_t model_max(const struct limit *limit)
{
	for (size_t i = 0; i < list_count; i++)
		if (list[i].key == limit->key &&
		    applies(&list[i], ORDER_OVERRIDE) &&
		    model_names(&list[i], limit))
			return list[i].max;
	return limit->max;
}

static bool model_is_over(const struct limit *limit)
{
	return *count_of(limit->name, subject_of(limit->key)) + 1 >
	       model_max(limit);
}

static bool is_first_of_its_key(size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (list[i].kind == ORDER_PERMIT &&
		    list[i].key == list[index].key)
			return false;
	return list[index].kind == ORDER_PERMIT;
}

/* The first open permit that covers the limit, those with the same dimensions
 * one behind another; NULL: none. */
static const struct order *model_permit(const struct limit *limit)
{
	for (size_t i = 0; i < list_count; i++) {
		if (!is_first_of_its_key(i))
			continue;
		for (size_t n = i; n < list_count; n++)
			if (list[n].key == list[i].key &&
			    applies(&list[n], ORDER_PERMIT) &&
			    model_names(&list[n], limit) &&
			    *budget_of(&list[n]) < list[n].messages)
				return &list[n];
	}
	return NULL;
}

/* Is all mail of this window that of one of the permits that cover it? Who
 * knows an address knows its domain. */
static bool model_is_own(const struct limit *limit)
{
	unsigned int known = limit->key;

	if ((known & SENDER) != 0)
		known |= SENDER_DOMAIN;
	if ((known & RECIPIENT) != 0)
		known |= RECIPIENT_DOMAIN;
	for (size_t i = 0; i < list_count; i++)
		if (applies(&list[i], ORDER_PERMIT) &&
		    model_names(&list[i], limit) &&
		    (list[i].key & known) == list[i].key)
			return true;
	return false;
}

static void model_charge(void)
{
	const struct order *taken[8];

	for (size_t i = 0; i < settings.limit_count; i++)
		taken[i] = model_permit(&limits[i]);
	for (size_t i = 0; i < settings.limit_count; i++) {
		bool is_new = taken[i] != NULL;

		if (taken[i] == NULL || model_is_own(&limits[i]))
			++*count_of(limits[i].name, subject_of(limits[i].key));
		for (size_t n = 0; n < i; n++)
			is_new = is_new && taken[n] != taken[i];
		if (is_new)
			++*budget_of(taken[i]);
	}
}

static unsigned int saved; /* messages that a permit let pass a full window */

/* Then any limit may look at one recipient and not at another. */
static bool model_has_recipient_permit(void)
{
	for (size_t i = 0; i < list_count; i++)
		if (list[i].kind == ORDER_PERMIT &&
		    is_by_recipient(list[i].key))
			return true;
	return false;
}

static enum verdict_kind model_limits(enum verdict_kind kind, bool at_rcpt)
{
	for (size_t i = 0; i < settings.limit_count; i++) {
		const struct limit *limit = &limits[i];

		if (at_rcpt && ((!is_by_recipient(limit->key) &&
				 !model_has_recipient_permit()) ||
				limit->action < LIMIT_TEMPFAIL))
			continue;
		if (!model_is_over(limit))
			continue;
		if (model_permit(limit) == NULL)
			kind = graver(kind, limit->action);
		else if (!at_rcpt)
			saved++;
	}
	return kind;
}

/* What becomes of the message that was sent last. */
static enum verdict_kind model_judge(void)
{
	enum verdict_kind kind = model_blocks(false);
	enum verdict_kind at_rcpt;

	if (kind >= VERDICT_TEMPFAIL)
		return kind;
	kind = model_blocks(true);
	if (kind >= VERDICT_TEMPFAIL)
		return kind;
	at_rcpt = model_limits(kind, true);
	if (at_rcpt == VERDICT_TEMPFAIL || at_rcpt == VERDICT_REJECT)
		return at_rcpt;
	kind = model_limits(kind, false);
	if (kind < VERDICT_TEMPFAIL)
		model_charge();
	return kind;
}

static const unsigned int keys[] = {
	ALL,
	SENDER,
	SENDER_DOMAIN,
	RECIPIENT,
	RECIPIENT_DOMAIN,
	CLIENT,
	SENDER | RECIPIENT,
	SENDER_DOMAIN | CLIENT,
	SENDER | RECIPIENT_DOMAIN,
};

static unsigned int random_key(void)
{
	return keys[random_below(COUNT_OF(keys))];
}

static void random_limits(void)
{
	static const enum limit_action wishes[] = {
		LIMIT_TEMPFAIL, LIMIT_REJECT,	  LIMIT_TEMPFAIL,
		LIMIT_DISCARD,	LIMIT_QUARANTINE, LIMIT_MONITOR,
	};

	for (unsigned int i = 2 + random_below(5); i != 0; i--)
		add_limit(random_key(), 1 + random_below(60),
			  wishes[random_below(COUNT_OF(wishes))])
			->per_ms = DAY_MS;
}

static void random_message(const char **sender_r, const char **recipient_r)
{
	*sender_r = senders[random_below(COUNT_OF(senders))];
	*recipient_r = recipients[random_below(COUNT_OF(recipients))];
	message.has_client = true;
	ck_assert(network_parse(clients[random_below(COUNT_OF(clients))],
				&message.client));
}

/* Of a message that could come. */
static const char *random_subject(unsigned int key)
{
	const char *sender, *recipient;

	random_message(&sender, &recipient);
	message_reset(&message);
	message_set_sender(&message, &address_rules_default, sender);
	message_add_recipient(&message, &address_rules_default, recipient);
	return subject_of(key);
}

static void random_order(void)
{
	struct order *order;
	unsigned int key = random_key();
	char limit[2] = { (char)('0' + random_below(7)), '\0' };

	switch (random_below(6)) {
	case 0:
		order = add_block(key, random_subject(key),
				  (enum limit_action)(LIMIT_QUARANTINE +
						      random_below(4)));
		break;
	case 1:
	case 2:
		limit[0] = (char)('0' +
				  random_below(
					  (unsigned int)settings.limit_count));
		key = limits[limit[0] - '0'].key;
		order = add_override(key, random_subject(key), limit,
				     1 + random_below(100));
		break;
	default:
		order = add_permit(key, random_subject(key),
				   1 + random_below(40));
		if (random_below(3) == 0)
			name_limit(order, limit);
		break;
	}
	order->from_ms += random_below(4) == 0 ? random_below(300000) : 0;
	order->until_ms = order->from_ms + 1 + random_below(900000);
}

static void check_counts(void)
{
	for (size_t i = 0; i < settings.limit_count; i++)
		for (size_t n = 0; n < count_count; n++) {
			const char *space = strchr(counts[n].name, ' ');

			if (strncmp(counts[n].name, limits[i].name, 1) != 0 ||
			    space != counts[n].name + 1)
				continue;
			ck_assert_uint_eq(used(&limits[i], space + 1),
					  counts[n].count);
		}
}

START_TEST(test_against_a_model)
{
	unsigned int found[VERDICT_REJECT + 1] = { 0 };

	random_state = (uint64_t)_i + 1;
	count_count = 0;
	saved = 0;
	memset(counts, 0, sizeof(counts));
	random_limits();
	for (int message_number = 0; message_number < EPOCHS * MESSAGES;
	     message_number++) {
		const char *sender, *recipient;
		enum verdict_kind kind;

		if (message_number % MESSAGES == 0) {
			forget_orders();
			for (unsigned int i = random_below(ORDERS_MAX); i != 0;
			     i--)
				random_order();
			obey();
		}
		now_ms += random_below(8000);
		random_message(&sender, &recipient);
		kind = send(sender, recipient);
		message_reset(&message);
		message_set_sender(&message, &address_rules_default, sender);
		message_add_recipient(&message, &address_rules_default,
				      recipient);
		ck_assert_msg(kind == model_judge(),
			      "seed %d, message %d: %s, the model differs", _i,
			      message_number, verdict_name(kind));
		found[kind]++;
	}
	check_counts();
	ck_assert_uint_gt(found[VERDICT_ACCEPT] + found[VERDICT_MONITOR] +
				  found[VERDICT_QUARANTINE],
			  0);
	ck_assert_uint_lt(found[VERDICT_ACCEPT], EPOCHS * MESSAGES);
	ck_assert_uint_gt(saved, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("policy_model");
	TCase *tcase = tcase_create("policy_model");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, start_orders, stop_orders);
	tcase_add_loop_test(tcase, test_against_a_model, 0, 40);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
