/* SPDX-License-Identifier: ISC */

/*
 * Times are milliseconds after NOON, which begins a bucket of every width
 * used here. The windows are minutes unless the case says otherwise: a second
 * a bucket, gone 61 seconds after it began.
 */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "lib/base/alloc.h"
#include "lib/store/store.h"
#include "store_cases.h"

#define NOON	    UINT64_C(1699999200000) /* an hour begins */
#define NEVER	    WINDOW_NEVER
#define MOST	    WINDOW_COUNT_MAX
#define CHARGES_MAX 4
#define STEPS_MAX   12
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* one letter a flag, as they are put in a table */
enum flags {
	NONE = 0,
	S = 1,	     /* stops */
	A = 2,	     /* attempts */
	O = 4,	     /* the permitted subject's own */
	C1 = 1 << 8, /* covered by permit 1 */
	C2 = 2 << 8,
	P1 = 1 << 16, /* a window of permit 1 */
	P2 = 2 << 16
};

#define COVERS_OF(flags) (((flags) >> 8) & 0xff)
#define PERMIT_OF(flags) ((flags) >> 16)

struct wanted_charge {
	const char *key; /* NULL: no more charges */
	uint64_t cost, max;
	unsigned int flags;
	uint64_t used, wait_ms, shut_ms;
};

struct step {
	int64_t at_ms; /* after NOON */
	enum store_question question;
	enum store_answer answer;
	struct wanted_charge charges[CHARGES_MAX];
};

