/* SPDX-License-Identifier: ISC */
/*
 * weir.conf from a path to a snapshot: each setting's default and its value.
 * What is said when one is wrong is in ut_settings_mistakes.c. Each test has a
 * directory of its own, in which it runs, so that the files have short names in
 * the errors.
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

#include "lib/base/alloc.h"
#include "lib/base/network.h"
#include "lib/base/pattern.h"
#include "lib/settings/settings.h"
#include "lib/settings/template.h"
#include "settings_file.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static char shipped[PATH_MAX];

static void expect_incident_defaults(const struct settings_incident *incident)
{
	ck_assert_uint_eq(incident->quiet_ms, 15 * 60000);
	ck_assert_uint_eq(incident->over_ms, 24 * 3600000);
	ck_assert_ptr_null(incident->shared);
	ck_assert_uint_eq(incident->serious_times, 10);
	ck_assert_uint_eq(incident->serious_windows, 5);
	ck_assert_uint_eq(incident->serious_after_ms, 3600000);
	ck_assert_uint_eq(incident->critical_times, 100);
	ck_assert_uint_eq(incident->critical_others, 100);
}

static void expect_keeper_defaults(const struct settings_keeper *keeper)
{
	ck_assert_str_eq(keeper->user, "weir-keeper");
	ck_assert_str_eq(keeper->pid_file, "");
	ck_assert_str_eq(keeper->page, "");
	ck_assert_ptr_null(keeper->names);
	ck_assert_uint_eq(keeper->remind_ms, UINT64_C(4) * 3600000);
	ck_assert_str_eq(keeper->reports, "/var/lib/weir/reports");
	ck_assert_uint_eq(keeper->alert_count, 0);
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
	ck_assert_str_eq(settings->journal.directory, "/var/lib/weir/journal");
	ck_assert_uint_eq(settings->journal.keep_ms, UINT64_C(90) * 86400000);
	ck_assert_uint_eq(settings->memory_subjects, 100000);
	ck_assert(!settings_charge_at_data(settings));
	ck_assert_uint_eq(settings->ipv6_prefix, 64);
	ck_assert_int_eq(settings->evidence.headers, HEADERS_NEAR);
	ck_assert_int_eq(settings->evidence.subjects, SUBJECTS_KEEP);
	ck_assert(!settings->evidence.hashes_recipients);
	ck_assert_ptr_null(settings->journal.anchor);
	ck_assert_str_eq(settings->metrics, "");
	expect_incident_defaults(&settings->incident);
	expect_keeper_defaults(&settings->keeper);
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
		"memory_subjects = 10000000;\n"
		"charge_at_data = [ \"PROXIED\", \"in-*\" ];\n" LIMITS);

	ck_assert_str_eq(settings->listen, "inet:8891@127.0.0.1");
	ck_assert_uint_eq(settings->listen_mode, 0600);
	ck_assert_str_eq(settings->listen_group, "postfix");
	ck_assert_str_eq(settings->user, "weir");
	ck_assert_str_eq(settings->contact, "the messaging team, ext. 4242");
	ck_assert_str_eq(settings->pid_file, "/run/weir.pid");
	ck_assert_uint_eq(settings->cache_ms, 0);
	ck_assert_uint_eq(settings->memory_subjects, 10000000);
	ck_assert(settings_charge_at_data(settings));
	ck_assert(pattern_list_matches(settings->charge_at_data, "PROXIED", 7));
	ck_assert(pattern_list_matches(settings->charge_at_data, "in-1", 4));
	ck_assert(!pattern_list_matches(settings->charge_at_data, "", 0));
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
	ck_assert_str_eq(found, "sub/limits.conf:2: syntax: found \";\", "
				"allowed is a value before it");
	free(found);
}
END_TEST

/* libconfig 1.5 takes absolute includes only when it knows no directory. */
START_TEST(test_absolute_includes)
{
	char *text = alloc_format("@include \"%s/other.conf\"\n",
				  settings_file_directory);
	char *mixed = alloc_format("%s@include \"other.conf\"\n", text);
	struct settings *settings;

	write_file("other.conf", LIMITS);
	settings = read_good(text);
	ck_assert_uint_eq(settings->limit_count, 1);
	settings_release(&settings);
	expect_errors(mixed, MAIN_FILE
		      ":"
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
			    settings_file_directory, LIMITS);
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
				  settings_file_directory, LIMITS);
	struct settings *settings;

	write_file("password", "secret\n");
	ck_assert_int_eq(chmod("password", 0440), 0);
	ck_assert_int_eq(
		setenv("CREDENTIALS_DIRECTORY", settings_file_directory, 1), 0);
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
	ck_assert_int_eq(
		setenv("CREDENTIALS_DIRECTORY", settings_file_directory, 1), 0);
	settings = read_good(CREDENTIAL_CONF("redis"));
	ck_assert_str_eq(settings->redis.password, "secret");
	settings_release(&settings);
	ck_assert_int_eq(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	expect_errors(CREDENTIAL_CONF("redis"), MAIN_FILE
		      ":1: redis.password_file: found \"credential:redis\" "
		      "but no CREDENTIALS_DIRECTORY, allowed is that only "
		      "under systemd, with LoadCredential=redis:PATH in the "
		      "unit");
	expect_errors(CREDENTIAL_CONF("../redis"), MAIN_FILE
		      ":1: redis.password_file: found "
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
	char *wanted = alloc_format(MAIN_FILE ":1: redis.password_file: %s",
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
	{ "journal = { directory = \"\"; };", "journal.directory" },
	{ "journal = { keep = \"7d\"; };", NULL },
	{ "metrics = \"127.0.0.1:8026\";", "metrics" },
	{ "keeper = { user = \"x\"; };", NULL },
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
	name = settings_needs_restart(SETTINGS_OF_MILTER, running, wanted);
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

static const struct {
	const char *before, *after, *name;
} keeper_restarts[] = {
	{ "", "", NULL },
	{ "", "page = \"unix:/p\"; names = [ \"a\" ];",
	  "keeper.page, keeper.names" },
	{ "names = [ \"a\", \"b\" ];", "names = [ \"a\", \"b\" ];", NULL },
	{ "names = [ \"a\", \"b\" ];", "names = [ \"a\" ];", "keeper.names" },
	{ "names = [ \"a\" ];", "names = [ \"a\", \"b\" ];", "keeper.names" },
	{ "names = [ \"a\" ];", "names = [ \"b\" ];", "keeper.names" },
	{ "", "remind = \"1h\";", NULL },
};

static struct settings *read_keeper(const char *rules)
{
	char *text = alloc_format("keeper = { %s };\n%s", rules, LIMITS);
	struct settings *settings = read_good(text);

	free(text);
	return settings;
}

START_TEST(test_keeper_needs_restart)
{
	struct settings *running = read_keeper(keeper_restarts[_i].before);
	struct settings *wanted = read_keeper(keeper_restarts[_i].after);
	char *name = settings_needs_restart(SETTINGS_OF_KEEPER, running,
					    wanted);

	if (keeper_restarts[_i].name == NULL)
		ck_assert_ptr_null(name);
	else
		ck_assert_str_eq(name, keeper_restarts[_i].name);
	free(name);
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

static void add_good_tests(Suite *suite)
{
	TCase *tcase = tcase_create("values");

	tcase_add_checked_fixture(tcase, settings_file_enter,
				  settings_file_leave);
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
	tcase_add_loop_test(tcase, test_bad_passwords, 0,
			    COUNT_OF(bad_passwords));
	tcase_add_loop_test(tcase, test_needs_restart, 0, COUNT_OF(restarts));
	tcase_add_loop_test(tcase, test_keeper_needs_restart, 0,
			    COUNT_OF(keeper_restarts));
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

	if (realpath(etc != NULL ? etc : "etc", shipped) == NULL) {
		perror("WEIR_ETC");
		return EXIT_FAILURE;
	}
	add_good_tests(suite);
	return check_run_apart(suite);
}
