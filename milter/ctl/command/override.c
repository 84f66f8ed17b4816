/* SPDX-License-Identifier: ISC */

/* weirctl override: another max of one limit, for one subject. */
#include <inttypes.h>
#include <sysexits.h>

#include "lib/policy/subject_clients.h"
#include "lib/store/window.h"
#include "milter/ctl/order_command.h"
#include "milter/ctl/terminal.h"

struct override_options {
	struct order_options order;
	const char *subject, *limit, *max;
};

/* A number in the limit's unit; bytes also as "50 MB". */
static bool read_max(const char *text, const struct limit *limit,
		     uint64_t *max_r)
{
	const struct argument argument = {
		.name = "max",
		.kind = limit->unit == LIMIT_BYTES ? ARGUMENT_SIZE
						   : ARGUMENT_NUMBER,
		.target = max_r,
		.min = 1,
		.max = WINDOW_COUNT_MAX,
	};

	return argument_read("override", &argument, text);
}

/* Its clients would share a window with others. */
static bool is_too_narrow(const struct context *context,
			  const struct subject *subject)
{
	unsigned int counted = context->settings->ipv6_prefix;
	struct subject_clients clients;

	if (!subject_clients_read(subject->text, subject->key, &clients) ||
	    clients.is_ipv4 || clients.prefix <= counted)
		return false;
	terminal_error(
		"weirctl: found a network of /%u, at most /%u is allowed: "
		"clients are counted by that prefix",
		clients.prefix, counted);
	return true;
}

static int override(const struct globals *globals, struct context *context,
		    void *user_data)
{
	const struct override_options *options = user_data;
	const struct limit *limit;
	struct subject subject;
	struct order order;

	if (!context_subject(context, options->subject, &subject))
		return EX_USAGE;
	limit = context_limit(context, options->limit);
	if (is_too_narrow(context, &subject))
		return EX_USAGE;
	if (limit == NULL || !context_counts(limit, &subject) ||
	    !order_command_fill(context, &options->order, &subject, &order) ||
	    !read_max(options->max, limit, &order.max))
		return EX_USAGE;
	order.kind = ORDER_OVERRIDE;
	order.limits = (char **)(uintptr_t)&limit->name;
	order.limit_count = 1;
	return order_command_give(globals, context, &order);
}

static int run(const struct globals *globals, int argc, char **argv)
{
	struct override_options options = { 0 };
	const struct argument arguments[] = {
		ARGUMENT(TEXT, "max", &options.max, .is_required = true),
		ORDER_FOR_OR_EVER(options.order),
		ORDER_UNTIL(options.order),
		ORDER_REASON(options.order),
		ORDER_BY(options.order),
	};

	if (ARGUMENTS_READ(argc, argv, arguments, 2, 2) == 0)
		return EX_USAGE;
	options.subject = argv[1];
	options.limit = argv[2];
	return context_use(globals, override, &options);
}

const struct command command_override = {
	.name = "override",
	.arguments = "SUBJECT LIMIT --max N --reason TEXT "
		     "[--for SPAN|--until TIME] [--by WHO]",
	.purpose = "set another maximum of one limit for one subject",
	.help = "Higher or lower than in the configuration, without a restart, on all milters\n"
		"within a second. Replaces an override that the subject already has.\n\n"
		"  --max N          in the unit of the limit; bytes also as \"50 MB\"\n"
		"  --for SPAN       duration: 2h, 3d, ever (default: 24h)\n"
		"  --until TIME     end: 18:00, \"2026-05-01 18:00\"\n"
		"  --reason TEXT    recorded in the log of orders\n"
		"  --by WHO         the operator (default: the user behind sudo, or the login)\n\n"
		"example:\n"
		"  weirctl override auth:shop login --max 500 --for 3d \\\n"
		"    --reason \"summer sale\"\n",
	.run = run,
};
