/* SPDX-License-Identifier: ISC */
/*
 * What is said of a weir.conf that is wrong: where, what was found, and what
 * is allowed.
 */
#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/settings/settings.h"
#include "lib/settings/template.h"
#include "settings_file.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define W MAIN_FILE ":"
#define LISTEN_ALLOWED \
	"\"unix:/path\", \"inet:port@host\", \"inet6:port@host\" or \"fd:N\""
#define TAG_ALLOWED "at most 7 of ! # $ % & ' * + - / = ? ^ _ ` { | } ~"

/* Texts that are followed by limits that are right. */
static const struct {
	const char *text, *errors;
} bad_settings[] = {
	{ "lissen = 1;",
	  W "1: lissen: found an unknown setting, did you mean listen?" },
	{ "LISTEN = 1;",
	  W "1: LISTEN: found an unknown setting, did you mean listen?" },
	{ "color = 1;", W
	  "1: color: found an unknown setting, allowed here are listen, "
	  "listen_mode, listen_group, user, contact, pid_file, cache, "
	  "memory_subjects, charge_at_data, redis, journal, identity, networks, "
	  "incident, evidence, keeper, metrics, exempt, limits" },
	{ "incident = { quiet = \"0s\"; };",
	  W "1: incident.quiet: found \"0s\", allowed is a span with its unit, "
	    "\"1s\" to \"1d\"" },
	{ "incident = { serious = 5; };", W
	  "1: incident.serious: found an unknown setting, allowed here are "
	  "quiet, over, shared, serious_times, serious_windows, serious_after, "
	  "critical_times, critical_others" },
	{ "incident = { critical_times = 0; };", W
	  "1: incident.critical_times: found 0, allowed is a whole number from 1 "
	  "to 1000000" },
	{ "incident = { shared = [ \"webmail\" ]; };", W
	  "1: incident.shared[1]: found \"webmail\", allowed is an address, a "
	  "network such as 192.0.2.0/24 or 2001:db8::/32, or a name "
	  "from networks (no network has that name so far)" },
	{ "evidence = { headers = \"sometimes\"; subjects = \"hash\"; "
	  "recipients = \"no\"; body = true; };",
	  W
	  "1: evidence.body: found an unknown setting, allowed here are "
	  "headers, subjects, recipients\n"
	  "weir.conf:1: evidence.headers: found \"sometimes\", allowed is \"near\", "
	  "\"always\" or \"never\"\n"
	  "weir.conf:1: evidence.subjects: found \"hash\", allowed is \"keep\", "
	  "\"fold\" or \"no\"\n"
	  "weir.conf:1: evidence.recipients: found \"no\", allowed is \"keep\" or "
	  "\"hash\"" },
	{ "incident = 5;", W "1: incident: found 5, allowed is a group { }" },
	{ "redis = { timeuot = \"1s\"; };",
	  W "1: redis.timeuot: found an unknown setting, did you mean "
	    "timeout?" },
	{ "redis = { password = \"secret\"; };",
	  W "1: redis.password: found an unknown setting, allowed here are "
	    "server, database, user, password_file, prefix, timeout, "
	    "on_failure" },
	{ "listen = 8891;",
	  W "1: listen: found 8891, allowed is " LISTEN_ALLOWED },
	{ "listen = \"inet:127.0.0.1:8891\";",
	  W "1: listen: found \"inet:127.0.0.1:8891\", allowed is " //
	  LISTEN_ALLOWED " (host:port is Postfix's order, write "
	    "\"inet:8891@127.0.0.1\")" },
	{ "listen = \"unix:/run/a\\x0ab\";",
	  W "1: listen: found \"unix:/run/a\\x0ab\", allowed is " //
	  LISTEN_ALLOWED },
	{ "journal = { directory = \"journal\"; };",
	  W "1: journal.directory: found \"journal\", allowed is an absolute "
	    "path, or \"\"" },
	{ "journal = { keep = \"1h\"; };",
	  W "1: journal.keep: found \"1h\", allowed is a span with its unit, "
	    "\"1d\" to \"3660d\"" },
	{ "journal = { keep = 90; };",
	  W "1: journal.keep: found 90, allowed is a span with its unit, "
	    "\"1d\" to \"3660d\"" },
	{ "journal = { dir = \"/x\"; };",
	  W "1: journal.dir: found an unknown setting, allowed here are "
	    "directory, keep, anchor" },
	{ "journal = \"/x\";",
	  W "1: journal: found \"/x\", allowed is a group { }" },
	{ "listen_mode = 0660;",
	  W "1: number: found \"0660\", allowed is a number without a zero "
	    "before it; a mode is written in quotes, \"0660\"" },
	{ "listen_mode = \"0668\";",
	  W "1: listen_mode: found \"0668\", allowed is an octal mode in "
	    "quotes, \"000\" to \"0777\"" },
	{ "listen_mode = \"4660\";",
	  W "1: listen_mode: found \"4660\", allowed is an octal mode in "
	    "quotes, \"000\" to \"0777\"" },
	{ "listen_group = \"a b\";",
	  W "1: listen_group: found \"a b\", allowed is the name of a group, "
	    "or \"\"" },
	{ "user = [ \"weir\" ];",
	  W "1: user: found an array [ ], allowed is the name of a user, or "
	    "\"\"" },
	{ "contact = \"\";",
	  W "1: contact: found \"\", allowed is 1 to 200 bytes of printable "
	    "ASCII" },
	{ "contact = \"a\\r\\nb\";",
	  W "1: contact: found \"a\\x0d\\x0ab\", allowed is 1 to 200 bytes of "
	    "printable ASCII" },
	{ "contact = \"B\xc3\xbcro\";",
	  W "1: contact: found \"B\xc3\xbcro\", allowed is 1 to 200 bytes of "
	    "printable ASCII" },
	{ "pid_file = \"weir.pid\";",
	  W "1: pid_file: found \"weir.pid\", allowed is an absolute path, or "
	    "\"\"" },
	{ "cache = \"2s\";",
	  W "1: cache: found \"2s\", allowed is a span with its unit, \"0s\" "
	    "to \"1s\"" },
	{ "cache = 1;",
	  W "1: cache: found 1, allowed is a span with its unit, \"0s\" to "
	    "\"1s\"" },
	{ "memory_subjects = 999;",
	  W "1: memory_subjects: found 999, allowed is a whole number from "
	    "1000 to 10000000" },
	{ "memory_subjects = 10000001;",
	  W "1: memory_subjects: found 10000001, allowed is a whole number "
	    "from 1000 to 10000000" },
	{ "memory_subjects = -5;",
	  W "1: memory_subjects: found -5, allowed is a whole number from "
	    "1000 to 10000000" },
	{ "memory_subjects = 5000.0;",
	  W "1: memory_subjects: found 5000, allowed is a whole number from "
	    "1000 to 10000000" },
	{ "memory_subjects = true;",
	  W "1: memory_subjects: found true, allowed is a whole number from "
	    "1000 to 10000000" },
	{ "memory_subjects = 4294972296L;",
	  W "1: memory_subjects: found 4294972296, allowed is a whole number "
	    "from 1000 to 10000000" },
	{ "redis = \"127.0.0.1\";",
	  W "1: redis: found \"127.0.0.1\", allowed is a group { }" },
	{ "redis = { server = \"localhost\"; };",
	  W "1: redis.server: found \"localhost\", allowed is \"unix:/path\", "
	    "\"host:port\" or \"[v6 address]:port\" (write "
	    "\"localhost:6379\")" },
	{ "redis = { server = \"redis://u:secret@h:1\"; };",
	  W "1: redis.server: found \"...@h:1\", allowed is "
	    "\"unix:/path\", \"host:port\" or \"[v6 address]:port\" (write "
	    "\"h:1\" and use user and password_file)" },
	{ "redis = { database = 65536; };",
	  W "1: redis.database: found 65536, allowed is a whole number from 0 "
	    "to 65535" },
	{ "redis = { user = \"a b\"; };",
	  W "1: redis.user: found \"a b\", allowed is at most 128 bytes of "
	    "printable ASCII without spaces" },
	{ "redis = { prefix = \"\"; };",
	  W "1: redis.prefix: found \"\", allowed is 1 to 32 bytes of A-Z a-z "
	    "0-9 _ . -" },
	{ "redis = { prefix = \"we{ir\"; };",
	  W "1: redis.prefix: found \"we{ir\", allowed is 1 to 32 bytes of "
	    "A-Z a-z 0-9 _ . -" },
	{ "redis = { timeout = \"9ms\"; };",
	  W "1: redis.timeout: found \"9ms\", allowed is a span with its "
	    "unit, \"10ms\" to \"10s\"" },
	{ "redis = { timeout = \"11s\"; };",
	  W "1: redis.timeout: found \"11s\", allowed is a span with its "
	    "unit, \"10ms\" to \"10s\"" },
	{ "redis = { timeout = \"200\"; };",
	  W "1: redis.timeout: found \"200\", allowed is a span with its "
	    "unit, \"10ms\" to \"10s\"" },
	{ "redis = { on_failure = \"reject\"; };",
	  W "1: redis.on_failure: found \"reject\", allowed is \"local\", "
	    "\"accept\" or \"tempfail\"" },
	{ "identity = { batv = 1; };",
	  W "1: identity.batv: found 1, allowed is true or false" },
	{ "identity = { tag = \"+@\"; };",
	  W "1: identity.tag: found \"+@\", allowed is " TAG_ALLOWED },
	{ "identity = { tag = \"+++++++++\"; };",
	  W "1: identity.tag: found \"+++++++++\", allowed is " TAG_ALLOWED },
	{ "identity = { ipv6_prefix = 0; };",
	  W "1: identity.ipv6_prefix: found 0, allowed is a whole number from "
	    "16 to 128" },
	{ "networks = [ \"10.0.0.0/8\" ];",
	  W "1: networks: found an array [ ], allowed is a group { }" },
	{ "exempt = ( { } );",
	  W "1: exempt[1]: found an empty group, which would exempt all mail, "
	    "allowed is one with members" },
	{ "exempt = ( \"192.0.2.1\" );",
	  W "1: exempt[1]: found \"192.0.2.1\", allowed is a group { }" },
};

