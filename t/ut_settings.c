/* SPDX-License-Identifier: ISC */
/*
 * weir.conf from a path to a snapshot: each setting's default, its value, and
 * what is said when it is wrong. Each test has a directory of its own, in
 * which it runs, so that the files have short names in the errors.
 */
#include <check.h>
#include <glob.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/base/alloc.h"
#include "../lib/base/network.h"
#include "../lib/base/pattern.h"
#include "../lib/settings/settings.h"
#include "../lib/settings/template.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

#define MAIN_FILE "weir.conf"

/* A limit that is right, on one line. */
#define LIMIT                                                       \
	"{ name = \"l\"; key = \"sender\"; max = 1; per = \"1m\"; " \
	"action = \"reject\"; }"
#define LIMITS "limits = ( " LIMIT " );\n"

static char directory[] = "/tmp/ut_settings.XXXXXX";
static char shipped[PATH_MAX];

static void enter_directory(void)
{
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
}

static void leave_directory(void)
{
	static const char *const patterns[] = { "*", "sub/*" };
	glob_t found;

	for (int i = COUNT_OF(patterns) - 1; i >= 0; i--) {
		if (glob(patterns[i], 0, NULL, &found) != 0)
			continue;
		for (size_t j = 0; j < found.gl_pathc; j++)
			remove(found.gl_pathv[j]);
		globfree(&found);
	}
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(directory), 0);
}

static void write_bytes(const char *path, const char *data, size_t length)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(data, 1, length, file), length);
	ck_assert_int_eq(fclose(file), 0);
}

static void write_file(const char *path, const char *text)
{
	write_bytes(path, text, strlen(text));
}

/* The errors of a file, one a line; "" when it is right. */
static char *errors_of(const char *path)
{
	struct settings_errors errors;
	struct settings *settings = settings_read(path, &errors);
	char *all = alloc_text(""), *more;

	ck_assert((settings == NULL) == (errors.count > 0));
	for (size_t i = 0; i < errors.count; i++) {
		more = alloc_format("%s%s%s", all, i > 0 ? "\n" : "",
				    errors.lines[i]);
		free(all);
		all = more;
	}
	settings_release(&settings);
	ck_assert_ptr_null(settings);
	settings_errors_clear(&errors);
	ck_assert_uint_eq(errors.count, 0);
	return all;
}

static void expect_errors(const char *text, const char *wanted)
{
	char *found;

	write_file(MAIN_FILE, text);
	found = errors_of(MAIN_FILE);
	ck_assert_str_eq(found, wanted);
	free(found);
}

/* Reads a text that must be right; the caller releases. */
static struct settings *read_good(const char *text)
{
	struct settings_errors errors;
	struct settings *settings;

	write_file(MAIN_FILE, text);
	settings = settings_read(MAIN_FILE, &errors);
	ck_assert_msg(settings != NULL, "%s",
		      errors.count > 0 ? errors.lines[0] : "no error told");
	settings_errors_clear(&errors);
	return settings;
}

static void expect_defaults(const struct settings *settings)
{
	const struct settings_redis *redis = &settings->redis;

	ck_assert_str_eq(settings->listen, "unix:/run/weir/milter.sock");
	ck_assert_uint_eq(settings->listen_mode, 0660);
	ck_assert_str_eq(settings->listen_group, "");
	ck_assert_str_eq(settings->user, "");
	ck_assert_str_eq(settings->contact, "the postmaster");
	ck_assert_str_eq(settings->pid_file, "");
	ck_assert_str_eq(redis->server, "127.0.0.1:6379");
	ck_assert_uint_eq(redis->database, 0);
	ck_assert_str_eq(redis->user, "");
	ck_assert_str_eq(redis->password_file, "");
	ck_assert_ptr_null(redis->password);
	ck_assert_str_eq(redis->prefix, "weir");
	ck_assert_uint_eq(redis->timeout_ms, 200);
	ck_assert_int_eq(redis->on_failure, ON_FAILURE_LOCAL);
	ck_assert_uint_eq(settings->cache_ms, 1000);
	ck_assert_uint_eq(settings->memory_subjects, 100000);
	ck_assert_uint_eq(settings->ipv6_prefix, 64);
	ck_assert_mem_eq(&settings->identity, &address_rules_default,
			 sizeof(address_rules_default));
}

