/* SPDX-License-Identifier: ISC */

/* One order in words. */
#include <inttypes.h>

#include "lib/base/moment.h"
#include "lib/base/span_text.h"
#include "order_print.h"
#include "terminal.h"

void order_print_until(const struct order *order, FILE *out)
{
	char moment[MOMENT_TEXT_SIZE];

	if (order->until_ms == ORDER_EVER_MS)
		fputs("until it is lifted", out);
	else
		fprintf(out, "until %s",
			moment_format_local(order->until_ms, moment));
}

static void print_time(const struct order *order, uint64_t now_ms, FILE *out)
{
	char span[SPAN_TEXT_SIZE], moment[MOMENT_TEXT_SIZE];

	if (now_ms < order->from_ms)
		fprintf(out, "from %s ",
			moment_format_local(order->from_ms, moment));
	order_print_until(order, out);
	if (now_ms >= order->from_ms && now_ms < order->until_ms &&
	    order->until_ms != ORDER_EVER_MS)
		fprintf(out, " (%s left)",
			span_text(order->until_ms - now_ms, span));
	if (now_ms >= order->until_ms)
		fputs(" (ended)", out);
}

void order_print(const struct order *order, uint64_t used, uint64_t now_ms,
		 FILE *out)
{
	char effect[400];

	order_text_effect(order, used, effect, sizeof(effect));
	fprintf(out, "%s %" PRIu64 ": ", order_kind_name(order->kind),
		order->id);
	terminal_put_subject(out, order->subject);
	terminal_print_to(out, ", %s\n", effect);
	fputs("  ", out);
	print_time(order, now_ms, out);
	fputs("\n  ", out);
	terminal_print_to(out, "by %s%s%s: %s\n", order->by,
			  order->owner[0] == '\0' ? "" : " for ", order->owner,
			  order->reason);
}

bool order_print_asked(struct context *context, const struct order *order,
		       uint64_t now_ms, const char *before, json_t *array)
{
	uint64_t used;
	bool is_answered = order_text_used(context->redis, context->prefix,
					   context->now_ms, order, &used);

	if (array != NULL) {
		json_array_append_new(array,
				      order_text_json(order, used, now_ms));
		return is_answered;
	}
	fputs(before, stdout);
	order_print(order, used, now_ms, stdout);
	return is_answered;
}
