/* SPDX-License-Identifier: ISC */

/*
 * After EMFILE libmilter calls accept() again at once and logs nothing; it has
 * no setting for that. A pause here is enough, since only the thread that
 * listens waits. The next session gets the lowest free descriptor, which shows
 * how many are left.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/base/log.h"
#include "lib/base/clock.h"
#include "accept_limit.h"

#define RESERVE_MAX  32
#define RESERVE_PART 4 /* of a small limit: a quarter */
#define PAUSE_MS     100
#define SILENCE_MS   60000

static _Thread_local bool is_guarded;
static uint64_t silent_until_ms; /* of the guarded thread */

void accept_limit_guard_thread(void)
{
	is_guarded = true;
}

unsigned long accept_limit_reserve(unsigned long limit)
{
	return limit / RESERVE_PART < RESERVE_MAX ? limit / RESERVE_PART
						  : RESERVE_MAX;
}

static unsigned long file_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT32_MAX)
		return INT32_MAX;
	return (unsigned long)limit.rlim_cur;
}

static bool has_room(int listener, unsigned long limit)
{
	int next = fcntl(listener, F_DUPFD_CLOEXEC, 0);

	if (next < 0)
		return false;
	close(next);
	return (unsigned long)next < limit - accept_limit_reserve(limit);
}

static void wait_for_room(unsigned long limit)
{
	uint64_t now_ms = clock_steady_ms();

	if (now_ms >= silent_until_ms) {
		log_error("out of file descriptors (limit %lu, %lu reserved); "
			  "new sessions must wait; raise the limit "
			  "(LimitNOFILE= of systemd, ulimit -n)",
			  limit, accept_limit_reserve(limit));
		silent_until_ms = now_ms + SILENCE_MS;
	}
	poll(NULL, 0, PAUSE_MS);
}

int accept_limit_accept(int listener, struct sockaddr *address,
			socklen_t *length)
{
	unsigned long limit = file_limit();
	int session = -1;
	int error = EMFILE;

	if (!is_guarded)
		return accept4(listener, address, length, 0);
	if (has_room(listener, limit)) {
		session = accept4(listener, address, length, SOCK_CLOEXEC);
		error = errno;
	}
	if (session < 0 && (error == EMFILE || error == ENFILE))
		wait_for_room(limit);
	errno = error;
	return session;
}
