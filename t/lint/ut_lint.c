/* SPDX-License-Identifier: ISC */
/* What is said of a file that is valid and unwise; nothing of a wise one. */
#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/lint/lint.h"
#include "lib/settings/settings.h"
#include "t/lib/settings_text.h"

#define COUNT(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

/* On one line each; the first stands on line 2. */
#define LIMITS(limits) "limits = (\n" limits ");\n"
#define L(name, key, max, action, more)                        \
	"{ name = \"" name "\"; key = \"" key "\"; max = " max \
	"; per = \"1m\"; "                                     \
	"action = \"" action "\"; " more " }"
#define UNIX " redis = { server = \"unix:/none\"; };\n"
#define SHARED(action)                                                        \
	"one login, such as a stolen one, can use up the window of its "      \
	"address, and " action " then meets all others behind it; add match " \
	"= { authenticated = false; }, or let a limit with key = \"auth\" "   \
	"keep each login below half of it, with count = \"accepted\" here"
#define CEILING(name, key, max, unit)                          \
	"{ name = \"" name "\"; key = \"" key "\"; max = " max \
	"; unit = \"" unit "\"; action = \"reject\"; }"
#define CHANNELS(row)                               \
	LIMITS(L("a", "client", "9", "reject", "")) \
	"keeper = { alerts = ( { " row " } ); };\n"
#define MAIL_TO(server, more)                                         \
	"name = \"a\"; mail = [ \"noc@x.test\" ]; server = \"" server \
	"\"; " more
#define BYTES "unit = \"bytes\"; "

