/* SPDX-License-Identifier: ISC */

/*
 * weirctl why: what would happen to such a message, and why. The policy of
 * the milter runs here, over a store that charges nothing.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "../lib/base/alloc.h"
#include "../lib/desk/document.h"
#include "../lib/desk/order_book.h"
#include "../lib/store/store_dry.h"
#include "../lib/store/store_redis.h"
#include "access.h"
#include "arguments.h"
#include "order_print.h"
#include "reply.h"
#include "screen.h"
#include "trial.h"
#include "why_report.h"
#include "window_text.h"

#define WAIT_MS	    2000
#define MOST_MEMORY 1000 /* windows; nothing is remembered for long */

/* A message as it is described on the command line. */
struct why_words {
	const char *sender, *client, *auth, *helo, *listener;
	struct argument_texts recipients;
	uint64_t bytes;
};

struct why {
	const struct why_words *words;
	struct message message; /* as it is at the end */
	struct order_list list;
	struct orders *orders;
	struct trial trial;
	struct why_report report;
};

/* the message */

static bool describe(const struct access *access, const struct why_words *words,
		     struct message *message)
{
	const struct address_rules *rules = &access->settings->identity;
	struct network_address client;

	if (!network_parse(words->client, &client)) {
		fputs("weirctl why: --client: found no address, allowed is one "
		      "such as 10.20.0.7 or 2001:db8::1\n",
		      stderr);
		return false;
	}
	message_set_client(message, &client);
	message_set_auth(message, words->auth);
	message_set_helo(message, rules, words->helo);
	message_set(&message->listener, words->listener,
		    strlen(words->listener));
	message_set_sender(message, rules, words->sender);
	message->declared_bytes = message->bytes = words->bytes;
	return true;
}

/* With all its recipients, for the report. */
static bool describe_whole(const struct access *access,
			   const struct why_words *words,
			   struct message *message)
{
	message_init(message);
	if (!describe(access, words, message))
		return false;
	for (size_t i = 0; i < words->recipients.count; i++)
		message_add_recipient(message, &access->settings->identity,
				      words->recipients.texts[i]);
	return true;
}

static struct orders *make_orders(const struct order_list *list)
{
	struct orders *orders = orders_new();

	for (size_t i = 0; i < list->count; i++)
		orders_add(orders, &list->orders[i], 0);
	return orders;
}

static struct store *open_store(const struct access *access)
{
	const struct settings_redis *redis = &access->settings->redis;

	return store_redis_new(&(struct store_redis_options){
		.server = redis->server,
		.database = redis->database,
		.user = redis->user,
		.password = redis->password,
		.prefix = redis->prefix,
		.timeout_ms = WAIT_MS,
	});
}

static void try_message(const struct access *access, struct store *dry,
			struct why *why)
{
	const struct why_words *words = why->words;
	struct policy *policy = policy_new(dry, NULL, MOST_MEMORY);
	struct orders *orders = orders_acquire(why->orders);
	struct message message;

	message_init(&message);
	describe(access, words, &message);
	policy_set_orders(policy, &orders);
	trial_run(
		&(struct trial_case){
			.policy = policy,
			.settings = access->settings,
			.message = &message,
			.recipients = words->recipients.texts,
			.recipient_count = words->recipients.count,
			.now_ms = why->list.now_ms,
		},
		&why->trial);
	message_clear(&message);
	policy_free(&policy);
}

static bool report_message(const struct access *access, struct store *store,
			   struct why *why)
{
	return why_report_make(
		&(struct why_question){
			.settings = access->settings,
			.message = &why->message,
			.orders = why->orders,
			.store = store,
			.now_ms = why->list.now_ms,
		},
		&why->report);
}

/* the answer */

/* "451 4.7.1 ...", the reason of a quarantine, or "" */
static char *reply_of(const struct access *access,
		      const struct verdict *verdict)
{
	char reason[TEMPLATE_TEXT_MAX + 1];
	struct reply reply;

	switch (verdict->kind) {
	case VERDICT_TEMPFAIL:
	case VERDICT_REJECT:
		reply_write(verdict, access->settings, &reply);
		return alloc_format("%s %s %s", reply.code, reply.status,
				    reply.text);
	case VERDICT_QUARANTINE:
		reply_write_reason(verdict, reason);
		return alloc_text(reason);
	case VERDICT_ACCEPT:
	case VERDICT_MONITOR:
	case VERDICT_DISCARD:
		break;
	}
	return alloc_text("");
}

