/* SPDX-License-Identifier: ISC */

/* A disk that stands still: while the file SLOW_DISK exists, fdatasync(2) does
 * not come back. Preloaded by t/faults/journal_disk.t. */
#include <stdlib.h>
#include <unistd.h>

#include <sys/syscall.h>

int fdatasync(int fd)
{
	const char *path = getenv("SLOW_DISK");

	while (path != NULL && access(path, F_OK) == 0)
		usleep(10000);
	return (int)syscall(SYS_fdatasync, fd);
}