static const struct {
	const char *text;
	/* "LINE: text" each, a newline between them */
	const char *wanted;
} cases[] = {
	{ LIMITS(L("a", "client", "9", "reject", "")), "" },
	/* hidden limits, whichever stands first */
	{ LIMITS(L("a", "client", "100", "tempfail",
		   "") ",\n" L("b", "client", "500", "reject", "")),
	  "3: limits.b: is never over: of this mail limits.a (line 2) lets in "
	  "no more than 100 messages in 1m, and what is refused is not "
	  "counted; give it a lower max, or count = \"attempts\", or remove "
	  "it" },
	{ LIMITS(L("b", "client", "500", "reject",
		   "") ",\n" L("a", "client", "100", "tempfail", "")),
	  "2: limits.b: is never over: of this mail limits.a (line 3) lets in "
	  "no more than 100 messages in 1m, and what is refused is not "
	  "counted; give it a lower max, or count = \"attempts\", or remove "
	  "it" },
	{ LIMITS(L("a", "client", "100", "tempfail",
		   "") ",\n" L("b", "client", "100", "reject", "")),
	  "2: limits.a: changes nothing: whenever it is over, limits.b (line "
	  "3) is, and does reject above 100 messages in 1m; give it a lower "
	  "max, or remove it" },
	{ LIMITS(L("a", "client", "2048", "reject",
		   BYTES) ",\n" L("b", "client", "4096", "reject", BYTES)),
	  "3: limits.b: changes nothing: whenever it is over, limits.a (line "
	  "2) is, and does reject above 2 KB in 1m; give it a lower max, or "
	  "remove it" },
	/* of twins only the later one is told of */
	{ LIMITS(L("a", "client", "9", "reject", "") ",\n" L("b", "client", "9",
							     "reject", "")),
	  "3: limits.b: does what limits.a (line 2) does; remove one of "
	  "them" },
	/* a ceiling for one message, and what is none */
	{ LIMITS(CEILING("a", "auth", "9", "bytes") ",\n" L(
		  "b", "client", "100", "reject", BYTES)),
	  "3: limits.b: " SHARED("reject") },
	{ LIMITS(CEILING("a", "sender", "9", "recipients") ",\n" CEILING(
		  "b", "sender", "10", "recipients")),
	  "3: limits.b: changes nothing: whenever it is over, limits.a (line "
	  "2) is, and does reject above 9 recipients in one message; give it "
	  "a lower max, or remove it" },
	{ "limits = (\n{ name = \"a\"; key = \"all\"; unit = \"recipients\"; "
	  "max = 9; per = \"1ms\"; action = \"reject\"; });",
	  "2: limits.a: its per of 1ms is shorter than mail takes: two small "
	  "messages at the same moment are over it; for a ceiling on the "
	  "recipients of one message leave out per" },
	{ "limits = (\n{ name = \"a\"; key = \"client\"; "
	  "max = 9; per = \"4999ms\"; action = \"reject\"; });",
	  "2: limits.a: its per of 4999ms is shorter than mail takes: what "
	  "comes at the same moment by chance is over it; give it a longer "
	  "one" },
	/* limits that count nothing */
	{ LIMITS(L("a", "auth", "9", "reject",
		   "match = { authenticated = false; };")),
	  "2: limits.a: counts nothing, since its key has the login and its "
	  "match takes only mail without one; change one of the two" },
	{ LIMITS(L("a", "client", "9", "reject",
		   "match = { sender = \"a@b.c\"; not_sender = \"@b.c\"; };")),
	  "2: limits.a: looks at no mail, since its match asks for one thing "
	  "and its contrary; correct the match, or remove the limit" },
	{ LIMITS(L(
		  "a", "sender", "9", "reject",
		  "match = { client = \"10.1.0.0/16\"; };")) "exempt = { client = \"10.0.0.0/8\"; };\n",
	  "2: limits.a: counts nothing, since all mail that it looks at is "
	  "exempt (line 3); remove the limit, or narrow the exemption" },
	{ LIMITS(L("a", "auth", "9", "reject",
		   "")) "exempt = { authenticated = true; };\n",
	  "2: limits.a: counts nothing, since all mail that it looks at is "
	  "exempt (line 3); remove the limit, or narrow the exemption" },
	{ LIMITS(L("a", "sender", "9", "reject",
		   "match = { sender = \"<>\"; };")),
	  "2: limits.a: counts nothing, since its match takes the null sender "
	  "only, which is not counted by sender; take another key, such as "
	  "\"recipient\"" },
	{ LIMITS(L("a", "recipient", "9", "reject",
		   "match = { sender = \"<>\"; };")),
	  "" },
	{ LIMITS(L("a", "recipient", "9", "reject",
		   "match = { client = \"10.0.0.1\"; local = true; };")),
	  "2: limits.a: looks at no mail, since its match asks for one thing "
	  "and its contrary; correct the match, or remove the limit" },
	/* exemptions */
	{ "exempt = (\n{ client = \"10.1.0.0/16\"; },\n"
	  "{ client = \"10.0.0.0/8\"; },\n{ client = \"10.0.0.0/8\"; });\n" LIMITS(
		  L("a", "client", "9", "reject", "")),
	  "2: exempt: exempts nothing that the exemption at line 3 does not; "
	  "remove it, or narrow the other\n"
	  "4: exempt: exempts nothing that the exemption at line 3 does not; "
	  "remove it, or narrow the other" },
	{ "exempt = { client = \"10.0.0.1\"; not_client = \"10.0.0.1\"; };\n" LIMITS(
		  L("a", "client", "9", "reject", "")),
	  "1: exempt: exempts nothing, since it asks for one thing and its "
	  "contrary; correct it, or remove it" },
	{ "exempt = { sender = \"*\"; };\n" LIMITS(
		  L("a", "client", "9", "reject", "")),
	  "1: exempt: exempts all mail, so that no limit looks at any; name "
	  "the clients, logins or listeners that are meant" },
	{ "exempt = ( { sender = \"@example.com\"; },\n"
	  "{ helo = \"mx.example.com\"; recipient = \"a@b.c\"; },\n"
	  "{ sender = \"@example.com\"; client = \"10.0.0.1\"; },\n"
	  "{ recipient = \"postmaster@\"; } );\n" LIMITS(
		  L("a", "client", "9", "reject", "")),
	  "1: exempt: exempts every stranger who gives such a sender in MAIL "
	  "FROM; add client, auth or authenticated = true\n"
	  "2: exempt: exempts every stranger who gives such a name in HELO; "
	  "add client, auth or authenticated = true\n"
	  "3: exempt: exempts nothing that the exemption at line 1 does not; "
	  "remove it, or narrow the other" },
	/* open to forged senders */
	{ LIMITS(L("a", "sender", "9", "tempfail", "")),
	  "2: limits.a: anybody can forge a sender in MAIL FROM, and so have "
	  "the true one's mail met with tempfail; count here only mail of "
	  "known origin, by match = { authenticated = true; } or { client = "
	  "[ ... ]; }, and strangers by key = \"client+sender\"" },
	{ LIMITS(L("a", "sender_domain+recipient", "9", "discard",
		   "match = { not_client = \"10.0.0.0/8\"; };")),
	  "2: limits.a: anybody can forge a sender in MAIL FROM, and so have "
	  "the true one's mail met with discard; count here only mail of "
	  "known origin, by match = { authenticated = true; } or { client = "
	  "[ ... ]; }, and strangers by key = \"client+sender\"" },
	{ LIMITS(L("a", "sender", "9", "monitor", "")), "" },
	{ LIMITS(L("a", "sender+client", "9", "reject", "")), "" },
	{ LIMITS(L("a", "sender+auth", "9", "reject", "")), "" },
	{ LIMITS(L("a", "sender", "9", "reject", "match = { local = true; };")),
	  "" },
	{ LIMITS(L("a", "sender", "9", "reject",
		   "match = { client = \"10.0.0.0/8\"; };")),
	  "" },
	{ LIMITS(L("a", "recipient", "9", "reject", "")), "" },
	/* a window that logins share */
	{ LIMITS(L("a", "client", "600", "tempfail",
		   "match = { authenticated = true; };")),
	  "2: limits.a: " SHARED("tempfail") },
	{ LIMITS(L("a", "client", "600", "reject",
		   "") ",\n" L("b", "auth", "301", "tempfail", "")),
	  "2: limits.a: " SHARED("reject") },
	{ LIMITS(L("a", "client", "600", "reject",
		   "") ",\n" L("b", "auth", "300", "tempfail", "")),
	  "" },
	{ LIMITS(L("a", "client", "600", "reject",
		   "count = \"attempts\";") ",\n" L("b", "auth", "300",
						    "tempfail", "")),
	  "2: limits.a: " SHARED("reject") },
	{ LIMITS(L("a", "client", "600", "reject",
		   "") ",\n" L("b", "auth", "300", "tempfail",
			       "match = { listener = \"x\"; };")),
	  "2: limits.a: " SHARED("reject") },
	{ LIMITS(L("a", "client", "600", "reject", "") ",\n" L(
		  "b", "auth", "300", "tempfail", "unit = \"recipients\";")),
	  "" },
	{ LIMITS(L("a", "client", "600", "reject",
		   "match = { authenticated = false; };") ",\n" L("b", "auth",
								  "3000",
								  "tempfail",
								  "")),
	  "" },
	{ LIMITS(L("a", "client", "600", "monitor",
		   "") ",\n" L("b", "auth", "3000", "tempfail", "")),
	  "" },
	/* what is quarantined is to be bounded */
	{ LIMITS(L("a", "client", "9", "quarantine", "")),
	  "2: limits.a: what is quarantined stays on the MTA's disk, and no "
	  "limit bounds it; add one with key = \"recipient\" or \"all\", unit "
	  "= \"bytes\" and action = \"tempfail\"" },
	{ LIMITS(L("a", "client", "9", "quarantine",
		   "") ",\n" L("b", "all", "\"1 GB\"", "tempfail", BYTES)),
	  "" },
	{ LIMITS(L("a", "client+sender", "9", "quarantine",
		   "") ",\n" L("b", "client", "\"1 GB\"", "reject", BYTES)),
	  "" },
	{ LIMITS(L("a", "client", "9", "quarantine", "") ",\n" L(
		  "b", "helo", "\"1 GB\"", "reject",
		  BYTES) ",\n" L("c", "all", "\"1 GB\"", "monitor", BYTES)),
	  "2: limits.a: what is quarantined stays on the MTA's disk, and no "
	  "limit bounds it; add one with key = \"recipient\" or \"all\", unit "
	  "= \"bytes\" and action = \"tempfail\"" },
	/* channels of alerts, on line 3 */
	{ CHANNELS("name = \"a\"; command = [ \"/bin/sh\" ];"), "" },
	{ CHANNELS("name = \"a\"; command = [ \"/none/page\" ];"),
	  "3: keeper.alerts.a: cannot run /none/page on this host: No such file "
	  "or directory" },
	{ CHANNELS("name = \"a\"; command = [ \"/dev/null\" ];"),
	  "3: keeper.alerts.a: /dev/null is not executable" },
	{ CHANNELS("name = \"a\"; from = \"serious\"; url = "
		   "\"https://x.test/\";"),
	  "3: keeper.alerts.a: no channel has from = \"warning\", so nobody "
	  "hears of a flood before it is serious; add one" },
	{ CHANNELS("name = \"a\"; url = \"http://127.0.0.1:9/x\";"),
	  "3: keeper.alerts.a: http: does not prove who answers, and while the "
	  "receiver is down any account of this host can listen there; use "
	  "https, with ca_file for a certificate of your own" },
	{ CHANNELS(MAIL_TO("smtps://mx.x.test", "")), "" },
	{ CHANNELS(MAIL_TO("smtp://[::1]:25", "")),
	  "3: keeper.alerts.a: smtp://[::1]:25 is this host, whose queue a "
	  "flood fills: name the server where the mail is read, or set sender, "
	  "and exempt it with client = [ \"127.0.0.0/8\" ]" },
	{ CHANNELS(MAIL_TO("smtp://localhost", "sender = \"weir@x.test\";")),
	  "3: keeper.alerts.a: smtp://localhost is this host, whose queue a "
	  "flood fills: name the server where the mail is read, or exempt sender "
	  "= [ \"weir@x.test\" ] with client = [ \"127.0.0.0/8\" ], so that "
	  "no limit refuses it" },
	{ "exempt = ( { sender = [ \"weir@x.test\" ]; local = true; } );" CHANNELS(
		  MAIL_TO("smtp://localhost", "sender = \"weir@x.test\";")),
	  "3: keeper.alerts.a: smtp://localhost is this host, whose queue a "
	  "flood fills: name the server where the mail is read" },
};