START_TEST(test_defaults)
{
	struct settings *settings = read_good(LIMITS);
	const struct limit *limit = settings->limits;

	expect_defaults(settings);
	ck_assert_str_eq(settings->path, MAIN_FILE);
	ck_assert_uint_eq(settings->exempt_count, 0);
	ck_assert_uint_eq(settings->limit_count, 1);
	ck_assert_str_eq(limit->name, "l");
	ck_assert_uint_eq(limit->key, LIMIT_KEY_OF(DIMENSION_SENDER));
	ck_assert_int_eq(limit->unit, LIMIT_MESSAGES);
	ck_assert_int_eq(limit->count, LIMIT_COUNT_ACCEPTED);
	ck_assert_int_eq(limit->action, LIMIT_REJECT);
	ck_assert_uint_eq(limit->max, 1);
	ck_assert_uint_eq(limit->per_ms, 60000);
	ck_assert_ptr_null(limit->reply);
	ck_assert_int_eq(limit->line, 1);
	settings_release(&settings);
}
END_TEST

START_TEST(test_top_values)
{
	struct settings *settings = read_good(
		"listen = \"inet:8891@127.0.0.1\"; listen_mode = \"0600\";\n"
		"listen_group = \"postfix\"; user = \"weir\";\n"
		"contact = \"the messaging team, ext. 4242\";\n"
		"pid_file = \"/run/weir.pid\"; cache = \"0s\";\n"
		"memory_subjects = 10000000;\n" LIMITS);

	ck_assert_str_eq(settings->listen, "inet:8891@127.0.0.1");
	ck_assert_uint_eq(settings->listen_mode, 0600);
	ck_assert_str_eq(settings->listen_group, "postfix");
	ck_assert_str_eq(settings->user, "weir");
	ck_assert_str_eq(settings->contact, "the messaging team, ext. 4242");
	ck_assert_str_eq(settings->pid_file, "/run/weir.pid");
	ck_assert_uint_eq(settings->cache_ms, 0);
	ck_assert_uint_eq(settings->memory_subjects, 10000000);
	settings_release(&settings);
}
END_TEST

START_TEST(test_group_values)
{
	struct settings *settings = read_good(
		"redis = { server = \"[::1]:6380\"; database = 5;\n"
		"  user = \"mail\"; prefix = \"w-1\"; timeout = \"1s\";\n"
		"  on_failure = \"tempfail\"; };\n"
		"identity = { tag = \"+-\"; batv = false; srs = false;\n"
		"  verp = false; lowercase = false; alabel = false;\n"
		"  routes = false; quotes = false; ipv6_prefix = 56; };\n" LIMITS);
	const struct address_rules rules = { .tag = "+-" };

	ck_assert_str_eq(settings->redis.server, "[::1]:6380");
	ck_assert_uint_eq(settings->redis.database, 5);
	ck_assert_str_eq(settings->redis.user, "mail");
	ck_assert_str_eq(settings->redis.prefix, "w-1");
	ck_assert_uint_eq(settings->redis.timeout_ms, 1000);
	ck_assert_int_eq(settings->redis.on_failure, ON_FAILURE_TEMPFAIL);
	ck_assert_mem_eq(&settings->identity, &rules, sizeof(rules));
	ck_assert_uint_eq(settings->ipv6_prefix, 56);
	settings_release(&settings);
}
END_TEST

