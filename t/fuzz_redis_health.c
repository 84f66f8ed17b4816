/* SPDX-License-Identifier: ISC */
/* Whatever INFO says, the words are printable, bounded ASCII. */
#include "../milter/redis_health.h"
#include "fuzz.h"

static void check_word(const char *word)
{
	HOLDS(strlen(word) < REDIS_HEALTH_WORD);
	for (; *word != '\0'; word++)
		HOLDS(*word > ' ' && *word <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *info = fuzz_copy((const char *)data, size);
	struct redis_health health;

	redis_health_parse(info, &health);
	free(info);
	check_word(health.version);
	check_word(health.role);
	check_word(health.policy);
	if (redis_health_can_evict(&health))
		HOLDS(health.max_bytes != 0);
	return 0;
}