/* Where the settings stood has another name each time. */
static char *cut_directories(char *text)
{
	static const char directory[] = "/tmp/ut_settings_text.";
	char *start, *end;

	while ((start = strstr(text, directory)) != NULL) {
		end = strchr(start + strlen(directory), '/');
		ck_assert_ptr_nonnull(end);
		memmove(start, end + 1, strlen(end + 1) + 1);
	}
	return text;
}

/* "LINE: text", or "FILE:LINE: text" when it is not the main file. */
static char *format_advice(const struct settings *settings,
			   const struct lint_finding *advice)
{
	bool is_main = strcmp(advice->file, settings->path) == 0;

	return cut_directories(
		alloc_format("%s%s%u: %s", is_main ? "" : advice->file,
			     is_main ? "" : ":", advice->line, advice->text));
}

static char *all_advice(const struct settings *settings)
{
	struct lint_list list;
	char *all = alloc_text("");

	lint_collect(settings, &list);
	for (size_t i = 0; i < list.count; i++) {
		char *line = format_advice(settings, &list.entries[i]);
		char *more = alloc_format("%s%s%s", all, i > 0 ? "\n" : "",
					  line);

		free(line);
		free(all);
		all = more;
	}
	lint_clear(&list);
	ck_assert_uint_eq(list.count, 0);
	return all;
}