START_TEST(test_limit_values)
{
	struct settings *settings = read_good(
		"limits = (\n"
		"{ name = \"a\"; key = \"recipient+sender\"; unit = \"bytes\";\n"
		"  max = \"50 MB\"; per = \"1 hour\"; action = \"quarantine\"; "
		"},\n"
		"{ name = \"b\"; key = \"all\"; count = \"attempts\";\n"
		"  max = 9007199254740992L; per = \"366d\";\n"
		"  action = \"tempfail\"; reply = \"450 4.7.1 %{limit}\"; },\n"
		"{ name = \"c\"; key = \"auth\"; unit = \"bytes\"; max = 7;\n"
		"  per = \"1ms\"; action = \"monitor\"; } );");
	const struct limit *limits = settings->limits;

	ck_assert_uint_eq(settings->limit_count, 3);
	ck_assert_uint_eq(limits[0].key,
			  LIMIT_KEY_OF(DIMENSION_SENDER) |
				  LIMIT_KEY_OF(DIMENSION_RECIPIENT));
	ck_assert_int_eq(limits[0].unit, LIMIT_BYTES);
	ck_assert_uint_eq(limits[0].max, 50 * 1024 * 1024);
	ck_assert_uint_eq(limits[0].per_ms, 3600 * 1000);
	ck_assert_int_eq(limits[0].action, LIMIT_QUARANTINE);
	ck_assert_uint_eq(limits[1].key, 0);
	ck_assert_int_eq(limits[1].count, LIMIT_COUNT_ATTEMPTS);
	ck_assert_uint_eq(limits[1].max, UINT64_C(9007199254740992));
	ck_assert_uint_eq(limits[1].per_ms, LIMIT_PER_MAX);
	ck_assert_str_eq(template_code(limits[1].reply), "450");
	ck_assert_int_eq(limits[1].line, 4);
	ck_assert_uint_eq(limits[2].max, 7);
	ck_assert_uint_eq(limits[2].per_ms, 1);
	settings_release(&settings);
}
END_TEST

/* One value stands for a list of one, and one group for a list of groups. */
START_TEST(test_single_values)
{
	struct settings *settings = read_good(
		"networks = { one = \"192.0.2.1\"; };\n"
		"exempt = { client = \"one\"; };\n"
		"limits = " LIMIT ";");

	ck_assert_uint_eq(settings->limit_count, 1);
	ck_assert_uint_eq(settings->exempt_count, 1);
	ck_assert_int_eq(settings->exempt[0].line, 2);
	ck_assert_ptr_nonnull(settings->exempt[0].in.client);
	settings_release(&settings);
}
END_TEST

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
	{ "color = 1;",
	  W "1: color: found an unknown setting, allowed here are listen, "
	    "listen_mode, listen_group, user, contact, pid_file, cache, "
	    "memory_subjects, redis, identity, networks, exempt, limits" },
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
	{ "listen_mode = 0660;",
	  W "1: listen_mode: found 660, allowed is an octal mode in quotes, "
	    "\"000\" to \"0777\"" },
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
	  W "1: limits.l.per: found nothing, required is " PER_ALLOWED },
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
#define ADDRESS_ALLOWED "user@domain, @domain, .domain, user@, a glob or <>"
#define HELO_ALLOWED	"a host name, .domain or a glob"

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
	  W "2: exempt[1].recipient: found \"\", allowed is " ADDRESS_ALLOWED },
	{ "sender = \"a\\x0ab@x\";",
	  W "2: exempt[1].sender: found \"a\\x0ab@x\", allowed is " //
	  ADDRESS_ALLOWED " (without control bytes)" },
	{ "helo = ( \"@example.com\" );", W
	  "2: exempt[1].helo[1]: found \"@example.com\", allowed is " HELO_ALLOWED },
	{ "not_helo = ( \"\" );",
	  W "2: exempt[1].not_helo[1]: found \"\", allowed is " HELO_ALLOWED },
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
	  W "3: syntax: found syntax error here or just before, allowed is "
	    "\"name = value;\" with each name once in its group" },
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
	    "one\n" W "1: syntax: found syntax error here or just before, "
	    "allowed is \"name = value;\" with each name once in its group" },
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
		  "contact, pid_file, cache, memory_subjects, redis, "
		  "identity, networks, exempt, limits\n" //
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