/* a step is two lines or more, a charge is one */
/* clang-format off */
static const struct {
	const char *name;
	uint64_t per_ms; /* 0: a minute */
	struct step steps[STEPS_MAX]; /* ends at one without charges */
} cases[] = {
	{ "the first is charged, the one above max is not", 0, {
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, 2, S, 1, 0, 0 } } },
		{ 1, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, 2, S, 2, 0, 0 } } },
		{ 2, STORE_CHARGE, STORE_REFUSED,
		  { { "a", 1, 2, S, 2, 60998, 60998 } } },
		{ 60999, STORE_CHARGE, STORE_REFUSED,
		  { { "a", 1, 2, S, 2, 1, 1 } } },
		{ 61000, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, 2, S, 1, 0, 0 } } } } },
	{ "buckets leave one by one", 0, {
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 4, 9, S, 4, 0, 0 } } },
		{ 10000, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 3, 9, S, 7, 0, 0 } } },
		{ 20500, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 2, 9, S, 9, 0, 0 } } },
		{ 20500, STORE_CHARGE, STORE_REFUSED,
		  { { "a", 8, 9, S, 9, 60500, 40500 } } },
		{ 61000, STORE_PEEK, STORE_ADMITTED,
		  { { "a", 4, 9, S, 5, 0, 0 } } },
		{ 61000, STORE_CHARGE, STORE_REFUSED,
		  { { "a", 5, 9, S, 5, 10000, 0 } } },
		{ 71000, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 5, 9, S, 7, 0, 0 } } },
		{ 81000, STORE_PEEK, STORE_ADMITTED,
		  { { "a", 1, 9, S, 5, 0, 0 } } },
		{ 132000, STORE_PEEK, STORE_ADMITTED,
		  { { "a", 1, 9, S, 0, 0, 0 } } } } },
	{ "a peek charges nothing", 0, {
		{ 0, STORE_PEEK, STORE_ADMITTED,
		  { { "a", 1, 1, S, 0, 0, 0 } } },
		{ 0, STORE_PEEK, STORE_ADMITTED,
		  { { "a", 1, 1, S | A, 0, 0, 0 } } },
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, 1, S, 1, 0, 0 } } },
		{ 0, STORE_PEEK, STORE_REFUSED,
		  { { "a", 1, 1, S | A, 1, 61000, 61000 } } },
		{ 0, STORE_PEEK, STORE_REFUSED,
		  { { "a", 1, 1, S, 1, 61000, 61000 } } } } },
	{ "all or none", 0, {
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, 9, S, 1, 0, 0 },
		    { "b", 1, 1, S, 1, 0, 0 },
		    { "c", 1, 9, S, 1, 0, 0 } } },
		{ 0, STORE_CHARGE, STORE_REFUSED,
		  { { "a", 1, 9, S, 1, 0, 0 },
		    { "b", 1, 1, S, 1, 61000, 61000 },
		    { "c", 1, 9, S, 1, 0, 0 } } },
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, 9, S, 2, 0, 0 },
		    { "c", 1, 9, S, 2, 0, 0 } } } } },
	{ "what does not stop is charged above its max", 0, {
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 2, 2, NONE, 2, 0, 0 },
		    { "b", 1, 9, S, 1, 0, 0 } } },
		{ 5, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 2, 2, NONE, 4, 60995, 60995 },
		    { "b", 1, 9, S, 2, 0, 0 } } },
		{ 5, STORE_PEEK, STORE_ADMITTED,
		  { { "a", 2, 2, NONE, 4, 60995, 60995 } } } } },
	{ "attempts count while refused", 0, {
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, 1, S | A, 1, 0, 0 },
		    { "b", 1, 9, S, 1, 0, 0 },
		    { "c", 1, 9, A, 1, 0, 0 } } },
		{ 30000, STORE_CHARGE, STORE_REFUSED,
		  { { "a", 1, 1, S | A, 2, 31000, 31000 },
		    { "b", 1, 9, S, 1, 0, 0 },
		    { "c", 1, 9, A, 2, 0, 0 } } },
		{ 61000, STORE_CHARGE, STORE_REFUSED,
		  { { "a", 1, 1, S | A, 2, 30000, 30000 } } },
		{ 122000, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, 1, S | A, 1, 0, 0 } } } } },
	{ "attempts of one limit when another refuses", 0, {
		{ 0, STORE_CHARGE, STORE_REFUSED,
		  { { "a", 1, 0, S, 0, NEVER, NEVER },
		    { "b", 1, 1, S | A, 1, 0, 0 },
		    { "c", 1, 1, S, 0, 0, 0 } } },
		{ 0, STORE_CHARGE, STORE_REFUSED,
		  { { "b", 1, 1, S | A, 2, 61000, 61000 },
		    { "c", 1, 1, S, 0, 0, 0 } } } } },
	{ "an addition is not asked about", 0, {
		{ 0, STORE_ADD, STORE_ADMITTED,
		  { { "a", 1, 1, S, 1, 0, 0 } } },
		{ 0, STORE_ADD, STORE_ADMITTED,
		  { { "a", 5, 1, S, 6, NEVER, 61000 },
		    { "b", 2, 1, S | A, 2, NEVER, 0 } } },
		{ 0, STORE_ADD, STORE_ADMITTED,
		  { { "a", 1, 1, S, 7, 61000, 61000 } } },
		{ 0, STORE_PEEK, STORE_REFUSED,
		  { { "a", 1, 7, S, 7, 61000, 61000 } } } } },
	{ "a cost above max never fits", 0, {
		{ 0, STORE_CHARGE, STORE_REFUSED,
		  { { "a", 11, 10, S, 0, NEVER, 0 } } },
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 10, 10, S, 10, 0, 0 } } },
		{ 0, STORE_CHARGE, STORE_REFUSED,
		  { { "a", 11, 10, S, 10, NEVER, 61000 } } },
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 11, 10, NONE, 21, NEVER, 61000 } } } } },
	{ "max 0 lets nothing in", 0, {
		{ 0, STORE_CHARGE, STORE_REFUSED,
		  { { "a", 1, 0, S, 0, NEVER, NEVER } } },
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 0, 0, S, 0, 0, 0 } } },
		{ 0, STORE_ADD, STORE_ADMITTED,
		  { { "a", 2, 0, S, 2, NEVER, NEVER } } },
		{ 0, STORE_PEEK, STORE_REFUSED,
		  { { "a", 0, 0, S, 2, 61000, NEVER } } } } },
	{ "a cost of nothing", 0, {
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 0, 1, S, 0, 0, 0 } } },
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, 1, S, 1, 0, 0 } } },
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 0, 1, S, 1, 0, 0 } } } } },
	{ "max is lowered and raised, the history stays", 0, {
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 5, 10, S, 5, 0, 0 } } },
		{ 1000, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 3, 10, S, 8, 0, 0 } } },
		{ 1000, STORE_CHARGE, STORE_REFUSED,
		  { { "a", 1, 3, S, 8, 61000, 61000 } } },
		{ 1000, STORE_CHARGE, STORE_REFUSED,
		  { { "a", 1, 4, S, 8, 60000, 60000 } } },
		{ 1000, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, 20, S, 9, 0, 0 } } } } },
	{ "a clock set back", 0, {
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 5, 9, S, 5, 0, 0 } } },
		{ 30000, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 4, 9, S, 9, 0, 0 } } },
		{ 10000, STORE_PEEK, STORE_REFUSED,
		  { { "a", 5, 9, S, 5, 51000, 0 } } },
		{ 30000, STORE_PEEK, STORE_REFUSED,
		  { { "a", 5, 9, S, 9, 31000, 31000 } } },
		{ 10000, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, 9, S, 6, 0, 0 } } },
		{ 30000, STORE_PEEK, STORE_ADMITTED,
		  { { "a", 3, 9, S, 6, 0, 0 } } },
		{ -864000000, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 9, 9, S, 9, 0, 0 } } },
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 9, 9, S, 9, 0, 0 } } } } },
	{ "once round the ring, to the same slot", 0, {
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 5, 9, S, 5, 0, 0 } } },
		{ 61000, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 9, 9, S, 9, 0, 0 } } },
		{ 122000, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 9, 9, S, 9, 0, 0 } } },
		{ 61000, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 9, 9, S, 9, 0, 0 } } } } },
	{ "sums stop at the last exact integer", 0, {
		{ 0, STORE_ADD, STORE_ADMITTED,
		  { { "a", MOST - 1, MOST, S, MOST - 1, 0, 0 } } },
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, MOST, S, MOST, 0, 0 } } },
		{ 0, STORE_CHARGE, STORE_REFUSED,
		  { { "a", 1, MOST, S, MOST, 61000, 61000 } } },
		{ 0, STORE_CHARGE, STORE_REFUSED,
		  { { "a", MOST, MOST, S, MOST, 61000, 61000 } } },
		{ 1000, STORE_ADD, STORE_ADMITTED,
		  { { "a", MOST, MOST, S, MOST, 60000, 60000 } } },
		{ 61000, STORE_ADD, STORE_ADMITTED,
		  { { "a", 3, MOST, S, 3, 0, 0 } } } } },
	{ "a day in buckets of 24 minutes", 86400000, {
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, 1, S, 1, 0, 0 } } },
		{ 86400000, STORE_CHARGE, STORE_REFUSED,
		  { { "a", 1, 1, S, 1, 1440000, 1440000 } } },
		{ 87839999, STORE_CHARGE, STORE_REFUSED,
		  { { "a", 1, 1, S, 1, 1, 1 } } },
		{ 87840000, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, 1, S, 1, 0, 0 } } } } },
	{ "a permit lets its budget through, and what it covers is charged", 0, {
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, 1, S | O | C1, 1, 0, 0 },
		    { "p", 1, 2, P1, 1, 0, 0 } } },
		{ 1, STORE_PEEK, STORE_ADMITTED,
		  { { "a", 1, 1, S | O | C1, 1, 0, 0 },
		    { "p", 1, 2, P1, 1, 0, 0 } } },
		{ 2, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, 1, S | O | C1, 2, 0, 0 },
		    { "p", 1, 2, P1, 2, 0, 0 } } },
		{ 3, STORE_CHARGE, STORE_REFUSED,
		  { { "a", 1, 1, S | O | C1, 2, 60997, 60997 },
		    { "p", 1, 2, P1, 2, 60997, 60997 } } } } },
	{ "a window shared with others is not charged under a permit", 0, {
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "all", 1, 1, S | C1, 0, 0, 0 },
		    { "p", 1, 2, P1, 1, 0, 0 } } },
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "all", 1, 1, S, 1, 0, 0 } } },
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "all", 1, 1, S | C1, 1, 0, 0 },
		    { "p", 1, 2, P1, 2, 0, 0 } } },
		{ 0, STORE_CHARGE, STORE_REFUSED,
		  { { "all", 1, 1, S | C1, 1, 61000, 61000 },
		    { "p", 1, 2, P1, 2, 61000, 61000 } } } } },
	{ "what else stops a permitted message keeps the budget", 0, {
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "b", 1, 1, S, 1, 0, 0 } } },
		{ 0, STORE_CHARGE, STORE_REFUSED,
		  { { "a", 1, 1, S | O | C1, 0, 0, 0 },
		    { "b", 1, 1, S, 1, 61000, 61000 },
		    { "p", 1, 2, P1, 0, 0, 0 } } },
		{ 0, STORE_CHARGE, STORE_REFUSED,
		  { { "t", 1, 1, S | A | O | C1, 1, 0, 0 },
		    { "b", 1, 1, S, 1, 61000, 61000 },
		    { "p", 1, 2, P1, 0, 0, 0 } } } } },
	{ "a permit is open when all of its windows are", 0, {
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, 1, S | O | C1, 1, 0, 0 },
		    { "p", 1, 9, P1, 1, 0, 0 },
		    { "pace", 1, 1, P1, 1, 0, 0 } } },
		{ 0, STORE_CHARGE, STORE_REFUSED,
		  { { "a", 1, 1, S | O | C1, 1, 61000, 61000 },
		    { "p", 1, 9, P1, 1, 0, 0 },
		    { "pace", 1, 1, P1, 1, 61000, 61000 } } },
		{ 61000, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, 1, S | O | C1, 1, 0, 0 },
		    { "pace", 1, 1, P1, 1, 0, 0 } } } } },
	{ "the first open permit takes it, then the next", 0, {
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, 1, S | O | C1 | C2, 1, 0, 0 },
		    { "p", 1, 1, P1, 1, 0, 0 },
		    { "q", 1, 1, P2, 0, 0, 0 } } },
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, 1, S | O | C1 | C2, 2, 0, 0 },
		    { "p", 1, 1, P1, 1, 61000, 61000 },
		    { "q", 1, 1, P2, 1, 0, 0 } } },
		{ 0, STORE_CHARGE, STORE_REFUSED,
		  { { "a", 1, 1, S | O | C1 | C2, 2, 61000, 61000 },
		    { "p", 1, 1, P1, 1, 61000, 61000 },
		    { "q", 1, 1, P2, 1, 61000, 61000 } } } } },
	{ "two permits for two windows are both charged", 0, {
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "a", 1, 1, S | O | C1, 1, 0, 0 },
		    { "b", 1, 1, S | O | C2, 1, 0, 0 },
		    { "p", 1, 1, P1, 1, 0, 0 },
		    { "q", 1, 1, P2, 1, 0, 0 } } } } },
	{ "two windows of hostile names are two", 0, {
		{ 0, STORE_CHARGE, STORE_ADMITTED,
		  { { "{a}\r\n*3 $1", 1, 1, S, 1, 0, 0 },
		    { "{a}\r\n*3 $1 ", 1, 1, S, 1, 0, 0 } } },
		{ 0, STORE_PEEK, STORE_REFUSED,
		  { { "{a}\r\n*3 $1", 1, 1, S, 1, 61000, 61000 } } } } },
};
/* clang-format on */

