/* SPDX-License-Identifier: ISC */
/*
 * A whole weir.conf. Either it is taken, and then every limit is in its
 * bounds, or each thing that is wrong is one line with the name of the file.
 */
#include "lib/lint/lint.h"
#include "lib/settings/limit.h"
#include "lib/settings/settings.h"
#include "lib/settings/template.h"
#include "t/lib/fuzz.h"
#include "t/lib/fuzz_memory_file.h"

/* libconfig 1.5 to 1.7 forget the text of a string that is never closed. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig";
}

static void check_limit(const struct limit *limit)
{
	char *text = limit_describe(limit);

	HOLDS(strlen(limit->name) >= 1 &&
	      strlen(limit->name) <= LIMIT_NAME_MAX);
	HOLDS(limit->max >= 1 && limit->max <= UINT64_C(1) << 53);
	HOLDS(limit->per_ms <= LIMIT_PER_MAX);
	HOLDS(limit->per_ms != 0 || limit->unit != LIMIT_MESSAGES);
	HOLDS(fuzz_is_plain(text, strlen(text)));
	free(text);
}

static void check_settings(const struct settings *settings)
{
	struct lint_list advice;

	HOLDS(settings->limit_count >= 1);
	for (size_t i = 0; i < settings->limit_count; i++)
		check_limit(&settings->limits[i]);
	for (size_t i = 0; i < settings->exempt_count; i++)
		free(match_describe(&settings->exempt[i]));
	lint_collect(settings, &advice);
	for (size_t i = 0; i < advice.count; i++)
		HOLDS(fuzz_is_plain(advice.entries[i].text,
				    strlen(advice.entries[i].text)));
	lint_clear(&advice);
}

static void check_errors(const struct settings_errors *errors)
{
	HOLDS(errors->count >= 1);
	for (size_t i = 0; i < errors->count; i++) {
		HOLDS(strchr(errors->lines[i], ':') != NULL);
		HOLDS(fuzz_is_plain(errors->lines[i],
				    strlen(errors->lines[i])));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[MEMORY_FILE_PATH];
	int file = memory_file(data, size, path);
	struct settings_errors errors;
	struct settings *settings = settings_read(path, &errors);

	if (settings != NULL)
		check_settings(settings);
	else
		check_errors(&errors);
	settings_errors_clear(&errors);
	settings_release(&settings);
	close(file);
	return 0;
}
