/* SPDX-License-Identifier: ISC */

/* Which marks a window has: what it is, and who filled it. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/watch/marks.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))
#define SHARED	       "127.0.0.1"

static struct sketch sketches[FLOOD_DIMENSIONS];
static struct marks marks;

static void stop(void)
{
	for (int i = 0; i < FLOOD_DIMENSIONS; i++)
		sketch_clear(&sketches[i]);
	marks_clear(&marks);
}

static bool is_shared(const void *context, const char *client)
{
	(void)context;
	return strcmp(client, SHARED) == 0;
}

/* So many messages; "" is none. */
struct mail {
	uint64_t count;
	const char *sender, *login, *client, *recipient, *content;
};

static void add(enum flood_dimension dimension, const char *value,
		uint64_t count)
{
	if (value != NULL && value[0] != '\0')
		sketch_add(&sketches[dimension], value, count);
}

static uint64_t add_mail(const struct mail *mail)
{
	add(FLOOD_SENDER, mail->sender, mail->count);
	add(FLOOD_LOGIN, mail->login, mail->count);
	add(FLOOD_CLIENT, mail->client, mail->count);
	add(FLOOD_RECIPIENT, mail->recipient, mail->count);
	add(FLOOD_CONTENT, mail->content, mail->count);
	return mail->count;
}

static const struct {
	const char *subject;
	struct mail mail[3];
	const char *marks; /* with a blank between two */
	const char *source;
	uint64_t others;
} rows[] = {
	/* a sender: the client is the source, at once */
	{ "sender:a@x",
	  { { 1, "a@x", "", "10.0.0.1", "", "" } },
	  "sender:a@x client:10.0.0.1",
	  "client:10.0.0.1",
	  0 },
	{ "sender:a@x",
	  { { 3, "a@x", "", "10.0.0.1", "b@y", "c1" } },
	  "sender:a@x client:10.0.0.1 way:10.0.0.1>b@y content:c1",
	  "client:10.0.0.1",
	  0 },
	/* behind a shared client it is the sender himself */
	{ "sender:a@x",
	  { { 3, "a@x", "", SHARED, "b@y", "" } },
	  "sender:a@x way:" SHARED ">b@y",
	  "sender:a@x",
	  0 },
	/* a login is the source wherever it is, and needs no way */
	{ "auth:ann",
	  { { 3, "a@x", "ann", SHARED, "b@y", "c1" } },
	  "auth:ann",
	  "auth:ann",
	  0 },
	{ "sender:a@x",
	  { { 2, "a@x", "ann", "10.0.0.1", "", "" },
	    { 2, "a@x", "ann", "10.0.0.2", "", "" } },
	  "sender:a@x auth:ann",
	  "auth:ann",
	  0 },
	/* many clients, and nothing that has half */
	{ "sender:a@x",
	  { { 2, "a@x", "", "10.0.0.1", "b@y", "" },
	    { 2, "a@x", "", "10.0.0.2", "b@y", "" },
	    { 2, "a@x", "", "10.0.0.3", "b@y", "" } },
	  "sender:a@x",
	  NULL,
	  0 },
	/* a mailbox accuses nobody until it is sure */
	{ "recipient:b@y",
	  { { 9, "a@x", "", "10.0.0.1", "b@y", "" } },
	  "recipient:b@y",
	  NULL,
	  0 },
	/* but for the way from a shared client, which accuses nobody */
	{ "recipient:b@y",
	  { { 1, "a@x", "", SHARED, "b@y", "" },
	    { 1, "c@x", "", SHARED, "b@y", "" },
	    { 1, "d@x", "", SHARED, "b@y", "" } },
	  "recipient:b@y way:" SHARED ">b@y",
	  NULL,
	  0 },
	{ "recipient:b@y",
	  { { 1, "a@x", "ann", SHARED, "b@y", "" } },
	  "recipient:b@y",
	  NULL,
	  0 },
	{ "recipient:b@y",
	  { { 10, "a@x", "", "10.0.0.1", "b@y", "" },
	    { 3, "c@z", "", "10.0.0.2", "b@y", "" } },
	  "recipient:b@y client:10.0.0.1 way:10.0.0.1>b@y",
	  "client:10.0.0.1",
	  3 },
	{ "recipient:b@y",
	  { { 10, "a@x", "", "10.0.0.1", "b@y", "" },
	    { 11, "c@z", "", "10.0.0.2", "b@y", "" },
	    { 10, "d@z", "", "10.0.0.3", "b@y", "" } },
	  "recipient:b@y",
	  NULL,
	  0 },
	/* the whole gateway */
	{ "all",
	  { { 30, "a@x", "", "10.0.0.1", "", "" },
	    { 10, "c@z", "", "10.0.0.2", "", "" } },
	  "all client:10.0.0.1",
	  "client:10.0.0.1",
	  10 },
	/* the target is in the key, and a + of it is its own */
	{ "sender+recipient:a@x+b%2Bc@y",
	  { { 1, "a@x", "", "10.0.0.1", "b+c@y", "" } },
	  "sender+recipient:a@x+b%2Bc@y client:10.0.0.1 "
	  "way:10.0.0.1>b+c@y recipient:b+c@y",
	  "client:10.0.0.1",
	  0 },
	{ "recipient_domain:y",
	  { { 1, "a@x", "", "10.0.0.1", "b@y", "" } },
	  "recipient_domain:y",
	  NULL,
	  0 },
	{ "sender_domain:x",
	  { { 20, "a@x", "", SHARED, "", "" } },
	  "sender_domain:x sender:a@x",
	  "sender:a@x",
	  0 },
};

START_TEST(of_a_window)
{
	struct marks_window window = { .subject = rows[_i].subject,
				       .sketches = sketches,
				       .is_shared = is_shared };
	char found[500] = "";

	for (int i = 0; i < 3; i++)
		window.messages += add_mail(&rows[_i].mail[i]);
	marks_make(&window, &marks);
	for (size_t i = 0; i < marks.count; i++) {
		if (i != 0)
			strcat(found, " ");
		strcat(found, marks.texts[i]);
	}
	ck_assert_str_eq(found, rows[_i].marks);
	ck_assert_pstr_eq(marks.source, rows[_i].source);
	ck_assert_uint_eq(marks.others, rows[_i].others);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("marks");
	TCase *tests = tcase_create("marks");

	tcase_add_checked_fixture(tests, NULL, stop);
	tcase_add_loop_test(tests, of_a_window, 0, COUNT_OF(rows));
	suite_add_tcase(suite, tests);
	return check_run(suite);
}
