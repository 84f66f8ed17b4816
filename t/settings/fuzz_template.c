/* SPDX-License-Identifier: ISC */
/*
 * The first byte is the action. A reply that is taken is printable and
 * bounded, whatever the values are.
 */
#include "lib/base/text.h"
#include "lib/settings/template.h"
#include "t/lib/fuzz.h"

static const char *const values[TEMPLATE_NAMES] = {
	[TEMPLATE_LIMIT] = "sender-minute",
	[TEMPLATE_SUBJECT] = "sender:%{subject}%s%n@example.com",
	[TEMPLATE_USED] = "101",
	[TEMPLATE_MAX] = "100",
	[TEMPLATE_PER] = "1m",
	[TEMPLATE_RETRY] = "30s",
	[TEMPLATE_CONTACT] = "the postmaster",
};

static void check(const struct template *template, enum limit_action action)
{
	char buffer[TEMPLATE_TEXT_MAX + 1];
	struct text text;
	char class = action == LIMIT_TEMPFAIL ? '4' : '5';

	HOLDS(template_code(template)[0] == class);
	HOLDS(template_status(template)[0] == class);
	HOLDS(strlen(template_code(template)) == 3);
	text_init(&text, buffer, sizeof(buffer));
	template_expand(template, values, &text);
	HOLDS(text.length > 0 && fuzz_is_plain(buffer, text.length));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_input_of(data, size);
	enum limit_action action = (enum limit_action)(fuzz_take_byte(&input) %
						       (LIMIT_REJECT + 1));
	char *text = fuzz_copy(input.data, input.length), *reason = NULL;
	struct template *template = template_parse(text, action, &reason);

	HOLDS((template == NULL) == (reason != NULL));
	if (template != NULL)
		check(template, action);
	template_free(&template);
	free(reason);
	free(text);
	return 0;
}
