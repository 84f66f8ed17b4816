/* SPDX-License-Identifier: ISC */

/* All windows are looked at before any is charged. */
#include "charge_outcome.h"

static bool is_covered(const struct charge_outcome *finding,
		       const struct charge *charge)
{
	return (charge->covers & finding->open) != 0;
}

/* Permits that have room in all their windows. */
static uint32_t open_permits(const struct charge *charges, size_t count)
{
	uint32_t named = 0, full = 0;

	for (size_t i = 0; i < count; i++) {
		if (charges[i].permit == 0)
			continue;
		named |= STORE_PERMIT_BIT(charges[i].permit);
		if (charges[i].wait_ms != 0)
			full |= STORE_PERMIT_BIT(charges[i].permit);
	}
	return named & ~full;
}

/* The first open permit that covers it takes it. */
void charge_outcome_of(struct charge *charges, size_t count,
		       struct charge_outcome *finding_r)
{
	*finding_r =
		(struct charge_outcome){ .open = open_permits(charges, count) };
	for (size_t i = 0; i < count; i++) {
		struct charge *charge = &charges[i];
		uint32_t open = charge->covers & finding_r->open;

		if (open != 0) {
			finding_r->taken |= open & (~open + 1);
			charge->wait_ms = charge->shut_ms = 0;
		} else if (charge->permit == 0 && charge->stops &&
			   charge->wait_ms != 0) {
			finding_r->is_stopped = true;
		}
	}
}

bool charge_is_made(enum store_question question,
		    const struct charge_outcome *finding,
		    const struct charge *charge)
{
	switch (question) {
	case STORE_PEEK:
	case STORE_GIVE_BACK:
		return false;
	case STORE_ADD:
		return true;
	case STORE_CHARGE:
		break;
	}
	if (charge->permit != 0)
		return !finding->is_stopped &&
		       (finding->taken & STORE_PERMIT_BIT(charge->permit)) != 0;
	return (!finding->is_stopped || charge->attempts) &&
	       (!is_covered(finding, charge) || charge->is_own);
}
