/* SPDX-License-Identifier: ISC */
/* What is restored into a Redis that was emptied. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "milter/daemon/known_incidents.h"

static struct known_incidents known;

static void take(const char *uid, uint64_t let_in)
{
	struct incident incident = { .uid = alloc_text(uid),
				     .state = INCIDENT_OPEN,
				     .let_in = let_in };

	known_incidents_take(&known, &incident);
	incident_clear(&incident);
}

/* Redis had counted them for this milter before it has told any total: they
 * would be those of others, and count again with the first total. */
START_TEST(what_it_opened_with_is_its_own)
{
	const struct marks marks = { 0 };

	known_incidents_open(&known, "unknown", 7);
	known_incidents_add(&known, "1-1", &marks);
	known_incidents_add(&known, "1-2", &marks);
	known_incidents_open(&known, "1-2", 20);
	take("1-1", 5);
	take("1-2", 20);
	ck_assert_uint_eq(known.count, 2);
	ck_assert_int_eq(known.list[0].let_in, 0);
	ck_assert_int_eq(known.list[1].let_in, 20);
	ck_assert_uint_eq(known.list[1].incident.let_in, 20);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("known incidents");
	TCase *cases = tcase_create("known incidents");

	tcase_add_test(cases, what_it_opened_with_is_its_own);
	suite_add_tcase(suite, cases);
	return check_run(suite);
}