/* The same, of weir-keeper and of the metrics. */
static const struct {
	const char *text, *errors;
} bad_keepers[] = {
	{ "keeper = 5;", W "1: keeper: found 5, allowed is a group { }" },
	{ "keeper = { alert = 5; };",
	  W "1: keeper.alert: found an unknown setting, did you mean alerts?" },
	{ "keeper = { user = \"we ir\"; pid_file = \"x\"; remind = \"0s\"; reports = \"x\"; };",
	  W
	  "1: keeper.user: found \"we ir\", allowed is the name of a user, or \"\""
	  "\n" //
	  W
	  "1: keeper.pid_file: found \"x\", allowed is an absolute path, or \"\""
	  "\n" //
	  W
	  "1: keeper.remind: found \"0s\", allowed is a span with its unit, \"1s\" to \"30d\""
	  "\n" //
	  W
	  "1: keeper.reports: found \"x\", allowed is an absolute path, or \"\"" },
	{ "keeper = { page = \"192.0.2.1:8025\"; };", W
	  "1: keeper.page: found \"192.0.2.1:8025\", allowed is \"unix:/path\", \"127.0.0.1:port\", \"[::1]:port\" or \"\" (for others a proxy with a login in front of it serves the page, see weir-keeper(8))" },
	{ "keeper = { page = \"localhost:8025\"; };", W
	  "1: keeper.page: found \"localhost:8025\", allowed is \"unix:/path\", \"127.0.0.1:port\", \"[::1]:port\" or \"\" (write \"127.0.0.1:8025\")" },
	{ "keeper = { page = \"/run/page\"; names = [ \"a b\" ]; };",
	  W
	  "1: keeper.page: found \"/run/page\", allowed is \"unix:/path\", \"127.0.0.1:port\", \"[::1]:port\" or \"\" (write \"unix:/run/page\")"
	  "\n" //
	  W
	  "1: keeper.names: found an array [ ], allowed is a list of 1 to 64 names of hosts, such as \"weir.example.com\"" },
	{ "metrics = \"*:8026\";", W
	  "1: metrics: found \"*:8026\", allowed is \"unix:/path\", \"address:port\", \"[v6 address]:port\" or \"\" (name an address, such as \"127.0.0.1:8026\")" },
	{ "metrics = \"gw1.example.com:8026\";", W
	  "1: metrics: found \"gw1.example.com:8026\", allowed is \"unix:/path\", \"address:port\", \"[v6 address]:port\" or \"\"" },
	{ "journal = { anchor = [ \"git\", \"commit\" ]; };", W
	  "1: journal.anchor: found an array [ ], allowed is a list of 1 to 64 words, the first an absolute path, such as [ \"/usr/local/sbin/page-me\", \"-q\" ]" },
	{ "journal = { anchor = []; };", W
	  "1: journal.anchor: found an array [ ], allowed is a list of 1 to 64 words, the first an absolute path, such as [ \"/usr/local/sbin/page-me\", \"-q\" ]" },
	{ "keeper = { alerts = \"noc@example.com\"; };", W
	  "1: keeper.alerts: found \"noc@example.com\", allowed is a group { }" },
	{ "keeper = { alerts = ( { } ); };",
	  W
	  "1: keeper.alerts[1].name: found nothing, required is a name of 1 to 64 bytes of A-Z a-z 0-9 _ . -"
	  "\n" //
	  W
	  "1: keeper.alerts[1]: found none of command, url and mail, allowed is one" },
	{ "keeper = { alerts = ( { name = \"a\"; command = [ \"/x\" ]; url = \"https://x\"; } ); };",
	  W
	  "1: keeper.alerts.a: found more than one of command, url and mail, allowed is one" },
	{ "keeper = { alerts = ( { name = \"a\"; command = \"x\"; secret_file = \"y\"; } ); };",
	  W
	  "1: keeper.alerts.a.command: found \"x\", allowed is a list of 1 to 64 words, the first an absolute path, such as [ \"/usr/local/sbin/page-me\", \"-q\" ]"
	  "\n" //
	  W
	  "1: keeper.alerts.a.secret_file: found it in a channel with command, allowed is it only with url or mail" },
	{ "keeper = { alerts = ( { name = \"a\"; command = [ \"/x\", 5 ]; } ); };",
	  W
	  "1: syntax: found mismatched element type in array here or just before, allowed is \"name = value;\" with each name once in its group" },
	{ "keeper = { alerts = ( { name = \"b\"; url = \"http://hooks.example.net/x\"; format = \"teams\"; from = \"info\"; } ); };",
	  W
	  "1: keeper.alerts.b.from: found \"info\", allowed is \"notice\", \"warning\", \"serious\" or \"critical\""
	  "\n" //
	  W
	  "1: keeper.alerts.b.url: found \"http://hooks.example.net/x\", allowed is \"https://host/path\", or \"http://127.0.0.1:port/path\" (http:// is allowed to this host only, write https://)"
	  "\n" //
	  W
	  "1: keeper.alerts.b.format: found \"teams\", allowed is \"weir\", \"pagerduty\", \"slack\" or \"alertmanager\"" },
	{ "keeper = { alerts = ( { name = \"c\"; url = \"http://127.0.0.1:80/x\"; server = \"smtp://x\"; user = \"u\"; } ); };",
	  W
	  "1: keeper.alerts.c.server: found it in a channel with url, allowed is it only with mail"
	  "\n" //
	  W
	  "1: keeper.alerts.c.user: found it in a channel with url, allowed is it only with mail" },
	{ "keeper = { alerts = ( { name = \"c\"; url = \"https://x\"; }, { name = \"c\"; url = \"https://u:p@h/x\"; } ); };",
	  W
	  "1: keeper.alerts.c.url: found \"...@h/x\", allowed is \"https://host/path\", or \"http://127.0.0.1:port/path\" (a user and a password in it would be in every log)"
	  "\n" //
	  W
	  "1: keeper.alerts.c.name: found \"c\" a second time (first at line 1), allowed is a name of its own" },
	{ "keeper = { alerts = ( { name = \"d\"; mail = \"noc@example.net\"; server = \"mx.example.net\"; } ); };",
	  W
	  "1: keeper.alerts.d.server: found \"mx.example.net\", allowed is \"smtps://host\" or \"smtp://host\", with \":port\" or without (write \"smtps://mx.example.net\")" },
	{ "keeper = { alerts = ( { name = \"e\"; mail = [ \"noc\", \"x\" ]; server = \"smtp://mx:x\"; format = \"weir\"; } ); };",
	  W
	  "1: keeper.alerts.e.mail: found an array [ ], allowed is a list of 1 to 64 addresses, such as \"noc@example.com\""
	  "\n" //
	  W
	  "1: keeper.alerts.e.server: found \"smtp://mx:x\", allowed is \"smtps://host\" or \"smtp://host\", with \":port\" or without"
	  "\n" //
	  W
	  "1: keeper.alerts.e.format: found it in a channel with mail, allowed is it only with url" },
	{ "keeper = { alerts = ( { name = \"f\"; mail = \"noc@example.net\\r\\nBcc: x@example.net\"; server = \"smtp://mx\"; } ); };",
	  W
	  "1: keeper.alerts.f.mail: found \"noc@example.net\\x0d\\x0aBcc: x@example.net\", allowed is a list of 1 to 64 addresses, such as \"noc@example.com\"" },
	{ "keeper = { alerts = ( { name = \"f\"; mail = [ \"noc@x.y\" ]; } ); };", W "1: keeper.alerts.f.server: found nothing, required is \"smtps://host\" or \"smtp://host\", with \":port\" or without" },
	{ "keeper = { alerts = ( { name = \"g\"; mail = [ \"noc@x.y\" ]; server = \"smtp://u:p@x\"; user = \"u\"; sender = \"x\"; } ); };",
	  W
	  "1: keeper.alerts.g.server: found \"...@x\", allowed is \"smtps://host\" or \"smtp://host\", with \":port\" or without (use user and secret_file)"
	  "\n" //
	  W
	  "1: keeper.alerts.g.sender: found \"x\", allowed is an address, such as \"weir@example.com\", or \"\""
	  "\n" //
	  W
	  "1: keeper.alerts.g.secret_file: found nothing, required is the file with the password of user" },
	{ "keeper = { alerts = ( { name = \"h\"; url = \"https://events.pagerduty.com/v2/enqueue\"; format = \"pagerduty\"; } ); };",
	  W
	  "1: keeper.alerts.h.secret_file: found nothing, required is the file with the routing key of PagerDuty" },
	{ "keeper = { alerts = ( { name = \"i\"; url = \"ftp://x\"; } ); };", W
	  "1: keeper.alerts.i.url: found \"ftp://x\", allowed is \"https://host/path\", or \"http://127.0.0.1:port/path\"" },
	{ "keeper = { alerts = ( { name = \"j\"; url = \"https://x y/\"; }, 5 ); };",
	  W
	  "1: keeper.alerts.j.url: found \"https://x y/\", allowed is \"https://host/path\", or \"http://127.0.0.1:port/path\""
	  "\n" //
	  W "1: keeper.alerts[2]: found 5, allowed is a group { }" },
};