/* Includes are relative to the main file, and errors name the file. */
START_TEST(test_includes)
{
	struct settings_errors errors;
	struct settings *settings;
	char *found;

	ck_assert_int_eq(mkdir("sub", 0700), 0);
	write_file("sub/weir.conf", "@include \"limits.conf\"\n"
				    "cache = \"100ms\";\n");
	write_file("sub/limits.conf", "\n" LIMITS);
	settings = settings_read("sub/weir.conf", &errors);
	ck_assert_ptr_nonnull(settings);
	ck_assert_uint_eq(settings->limit_count, 1);
	settings_release(&settings);

	write_file("sub/limits.conf",
		   "user = 5;\ncontact = 5000000000;\n" LIMITS);
	write_file("sub/weir.conf", "@include \"limits.conf\"\n"
				    "cache = 100;\n");
	found = errors_of("sub/weir.conf");
	ck_assert_str_eq(
		found,
		"sub/weir.conf:2: cache: found 100, allowed is a span with "
		"its unit, \"0s\" to \"1s\"\n"
		"sub/limits.conf:1: user: found 5, allowed is the name of a "
		"user, or \"\"\n"
		"sub/limits.conf:2: number: found \"5000000000\", allowed is "
		"-2147483648 to 2147483647, and what fits 64 bits with an L "
		"behind it");
	free(found);

	write_file("sub/limits.conf", "\nlimits = ;\n");
	found = errors_of("sub/weir.conf");
	ck_assert_str_eq(found, "sub/limits.conf:2: syntax: found syntax "
				"error here or just before, allowed is \"name "
				"= value;\" with each name once in its group");
	free(found);
}
END_TEST

/* libconfig 1.5 takes absolute includes only when it knows no directory. */
START_TEST(test_absolute_includes)
{
	char *text = alloc_format("@include \"%s/other.conf\"\n", directory);
	char *mixed = alloc_format("%s@include \"other.conf\"\n", text);
	struct settings *settings;

	write_file("other.conf", LIMITS);
	settings = read_good(text);
	ck_assert_uint_eq(settings->limit_count, 1);
	settings_release(&settings);
	expect_errors(mixed, W
		      "2: @include: found \"other.conf\", allowed are includes "
		      "that are all absolute or all relative to the "
		      "directory of the main file");
	free(mixed);
	free(text);
}
END_TEST

static bool matches(const struct pattern_list *list, const char *value)
{
	return pattern_list_matches(list, value, strlen(value));
}

static bool contains(const struct network_list *list, const char *value)
{
	struct network_address address;

	ck_assert(network_parse(value, &address));
	return network_list_contains(list, &address);
}

/* Entries stand in the form in which messages are compared. */
START_TEST(test_canonical_entries)
{
	struct settings *settings = read_good(
		"exempt = { sender = [ \"Jake+News@Example.COM\", \"<>\",\n"
		"    \"@B\xc3\xbc"
		"cher.Example\", \".Sub.Example\", \"Abuse@\","
		" \"*-Bounces@*\", \"x@[192.0.2.1]\", \"root\" ];\n"
		"  helo = [ \"MX.Example.com.\", \".Dyn.example\","
		" \"*.Pool.example\", \"[192.0.2.7]\" ];\n"
		"  auth = [ \"Jake@Example.com\" ];\n"
		"  listener = [ \"Submission\" ]; };\n" LIMITS);
	const struct match_lists *in = &settings->exempt->in;

	ck_assert(matches(in->sender, "jake@example.com"));
	ck_assert(matches(in->sender, ""));
	ck_assert(matches(in->sender, "x@xn--bcher-kva.example"));
	ck_assert(matches(in->sender, "x@a.sub.example"));
	ck_assert(matches(in->sender, "abuse@example.org"));
	ck_assert(matches(in->sender, "list-bounces@example.org"));
	ck_assert(matches(in->sender, "x@[192.0.2.1]"));
	ck_assert(!matches(in->sender, "x@1"));
	ck_assert(matches(in->sender, "root"));
	ck_assert(!matches(in->sender, "other@example.com"));
	ck_assert(matches(in->helo, "mx.example.com"));
	ck_assert(matches(in->helo, "a.dyn.example"));
	ck_assert(matches(in->helo, "a.pool.example"));
	ck_assert(matches(in->helo, "[192.0.2.7]"));
	ck_assert(!matches(in->helo, "7"));
	ck_assert(matches(in->auth, "jake@example.com"));
	ck_assert(matches(in->listener, "Submission"));
	ck_assert(!matches(in->listener, "submission"));
	settings_release(&settings);
}
END_TEST

