/* SPDX-License-Identifier: ISC */

/* weirctl permit: announced bulk mail, within a time and a budget. */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "lib/store/window.h"
#include "milter/ctl/order_command.h"

struct permit_words {
	struct order_words order;
	struct argument_texts limits;
	const char *subject;
	uint64_t messages, per_minute;
};

/* A permit for a limit that does not exist would only look like one. */
static bool limits_exist(const struct access *access,
			 const struct argument_texts *limits)
{
	for (size_t i = 0; i < limits->count; i++)
		if (access_limit(access, limits->texts[i]) == NULL)
			return false;
	return true;
}

static int permit(const struct control *control, struct access *access,
		  void *context)
{
	const struct permit_words *words = context;
	struct subject subject;
	struct order order;

	if (!access_subject(access, words->subject, &subject) ||
	    !limits_exist(access, &words->limits) ||
	    !order_command_fill(access, &words->order, &subject, &order))
		return EX_USAGE;
	order.kind = ORDER_PERMIT;
	order.messages = words->messages;
	order.per_minute = words->per_minute;
	order.limits = (char **)(uintptr_t)words->limits.texts;
	order.limit_count = words->limits.count;
	return order_command_give(control, access, &order);
}

/* Bulk mail that was announced has an end. */
static bool has_end(const struct order_words *words)
{
	if (words->for_ms != 0 || words->until_ms != 0)
		return true;
	fputs("weirctl permit: found neither --for nor --until, one of them "
	      "is needed\n",
	      stderr);
	return false;
}

static int run(const struct control *control, int argc, char **argv)
{
	struct permit_words words = { 0 };
	const struct argument arguments[] = {
		{ .name = "messages",
		  .kind = ARGUMENT_NUMBER,
		  .target = &words.messages,
		  .least = 1,
		  .most = WINDOW_COUNT_MAX,
		  .is_required = true },
		{ .name = "per-minute",
		  .kind = ARGUMENT_NUMBER,
		  .target = &words.per_minute,
		  .least = 1,
		  .most = WINDOW_COUNT_MAX },
		{ .name = "limit",
		  .kind = ARGUMENT_TEXTS,
		  .target = &words.limits },
		{ .name = "owner",
		  .kind = ARGUMENT_TEXT,
		  .target = &words.order.owner,
		  .is_required = true },
		{ .name = "from",
		  .kind = ARGUMENT_MOMENT,
		  .target = &words.order.from_ms },
		ORDER_FOR(words.order),
		ORDER_UNTIL(words.order),
		ORDER_REASON(words.order),
		ORDER_BY(words.order),
	};
	int code = EX_USAGE;

	if (arguments_read(argc, argv, arguments, ARGUMENT_COUNT(arguments), 1,
			   1) != 0 &&
	    has_end(&words.order)) {
		words.subject = argv[1];
		code = access_use(control, permit, &words);
	}
	free(words.limits.texts);
	return code;
}

const struct command command_permit = {
	.name = "permit",
	.arguments = "SUBJECT --messages N --for SPAN|--until TIME "
		     "--owner WHO --reason TEXT [OPTIONS]",
	.purpose = "let announced bulk mail of one subject through",
	.help = "Within its time and its budget the limits do not hold for "
		"this subject; past\nthem they hold at once. Blocks hold all "
		"the same. The budget is one for all\nmilters.\n\n"
		"  --messages N     the budget\n"
		"  --per-minute N   its pace: no more than these in a minute\n"
		"  --limit NAME     only this limit does not hold (may be "
		"repeated)\n"
		"  --from TIME      from when on (default: now)\n"
		"  --for SPAN       for how long: 2h, 3d\n"
		"  --until TIME     until when: 18:00, \"2026-05-01 18:00\"\n"
		"  --owner WHO      whose mail it is, to be asked\n"
		"  --reason TEXT    why; for the log of orders\n"
		"  --by WHO         who permits it (default: who called sudo, or the login)\n\n"
		"example:\n"
		"  weirctl permit sender:news@example.com --messages 5000 "
		"--for 4h \\\n"
		"    --owner \"Ann, marketing\" --reason \"May newsletter\"\n",
	.run = run,
};