START_TEST(test_bad_keepers)
{
	char *text = alloc_format("%s\n%s", bad_keepers[_i].text, LIMITS);

	expect_errors(text, bad_keepers[_i].errors);
	free(text);
}
END_TEST

START_TEST(test_bad_settings)
{
	char *text = alloc_format("%s\n%s", bad_settings[_i].text, LIMITS);

	expect_errors(text, bad_settings[_i].errors);
	free(text);
}
END_TEST

/* A limit on line 1, with one member instead of, or besides, the right one. */
#define NAME   "name = \"l\"; "
#define KEY    "key = \"sender\"; "
#define MAX    "max = 1; "
#define PER    "per = \"1m\"; "
#define ACTION "action = \"tempfail\"; "
#define MAX_ALLOWED                                                            \
	"a whole number from 1 to 9007199254740992, or with unit = \"bytes\" " \
	"a size such as \"50 MB\""
#define PER_ALLOWED "a span with its unit, \"1ms\" to \"366d\""
#define KEY_ALLOWED                                                          \
	"\"all\", or one or more, joined with +, of sender, sender_domain, " \
	"recipient, recipient_domain, client, auth, helo"

static const struct {
	const char *members, *errors;
} bad_limits[] = {
	{ KEY MAX PER ACTION,
	  W "1: limits[1].name: found nothing, required is a name of 1 to 64 "
	    "bytes of A-Z a-z 0-9 _ . -" },
	{ "name = \"a b\"; " KEY MAX PER ACTION,
	  W "1: limits.a\\x20b.name: found \"a b\", allowed is a name of 1 to "
	    "64 bytes of A-Z a-z 0-9 _ . -" },
	{ "name = \"\"; " KEY MAX PER ACTION,
	  W "1: limits..name: found \"\", allowed is a name of 1 to 64 bytes "
	    "of A-Z a-z 0-9 _ . -" },
	{ NAME MAX PER ACTION,
	  W "1: limits.l.key: found nothing, required is " KEY_ALLOWED },
	{ NAME "key = \"sendr\"; " MAX PER ACTION,
	  W "1: limits.l.key: found \"sendr\", allowed is " KEY_ALLOWED },
	{ NAME "key = [ \"sender\" ]; " MAX PER ACTION,
	  W "1: limits.l.key: found an array [ ], allowed is " KEY_ALLOWED },
	{ NAME KEY PER ACTION,
	  W "1: limits.l.max: found nothing, required is " MAX_ALLOWED },
	{ NAME KEY "max = 0; " PER ACTION,
	  W "1: limits.l.max: found 0, allowed is " MAX_ALLOWED },
	{ NAME KEY "max = 9007199254740993L; " PER ACTION, W
	  "1: limits.l.max: found 9007199254740993, allowed is " MAX_ALLOWED },
	{ NAME KEY "max = \"50 MB\"; " PER ACTION,
	  W "1: limits.l.max: found \"50 MB\", allowed is " MAX_ALLOWED },
	{ NAME KEY "max = \"many\"; unit = \"bytes\"; " PER ACTION,
	  W "1: limits.l.max: found \"many\", allowed is " MAX_ALLOWED },
	{ NAME KEY "max = \"0 B\"; unit = \"bytes\"; " PER ACTION,
	  W "1: limits.l.max: found \"0 B\", allowed is " MAX_ALLOWED },
	{ NAME KEY MAX ACTION,
	  W "1: limits.l.per: found nothing, required is " PER_ALLOWED
	    "; without it a limit is a ceiling for one message, of recipients "
	    "or bytes" },
	{ NAME KEY "unit = \"bytes\"; count = \"attempts\"; " MAX ACTION,
	  W "1: limits.l.count: found \"attempts\" without per, allowed is "
	    "\"accepted\": a ceiling for one message keeps no count" },
	{ NAME "key = \"client+recipient\"; unit = \"recipients\"; " MAX ACTION,
	  W "1: limits.l.key: found recipient without per, allowed is a key "
	    "without it: a message has each recipient once" },
	{ NAME KEY MAX "per = 60; " ACTION,
	  W "1: limits.l.per: found 60, allowed is " PER_ALLOWED },
	{ NAME KEY MAX "per = \"0s\"; " ACTION,
	  W "1: limits.l.per: found \"0s\", allowed is " PER_ALLOWED },
	{ NAME KEY MAX "per = \"367d\"; " ACTION,
	  W "1: limits.l.per: found \"367d\", allowed is " PER_ALLOWED },
	{ NAME KEY MAX PER,
	  W "1: limits.l.action: found nothing, required is \"monitor\", "
	    "\"quarantine\", \"tempfail\", \"discard\" or \"reject\"" },
	{ NAME KEY MAX PER "action = \"defer\"; reply = \"x\";",
	  W "1: limits.l.action: found \"defer\", allowed is \"monitor\", "
	    "\"quarantine\", \"tempfail\", \"discard\" or \"reject\"" },
	{ NAME KEY "max = \"5 MB\"; unit = \"byte\"; " PER ACTION,
	  W "1: limits.l.unit: found \"byte\", allowed is \"messages\", "
	    "\"recipients\" or \"bytes\"" },
	{ NAME KEY MAX PER ACTION "count = \"all\";",
	  W "1: limits.l.count: found \"all\", allowed is \"accepted\" or "
	    "\"attempts\"" },
	{ NAME KEY MAX PER ACTION "reply = 450;",
	  W "1: limits.l.reply: found 450, allowed is a text that begins with "
	    "codes, such as \"450 4.7.1 \"" },
	{ NAME KEY MAX PER ACTION "reply = \"550 5.7.1 no\";",
	  W "1: limits.l.reply: found codes that do not fit action = "
	    "\"tempfail\", allowed is a reply that begins like \"450 4.7.1 "
	    "\", but not 421" },
	{ NAME KEY MAX PER "action = \"monitor\"; reply = \"550 5.7.1 no\";",
	  W "1: limits.l.reply: found a reply for action = \"monitor\", "
	    "allowed only with tempfail and reject" },
	{ NAME KEY MAX PER ACTION "maximum = 1; ",
	  W "1: limits.l.maximum: found an unknown setting, allowed here are "
	    "name, key, unit, count, max, per, action, match, reply" },
	{ NAME KEY MAX PER ACTION "match = true;",
	  W "1: limits.l.match: found true, allowed is a group { }" },
	{ NAME KEY MAX PER ACTION "match = { clients = [ \"::1\" ]; };",
	  W "1: limits.l.match.clients: found an unknown setting, did you "
	    "mean client?" },
	{ NAME KEY MAX PER ACTION "match = { local = \"yes\"; };",
	  W "1: limits.l.match.local: found \"yes\", allowed is true or "
	    "false" },
	{ NAME KEY MAX PER ACTION
	  "match = { local = true; not_local = true; };",
	  W "1: limits.l.match.not_local: found with and without not_, "
	    "allowed is one of the two" },
};

