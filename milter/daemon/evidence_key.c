/* SPDX-License-Identifier: ISC */
/* Made under another name and linked, so that two milters that start at once
 * have one key. */
#include "evidence_key.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/log.h"

static bool read_key(const char *path, unsigned char *key)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	bool is_read;

	if (file < 0)
		return false;
	is_read = read(file, key, EVIDENCE_KEY_SIZE) == EVIDENCE_KEY_SIZE;
	close(file);
	if (!is_read)
		errno = EINVAL;
	return is_read;
}

static void write_key(const char *path, const unsigned char *key)
{
	char *made = alloc_format("%s.%ld", path, (long)getpid());
	int file = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	bool is_written = file >= 0 && write(file, key, EVIDENCE_KEY_SIZE) ==
					       EVIDENCE_KEY_SIZE;

	if (file >= 0 && close(file) == 0 && is_written &&
	    link(made, path) != 0 && errno != EEXIST)
		log_warning("%s: %s", path, strerror(errno));
	if (file >= 0)
		unlink(made);
	free(made);
}

/* Of this process alone, and the same at each reload. */
static unsigned char own[EVIDENCE_KEY_SIZE];
static pthread_once_t own_once = PTHREAD_ONCE_INIT;

static void draw_own(void)
{
	if (getrandom(own, sizeof(own), 0) != (ssize_t)sizeof(own))
		alloc_fail();
}

void evidence_key_load(const char *directory,
		       unsigned char key_r[EVIDENCE_KEY_SIZE])
{
	char *path = alloc_format("%s/recipients.key", directory);

	pthread_once(&own_once, draw_own);
	/* another milter may have been quicker */
	if (!read_key(path, key_r) && errno == ENOENT)
		write_key(path, own);
	if (!read_key(path, key_r)) {
		log_warning("%s: %s; until a reload can read it, recipients "
			    "are hashed with a key of this process alone",
			    path, strerror(errno));
		memcpy(key_r, own, sizeof(own));
	}
	free(path);
}