/* Where the identity keeps case and tags, the lists keep them, too. */
START_TEST(test_entries_follow_identity)
{
	struct settings *settings = read_good(
		"exempt = { sender = [ \"Jake+News@Example.COM\","
		" \"Abuse@\", \"A*@Example.COM\" ]; };\n"
		"identity = { lowercase = false; tag = \"\"; };\n" LIMITS);
	const struct pattern_list *sender = settings->exempt->in.sender;

	ck_assert(matches(sender, "Jake+News@example.com"));
	ck_assert(!matches(sender, "jake@example.com"));
	ck_assert(matches(sender, "Abuse@x.example"));
	ck_assert(!matches(sender, "abuse@x.example"));
	ck_assert(matches(sender, "Ab@example.com"));
	ck_assert(!matches(sender, "ab@example.com"));
	settings_release(&settings);
}
END_TEST

START_TEST(test_match_members)
{
	struct settings *settings = read_good(
		"networks = { a = [ \"10.0.0.0/8\" ]; b = [ \"a\", \"::1\" ]; "
		"};\n"
		"exempt = ( { client = \"b\"; not_client = \"10.1.0.0/16\"; },"
		" { authenticated = true; local = false; },"
		" { not_authenticated = true; not_local = false; },"
		" { not_sender = \"@a.example\"; not_recipient = \"b@c.example\";"
		" not_auth = \"d\"; not_helo = \"e.example\";"
		" not_listener = \"f\"; } );\n" LIMITS);
	const struct match *exempt = settings->exempt;

	ck_assert_uint_eq(settings->exempt_count, 4);
	ck_assert(contains(exempt[0].in.client, "10.2.0.1"));
	ck_assert(contains(exempt[0].in.client, "::1"));
	ck_assert(!contains(exempt[0].in.client, "192.0.2.1"));
	ck_assert(contains(exempt[0].out.client, "10.1.0.1"));
	ck_assert_int_eq(exempt[0].local, MATCH_ANY);
	ck_assert_int_eq(exempt[1].authenticated, MATCH_YES);
	ck_assert_int_eq(exempt[1].local, MATCH_NO);
	ck_assert_int_eq(exempt[2].authenticated, MATCH_NO);
	ck_assert_int_eq(exempt[2].local, MATCH_YES);
	ck_assert(matches(exempt[3].out.sender, "x@a.example"));
	ck_assert(matches(exempt[3].out.recipient, "b@c.example"));
	ck_assert(matches(exempt[3].out.auth, "d"));
	ck_assert(matches(exempt[3].out.helo, "e.example"));
	ck_assert(matches(exempt[3].out.listener, "f"));
	settings_release(&settings);
}
END_TEST

START_TEST(test_list_file)
{
	struct settings *settings;
	char *text;

	write_file("list", "# our senders\n"
			   "\n"
			   "  jake@example.com  \r\n"
			   "a#b@example.com\t# the odd one\n"
			   "#c@example.com\n"
			   "last@example.com");
	text = alloc_format("exempt = ( { sender = [ \"x@y.example\", "
			    "\"file:list\" ]; },\n"
			    " { sender = \"file:%s/list\"; } );\n%s",
			    directory, LIMITS);
	settings = read_good(text);
	free(text);
	for (size_t i = 0; i < settings->exempt_count; i++) {
		const struct pattern_list *list = settings->exempt[i].in.sender;

		ck_assert_uint_eq(pattern_list_count(list), i == 0 ? 4 : 3);
		ck_assert(matches(list, "jake@example.com"));
		ck_assert(matches(list, "a#b@example.com"));
		ck_assert(!matches(list, "c@example.com"));
		ck_assert(matches(list, "last@example.com"));
	}
	settings_release(&settings);
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
			      " (no network has that name so far)"));
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

