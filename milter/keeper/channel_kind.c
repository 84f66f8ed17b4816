/* SPDX-License-Identifier: ISC */
#include "channel_kind.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"

#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

const struct channel_times channel_times_usual = {
	.pauses_ms = { 5 * SECOND, 15 * SECOND, 45 * SECOND, 2 * MINUTE,
		       5 * MINUTE, 15 * MINUTE },
	.give_up_ms = 24 * HOUR,
	.failing_ms = 5 * MINUTE,
	.hold_most_ms = HOUR,
	.connect_ms = 5000,
	.try_ms = 10000,
	.command_ms = 30000,
};

const struct channel_kind *channel_kind_of(const struct settings_alert *rules)
{
	static const struct channel_kind command = { "command",
						     channel_command_write,
						     channel_command_run };
	static const struct channel_kind webhook = { "webhook",
						     channel_webhook_write,
						     channel_webhook_run };
	static const struct channel_kind mail = { "mail", channel_mail_write,
						  channel_mail_run };

	if (rules->command != NULL)
		return &command;
	return rules->mail != NULL ? &mail : &webhook;
}

static void free_texts(char **texts)
{
	for (char **at = texts; at != NULL && *at != NULL; at++)
		free(*at);
	free(texts);
}

void channel_load_clear(struct channel_load *load)
{
	free_texts(load->environment);
	free_texts(load->recipients);
	free(load->body);
	memset(load, 0, sizeof(*load));
}

void channel_conclude(struct channel_try *way, enum channel_verdict verdict,
		      const char *format, ...)
{
	char buffer[4 * CHANNEL_DETAIL_SIZE];
	va_list arguments;
	struct text text;

	va_start(arguments, format);
	(void)vsnprintf(buffer, sizeof(buffer), format, arguments);
	va_end(arguments);
	way->verdict = verdict;
	text_init(&text, way->detail, sizeof(way->detail));
	text_add_line(&text, buffer, strlen(buffer), CHANNEL_DETAIL_SIZE - 4);
}
