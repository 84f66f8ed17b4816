/* SPDX-License-Identifier: ISC */
/* What another milter tells those who watch: bounded, and told again as it
 * was heard. */
#include "lib/fleet/sighting.h"
#include "t/lib/fuzz.h"

static void check(const struct sighting *sighting)
{
	json_t *object = sighting_json(sighting), *told;
	struct sighting again;

	HOLDS(sighting->recipient_count <= SIGHTING_RECIPIENTS_MAX);
	HOLDS(sighting_parse(object, &again));
	told = sighting_json(&again);
	HOLDS(json_equal(object, told));
	json_decref(told);
	json_decref(object);
	sighting_clear(&again);
	for (unsigned int key = 0; key < LIMIT_KEY_OF(DIMENSION_COUNT); key++)
		sighting_has_subject(sighting, "sender:jake@example.com", key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *object = json_loadb((const char *)data, size, 0, NULL);
	struct sighting sighting;

	if (sighting_parse(object, &sighting))
		check(&sighting);
	sighting_clear(&sighting);
	json_decref(object);
	return 0;
}