START_TEST(test_bad_limits)
{
	char *text = alloc_format("limits = ( { %s } );\n",
				  bad_limits[_i].members);

	expect_errors(text, bad_limits[_i].errors);
	free(text);
}
END_TEST

#define CLIENT_ALLOWED                                                       \
	"an address, a network such as 192.0.2.0/24 or 2001:db8::/32, or a " \
	"name from networks"
#define ADDRESS_ALLOWED	  "user@domain, @domain, .domain, user@, a glob or <>"
#define RECIPIENT_ALLOWED "user@domain, @domain, .domain, user@ or a glob"
#define HELO_ALLOWED	  "a host name, .domain or a glob"

/* A group that exempts, on line 2 behind one network. */
static const struct {
	const char *members, *errors;
} bad_matches[] = {
	{ "client = [ \"ofice\" ];",
	  W "2: exempt[1].client[1]: found \"ofice\", allowed is " //
	  CLIENT_ALLOWED " (did you mean office?)" },
	{ "client = [ \"::1\", \"warehouse\" ];",
	  W "2: exempt[1].client[2]: found \"warehouse\", allowed is " //
	  CLIENT_ALLOWED " (no network has that name so far)" },
	{ "client = [ ];",
	  W "2: exempt[1].client: found an empty list, allowed is at least "
	    "one entry: " CLIENT_ALLOWED },
	{ "client = [ 1, 2 ];",
	  W "2: exempt[1].client[1]: found 1, allowed is " CLIENT_ALLOWED
	    "\n" //
	  W "2: exempt[1].client[2]: found 2, allowed is " CLIENT_ALLOWED },
	{ "client = { };", W
	  "2: exempt[1].client: found a group { }, allowed is " CLIENT_ALLOWED },
	{ "sender = [ \"example.com\" ];",
	  W "2: exempt[1].sender[1]: found \"example.com\", allowed is " //
	  ADDRESS_ALLOWED
	    " (write @example.com, or .example.com with subdomains)" },
	{ "recipient = \"\";",
	  W "2: exempt[1].recipient: found \"\", allowed is " RECIPIENT_ALLOWED
	    " (not an empty text)" },
	{ "sender = \"a\\x0ab@x\";",
	  W "2: exempt[1].sender: found \"a\\x0ab@x\", allowed is " //
	  ADDRESS_ALLOWED " (without control bytes)" },
	{ "helo = ( \"@example.com\" );", W
	  "2: exempt[1].helo[1]: found \"@example.com\", allowed is " HELO_ALLOWED
	  " (this is no host name)" },
	{ "not_helo = ( \"\" );",
	  W "2: exempt[1].not_helo[1]: found \"\", allowed is " HELO_ALLOWED
	    " (not an empty text)" },
};

