/* SPDX-License-Identifier: ISC */

/*
 * A wall clock that a test can set under a program that runs: to be put before
 * it with LD_PRELOAD. The file named by CLOCK_OFFSET holds eight bytes, how
 * many seconds the clock is ahead, as int64_t; it is mapped, so that no read
 * of the clock costs more than an addition. Clocks that cannot be set
 * (CLOCK_MONOTONIC and its kin) are left alone, as by settimeofday(2).
 *
 * libfaketime does more, and does not get along with jemalloc, which
 * redis-server is built with.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *offset;

__attribute__((constructor)) static void map_offset(void)
{
	const char *path = getenv("CLOCK_OFFSET");
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	void *page;

	if (fd < 0)
		return;
	page = mmap(NULL, sizeof(*offset), PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (page != MAP_FAILED)
		offset = page;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
	int code = (int)syscall(SYS_clock_gettime, clock, now);

	if (code == 0 && offset != NULL &&
	    (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
		now->tv_sec += (time_t)*offset;
	return code;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec fine;

	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &fine) != 0)
		return -1;
	now->tv_sec = fine.tv_sec;
	now->tv_usec = (suseconds_t)(fine.tv_nsec / 1000);
	return 0;
}

time_t time(time_t *now_r)
{
	struct timespec fine = { 0 };

	clock_gettime(CLOCK_REALTIME, &fine);
	if (now_r != NULL)
		*now_r = fine.tv_sec;
	return fine.tv_sec;
}