static void expect(const char *text, const char *wanted)
{
	struct settings *settings = settings_of(
		"%sredis = { server = \"unix:/none\"; };\n", text);
	char *found = all_advice(settings);

	ck_assert_str_eq(found, wanted);
	free(found);
	settings_release(&settings);
}

START_TEST(advice)
{
	expect(cases[_i].text, cases[_i].wanted);
}
END_TEST

/* A line is nothing without its file; the main file's come first. */
/* An empty file is no mistake, but an exemption by it exempts nothing. */
START_TEST(empty_list)
{
	struct settings *settings;
	char *found;

	settings_beside("list", "# none yet\n");
	settings = settings_of(
		"exempt = { auth = \"file:list\"; };" UNIX LIMITS(
			L("a", "client", "9", "reject",
			  "match = { client = \"file:list\"; };")));
	found = all_advice(settings);
	ck_assert_str_eq(
		found,
		"1: exempt: exempts nothing, since its list \"auth\" is empty; "
		"add what is meant, or remove it\n"
		"3: limits.a: looks at no mail, since its list \"client\" is "
		"empty; add what is meant, or remove the limit");
	free(found);
	settings_release(&settings);
}
END_TEST

START_TEST(included)
{
	settings_beside("a.conf",
			"\n{ name = \"b\"; key = \"client\"; max = 9; per = "
			"\"1m\"; action = \"reject\"; },\n");
	expect(LIMITS(L("a", "client", "9", "reject",
			"") ",\n@include \"a.conf\"\n" L("c", "sender", "9",
							 "reject", "")),
	       "4: limits.c: anybody can forge a sender in MAIL FROM, and so "
	       "have the true one's mail met with reject; count here only "
	       "mail of known origin, by match = { authenticated = true; } or "
	       "{ client = [ ... ]; }, and strangers by key = "
	       "\"client+sender\"\n"
	       "a.conf:2: limits.b: does what limits.a (weir.conf:2) does; "
	       "remove one of them");
}
END_TEST