START_TEST(test_bad_matches)
{
	char *text = alloc_format("networks = { office = \"10.0.0.0/8\"; };\n"
				  "exempt = ( { %s } );\n%s",
				  bad_matches[_i].members, LIMITS);

	expect_errors(text, bad_matches[_i].errors);
	free(text);
}
END_TEST

/* The reason is that of the module that knows; what matters is its place. */
START_TEST(test_bad_entries)
{
	struct settings_errors errors;
	static const char *const texts[] = {
		"exempt = { client = \"10.0.0.1/8\"; };\n" LIMITS,
		"exempt = { client = \"10.0.0.0/33\"; };\n" LIMITS,
		"exempt = { sender = \"[a\"; };\n" LIMITS,
		"exempt = { listener = \"\"; };\n" LIMITS,
		"networks = { a = [ \"b\" ]; b = [ \"::1\" ]; };\n" LIMITS,
	};

	for (int i = 0; i < COUNT_OF(texts); i++) {
		write_file(MAIN_FILE, texts[i]);
		ck_assert_ptr_null(settings_read(MAIN_FILE, &errors));
		ck_assert_uint_eq(errors.count, 1);
		ck_assert_msg(strstr(errors.lines[0], W "1: ") ==
					      errors.lines[0] &&
				      strchr(errors.lines[0], '(') != NULL,
			      "%s", errors.lines[0]);
		settings_errors_clear(&errors);
	}
}
END_TEST