int store_cases_count(void)
{
	return (int)COUNT_OF(cases);
}

/* Keys of different cases are different. */
static size_t fill_charges(const struct step *step, int number, uint64_t per_ms,
			   struct charge *charges_r)
{
	size_t count = 0;

	while (count < CHARGES_MAX && step->charges[count].key != NULL) {
		const struct wanted_charge *wanted = &step->charges[count];
		struct charge *charge = &charges_r[count++];
		char *key = alloc_format("%d:%s", number, wanted->key);

		memset(charge, 0, sizeof(*charge));
		charge->key = key;
		charge->key_length = strlen(key);
		charge->shape = window_shape_of(per_ms == 0 ? 60000 : per_ms);
		charge->cost = wanted->cost;
		charge->max = wanted->max;
		charge->stops = (wanted->flags & S) != 0;
		charge->attempts = (wanted->flags & A) != 0;
		charge->is_own = (wanted->flags & O) != 0;
		charge->covers = COVERS_OF(wanted->flags);
		charge->permit = PERMIT_OF(wanted->flags);
	}
	return count;
}

static void compare(const char *name, size_t step_number,
		    const struct step *step, const struct charge *charges,
		    size_t count, enum store_answer answer)
{
	ck_assert_msg(answer == step->answer,
		      "%s, step %zu: answer is %d, not %d", name, step_number,
		      (int)answer, (int)step->answer);
	for (size_t i = 0; i < count; i++) {
		const struct wanted_charge *wanted = &step->charges[i];
		const struct charge *found = &charges[i];

		ck_assert_msg(
			found->used == wanted->used &&
				found->wait_ms == wanted->wait_ms &&
				found->shut_ms == wanted->shut_ms,
			"%s, step %zu, %s: used %lld, wait %lld, shut "
			"%lld, but it should be %lld, %lld, %lld",
			name, step_number, wanted->key, (long long)found->used,
			(long long)found->wait_ms, (long long)found->shut_ms,
			(long long)wanted->used, (long long)wanted->wait_ms,
			(long long)wanted->shut_ms);
	}
}

static size_t run_step(struct store *store, int number, size_t step_number)
{
	const struct step *step = &cases[number].steps[step_number];
	struct charge charges[CHARGES_MAX];
	size_t count = fill_charges(step, number, cases[number].per_ms,
				    charges);
	enum store_answer answer;

	if (count == 0)
		return 0;
	answer = store_ask(store, step->question, charges, count,
			   NOON + (uint64_t)step->at_ms);
	compare(cases[number].name, step_number + 1, step, charges, count,
		answer);
	for (size_t i = 0; i < count; i++)
		free((char *)(uintptr_t)charges[i].key);
	return count;
}

void store_case_run(struct store *store, int number)
{
	for (size_t i = 0; i < STEPS_MAX; i++)
		if (run_step(store, number, i) == 0)
			break;
}
