/* SPDX-License-Identifier: ISC */
/* Whom a block of an incident is about, and which mail is its own. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fleet/incident_flood.h"
#include "lib/fleet/incident_about.h"
#include "t/lib/settings_text.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))
#define NOW_MS	       UINT64_C(1795601862000)
#define MINUTE_MS      UINT64_C(60000)

static struct settings *settings;

static void setup(void)
{
	settings = settings_of("incident = { shared = [ \"192.0.2.0/24\" ]; };"
			       "limits = ( { name = \"own\"; key = \"sender\";"
			       "max = 1; per = \"1h\"; action = \"reject\"; } "
			       ");");
}

static void teardown(void)
{
	settings_release(&settings);
}

static const struct {
	const char *source, *reason; /* NULL: it is blocked */
} sources[] = {
	{ "auth:jake", NULL },
	{ "client:203.0.113.9", NULL },
	{ "client:2001:db8::/64", NULL },
	{ "sender:jake@example.com", NULL },
	{ "", "no single source" },
	{ "client:192.0.2.77", "several senders share" },
	{ "client:127.0.0.1", "several senders share" },
	{ "client:::1", "several senders share" },
	{ "client:", "several senders share" },
	{ "client:x", "several senders share" },
	{ "sender:<>", "null sender" },
	{ "sender:", "null sender" },
	{ "recipient:jake@example.com", "does not know" },
	{ "all", "does not know" },
};

START_TEST(test_what_is_blocked)
{
	const struct incident incident = {
		.number = 17, .source = (char *)(uintptr_t)sources[_i].source
	};
	char reason[INCIDENT_REASON_SIZE] = "";
	const char *found = incident_source(settings, &incident, reason);

	if (sources[_i].reason == NULL) {
		ck_assert_str_eq(found, sources[_i].source);
		return;
	}
	ck_assert_ptr_null(found);
	ck_assert_ptr_nonnull(strstr(reason, "incident 17 "));
	ck_assert_ptr_nonnull(strstr(reason, sources[_i].reason));
	ck_assert_ptr_nonnull(strstr(reason, "lock"));
}
END_TEST

/* The subjects of the mail that is its own: of the source, and of windows. */
static const struct {
	const char *source, *windows[5];
	const char *subjects; /* joined by a blank */
} floods[] = {
	{ "sender:a@x.test",
	  { "sender:a@x.test", "sender:b@x.test", "recipient:c@y.test" },
	  "sender:a@x.test sender:b@x.test" },
	/* a block has no subject */
	{ "auth:jake", { "auth:jake", "" }, "auth:jake" },
	{ "auth:jake", { "recipient:c@y.test" }, "auth:jake" },
	{ "client:203.0.113.9",
	  { "client:192.0.2.77", "client+recipient:203.0.113.9+c@y.test",
	    "sender_domain:x.test", "all" },
	  "client:203.0.113.9" },
	{ "client:192.0.2.77", { "client:192.0.2.77", "all" }, "" },
	{ "sender:<>", { "recipient:c@y.test" }, "" },
	{ "", { "recipient:c@y.test", "all" }, "recipient:c@y.test all" },
};

START_TEST(test_what_is_its_own)
{
	struct incident_window windows[5] = { { 0 } };
	const struct incident_detail detail = {
		.incident = { .number = 17,
			      .opened_ms = NOW_MS,
			      .last_ms = NOW_MS + MINUTE_MS,
			      .per_ms = 2 * MINUTE_MS,
			      .source = (char *)(uintptr_t)floods[_i].source },
		.windows = windows,
		.window_count = 5,
	};
	struct incident_flood flood;
	char subjects[200] = "";

	for (int i = 0; i < 5; i++)
		windows[i].subject =
			(char *)(uintptr_t)(floods[_i].windows[i] == NULL
						    ? ""
						    : floods[_i].windows[i]);
	incident_flood_make(settings, &detail, &flood);
	for (size_t i = 0; i < flood.count; i++) {
		strcat(subjects, i == 0 ? "" : " ");
		strcat(subjects, flood.subjects[i].text);
	}
	ck_assert_str_eq(subjects, floods[_i].subjects);
	ck_assert_uint_eq(flood.from_ms, NOW_MS - 3 * MINUTE_MS);
	ck_assert_uint_eq(flood.until_ms, NOW_MS + 2 * MINUTE_MS);
	incident_flood_clear(&flood);
}
END_TEST

START_TEST(test_until_it_was_quiet)
{
	const struct incident_detail detail = {
		.incident = { .source = (char[]){ "" },
			      .last_ms = NOW_MS,
			      .ended_ms = NOW_MS }
	};
	struct incident_flood flood;

	incident_flood_make(settings, &detail, &flood);
	ck_assert_uint_eq(flood.from_ms, 0);
	ck_assert_uint_eq(flood.until_ms, NOW_MS + MINUTE_MS);
	incident_flood_clear(&flood);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("incident_flood");
	TCase *cases = tcase_create("incident");

	tcase_add_checked_fixture(cases, setup, teardown);
	tcase_add_loop_test(cases, test_what_is_blocked, 0, COUNT_OF(sources));
	tcase_add_loop_test(cases, test_what_is_its_own, 0, COUNT_OF(floods));
	tcase_add_test(cases, test_until_it_was_quiet);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
