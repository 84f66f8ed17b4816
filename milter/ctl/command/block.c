/* SPDX-License-Identifier: ISC */

/* weirctl block, unblock: the mail of one subject alone. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "lib/fleet/incident_about.h"
#include "lib/policy/subject_clients.h"
#include "milter/ctl/incident_find.h"
#include "milter/ctl/order_command.h"
#include "milter/ctl/terminal.h"

struct block_options {
	struct order_options order;
	const char *subject; /* NULL: the source of the incident */
	uint64_t incident;
	char reason[40]; /* where none was given */
	int action; /* index among limit_action_names, from quarantine on */
};

/* The subject to block; COMMAND_NOTHING where the incident has none. */
static int find_source(struct context *context, uint64_t number,
		       struct subject *subject_r)
{
	char reason[INCIDENT_REASON_SIZE];
	struct incident_detail detail;
	const char *source;
	int code = EX_OK;

	if (!incident_read(context->redis, context->prefix, number, &detail))
		return context_fail(context);
	source = incident_source(context->settings, &detail.incident, reason);
	if (detail.incident.number == 0)
		code = incident_find_complain("block", number);
	else if (source == NULL)
		code = COMMAND_NOTHING;
	else if (!context_subject(context, source, subject_r))
		code = EX_USAGE;
	if (detail.incident.number != 0 && source == NULL)
		terminal_error("weirctl block: nothing is blocked: %s", reason);
	incident_detail_clear(&detail);
	return code;
}

static int find_subject(struct context *context,
			const struct block_options *options,
			struct subject *subject_r)
{
	if (options->incident != 0)
		return find_source(context, options->incident, subject_r);
	return context_subject(context, options->subject, subject_r) ? EX_OK
								     : EX_USAGE;
}

static int block(const struct globals *globals, struct context *context,
		 void *user_data)
{
	const struct block_options *options = user_data;
	struct subject subject;
	struct order order;
	int code = find_subject(context, options, &subject);

	if (code != EX_OK)
		return code;
	if (!order_command_fill(context, &options->order, &subject, &order))
		return EX_USAGE;
	order.kind = ORDER_BLOCK;
	order.action = (enum limit_action)(LIMIT_QUARANTINE + options->action);
	return order_command_give(globals, context, &order);
}

/* A subject or an incident; the reason of an incident is its number. */
static bool check_block(struct block_options *options)
{
	if ((options->subject == NULL) == (options->incident == 0))
		return terminal_error(
			"weirctl block: found %s --incident, allowed is one of "
			"them",
			options->subject == NULL ? "neither a subject nor"
						 : "both a subject and");
	if (options->order.reason == NULL && options->incident == 0)
		return terminal_error(
			"weirctl block: --reason is missing; see --help");
	if (options->order.reason == NULL) {
		(void)snprintf(options->reason, sizeof(options->reason),
			       "incident %" PRIu64, options->incident);
		options->order.reason = options->reason;
	}
	return true;
}

static int run_block(const struct globals *globals, int argc, char **argv)
{
	struct block_options options = { .action = LIMIT_REJECT -
						   LIMIT_QUARANTINE };
	const struct argument arguments[] = {
		ARGUMENT(CHOICE, "action", &options.action,
			 .choices = limit_action_names + LIMIT_QUARANTINE),
		ORDER_FOR_OR_EVER(options.order),
		ORDER_UNTIL(options.order),
		ORDER_MAY_REASON(options.order),
		ORDER_BY(options.order),
		ARGUMENT(NUMBER, "incident", &options.incident, .min = 1,
			 .max = INT64_MAX),
	};

	if (ARGUMENTS_READ(argc, argv, arguments, 0, 1) == 0)
		return EX_USAGE;
	options.subject = argv[1];
	if (!check_block(&options))
		return EX_USAGE;
	return context_use(globals, block, &options);
}

const struct command command_block = {
	.name = "block",
	.arguments = "SUBJECT|--incident N --reason TEXT [--action ACTION] "
		     "[--for SPAN|--until TIME] [--by WHO]",
	.purpose = "reject, quarantine or discard the mail of one subject",
	.help = "Stops the mail of this subject, on all milters within a second, also while\n"
		"Redis is down. Replaces a block that the subject already has.\n\n"
		"  --incident N     the source of an incident: a login, else a client, else a\n"
		"                   sender; never a recipient or a shared client\n"
		"  --action ACTION  reject (550, the default), tempfail (451), quarantine or\n"
		"                   discard\n"
		"  --for SPAN       duration: 2h, 3d, ever (default: 24h)\n"
		"  --until TIME     end: 18:00, \"2026-05-01 18:00\"\n"
		"  --reason TEXT    recorded in the log of orders, not shown to the sender;\n"
		"                   an incident needs none\n"
		"  --by WHO         the operator (default: the user behind sudo, or the login)\n\n"
		"example:\n"
		"  weirctl block sender:jake@example.com --for 2h --reason \"runaway script\"\n"
		"  weirctl block --incident 17 --for 2h\n"
		"  weirctl block client:203.0.113.0/24 --reason botnet\n",
	.run = run_block,
};

static bool is_block_of(const struct order *order, const void *user_data)
{
	const struct subject *subject = user_data;

	return order->kind == ORDER_BLOCK &&
	       strcmp(order->subject, subject->text) == 0;
}

/* The network that is blocked is another subject than a client in it. */
static void report_networks(struct context *context,
			    const struct subject *subject)
{
	struct order_list list;

	if (!order_book_read(context->redis, context->prefix, &list))
		return;
	for (size_t i = 0; i < list.count; i++) {
		const struct order *order = &list.orders[i];

		if (order->kind == ORDER_BLOCK &&
		    order_is_in_force(order, list.now_ms) &&
		    subject_lies_in(subject->text, subject->key,
				    order->subject))
			terminal_error("weirctl: it lies in %s, which block "
				       "%" PRIu64 " is about",
				       order->subject, order->id);
	}
	order_list_clear(&list);
}

static int unblock(const struct globals *globals, struct context *context,
		   void *user_data)
{
	const struct lift_options *options = user_data;
	struct subject subject;
	int code;

	if (!context_subject(context, options->what, &subject))
		return EX_USAGE;
	code = order_command_lift(globals, context, "unblock", &options->order,
				  is_block_of, &subject);
	if (code == COMMAND_NOTHING)
		report_networks(context, &subject);
	return code;
}

static int run_unblock(const struct globals *globals, int argc, char **argv)
{
	return order_command_run_lift(globals, argc, argv, unblock);
}

const struct command command_unblock = {
	.name = "unblock",
	.arguments = "SUBJECT [--reason TEXT] [--by WHO]",
	.purpose = "end a block",
	.help = "Accepts mail of this subject again, on all milters within a second. Its windows\n"
		"keep what they have counted: see weirctl reset.\n\n"
		"  --reason TEXT    recorded in the log of orders\n"
		"  --by WHO         the operator (default: the user behind sudo, or the login)\n\n"
		"example:\n"
		"  weirctl unblock sender:jake@example.com --reason \"script was fixed\"\n",
	.run = run_unblock,
};
