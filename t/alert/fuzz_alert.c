/* SPDX-License-Identifier: ISC */

/* Any bytes of strangers in an alert: what is written of it is still one, in
 * every format. The first byte chooses the act. */
#include "lib/alert/alert_formats.h"
#include "lib/alert/alert_mail.h"
#include "lib/alert/alert_text.h"
#include "lib/base/text.h"
#include "t/alert/sample_alert.h"
#include "t/lib/fuzz.h"

static void check_text(const char *text, bool has_lines)
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t bytes = text_utf8_length(text, left);

		HOLDS(bytes > 0);
		HOLDS(bytes > 1 ? text_is_visible(text, bytes)
				: fuzz_is_plain(text, 1) ||
					  (has_lines && *text == '\n'));
		text += bytes;
		left -= bytes;
	}
}

/* In the body a line may begin so: one that was too long is broken anywhere. */
static void check_mail(const char *mail)
{
	const char *body = strstr(mail, "\r\n\r\n");

	HOLDS(body != NULL);
	for (const char *at = mail; *at != '\0'; at++) {
		HOLDS((*at >= ' ' && *at < 0x7f) || *at == '\r' || *at == '\n');
		HOLDS((*at == '\r') == (at[1] == '\n'));
		HOLDS(at > body || strncmp(at, "\r\nBcc", 5) != 0);
	}
}

static void check_json(char *text)
{
	json_error_t error;
	json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	HOLDS(value != NULL);
	json_decref(value);
	free(text);
}

static void check_slack(char *body)
{
	HOLDS(strpbrk(body, "<>") == NULL);
	check_json(body);
}

static void check(const struct alert *alert)
{
	static const char *const to[] = { "noc@x.test" };
	const struct alert_mail mail = { .from = "weir@x.test",
					 .to = to,
					 .to_count = 1 };
	char *subject = alert_subject(alert), *text = alert_text(alert);
	char *whole = alert_mail_make(alert, &mail);

	HOLDS(strlen(subject) <= ALERT_SUBJECT_MAX);
	check_text(subject, false);
	check_text(text, true);
	check_mail(whole);
	check_json(alert_format_weir(alert));
	check_json(alert_format_pagerduty(alert, "key"));
	check_json(alert_format_alertmanager(alert));
	check_slack(alert_format_slack(alert));
	free(subject);
	free(text);
	free(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct settings settings; /* without limits */
	struct fuzz_input input = fuzz_input_of(data, size);
	struct sample_alert sample;
	char *text;

	sample_alert_make(&sample, &settings);
	sample.alert.act = fuzz_take_byte(&input) % ALERT_ACTS;
	text = fuzz_copy(input.data, input.length);
	sample_alert_poison(&sample, text);
	if (sample.alert.act >= ALERT_DIGEST) {
		sample.alert.detail = NULL;
		sample.alert.floods = &sample.detail.incident;
		sample.alert.flood_count = 1;
	}
	check(&sample.alert);
	free(text);
	return 0;
}
