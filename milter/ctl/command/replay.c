/* SPDX-License-Identifier: ISC */

/*
 * weirctl replay: what would these limits have done with the mail of these
 * logs? Needs neither Redis nor a milter.
 *
 * All that is asked of one reading runs beside it: the configuration, the old
 * one of --diff, and for --suggest one that stops no mail, so that it shows
 * what each subject would have reached. What is suggested is then replayed
 * in a second reading.
 */
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/alloc.h"
#include "lib/store/window.h"
#include "milter/ctl/arguments.h"
#include "milter/ctl/command.h"
#include "milter/ctl/replay_job.h"
#include "milter/ctl/replay_report.h"
#include "milter/ctl/terminal.h"
#include "milter/common/settings_print.h"

/* About 700 bytes each, and of up to four replays at once. */
#define WINDOWS_MAX 500000
#define FILES_MAX   10000

struct wishes {
	const char *path, *old_path;
	const char *percentile, *margin;
	bool has_suggest, with_local;
	uint64_t year;
	struct suggest_wish suggest;
};

/* Settings of our own making, of which only the limits are ours. */
struct variant {
	struct settings settings;
	struct limit *limits;
};

static void variant_init(struct variant *variant,
			 const struct settings *settings)
{
	size_t size = settings->limit_count * sizeof(*variant->limits);

	variant->settings = *settings;
	variant->limits = alloc_zero(size);
	memcpy(variant->limits, settings->limits, size);
	variant->settings.limits = variant->limits;
}

/* Counts everything and stops no mail. */
static void variant_open(struct variant *variant)
{
	for (size_t i = 0; i < variant->settings.limit_count; i++) {
		variant->limits[i].action = LIMIT_MONITOR;
		variant->limits[i].max = WINDOW_COUNT_MAX;
	}
}

/* What the command works with; zeroed at first. */
struct work {
	struct settings *settings, *old;
	struct replay *replay, *old_replay, *open_replay, *advised_replay;
	struct variant open, advised;
	struct limit_suggestion *suggestions;
	struct replay_job job;
};

static void work_clear(struct work *work)
{
	replay_free(&work->replay);
	replay_free(&work->old_replay);
	replay_free(&work->open_replay);
	replay_free(&work->advised_replay);
	free(work->open.limits);
	free(work->advised.limits);
	free(work->suggestions);
	settings_release(&work->old);
	settings_release(&work->settings);
}

static void add_replay(struct work *work, struct replay **replay_r,
		       const struct settings *settings)
{
	*replay_r = replay_new(settings, WINDOWS_MAX);
	work->job.replays[work->job.replay_count++] = *replay_r;
}

static bool open_settings(const struct wishes *wishes, struct work *work)
{
	work->settings = settings_read_or_report(wishes->path);
	if (work->settings != NULL && wishes->old_path != NULL)
		work->old = settings_read_or_report(wishes->old_path);
	return work->settings != NULL &&
	       (wishes->old_path == NULL || work->old != NULL);
}

/* --suggest */

static void suggest_limit(const struct wishes *wishes, struct work *work,
			  size_t index)
{
	size_t count;
	struct tally_row **rows = tally_rows(replay_tally(work->open_replay),
					     index, &count);
	uint64_t *peaks = alloc_array(count, sizeof(*peaks));

	for (size_t i = 0; i < count; i++)
		peaks[i] = rows[i]->peak;
	suggest_max(&wishes->suggest, &work->settings->limits[index], peaks,
		    count, &work->suggestions[index]);
	work->advised.limits[index].max = work->suggestions[index].max;
	free(peaks);
	free(rows);
}

static bool suggest(const struct wishes *wishes, struct work *work)
{
	struct replay_job again = work->job;

	variant_init(&work->advised, work->settings);
	work->suggestions = alloc_array(work->settings->limit_count,
					sizeof(*work->suggestions));
	for (size_t i = 0; i < work->settings->limit_count; i++)
		suggest_limit(wishes, work, i);
	work->advised_replay = replay_new(&work->advised.settings, WINDOWS_MAX);
	again.replays[0] = work->advised_replay;
	again.replay_count = 1;
	again.is_again = true;
	return replay_job_run(&again);
}

/* the report */

static void report(const struct globals *globals, const struct wishes *wishes,
		   const struct work *work)
{
	struct replay_advice advice = { .wish = &wishes->suggest,
					.suggestions = work->suggestions,
					.replay = work->advised_replay };
	struct replay_report found = {
		.job = &work->job,
		.replay = work->replay,
		.old = work->old_replay,
		.advice = work->advised_replay == NULL ? NULL : &advice,
	};

	if (globals->is_json)
		replay_print_json(&found);
	else
		replay_print(&found);
}

static int replay(const struct globals *globals, const struct wishes *wishes,
		  struct work *work)
{
	bool is_good;