/* json */

static json_t *answer_json(const struct access *access, const struct why *why,
			   const struct trial_answer *answer)
{
	const struct verdict *verdict = &answer->verdict;
	char *reply = reply_of(access, verdict);
	json_t *object = json_object();

	json_object_set_new(object, "stage",
			    document_string(trial_stage_name(answer->stage)));
	json_object_set_new(
		object, "recipient",
		answer->stage == TRIAL_RCPT
			? document_string(why->words->recipients
						  .texts[answer->recipient])
			: json_null());
	json_object_set_new(object, "verdict",
			    document_string(verdict_name(verdict->kind)));
	json_object_set_new(object, "limit",
			    verdict->limit == NULL
				    ? json_null()
				    : document_string(verdict->limit->name));
	json_object_set_new(object, "order",
			    verdict->order == 0
				    ? json_null()
				    : document_number(verdict->order));
	json_object_set_new(object, "reply",
			    reply[0] == '\0' ? json_null()
					     : document_string(reply));
	free(reply);
	return object;
}

static json_t *line_json(const struct bill_line *line,
			 const struct charge *charge)
{
	json_t *object = json_object();

	json_object_set_new(object, "limit",
			    line->limit == NULL
				    ? json_null()
				    : document_string(line->limit->name));
	json_object_set_new(object, "permit",
			    line->permit == NULL
				    ? json_null()
				    : document_number(line->permit->id));
	json_object_set_new(object, "subject",
			    document_string(line->permit == NULL
						    ? line->subject
						    : line->permit->subject));
	json_object_set_new(object, "used", document_number(charge->used));
	json_object_set_new(object, "max", document_number(charge->max));
	json_object_set_new(object, "cost", document_number(charge->cost));
	json_object_set_new(object, "room_in_ms",
			    charge->wait_ms == WINDOW_NEVER
				    ? json_null()
				    : document_number(charge->wait_ms));
	return object;
}

static json_t *limits_json(const struct why_report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->bill.count; i++)
		json_array_append_new(array,
				      line_json(&report->bill.lines[i],
						&report->bill.charges[i]));
	return array;
}

