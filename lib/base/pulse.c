/* SPDX-License-Identifier: ISC */

/* A slot for each thread, taken by its first store of a name. A beat is one
 * store, so it costs a thread nothing. */
#include <stdatomic.h>
#include <stddef.h>

#include "clock.h"
#include "pulse.h"

struct pulse {
	_Atomic(const char *) name; /* NULL: the slot is free */
	atomic_uint_least64_t beat_ms;
};

static struct pulse pulses[PULSES_MAX];
static _Thread_local struct pulse *own;

void pulse_begin(const char *name)
{
	pulse_end();
	for (size_t i = 0; own == NULL && i < PULSES_MAX; i++) {
		const char *nobody = NULL;

		if (atomic_load(&pulses[i].name) != NULL)
			continue;
		/* before it can be seen */
		atomic_store(&pulses[i].beat_ms, clock_steady_ms());
		if (atomic_compare_exchange_strong(&pulses[i].name, &nobody,
						   name))
			own = &pulses[i];
	}
}

void pulse_end(void)
{
	if (own != NULL)
		atomic_store(&own->name, NULL);
	own = NULL;
}

void pulse_beat(void)
{
	if (own != NULL)
		atomic_store_explicit(&own->beat_ms, clock_steady_ms(),
				      memory_order_relaxed);
}

const char *pulse_stopped(uint64_t now_ms, uint64_t limit_ms)
{
	for (size_t i = 0; i < PULSES_MAX; i++) {
		const char *name = atomic_load(&pulses[i].name);

		if (name != NULL &&
		    atomic_load(&pulses[i].beat_ms) + limit_ms < now_ms)
			return name;
	}
	return NULL;
}
