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

void core_dump_guard(const struct settings *settings)
{
	if (settings->redis.password != NULL && prctl(PR_SET_DUMPABLE, 0) != 0)
		log_warning("a core dump could contain the Redis password: %s",
			    strerror(errno));
}