#define PASSWORD_CONF "redis = { password_file = \"password\"; };\n" LIMITS

#define CREDENTIAL_CONF(name) \
	"redis = { password_file = \"credential:" name "\"; };\n" LIMITS

START_TEST(test_password)
{
	struct settings *settings;

	write_file("password", "se cret\nmore\n");
	ck_assert_int_eq(chmod("password", 0600), 0);
	settings = read_good(PASSWORD_CONF);
	ck_assert_str_eq(settings->redis.password, "se cret");
	ck_assert_str_eq(settings->redis.password_file, "password");
	settings_release(&settings);
}
END_TEST

/* systemd's credentials are 0440, with an ACL behind the group bits. */
START_TEST(test_credential)
{
	char *text = alloc_format("redis = { password_file = "
				  "\"%s/password\"; };\n%s",
				  directory, LIMITS);
	struct settings *settings;

	write_file("password", "secret\n");
	ck_assert_int_eq(chmod("password", 0440), 0);
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", directory, 1), 0);
	settings = read_good(text);
	ck_assert_str_eq(settings->redis.password, "secret");
	settings_release(&settings);
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", "/tmp/ut", 1), 0);
	write_file(MAIN_FILE, text);
	free(text);
	text = errors_of(MAIN_FILE);
	ck_assert_ptr_nonnull(strstr(text, "with mode 0440, allowed is a file "
					   "that only its owner can use"));
	free(text);
}
END_TEST