static json_t *absent_json(const struct why_report *report)
{
	json_t *array = json_array();

	for (size_t i = 0; i < report->absent_count; i++) {
		json_t *object = json_object();

		json_object_set_new(
			object, "limit",
			document_string(report->absent[i].limit->name));
		json_object_set_new(object, "reason",
				    document_string(report->absent[i].reason));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *message_json(const struct message *message)
{
	json_t *object = json_object(), *recipients = json_array();

	for (size_t i = 0; i < message->recipient_count; i++)
		json_array_append_new(
			recipients,
			document_text(message->recipients[i].address.data,
				      message->recipients[i].address.length));
	json_object_set_new(
		object, "sender",
		document_text(message->sender.data, message->sender.length));
	json_object_set_new(object, "recipients", recipients);
	json_object_set_new(object, "client",
			    document_string(message->client_text));
	json_object_set_new(
		object, "auth",
		document_text(message->auth.data, message->auth.length));
	json_object_set_new(object, "bytes", document_number(message->bytes));
	return object;
}

static void tell_json(struct access *access, const struct why *why)
{
	json_t *object = json_object(), *answers = json_array(),
	       *orders = json_array();

	for (size_t i = 0; i < why->trial.count; i++)
		json_array_append_new(
			answers,
			answer_json(access, why, &why->trial.answers[i]));
	for (size_t i = 0; i < why->report.order_count; i++) {
		uint64_t used = 0;

		order_print_used(access, why->report.orders[i], &used);
		json_array_append_new(orders,
				      order_print_json(why->report.orders[i],
						       used, why->list.now_ms));
	}
	json_object_set_new(object, "message", message_json(&why->message));
	json_object_set_new(object, "exempt_by_line",
			    why->report.exempt == NULL
				    ? json_null()
				    : json_integer(why->report.exempt->line));
	json_object_set_new(object, "limits", limits_json(&why->report));
	json_object_set_new(object, "not_looking", absent_json(&why->report));
	json_object_set_new(object, "orders", orders);
	json_object_set_new(object, "answers", answers);
	json_object_set_new(object, "verdict",
			    document_string(verdict_name(
				    trial_verdict(&why->trial)->kind)));
	document_print(object, stdout);
}

/* for people */

static void put_value(const char *name, const char *data, size_t length)
{
	printf("%-10s ", name);
	if (length == 0)
		fputs("-", stdout);
	screen_put(stdout, data, length);
	putchar('\n');
}

static void print_message(const struct message *message)
{
	char size[WINDOW_TEXT_SIZE];

	put_value("sender",
		  message->sender.length == 0 ? "<>" : message->sender.data,
		  message->sender.length == 0 ? 2 : message->sender.length);
	for (size_t i = 0; i < message->recipient_count; i++)
		put_value("recipient", message->recipients[i].address.data,
			  message->recipients[i].address.length);
	put_value("client", message->client_text, strlen(message->client_text));
	put_value("login", message->auth.data, message->auth.length);
	printf("%-10s %s\n", "size",
	       window_text_amount(LIMIT_BYTES, message->bytes, size));
}

static void add_line(struct table *table, const struct bill_line *line,
		     const struct charge *charge)
{
	enum limit_unit unit = line->limit == NULL ? LIMIT_MESSAGES
						   : line->limit->unit;
	enum screen_colour colour = charge->wait_ms == 0 ? SCREEN_GOOD
							 : SCREEN_BAD;
	char text[WINDOW_TEXT_SIZE];

	if (line->limit == NULL)
		table_add_format(table, SCREEN_PLAIN, "permit %" PRIu64,
				 line->permit->id);
	else
		table_add(table, line->limit->name);
	table_add(table,
		  line->limit == NULL ? line->permit->subject : line->subject);
	table_add(table, window_text_amount(unit, charge->used, text));
	table_add(table, window_text_amount(unit, charge->cost, text));
	table_add(table, window_text_amount(unit, charge->max, text));
	table_add_format(table, colour, "%s",
			 window_text_wait(charge->wait_ms, text));
	table_add(table, line->limit == NULL
				 ? "-"
				 : limit_action_name(line->limit->action));
}

static void print_limits(const struct why_report *report)
{
	static const struct table_column columns[] = {
		{ .title = "LIMIT", .least_width = 10 },
		{ .title = "SUBJECT", .least_width = 16, .is_middle = true },
		{ .title = "USED", .align = TABLE_RIGHT },
		{ .title = "COST", .align = TABLE_RIGHT },
		{ .title = "MAX", .align = TABLE_RIGHT },
		{ .title = "ROOM" },
		{ .title = "ACTION" },
	};
	struct table *table = table_new(columns,
					sizeof(columns) / sizeof(columns[0]));

	for (size_t i = 0; i < report->bill.count; i++)
		add_line(table, &report->bill.lines[i],
			 &report->bill.charges[i]);
	putchar('\n');
	table_print(table, stdout, 0);
	table_free(&table);
	for (size_t i = 0; i < report->absent_count; i++)
		printf("%s does not look: %s\n", report->absent[i].limit->name,
		       report->absent[i].reason);
}

static void print_orders(struct access *access, const struct why *why)
{
	for (size_t i = 0; i < why->report.order_count; i++) {
		uint64_t used = 0;

		order_print_used(access, why->report.orders[i], &used);
		if (i == 0)
			putchar('\n');
		order_print(why->report.orders[i], used, why->list.now_ms,
			    stdout);
	}
}

/* "by limit own-sender", "by block 17" ... */
static void print_cause(const struct verdict *verdict)
{
	switch (verdict->cause) {
	case VERDICT_BY_NOTHING:
		break;
	case VERDICT_BY_EXEMPTION:
		fputs(", exempt", stdout);
		break;
	case VERDICT_BY_LIMIT:
		printf(", by limit %s", verdict->limit->name);
		break;
	case VERDICT_BY_BLOCK:
		printf(", by block %" PRIu64, verdict->order);
		break;
	case VERDICT_BY_FAILURE:
		fputs(", because Redis did not answer", stdout);
		break;
	}
}

static void print_answer(const struct access *access, const struct why *why,
			 const struct trial_answer *answer)
{
	const struct verdict *verdict = &answer->verdict;
	char *reply = reply_of(access, verdict);

	printf("%s", trial_stage_name(answer->stage));
	if (answer->stage == TRIAL_RCPT) {
		const char *raw =
			why->words->recipients.texts[answer->recipient];

		putchar(' ');
		screen_put(stdout, raw, strlen(raw));
	}
	fputs(": ", stdout);
	screen_begin(stdout, SCREEN_HEAD);
	fputs(verdict_name(verdict->kind), stdout);
	screen_end(stdout, SCREEN_HEAD);
	print_cause(verdict);
	putchar('\n');
	if (reply[0] != '\0') {
		fputs("  ", stdout);
		screen_put(stdout, reply, strlen(reply));
		putchar('\n');
	}
	free(reply);
}

static void tell(struct access *access, const struct why *why)
{
	print_message(&why->message);
	if (why->report.exempt != NULL)
		printf("\nexempt by %s:%d\n", access->settings->path,
		       why->report.exempt->line);
	else
		print_limits(&why->report);
	print_orders(access, why);
	putchar('\n');
	for (size_t i = 0; i < why->trial.count; i++)
		print_answer(access, why, &why->trial.answers[i]);
}

static int ask(const struct control *control, struct access *access,
	       struct why *why)
{
	struct store *store = open_store(access);
	struct store *dry = store_dry_new(store);
	int code = EX_UNAVAILABLE;

	if (store_redis_wait(store, WAIT_MS) &&
	    report_message(access, dry, why)) {
		try_message(access, dry, why);
		code = EX_OK;
		if (control->is_json)
			tell_json(access, why);
		else
			tell(access, why);
	} else {
		fprintf(stderr, "weirctl: redis %s: no answer\n",
			access->settings->redis.server);
	}
	store_free(&dry);
	store_free(&store);
	return code;
}

static int why(const struct control *control, struct access *access,
	       void *context)
{
	struct why asked = { .words = context };
	int code;

	if (!describe_whole(access, asked.words, &asked.message)) {
		message_clear(&asked.message);
		return EX_USAGE;
	}
	if (order_book_read(access->redis, access->prefix, &asked.list)) {
		asked.orders = make_orders(&asked.list);
		code = ask(control, access, &asked);
	} else {
		code = access_fail(access);
	}
	why_report_clear(&asked.report);
	trial_clear(&asked.trial);
	orders_release(&asked.orders);
	order_list_clear(&asked.list);
	message_clear(&asked.message);
	return code;
}

static int run(const struct control *control, int argc, char **argv)
{
	struct why_words words = { .client = "127.0.0.1",
				   .auth = "",
				   .helo = "",
				   .listener = "",
				   .bytes = 1 };
	const struct argument arguments[] = {
		{ .name = "sender",
		  .kind = ARGUMENT_TEXT,
		  .target = &words.sender,
		  .is_required = true },
		{ .name = "recipient",
		  .kind = ARGUMENT_TEXTS,
		  .target = &words.recipients,
		  .is_required = true },
		{ .name = "client",
		  .kind = ARGUMENT_TEXT,
		  .target = &words.client },
		{ .name = "auth",
		  .kind = ARGUMENT_TEXT,
		  .target = &words.auth },
		{ .name = "helo",
		  .kind = ARGUMENT_TEXT,
		  .target = &words.helo },
		{ .name = "listener",
		  .kind = ARGUMENT_TEXT,
		  .target = &words.listener },
		{ .name = "size",
		  .kind = ARGUMENT_SIZE,
		  .target = &words.bytes,
		  .least = 1,
		  .most = WINDOW_COUNT_MAX },
	};
	int code = EX_USAGE;

	if (arguments_read(argc, argv, arguments, ARGUMENT_COUNT(arguments), 0,
			   0) != 0)
		code = access_use(control, why, &words);
	free(words.recipients.texts);
	return code;
}

const struct command command_why = {
	.name = "why",
	.arguments = "--sender ADDRESS --recipient ADDRESS [OPTIONS]",
	.purpose = "explain what would happen to such a message now",
	.help = "Which limits look at it and what they hold, why the others "
		"do not, the orders in\nforce, the verdict, and the very "
		"reply that it would get. Charges nothing.\n\n"
		"  --sender ADDRESS     of MAIL FROM; \"<>\" for the null "
		"sender\n"
		"  --recipient ADDRESS  of RCPT TO; may be repeated\n"
		"  --client IP          who connects (default: 127.0.0.1)\n"
		"  --auth LOGIN         the login, if there is one\n"
		"  --size SIZE          of the message: \"50 MB\" (default: 1 "
		"byte)\n"
		"  --helo NAME          the HELO name\n"
		"  --listener NAME      {daemon_name} of the MTA\n\n"
		"example:\n"
		"  weirctl why --sender jake@example.com --recipient "
		"ann@example.org \\\n    --client 10.20.0.7\n",
	.run = run,
};
