/* SPDX-License-Identifier: ISC */
/* INFO of the servers that there are, and of some that there should not be. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/redis/redis_health.h"

#define COUNT_OF(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const char redis_5[] =
	"# Server\r\nredis_version:5.0.14\r\nredis_git_sha1:00000000\r\n"
	"redis_mode:standalone\r\nos:Linux 5.10.0-8-amd64 x86_64\r\n\r\n"
	"# Memory\r\nused_memory:1062080\r\nused_memory_human:1.01M\r\n"
	"used_memory_rss:5836800\r\nmaxmemory:104857600\r\n"
	"maxmemory_human:100.00M\r\nmaxmemory_policy:allkeys-lru\r\n\r\n"
	"# Stats\r\nexpired_keys:9\r\nevicted_keys:17\r\n\r\n"
	"# Replication\r\nrole:master\r\nconnected_slaves:0\r\n";

static const char redis_7[] =
	"# Server\r\nredis_version:7.2.4\r\nredis_git_dirty:0\r\n"
	"# Memory\r\nused_memory:2097152\r\nused_memory_dataset:5\r\n"
	"maxmemory:0\r\nmaxmemory_policy:noeviction\r\n"
	"# Stats\r\nevicted_keys:0\r\nevicted_clients:3\r\n"
	"evicted_scripts:4\r\n# Replication\r\nrole:slave\r\n"
	"master_host:192.0.2.1\r\n";

static const char valkey_8[] =
	"# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\n"
	"valkey_version:8.0.1\r\nvalkey_release_stage:ga\r\n"
	"# Memory\r\nused_memory:900000\r\nmaxmemory:1000000\r\n"
	"maxmemory_policy:volatile-ttl\r\n# Stats\r\nevicted_keys:2\r\n"
	"# Replication\r\nrole:master\r\n";

static const struct {
	const char *info;
	struct redis_health health;
	bool can_evict;
} servers[] = {
	{ redis_5,
	  { "5.0.14", "master", "allkeys-lru", 1062080, 104857600, 17, "" },
	  true },
	{ redis_7,
	  { "7.2.4", "slave", "noeviction", 2097152, 0, 0, "" },
	  false },
	{ valkey_8,
	  { "8.0.1", "master", "volatile-ttl", 900000, 1000000, 2, "valkey" },
	  true },
	/* lines that end otherwise, or not at all */
	{ "role:master\nmaxmemory:5\nmaxmemory_policy:noeviction",
	  { "", "master", "noeviction", 0, 5, 0, "" },
	  false },
	{ "", { "", "", "", 0, 0, 0, "" }, false },
	{ "\r\n\r\n\n\n:\r\n::::\r\nrole\r\n",
	  { "", "", "", 0, 0, 0, "" },
	  false },
	/* what only looks like it */
	{ "xrole:master\r\nrole_:x\r\n role:x\r\nROLE:x\r\n#role:x",
	  { "", "", "", 0, 0, 0, "" },
	  false },
	/* the value of another line is no value */
	{ "used_memory:\r\n7\r\nmaxmemory: \r\n 9\r\nevicted_keys:\n3",
	  { "", "", "", 0, 0, 0, "" },
	  false },
	/* not a number, or not one of ours */
	{ "used_memory:-1\r\nmaxmemory:+5\r\nevicted_keys:x5\r\n",
	  { "", "", "", 0, 0, 0, "" },
	  false },
	{ "used_memory:5x\r\nmaxmemory:5 \r\nevicted_keys:1.5\r\n",
	  { "", "", "", 0, 0, 0, "" },
	  false },
	{ "used_memory:99999999999999999999999\r\n",
	  { "", "", "", UINT64_MAX, 0, 0, "" },
	  false },
	/* words from a stranger */
	{ "role:\033[31mred\r\nredis_version:a b\tc\177\xff\r\n",
	  { "a?b?c??", "?[31mred", "", 0, 0, 0, "" },
	  false },
	{ "role:0123456789012345678901234567890123456789012345678901\r\n",
	  { "", "012345678901234567890123456789012345678", "", 0, 0, 0, "" },
	  false },
};

START_TEST(test_what_a_server_says)
{
	const struct redis_health *wanted = &servers[_i].health;
	struct redis_health health;

	memset(&health, 'x', sizeof(health));
	redis_health_parse(servers[_i].info, &health);
	ck_assert_str_eq(health.version, wanted->version);
	ck_assert_str_eq(health.role, wanted->role);
	ck_assert_str_eq(health.policy, wanted->policy);
	ck_assert_str_eq(health.server, wanted->server);
	ck_assert_uint_eq(health.used_bytes, wanted->used_bytes);
	ck_assert_uint_eq(health.max_bytes, wanted->max_bytes);
	ck_assert_uint_eq(health.evicted, wanted->evicted);
	ck_assert_int_eq(redis_health_can_evict(&health),
			 servers[_i].can_evict);
}
END_TEST

static const struct {
	const char *info, *name;
	bool is_too_old;
} kinds[] = {
	{ redis_5, "Redis", false },
	{ valkey_8, "Valkey", false },
	{ "redis_version:4.0.14\r\n", "Redis", true },
	{ "redis_version:10.0.0\r\nserver_name:valkeyx\r\n", "Redis", false },
	{ "redis_version:3\r\n", "Redis", false },
	{ "", "Redis", false },
};

START_TEST(test_what_it_is)
{
	struct redis_health health;

	redis_health_parse(kinds[_i].info, &health);
	ck_assert_str_eq(redis_health_name(&health), kinds[_i].name);
	ck_assert_int_eq(redis_health_is_too_old(&health),
			 kinds[_i].is_too_old);
}
END_TEST

START_TEST(test_a_text_without_end)
{
	size_t size = 1000000;
	char *info = malloc(size);
	struct redis_health health;

	ck_assert_ptr_nonnull(info);
	memset(info, 'a', size);
	memcpy(info, "role:", 5);
	info[size - 1] = '\0';
	redis_health_parse(info, &health);
	ck_assert_uint_eq(strlen(health.role), REDIS_HEALTH_WORD - 1);
	free(info);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("redis_health");
	TCase *cases = tcase_create("info");

	tcase_add_loop_test(cases, test_what_a_server_says, 0,
			    COUNT_OF(servers));
	tcase_add_loop_test(cases, test_what_it_is, 0, COUNT_OF(kinds));
	tcase_add_test(cases, test_a_text_without_end);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