#define REDIS_HARM                                                             \
	"can give orders, empty windows and read who mails whom; use a unix "  \
	"socket that only weir's group reaches (weir-redis.service), or give " \
	"Redis a password and set password_file"

/* Who reaches Redis commands weir. */
START_TEST(redis)
{
	static const struct {
		const char *group, *wanted;
	} rows[] = {
		{ "", "1: redis: without a password every account on this "
		      "host " REDIS_HARM },
		{ "\nredis = { server = \"[::1]:6379\"; };\n",
		  "2: redis: without a password every account on this "
		  "host " REDIS_HARM },
		{ "redis = { server = \"192.0.2.1:6379\"; };\n",
		  "1: redis: without a password everybody who reaches "
		  "192.0.2.1:6379 " REDIS_HARM },
		{ "redis = { server = \"unix:/dev/null\"; };\n", "" },
	};

	for (int i = 0; i < COUNT(rows); i++) {
		struct settings *settings;
		char *found;

		settings = settings_of(
			"%s" LIMITS(L("a", "client", "9", "reject", "")),
			rows[i].group);
		found = all_advice(settings);
		ck_assert_str_eq(found, rows[i].wanted);
		free(found);
		settings_release(&settings);
	}
}
END_TEST

#define METRICS_HARM                                                     \
	" can read the names of the limits and how much mail there is; " \
	"listen on 127.0.0.1, or let a packet filter pass Prometheus only"

/* Metrics have no login. */
START_TEST(metrics)
{
	static const struct {
		const char *where, *wanted;
	} rows[] = {
		{ "127.0.0.1:8026", "" },
		{ "[::1]:8026", "" },
		{ "unix:/run/weir/metrics.sock", "" },
		{ "192.0.2.1:8026",
		  "1: metrics: everybody who reaches 192.0.2.1:8026" METRICS_HARM },
		{ "0.0.0.0:8026",
		  "1: metrics: everybody who reaches 0.0.0.0:8026" METRICS_HARM },
		{ "[::]:8026",
		  "1: metrics: everybody who reaches [::]:8026" METRICS_HARM },
	};

	for (int i = 0; i < COUNT(rows); i++) {
		struct settings *settings;
		char *found;

		settings = settings_of(
			"metrics = \"%s\"; redis = { server = \"unix:/none\"; };" LIMITS(
				L("a", "client", "9", "reject", "")),
			rows[i].where);
		found = all_advice(settings);
		ck_assert_str_eq(found, rows[i].wanted);
		free(found);
		settings_release(&settings);
	}
}
END_TEST

/* What is shipped must be an example to follow; weir.conf.full has defaults. */

START_TEST(shipped)
{
	static const char *const files[] = {
		"etc/weir.conf",
		"etc/weir.conf.full",
		"etc/examples/incident.conf",
		"etc/examples/newsletter.conf",
		"etc/examples/submission.conf",
	};

	for (int i = 0; i < COUNT(files); i++) {
		struct settings_errors errors;
		struct settings *settings = settings_read(files[i], &errors);
		char *found;

		ck_assert_ptr_nonnull(settings);
		settings_errors_clear(&errors);
		found = all_advice(settings);
		ck_assert_ptr_null(strchr(found, '\n'));
		ck_assert_int_eq(strstr(found, "redis: ") != NULL,
				 strstr(files[i], "full") != NULL);
		free(found);
		settings_release(&settings);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("advice");
	TCase *tcase = tcase_create("advice");

	tcase_add_loop_test(tcase, advice, 0, COUNT(cases));
	tcase_add_test(tcase, empty_list);
	tcase_add_test(tcase, redis);
	tcase_add_test(tcase, metrics);
	tcase_add_test(tcase, included);
	tcase_add_test(tcase, shipped);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