START_TEST(test_credential_by_name)
{
	struct settings *settings;

	write_file("redis", "secret\n");
	ck_assert_int_eq(chmod("redis", 0440), 0);
	ck_assert_int_eq(setenv("CREDENTIALS_DIRECTORY", directory, 1), 0);
	settings = read_good(CREDENTIAL_CONF("redis"));
	ck_assert_str_eq(settings->redis.password, "secret");
	settings_release(&settings);
	ck_assert_int_eq(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	expect_errors(CREDENTIAL_CONF("redis"),
		      W "1: redis.password_file: found \"credential:redis\" "
			"but no CREDENTIALS_DIRECTORY, allowed is that only "
			"under systemd, with LoadCredential=redis:PATH in the "
			"unit");
	expect_errors(CREDENTIAL_CONF("../redis"),
		      W "1: redis.password_file: found "
			"\"credential:../redis\", allowed is "
			"credential:NAME, NAME as in LoadCredential= of the "
			"unit");
}
END_TEST

static const struct {
	mode_t mode;
	const char *data, *errors;
} bad_passwords[] = {
	{ 0640, "secret\n",
	  "found password with mode 0640, allowed is a file that only its "
	  "owner can use (0600)" },
	{ 0604, "secret\n",
	  "found password with mode 0604, allowed is a file that only its "
	  "owner can use (0600)" },
	{ 0600, "",
	  "found an empty first line in password, allowed is a password" },
	{ 0600, "\nsecret\n",
	  "found an empty first line in password, allowed is a password" },
	{ 0600, "sec\tret\n",
	  "found a password in password that is too long or has control "
	  "bytes, allowed are 512 bytes" },
	{ 0600, NULL,
	  "found no readable file (No such file or directory) at password, "
	  "allowed is a file with a password" },
};

START_TEST(test_bad_passwords)
{
	char *wanted = alloc_format(W "1: redis.password_file: %s",
				    bad_passwords[_i].errors);

	if (bad_passwords[_i].data != NULL) {
		write_file("password", bad_passwords[_i].data);
		ck_assert_int_eq(chmod("password", bad_passwords[_i].mode), 0);
	}
	expect_errors(PASSWORD_CONF, wanted);
	free(wanted);
}
END_TEST

static const struct {
	const char *text, *name;
} restarts[] = {
	{ "", NULL },
	{ "contact = \"x\"; cache = \"1ms\"; redis = { on_failure = "
	  "\"accept\"; };",
	  NULL },
	{ "listen = \"fd:3\";", "listen" },
	{ "listen_mode = \"0666\";", "listen_mode" },
	{ "listen_group = \"x\";", "listen_group" },
	{ "user = \"x\";", "user" },
	{ "pid_file = \"/x\";", "pid_file" },
	{ "memory_subjects = 1000;", "memory_subjects" },
	{ "redis = { server = \"h:1\"; };", "redis.server" },
	{ "redis = { database = 1; };", "redis.database" },
	{ "redis = { user = \"x\"; };", "redis.user" },
	{ "redis = { password_file = \"password\"; };", NULL },
	{ "redis = { prefix = \"x\"; };", "redis.prefix" },
	{ "redis = { timeout = \"1s\"; };", "redis.timeout" },
	{ "user = \"x\"; pid_file = \"/x\"; listen = \"fd:3\"; redis = { "
	  "timeout = \"1s\"; };",
	  "listen, user, pid_file, redis.timeout" },
	{ "listen = \"fd:3\"; listen_mode = \"0666\"; listen_group = \"x\"; "
	  "user = \"x\"; pid_file = \"/x\"; memory_subjects = 1000; redis = "
	  "{ server = \"h:1\"; database = 1; user = \"x\"; prefix = \"x\"; "
	  "timeout = \"1s\"; };",
	  "listen, listen_mode, listen_group, user, pid_file, redis.server, "
	  "redis.database, redis.user, redis.prefix, redis.timeout, "
	  "memory_subjects" },
};

START_TEST(test_needs_restart)
{
	struct settings *running = read_good(LIMITS), *wanted;
	char *text = alloc_format("%s\n%s", restarts[_i].text, LIMITS);
	char *name;

	write_file("password", "secret\n");
	ck_assert_int_eq(chmod("password", 0600), 0);
	wanted = read_good(text);
	name = settings_needs_restart(running, wanted);
	if (restarts[_i].name == NULL)
		ck_assert_ptr_null(name);
	else
		ck_assert_str_eq(name, restarts[_i].name);
	free(name);
	free(text);
	settings_release(&running);
	settings_release(&wanted);
}
END_TEST

static void *use_snapshot(void *argument)
{
	struct settings *settings = argument;

	for (int i = 0; i < 1000; i++) {
		struct settings *mine = settings_acquire(settings);

		if (mine->limit_count != 1)
			return NULL;
		settings_release(&mine);
	}
	settings_release(&settings);
	return argument;
}

/* Who lets go last, frees: the sanitizers see a count that is wrong. */
START_TEST(test_threads)
{
	struct settings *settings = read_good(LIMITS);
	pthread_t threads[8];
	void *result;

	for (int i = 0; i < COUNT_OF(threads); i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, use_snapshot,
						settings_acquire(settings)),
				 0);
	settings_release(&settings);
	for (int i = 0; i < COUNT_OF(threads); i++) {
		ck_assert_int_eq(pthread_join(threads[i], &result), 0);
		ck_assert_ptr_nonnull(result);
	}
	settings_release(&settings);
}
END_TEST

/* Every file that is shipped is right, and named as the manual names it. */
START_TEST(test_shipped)
{
	static const struct {
		const char *pattern;
		size_t least;
	} rows[] = { { "weir.conf", 1 },
		     { "weir.conf.full", 1 },
		     { "examples/*.conf", 3 } };

	for (int i = 0; i < COUNT_OF(rows); i++) {
		char *pattern = alloc_format("%s/%s", shipped, rows[i].pattern);
		glob_t found;

		ck_assert_msg(glob(pattern, 0, NULL, &found) == 0, "%s",
			      pattern);
		ck_assert_uint_ge(found.gl_pathc, rows[i].least);
		for (size_t j = 0; j < found.gl_pathc; j++) {
			char *errors = errors_of(found.gl_pathv[j]);

			ck_assert_str_eq(errors, "");
			free(errors);
		}
		globfree(&found);
		free(pattern);
	}
}
END_TEST

/* The defaults that weir.conf.full shows are the defaults. */
START_TEST(test_full_shows_defaults)
{
	char *path = alloc_format("%s/weir.conf.full", shipped);
	struct settings_errors errors;
	struct settings *settings = settings_read(path, &errors);

	ck_assert_ptr_nonnull(settings);
	expect_defaults(settings);
	settings_release(&settings);
	free(path);
}
END_TEST