static const struct {
	const char *text, *errors;
} bad_files[] = {
	{ "",
	  W "1: limits: found nothing, required is a list ( ) of at least one "
	    "limit { }" },
	{ "limits = ( );", W "1: limits: found 0 limits, allowed are 1 to "
			     "256" },
	{ "limits = ( 5 );",
	  W "1: limits[1]: found 5, allowed is a group { }" },
	{ "limits = ( " LIMIT ",\n" LIMIT " );",
	  W "2: limits.l.name: found \"l\" a second time (first at line 1), "
	    "allowed is a name of its own" },
	{ "user = \"a\";\nuser = \"b\";\n" LIMITS,
	  W "2: syntax: found duplicate setting name here or just before, "
	    "allowed is \"name = value;\" with each name once in its group" },
	{ "user = \"a\";\n\nlimits = ( { = };\n",
	  W "3: syntax: found \"=\", allowed is a name before it" },
	{ "contact = \"no end;\n\n" LIMITS,
	  W "1: string: found \"no end;\" without a closing quote on its "
	    "line, allowed is text that ends there" },
	{ "memory_subjects = 5000000000;\n" LIMITS,
	  W "1: number: found \"5000000000\", allowed is -2147483648 to "
	    "2147483647, and what fits 64 bits with an L behind it" },
	{ "contact = \"a\\x00b\";\n" LIMITS,
	  W "1: string: found \\x00 in \"a\\x5cx00b\", allowed is text "
	    "without NUL" },
	{ "\xef\xbb\xbf" LIMITS,
	  W "1: file: found a byte order mark, allowed is plain UTF-8 without "
	    "one" },
	{ "@include \"missing.conf\"\n" LIMITS,
	  W "1: @include: found no readable file (No such file or directory) "
	    "at missing.conf, allowed is a readable file" },
	{ "@include \"a\x1b[2J\x01\"\n" LIMITS,
	  W "1: @include: found no readable file (No such file or directory) "
	    "at a\\x1b[2J\\x01, allowed is a readable file" },
	{ "@include \"" MAIN_FILE "\"\n" LIMITS,
	  W "1: syntax: found include file nesting too deep here or just "
	    "before, allowed is \"name = value;\" with each name once in its "
	    "group" },
};

