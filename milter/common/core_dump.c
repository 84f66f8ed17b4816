/* SPDX-License-Identifier: ISC */

/*
 * hiredis and the kernel hold copies of the password that we cannot wipe, so
 * the process is closed as a whole.
 */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "lib/base/log.h"
#include "lib/settings/settings.h"
#include "core_dump.h"

static bool has_secret(const struct settings *settings)
{
	if (settings->redis.password != NULL)
		return true;
	for (size_t i = 0; i < settings->keeper.alert_count; i++)
		if (settings->keeper.alerts[i].secret_file[0] != '\0')
			return true;
	return false;
}

void core_dump_guard(const struct settings *settings)
{
	if (has_secret(settings) && prctl(PR_SET_DUMPABLE, 0) != 0)
		log_warning("a core dump could contain a password: %s",
			    strerror(errno));
}
