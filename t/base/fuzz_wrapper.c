/* SPDX-License-Identifier: ISC */
/* What is found within lies within, and opening comes to an end. */
#include "lib/base/address.h"
#include "lib/base/wrapper.h"
#include "t/lib/fuzz.h"

static bool is_inside(struct wrapper_text inner, struct wrapper_text outer)
{
	return inner.data >= outer.data &&
	       inner.data + inner.length <= outer.data + outer.length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wrapper_text local = { (const char *)data, size };
	struct wrapper_inner inner;

	while (wrapper_open(&address_rules_default, local, &inner)) {
		HOLDS(inner.local.length > 0);
		HOLDS(inner.local.length < local.length);
		HOLDS(is_inside(inner.local, local));
		HOLDS(inner.domain.length == 0 ||
		      is_inside(inner.domain, local));
		local = inner.local;
	}
	return 0;
}
