/* SPDX-License-Identifier: ISC */
/*
 * A subject that is taken is printable, bounded, and read back as itself; so
 * is the subject of any message. The first byte is the key of the message, its
 * values follow, a line each; all of it is the text of a subject, too.
 */
#include "lib/base/address.h"
#include "lib/policy/message.h"
#include "lib/policy/subject_parse.h"
#include "t/lib/fuzz.h"

#define IPV6_PREFIX 64

static const struct settings *settings(void)
{
	static struct settings settings;

	settings.identity = address_rules_default;
	settings.ipv6_prefix = IPV6_PREFIX;
	return &settings;
}

static void check_text(const char *text)
{
	size_t length = strlen(text);

	HOLDS(length > 0 && length < SUBJECT_SIZE);
	HOLDS(fuzz_is_plain(text, length));
	HOLDS(strpbrk(text, " {}") == NULL);
}

static void check_same(const char *text, unsigned int key)
{
	struct subject subject;
	const char *reason;

	HOLDS(subject_parse(text, strlen(text), settings(), &subject, &reason));
	HOLDS(subject.key == key);
	HOLDS(strcmp(subject.text, text) == 0);
}

static void check_typed(struct fuzz_input input)
{
	struct subject subject;
	const char *reason = NULL;

	if (!subject_parse(input.data, input.length, settings(), &subject,
			   &reason)) {
		HOLDS(reason != NULL);
		return;
	}
	check_text(subject.text);
	check_same(subject.text, subject.key);
}

/* The next value, "" at the end. */
static char *take_value(struct fuzz_input *input)
{
	char *value = fuzz_take_until(input, '\n', NULL);

	return value != NULL ? value : fuzz_copy("", 0);
}

static void fill(struct message *message, struct fuzz_input *input)
{
	const struct address_rules *rules = &settings()->identity;
	char *values[] = { take_value(input), take_value(input),
			   take_value(input), take_value(input),
			   take_value(input) };
	struct network_address client;

	message_set_sender(message, rules, values[0]);
	message_add_recipient(message, rules, values[1]);
	message_set_auth(message, values[2]);
	message_set_helo(message, rules, values[3]);
	if (network_parse(values[4], &client))
		message_set_client(message, &client);
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		free(values[i]);
}

static void check_counted(struct fuzz_input input)
{
	unsigned int key = fuzz_take_byte(&input) &
			   (LIMIT_KEY_OF(DIMENSION_COUNT) - 1);
	char buffer[SUBJECT_SIZE];
	struct message message;
	struct text text;

	message_init(&message);
	fill(&message, &input);
	text_init(&text, buffer, sizeof(buffer));
	if (subject_add(&text, key, &message, message.recipients,
			IPV6_PREFIX)) {
		HOLDS(!text.is_cut);
		check_text(buffer);
		check_same(buffer, key);
	} else {
		HOLDS(text.length == 0);
	}
	message_clear(&message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_typed(fuzz_input_of(data, size));
	check_counted(fuzz_input_of(data, size));
	return 0;
}