START_TEST(test_bad_files)
{
	expect_errors(bad_files[_i].text, bad_files[_i].errors);
}
END_TEST

/* All that is wrong, in the order of the lines, whatever read it first. */
START_TEST(test_all_errors_in_order)
{
	expect_errors(
		"limits = ( { name = \"l\"; key = \"x\";\n"
		"  max = 0; per = \"1m\"; action = \"reject\"; } );\n"
		"cache = \"9s\";\n"
		"nonsense = 5000000000;\n"
		"redis = {\n"
		"  timeout = \"1d\";\n"
		"};\n"
		"user = 5;\n",
		W "1: limits.l.key: found \"x\", allowed is " KEY_ALLOWED
		  "\n"							   //
		W "2: limits.l.max: found 0, allowed is " MAX_ALLOWED "\n" //
		W "3: cache: found \"9s\", allowed is a span with its "
		  "unit, \"0s\" to \"1s\"\n" //
		W "4: number: found \"5000000000\", allowed is -2147483648 "
		  "to 2147483647, and what fits 64 bits with an L "
		  "behind it\n" //
		W "4: nonsense: found an unknown setting, allowed here "
		  "are listen, listen_mode, listen_group, user, "
		  "contact, pid_file, cache, memory_subjects, "
		  "charge_at_data, redis, journal, "
		  "identity, networks, incident, evidence, keeper, "
		  "metrics, exempt, limits\n" //
		W "6: redis.timeout: found \"1d\", allowed is a span "
		  "with its unit, \"10ms\" to \"10s\"\n" //
		W "8: user: found 5, allowed is the name of a user, or "
		  "\"\"");
}
END_TEST

