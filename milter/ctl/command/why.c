/* SPDX-License-Identifier: ISC */

/*
 * weirctl why: what would happen to such a message, and why. The policy of
 * the milter runs here, over a store that charges nothing.
 */
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/alloc.h"
#include "lib/fleet/order_book.h"
#include "lib/store/store_whatif.h"
#include "lib/store/store_redis.h"
#include "milter/ctl/context.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/incident_find.h"
#include "milter/ctl/why_print.h"
#include "milter/ctl/terminal.h"

#define WAIT_MS	    2000
#define MOST_MEMORY 1000 /* windows; nothing is remembered for long */

/* the message */

static bool describe(const struct context *context,
		     const struct why_options *options, struct message *message)
{
	const struct address_rules *rules = &context->settings->identity;
	struct network_address client;

	if (!network_parse(options->client, &client))
		return terminal_error(
			"weirctl why: --client: not an address; allowed is one "
			"such as 10.20.0.7 or 2001:db8::1");
	message_set_client(message, &client);
	message_set_auth(message, options->auth);
	message_set_helo(message, rules, options->helo);
	message_set(&message->listener, options->listener,
		    strlen(options->listener));
	message->is_charged_at_data = policy_charges_at_data(context->settings,
							     message);
	message_set_sender(message, rules, options->sender);
	message->declared_bytes = message->bytes = options->bytes;
	return true;
}

/* With all its recipients, for the report. */
static bool describe_whole(const struct context *context,
			   const struct why_options *options,
			   struct message *message)
{
	message_init(message);
	if (!describe(context, options, message))
		return false;
	for (size_t i = 0; i < options->recipients.count; i++)
		message_add_recipient(message, &context->settings->identity,
				      options->recipients.texts[i]);
	return true;
}

static struct orders *make_orders(const struct order_list *list)
{
	struct orders *orders = orders_new();

	for (size_t i = 0; i < list->count; i++)
		orders_add(orders, &list->orders[i], 0);
	return orders;
}

static struct store *open_store(const struct context *context)
{
	const struct settings_redis *redis = &context->settings->redis;

	return store_redis_new(&(struct store_redis_options){
		.server = redis->server,
		.database = redis->database,
		.user = redis->user,
		.password = redis->password,
		.prefix = redis->prefix,
		.timeout_ms = WAIT_MS,
	});
}

static void try_message(const struct context *context, struct store *dry,
			struct why *why)
{
	const struct why_options *options = why->options;
	struct policy *policy = policy_new(dry, NULL, MOST_MEMORY);
	struct orders *orders = orders_acquire(why->orders);
	struct message message;

	message_init(&message);
	describe(context, options, &message);
	policy_set_orders(policy, &orders);
	simulation_run(
		&(struct simulation_case){
			.policy = policy,
			.settings = context->settings,
			.message = &message,
			.recipients = options->recipients.texts,
			.recipient_count = options->recipients.count,
			.now_ms = why->list.now_ms,
		},
		&why->simulation);
	message_clear(&message);
	policy_free(&policy);
}

static bool report_message(const struct context *context, struct store *store,
			   struct why *why)
{
	return why_report_make(
		&(struct why_question){
			.settings = context->settings,
			.message = &why->message,
			.orders = why->orders,
			.store = store,
			.now_ms = why->list.now_ms,
		},
		&why->report);
}

static void add_incident(struct why *why, struct incident *incident)
{
	bool is_new = incident->number != 0 && incident->state != INCIDENT_OVER;

	for (size_t i = 0; i < why->incident_count && is_new; i++)
		is_new = why->incidents[i].number != incident->number;
	if (is_new)
		why->incidents[why->incident_count++] = *incident;
	else
		incident_clear(incident);
}

static bool find_incidents(struct context *context, struct why *why)
{
	const struct charge_list *bill = &why->report.bill;
	struct incident incident;

	why->incidents = alloc_array(bill->count, sizeof(*why->incidents));
	for (size_t i = 0; i < bill->count; i++) {
		if (bill->lines[i].subject == NULL)
			continue;
		if (!incident_find_of(context, bill->lines[i].subject,
				      &incident))
			return false;
		add_incident(why, &incident);
	}
	return true;
}

static int ask(const struct globals *globals, struct context *context,
	       struct why *why)
{
	struct store *store = open_store(context);
	struct store *dry = store_whatif_new(store);
	int code = EX_UNAVAILABLE;

	if (store_redis_wait(store, WAIT_MS) &&
	    report_message(context, dry, why) && find_incidents(context, why)) {
		try_message(context, dry, why);
		code = EX_OK;
		if (globals->is_json)
			why_print_json(context, why);
		else
			why_print(context, why);
	} else {
		terminal_error("weirctl: redis %s: no answer",
			       context->settings->redis.server);
	}
	store_free(&dry);
	store_free(&store);
	return code;
}

static int why(const struct globals *globals, struct context *context,
	       void *user_data)
{
	struct why asked = { .options = user_data };
	int code;

	if (!describe_whole(context, asked.options, &asked.message)) {
		message_clear(&asked.message);
		return EX_USAGE;
	}
	if (order_book_read(context->redis, context->prefix, &asked.list)) {
		asked.orders = make_orders(&asked.list);
		code = ask(globals, context, &asked);
	} else {
		code = context_fail(context);
	}
	for (size_t i = 0; i < asked.incident_count; i++)
		incident_clear(&asked.incidents[i]);
	free(asked.incidents);
	why_report_clear(&asked.report);
	simulation_clear(&asked.simulation);
	orders_release(&asked.orders);
	order_list_clear(&asked.list);
	message_clear(&asked.message);
	return code;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	struct why_options options = { .client = "127.0.0.1",
				       .auth = "",
				       .helo = "",
				       .listener = "",
				       .bytes = 1 };
	const struct argument arguments[] = {
		ARGUMENT(TEXT, "sender", &options.sender, .is_required = true),
		ARGUMENT(TEXTS, "recipient", &options.recipients,
			 .is_required = true),
		ARGUMENT(TEXT, "client", &options.client),
		ARGUMENT(TEXT, "auth", &options.auth),
		ARGUMENT(TEXT, "helo", &options.helo),
		ARGUMENT(TEXT, "listener", &options.listener),
		ARGUMENT(SIZE, "size", &options.bytes, .min = 1,
			 .max = WINDOW_COUNT_MAX),
	};
	int code = EX_USAGE;

	if (ARGUMENTS_READ(argc, argv, arguments, 0, 0) != 0)
		code = context_use(globals, why, &options);
	free(options.recipients.texts);
	return code;
}

const struct command command_why = {
	.name = "why",
	.arguments = "--sender ADDRESS --recipient ADDRESS [OPTIONS]",
	.purpose = "explain what would happen to a message now, and why",
	.help = "Which limits apply and what they have counted, why the others do not, the orders\n"
		"in force, the verdict, and the exact reply. Charges nothing.\n\n"
		"  --sender ADDRESS     of MAIL FROM; \"<>\" for the null sender\n"
		"  --recipient ADDRESS  of RCPT TO; may be repeated\n"
		"  --client IP          the client address (default: 127.0.0.1)\n"
		"  --auth LOGIN         the login, if there is one\n"
		"  --size SIZE          of the message: \"50 MB\" (default: 1 byte)\n"
		"  --helo NAME          the HELO name\n"
		"  --listener NAME      {daemon_name} of the MTA\n\n"
		"example:\n"
		"  weirctl why --sender jake@example.com --recipient ann@example.org \\\n"
		"    --client 10.20.0.7\n",
	.run = run,
};
