/* SPDX-License-Identifier: ISC */

/* weirctl revoke: ends permits and overrides, or any one order by its
 * number. */
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "milter/ctl/order_command.h"

/* What is to be lifted: by number, or by subject. */
struct target {
	uint64_t id; /* 0: by subject */
	struct subject subject;
};

static bool is_target(const struct order *order, const void *user_data)
{
	const struct target *target = user_data;

	if (target->id != 0)
		return order->id == target->id;
	return order->kind != ORDER_BLOCK &&
	       strcmp(order->subject, target->subject.text) == 0;
}

/* A number is no subject: those have a colon, but "all". */
static bool read_target(const struct context *context, const char *text,
			struct target *target_r)
{
	size_t digits = strspn(text, "0123456789");

	target_r->id = 0;
	if (digits != 0 && digits <= 18 && text[digits] == '\0')
		target_r->id = strtoull(text, NULL, 10);
	return target_r->id != 0 ||
	       context_subject(context, text, &target_r->subject);
}

static int revoke(const struct globals *globals, struct context *context,
		  void *user_data)
{
	const struct lift_options *options = user_data;
	struct target target;

	if (!read_target(context, options->what, &target))
		return EX_USAGE;
	return order_command_lift(globals, context, "revoke", &options->order,
				  is_target, &target);
}

static int run(const struct globals *globals, int argc, char **argv)
{
	return order_command_run_lift(globals, argc, argv, revoke);
}

const struct command command_revoke = {
	.name = "revoke",
	.arguments = "SUBJECT|NUMBER [--reason TEXT] [--by WHO]",
	.purpose = "end the permits and overrides of a subject",
	.help = "With the number of an order (see weirctl orders) ends only that one, of any\n"
		"kind.\n\n"
		"  --reason TEXT    recorded in the log of orders\n"
		"  --by WHO         the operator (default: the user behind sudo, or the login)\n\n"
		"example:\n"
		"  weirctl revoke sender:news@example.com\n"
		"  weirctl revoke 17 --reason \"sent by mistake\"\n",
	.run = run,
};