/* A stranger must not shut somebody out by writing his address. */
START_TEST(test_shipped_is_safe_from_forgery)
{
	char *path = alloc_format("%s/weir.conf", shipped);
	struct settings_errors errors;
	struct settings *settings = settings_read(path, &errors);
	const unsigned int senders = LIMIT_KEY_OF(DIMENSION_SENDER) |
				     LIMIT_KEY_OF(DIMENSION_SENDER_DOMAIN);
	const unsigned int sources = LIMIT_KEY_OF(DIMENSION_CLIENT) |
				     LIMIT_KEY_OF(DIMENSION_AUTH);

	ck_assert_ptr_nonnull(settings);
	for (size_t i = 0; i < settings->limit_count; i++) {
		const struct limit *limit = &settings->limits[i];

		if ((limit->key & senders) == 0 || (limit->key & sources) != 0)
			continue;
		ck_assert_msg(limit->match.authenticated == MATCH_YES ||
				      (limit->match.in.client != NULL &&
				       !contains(limit->match.in.client,
						 "198.51.100.1")),
			      "%s", limit->name);
	}
	settings_release(&settings);
	free(path);
}
END_TEST

static void add_bad_tests(Suite *suite)
{
	TCase *tcase = tcase_create("mistakes");

	tcase_add_checked_fixture(tcase, enter_directory, leave_directory);
	tcase_add_loop_test(tcase, test_bad_settings, 0,
			    COUNT_OF(bad_settings));
	tcase_add_loop_test(tcase, test_bad_limits, 0, COUNT_OF(bad_limits));
	tcase_add_loop_test(tcase, test_bad_matches, 0, COUNT_OF(bad_matches));
	tcase_add_test(tcase, test_bad_entries);
	tcase_add_loop_test(tcase, test_bad_files, 0, COUNT_OF(bad_files));
	tcase_add_test(tcase, test_all_errors_in_order);
	tcase_add_test(tcase, test_too_many_errors);
	tcase_add_test(tcase, test_unreadable);
	tcase_add_test(tcase, test_bad_list_file);
	tcase_add_test(tcase, test_list_is_bounded);
	tcase_add_loop_test(tcase, test_bad_passwords, 0,
			    COUNT_OF(bad_passwords));
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
}

static void add_good_tests(Suite *suite)
{
	TCase *tcase = tcase_create("values");

	tcase_add_checked_fixture(tcase, enter_directory, leave_directory);
	tcase_add_test(tcase, test_defaults);
	tcase_add_test(tcase, test_top_values);
	tcase_add_test(tcase, test_group_values);
	tcase_add_test(tcase, test_limit_values);
	tcase_add_test(tcase, test_single_values);
	tcase_add_test(tcase, test_includes);
	tcase_add_test(tcase, test_absolute_includes);
	tcase_add_test(tcase, test_canonical_entries);
	tcase_add_test(tcase, test_entries_follow_identity);
	tcase_add_test(tcase, test_match_members);
	tcase_add_test(tcase, test_list_file);
	tcase_add_test(tcase, test_password);
	tcase_add_test(tcase, test_credential);
	tcase_add_test(tcase, test_credential_by_name);
	tcase_add_loop_test(tcase, test_needs_restart, 0, COUNT_OF(restarts));
	tcase_add_test(tcase, test_threads);
	tcase_add_test(tcase, test_shipped);
	tcase_add_test(tcase, test_full_shows_defaults);
	tcase_add_test(tcase, test_shipped_is_safe_from_forgery);
	suite_add_tcase(suite, tcase);
}

int main(void)
{
	const char *etc = getenv("WEIR_ETC");
	Suite *suite = suite_create("settings");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (realpath(etc != NULL ? etc : "etc", shipped) == NULL) {
		perror("WEIR_ETC");
		return EXIT_FAILURE;
	}
	add_good_tests(suite);
	add_bad_tests(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
