/* SPDX-License-Identifier: ISC */

/*
 * weir-keeper: from the command line to a running keeper, and down again. The
 * main thread takes the signals; all work is done by threads of the keeper.
 */
#include <poll.h>
#include <string.h>
#include <sysexits.h>

#include "lib/base/alloc.h"
#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/settings/settings.h"
#include "milter/common/pid_file.h"
#include "milter/common/process.h"
#include "milter/common/program.h"
#include "milter/common/watchdog.h"
#include "keeper.h"
#include "page.h"
#include "paths.h"

#define PROGRAM	     "weir-keeper"
#define TICK_MS	     1000
#define DEFAULT_FILE WEIR_SYSCONFDIR "/weir/weir.conf"

static void reload(struct keeper *keeper)
{
	process_notify("RELOADING=1");
	keeper_reload(keeper);
	process_notify("READY=1");
}

/* Until a signal says stop. A signal cuts the wait of poll() short. */
static void run(struct keeper *keeper)
{
	struct watchdog watchdog;

	watchdog_init(&watchdog);
	while (!program_must_stop()) {
		watchdog_tick(&watchdog, clock_steady_ms());
		if (program_take_reload())
			reload(keeper);
		else
			poll(NULL, 0, TICK_MS);
	}
}

/* As weirctl needs it behind -c; NULL: it finds the file by itself. For as long
 * as the process lives: a reload frees what the settings have. */
static const char *path_to_name(const struct settings *settings)
{
	return strcmp(settings->path, DEFAULT_FILE) == 0
		       ? NULL
		       : alloc_text(settings->path);
}

/* What needs root, or a terminal to complain to, comes first. */
static int prepare(struct settings *settings,
		   const struct program_options *options, const char *path,
		   struct pid_file *pid_file_r, struct page **page_r)
{
	int code;

	*page_r = NULL;
	if (options->is_detached && !process_detach(-1))
		return EX_OSERR;
	program_take_signals();
	if (settings->keeper.page[0] != '\0') {
		*page_r = page_open(settings, path);
		if (*page_r == NULL)
			return EX_UNAVAILABLE;
	}
	code = pid_file_take("keeper.pid_file", settings->keeper.pid_file,
			     pid_file_r);
	if (code == EX_OK &&
	    !process_drop_root("keeper.user", settings->keeper.user)) {
		pid_file_remove(pid_file_r);
		code = EX_CONFIG;
	}
	if (code != EX_OK)
		page_free(page_r);
	return code;
}

static int serve(struct settings *settings,
		 const struct program_options *options)
{
	struct pid_file pid_file;
	struct keeper *keeper;
	struct page *page;
	const char *path = path_to_name(settings);
	int code = prepare(settings, options, path, &pid_file, &page);

	if (code != EX_OK)
		return code;
	keeper = keeper_new(settings, path, page);
	if (keeper == NULL || !keeper_start(keeper)) {
		pid_file_remove(&pid_file);
		return keeper == NULL ? EX_CONFIG : EX_OSERR;
	}
	if (options->is_detached)
		log_open_syslog(PROGRAM);
	log_notice("weir " WEIR_VERSION " keeps %s, channels of alerts: %zu, "
		   "from %s",
		   settings->redis.prefix, settings->keeper.alert_count,
		   settings->path);
	process_report_ready();
	run(keeper);
	process_notify("STOPPING=1");
	keeper_stop(keeper);
	pid_file_remove(&pid_file);
	log_notice("stopped");
	return EX_OK;
}

int main(int argc, char **argv)
{
	static const struct program program = { PROGRAM, SETTINGS_OF_KEEPER,
						"limits and channels",
						"each try of a channel" };

	program_run(&program, argc, argv, serve);
}