/* A thousand mistakes are told, of the others how many they were. */
START_TEST(test_too_many_errors)
{
	struct settings_errors errors;
	FILE *file = fopen("list", "w");

	for (int i = 0; i < 1500; i++)
		fprintf(file, "10.0.0.0/99\n");
	fclose(file);
	write_file(MAIN_FILE, "networks = { a = \"file:list\"; };\n" LIMITS);
	ck_assert_ptr_null(settings_read(MAIN_FILE, &errors));
	ck_assert_uint_eq(errors.count, 1001);
	ck_assert_str_eq(errors.lines[1000],
			 W " found 500 more mistakes, these are the first "
			   "1000");
	settings_errors_clear(&errors);
}
END_TEST

START_TEST(test_unreadable)
{
	static const struct {
		const char *path, *errors;
	} rows[] = {
		{ "nowhere.conf",
		  "nowhere.conf: settings: found no readable file (No such "
		  "file or directory), allowed is a readable file" },
		{ "sub",
		  "sub: settings: found a directory, allowed is a readable "
		  "file" },
		{ "fifo", "fifo: settings: found no regular file, allowed is a "
			  "readable file" },
	};

	ck_assert_int_eq(mkdir("sub", 0700), 0);
	ck_assert_int_eq(mkfifo("fifo", 0600), 0);
	for (int i = 0; i < COUNT_OF(rows); i++) {
		char *found = errors_of(rows[i].path);

		ck_assert_str_eq(found, rows[i].errors);
		free(found);
	}
}
END_TEST

/* A list that is kept elsewhere may be empty; its mistakes have its name. */
START_TEST(test_bad_list_file)
{
	static const char list[] = "::1\n\n10.0.0.1/33\na\0b\nware house\n";
	char *found;

	write_file(MAIN_FILE, "networks = { a = \"file:list\"; };\n" LIMITS);
	write_file("list", "# nothing yet\n");
	found = errors_of(MAIN_FILE);
	ck_assert_str_eq(found, "");
	free(found);

	write_bytes("list", list, sizeof(list) - 1);
	found = errors_of(MAIN_FILE);
	ck_assert_ptr_nonnull(strstr(found, "list:3: networks.a: found "
					    "\"10.0.0.1/33\", allowed is "));
	ck_assert_ptr_nonnull(strstr(
		found,
		"\nlist:4: networks.a: found \"a\", allowed is " CLIENT_ALLOWED
		" (without NUL bytes)\n"));
	ck_assert_ptr_nonnull(
		strstr(found, "\nlist:5: networks.a: found \"ware house\", "
			      "allowed is " CLIENT_ALLOWED
			      " (one entry, with OK or nothing behind it; "
			      "a blank within a login is written ?)"));
	free(found);

	ck_assert_int_eq(unlink("list"), 0);
	found = errors_of(MAIN_FILE);
	ck_assert_str_eq(found,
			 W "1: networks.a: found no readable file (No such "
			   "file or directory) at list, allowed is a readable "
			   "file");
	free(found);
}
END_TEST

START_TEST(test_list_is_bounded)
{
	FILE *file = fopen("list", "w");
	char *found;

	for (int i = 0; i < 1000001; i++)
		fprintf(file, "u%d@x\n", i);
	fclose(file);
	write_file(MAIN_FILE, "exempt = { auth = \"file:list\"; };\n" LIMITS);
	found = errors_of(MAIN_FILE);
	ck_assert_str_eq(found, W "1: exempt.auth: found more than 1000000 "
				  "entries, allowed are as many");
	free(found);
	ck_assert_int_eq(truncate("list", 64 * 1024 * 1024 + 1), 0);
	found = errors_of(MAIN_FILE);
	ck_assert_str_eq(found, W "1: exempt.auth: found a file of 67108865 "
				  "bytes (at most 67108864) at list, allowed "
				  "is a readable file");
	free(found);
}
END_TEST

static void add_bad_tests(Suite *suite)
{
	TCase *tcase = tcase_create("mistakes");

	tcase_add_checked_fixture(tcase, settings_file_enter,
				  settings_file_leave);
	tcase_add_loop_test(tcase, test_bad_settings, 0,
			    COUNT_OF(bad_settings));
	tcase_add_loop_test(tcase, test_bad_keepers, 0,
			    COUNT_OF(bad_keepers));
	tcase_add_loop_test(tcase, test_bad_limits, 0, COUNT_OF(bad_limits));
	tcase_add_loop_test(tcase, test_bad_matches, 0, COUNT_OF(bad_matches));
	tcase_add_test(tcase, test_bad_entries);
	tcase_add_loop_test(tcase, test_bad_files, 0, COUNT_OF(bad_files));
	tcase_add_test(tcase, test_all_errors_in_order);
	tcase_add_test(tcase, test_too_many_errors);
	tcase_add_test(tcase, test_unreadable);
	tcase_add_test(tcase, test_bad_list_file);
	tcase_add_test(tcase, test_list_is_bounded);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
}

int main(void)
{
	Suite *suite = suite_create("settings_mistakes");

	add_bad_tests(suite);
	return check_run_apart(suite);
}