	if (!open_settings(wishes, work))
		return EX_CONFIG;
	add_replay(work, &work->replay, work->settings);
	if (work->old != NULL)
		add_replay(work, &work->old_replay, work->old);
	if (wishes->has_suggest) {
		variant_init(&work->open, work->settings);
		variant_open(&work->open);
		add_replay(work, &work->open_replay, &work->open.settings);
	}
	if (!replay_job_sort(&work->job))
		return EX_NOINPUT;
	is_good = replay_job_run(&work->job);
	if (wishes->has_suggest)
		is_good &= suggest(wishes, work);
	if (is_good || work->job.counts.messages != 0)
		report(globals, wishes, work);
	if (!is_good)
		return EX_NOINPUT;
	return work->job.counts.messages == 0 ? COMMAND_NOTHING : EX_OK;
}

/* the options */

static bool read_decimal(const char *name, const char *text,
			 uint64_t *thousandths)
{
	if (text == NULL || suggest_parse(text, 1000, 100000, thousandths))
		return true;
	return terminal_error(
		"weirctl replay: --%s: found \"%s\", allowed is "
		"a number from 1 to 100, with up to three decimals",
		name, text);
}

static bool is_consistent(const struct wishes *wishes,
			  const struct replay_job *job)
{
	size_t inputs = 0;

	for (size_t i = 0; i < job->file_count; i++)
		inputs += strcmp(job->files[i], "-") == 0;
	if (inputs > 1 || (inputs == 1 && wishes->has_suggest))
		return terminal_error(
			"weirctl replay: --suggest reads the logs twice, which "
			"standard input (\"-\") does not allow; name a file");
	if ((wishes->percentile != NULL || wishes->margin != NULL) &&
	    !wishes->has_suggest)
		return terminal_error(
			"weirctl replay: --percentile and --margin need "
			"--suggest");
	return true;
}

/* "-c FILE" may come after the name of this command, too. */
static void accept_c(int argc, char **argv)
{
	static char name[] = "--config";

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "-c") == 0)
			argv[i] = name;
}

/* Leaves the files in argv; the new argc, or 0 when it was reported what is
 * wrong. */
static int read_wishes(int argc, char **argv, struct wishes *wishes)
{
	const struct argument arguments[] = {
		ARGUMENT(TEXT, "config", &wishes->path),
		ARGUMENT(TEXT, "diff", &wishes->old_path),
		ARGUMENT(FLAG, "suggest", &wishes->has_suggest),
		ARGUMENT(TEXT, "percentile", &wishes->percentile),
		ARGUMENT(TEXT, "margin", &wishes->margin),
		ARGUMENT(FLAG, "local", &wishes->with_local),
		ARGUMENT(NUMBER, "year", &wishes->year, .min = 1970,
			 .max = 9999),
	};

	accept_c(argc, argv);
	argc = ARGUMENTS_READ(argc, argv, arguments, 1, FILES_MAX);
	if (argc == 0 ||
	    !read_decimal("percentile", wishes->percentile,
			  &wishes->suggest.percentile) ||
	    !read_decimal("margin", wishes->margin, &wishes->suggest.margin))
		return 0;
	return argc;
}

static int run(const struct globals *globals, int argc, char **argv)
{
	struct wishes wishes = { .path = globals->path,
				 .suggest = { SUGGEST_PERCENTILE,
					      SUGGEST_MARGIN } };
	struct work work = { 0 };
	int code = EX_USAGE;

	argc = read_wishes(argc, argv, &wishes);
	if (argc == 0)
		return EX_USAGE;
	work.job.files = (const char **)(argv + 1);
	work.job.file_count = (size_t)(argc - 1);
	work.job.first_year = (int)wishes.year;
	work.job.with_local = wishes.with_local;
	if (is_consistent(&wishes, &work.job))
		code = replay(globals, &wishes, &work);
	work_clear(&work);
	return code;
}

const struct command command_replay = {
	.name = "replay",
	.arguments = "[-c FILE] [--diff OLD] [--suggest [--percentile P] "
		     "[--margin M]] [--local] [--year YEAR] LOG...",
	.purpose = "show what the limits would have done with the mail of old "
		   "logs",
	.help = "Reads the logs of Postfix or Sendmail, plain or packed (gzip, xz, zstd, bzip2),\n"
		"and applies the limits to each message at its time in the log. Works offline.\n\n"
		"  -c FILE         the configuration to try\n"
		"  --diff OLD      compare with this configuration\n"
		"  --suggest       suggest a max that does not affect normal mail\n"
		"  --percentile P  normal is the use that P of 100 subjects stay below (99)\n"
		"  --margin M      the suggested max is that times M (1.5)\n"
		"  --local         include mail of sendmail(1) (non_smtpd_milters)\n"
		"  --year YEAR     year of the first line, for logs without years\n\n"
		"example:\n"
		"  weirctl replay -c new.conf --diff /etc/weir/weir.conf /var/log/mail.log*\n",
	.run = run,
};
