/* SPDX-License-Identifier: ISC */
/* Headers of strangers: "Name: value" lines. Bounded, and valid UTF-8. */
#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/text.h"
#include "lib/watch/headers.h"
#include "t/lib/fuzz.h"

static void check_fold(const char *folded)
{
	size_t length = strlen(folded);

	HOLDS(length <= FINGERPRINT_FOLD_MAX);
	for (size_t i = 0, step; i < length; i += step) {
		unsigned char c = (unsigned char)folded[i];

		step = c < 0x80 ? 1 : text_utf8_length(folded + i, length - i);
		HOLDS(step > 0 && c >= ' ' && c != 0x7f);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = alloc_copy((const char *)data, size), *rest = text;
	char folded[FINGERPRINT_FOLD_MAX + 1], print[FINGERPRINT_SIZE];
	struct headers headers = { 0 };
	char *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		char *value = strchr(line, ':');

		if (value == NULL)
			continue;
		*value++ = '\0';
		headers_add(&headers, line, value);
	}
	check_fold(headers_fold(&headers, folded));
	headers_fingerprint(&headers, print);
	json_decref(headers_json(&headers, SUBJECTS_KEEP));
	HOLDS(headers.shape_length <= HEADERS_SHAPE_MAX);
	headers_clear(&headers);
	free(text);
	return 0;
}
