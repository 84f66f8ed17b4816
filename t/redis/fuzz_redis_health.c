/* SPDX-License-Identifier: ISC */
/* Whatever INFO says, the words are printable, bounded ASCII, and the run is
 * bounded. */
#include "lib/redis/redis_run_id.h"
#include "lib/redis/redis_health.h"
#include "t/lib/fuzz.h"

static void check_word(const char *word)
{
	HOLDS(strlen(word) < REDIS_HEALTH_WORD);
	for (; *word != '\0'; word++)
		HOLDS(*word > ' ' && *word <= '~');
}

static void check_run(const char *info)
{
	struct redis_run_id run = redis_run_id_read(info);

	HOLDS(strlen(run.id) < sizeof(run.id));
	HOLDS(!redis_run_id_is_another(&run, &run));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *info = fuzz_copy((const char *)data, size);
	struct redis_health health;

	redis_health_parse(info, &health);
	check_run(info);
	free(info);
	check_word(health.version);
	check_word(health.role);
	check_word(health.policy);
	if (redis_health_can_evict(&health))
		HOLDS(health.max_bytes != 0);
	return 0;
}
