/* SPDX-License-Identifier: ISC */

/*
 * A record is one write(2), so that a process that is killed leaves whole
 * lines. A write that came half through leaves a line without an end: the file
 * is left as it is, and the record comes again as one of the next file.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "journal_file.h"

#define DAY_MS	 86400000
#define MODE	 0640
#define HOST_MAX 100
#define NO_HASH                            \
	"00000000000000000000000000000000" \
	"00000000000000000000000000000000"

struct journal_file {
	char *directory, *host, *program;
	uint64_t run_ms;
	size_t max_bytes;
	int fd; /* -1: none is open */
	char *path;
	struct journal_head head; /* of this file; of the last when none is */
	size_t bytes;
	uint64_t day;
	bool is_dirty;
	bool looked_back; /* head is the file before */
	char *error;
	int error_number;
	struct journal_file_watch watch;
};

char *journal_file_host(const char *host)
{
	char *made = alloc_text(host[0] == '\0' ? "-" : host);

	for (char *at = made; *at != '\0'; at++)
		if (!((*at >= 'a' && *at <= 'z') ||
		      (*at >= 'A' && *at <= 'Z') ||
		      (*at >= '0' && *at <= '9') || *at == '_' ||
		      (*at == '.' && at != made)))
			*at = '-';
	if (strlen(made) > HOST_MAX)
		made[HOST_MAX] = '\0';
	return made;
}

struct journal_file *
journal_file_new(const struct journal_file_options *options)
{
	struct journal_file *file = alloc_zero(sizeof(*file));

	file->directory = alloc_text(options->directory);
	file->host = journal_file_host(options->host);
	file->program = alloc_text(options->program);
	file->run_ms = options->run_ms;
	file->max_bytes = options->max_bytes == 0 ? JOURNAL_FILE_MAX
						  : options->max_bytes;
	file->error = alloc_text("");
	file->fd = -1;
	return file;
}

static void abandon(struct journal_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	file->is_dirty = false;
}

void journal_file_free(struct journal_file **file_r)
{
	struct journal_file *file = *file_r;

	*file_r = NULL;
	if (file == NULL)
		return;
	abandon(file);
	free(file->directory);
	free(file->host);
	free(file->program);
	free(file->path);
	free(file->error);
	free(file);
}

const struct journal_head *journal_file_head(const struct journal_file *file)
{
	return &file->head;
}

bool journal_file_is_dirty(const struct journal_file *file)
{
	return file->is_dirty;
}

const char *journal_file_error(const struct journal_file *file)
{
	return file->error;
}

int journal_file_errno(const struct journal_file *file)
{
	return file->error_number;
}

void journal_file_set_watch(struct journal_file *file,
			    const struct journal_file_watch *watch)
{
	file->watch = *watch;
}

static bool fail(struct journal_file *file, const char *path, int number)
{
	free(file->error);
	file->error = alloc_format("%s: %s", path, strerror(number));
	file->error_number = number;
	return false;
}

/* the file before */

/* Reads the last whole line of an open file, and what is before it, into
 * buffer; NULL when there is none. */
static const char *read_last_line(int fd, char *buffer, size_t size,
				  size_t *length_r)
{
	off_t end = lseek(fd, 0, SEEK_END);
	off_t start = end > (off_t)size ? end - (off_t)size : 0;
	ssize_t count = end < 0 ? -1 : pread(fd, buffer, size, start);
	const char *last, *before;

	if (count <= 0)
		return NULL;
	last = memrchr(buffer, '\n', (size_t)count);
	if (last == NULL)
		return NULL;
	before = memrchr(buffer, '\n', (size_t)(last - buffer));
	if (before == NULL && start != 0)
		return NULL;
	before = before == NULL ? buffer : before + 1;
	*length_r = (size_t)(last - before);
	return before;
}

/* Has the file a whole record? Then its head is that of the last one. */
static bool read_head(int directory, const char *file_name,
		      struct journal_head *head_r)
{
	char buffer[2 * JOURNAL_LINE_MAX];
	int fd = openat(directory, file_name,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct journal_line line = { 0 };
	bool is_good = false;
	const char *text;
	size_t length;

	text = fd < 0 ? NULL
		      : read_last_line(fd, buffer, sizeof(buffer), &length);
	if (text != NULL) {
		/* a damaged one is followed, too: it is there */
		is_good = true;
		head_r->n = journal_line_read(text, length, &line) ? line.n : 0;
		memcpy(head_r->hash, line.hash, sizeof(head_r->hash));
		journal_line_clear(&line);
	}
	if (fd >= 0)
		close(fd);
	return is_good;
}

/* The name without the suffix, if it is that of a file of this host. */
static bool is_of_host(const char *file_name, const char *host, char *name_r)
{
	size_t host_length = strlen(host);

	return journal_name_of_file(file_name, name_r) &&
	       strncmp(name_r, host, host_length) == 0 &&
	       name_r[host_length] == '.' &&
	       strchr(name_r + host_length + 1, '.') ==
		       journal_name_time(name_r) - 1;
}

void journal_file_last(const char *directory, const char *host,
		       struct journal_head *head_r)
{
	DIR *stream = opendir(directory);
	char name[JOURNAL_NAME_SIZE];
	const struct dirent *entry;

	memset(head_r, 0, sizeof(*head_r));
	memcpy(head_r->hash, NO_HASH, sizeof(NO_HASH));
	while (stream != NULL && (entry = readdir(stream)) != NULL) {
		if (!is_of_host(entry->d_name, host, name))
			continue;
		if (head_r->name[0] != '\0' &&
		    strcmp(journal_name_time(name),
			   journal_name_time(head_r->name)) <= 0)
			continue;
		if (read_head(dirfd(stream), entry->d_name, head_r))
			memcpy(head_r->name, name, sizeof(name));
	}
	if (stream != NULL)
		closedir(stream);
}

/* writing */

/* Writes a whole line. After a part of it the file is left. */
static bool write_line(struct journal_file *file, const char *line,
		       size_t length)
{
	ssize_t count = write(file->fd, line, length);

	if (count == (ssize_t)length) {
		file->bytes += length;
		file->is_dirty = true;
		return true;
	}
	fail(file, file->path, count < 0 ? errno : ENOSPC);
	if (count > 0)
		abandon(file);
	return false;
}

static bool put(struct journal_file *file, const struct journal_record *record)
{
	char line[JOURNAL_LINE_MAX];
	struct journal_head head = file->head;
	size_t length = journal_line_make(record, &head, line);

	if (!write_line(file, line, length))
		return false;
	file->head = head;
	if (file->watch.added != NULL)
		file->watch.added(file->watch.context, record->kind, &head,
				  line, length - 1);
	return true;
}

static uint64_t booted_ms(uint64_t now_ms)
{
	struct timespec up;

	clock_gettime(CLOCK_BOOTTIME, &up);
	return now_ms - (uint64_t)up.tv_sec * 1000 -
	       (uint64_t)up.tv_nsec / 1000000;
}

/* Its members: who writes, and which file it goes on from. */
static char *begin_members(const struct journal_file *file, uint64_t now_ms,
			   const struct journal_head *after)
{
	json_t *members = document_make(
		"weir:s file:s host:s pid:n boot:m run:n", file->program,
		file->head.name, file->host, (uint64_t)getpid(),
		booted_ms(now_ms), file->run_ms);

	if (after->name[0] != '\0') {
		document_put_text(members, "after", after->name);
		document_put_number(members, "after_n", after->n);
	}
	return journal_members(members);
}

static bool write_begin(struct journal_file *file, uint64_t now_ms,
			const struct journal_head *after)
{
	char *members = begin_members(file, now_ms, after);
	const struct journal_record begin = { 0, now_ms, JOURNAL_BEGIN,
					      members };
	bool is_written = put(file, &begin);

	free(members);
	return is_written;
}

static void make_name(const struct journal_file *file, uint64_t now_ms,
		      char name_r[JOURNAL_NAME_SIZE])
{
	time_t seconds = (time_t)(now_ms / 1000);
	struct tm tm = { 0 };
	char when[32];

	gmtime_r(&seconds, &tm);
	strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
	snprintf(name_r, JOURNAL_NAME_SIZE, "%s.%ld.%s", file->host,
		 (long)getpid(), when);
}

/* As root, for the account that owns the directory: its milter goes on from
 * this file. Others may have no right to set an owner, and need none. */
static void adopt(const struct journal_file *file, int directory)
{
	struct stat status;

	if (geteuid() != 0 || fstat(directory, &status) != 0)
		return;
	if (fchown(file->fd, status.st_uid, status.st_gid) != 0)
		return;
}

/* The file itself, still empty, locked and known to the directory. */
static bool create(struct journal_file *file, int directory,
		   const char *file_name)
{
	file->fd = openat(directory, file_name,
			  O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC |
				  O_NOFOLLOW,
			  MODE);
	if (file->fd < 0)
		return fail(file, file->path, errno);
	adopt(file, directory);
	/* whatever the umask is: the group reads */
	if (fchmod(file->fd, MODE) != 0 || fsync(directory) != 0)
		fail(file, file->path, errno);
	flock(file->fd, LOCK_EX | LOCK_NB);
	return true;
}

/* One without a single record says nothing, and would be made again and again
 * while a disk is full. */
static void take_back(struct journal_file *file, int directory,
		      const char *file_name)
{
	abandon(file);
	unlinkat(directory, file_name, 0);
}

static bool begin_in(struct journal_file *file, int directory, uint64_t now_ms)
{
	struct journal_head after = file->head;
	char *file_name;
	bool is_begun;

	make_name(file, now_ms, file->head.name);
	file_name = alloc_format("%s" JOURNAL_SUFFIX, file->head.name);
	free(file->path);
	file->path = alloc_format("%s/%s", file->directory, file_name);
	file->bytes = 0;
	file->day = now_ms / DAY_MS;
	is_begun = create(file, directory, file_name);
	if (is_begun && !write_begin(file, now_ms, &after)) {
		take_back(file, directory, file_name);
		is_begun = false;
	}
	if (!is_begun)
		file->head = after;
	free(file_name);
	return is_begun;
}

static bool begin(struct journal_file *file, uint64_t now_ms)
{
	int directory = open(file->directory,
			     O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is_begun;

	if (directory < 0)
		return fail(file, file->directory, errno);
	if (!file->looked_back)
		journal_file_last(file->directory, file->host, &file->head);
	file->looked_back = true;
	is_begun = begin_in(file, directory, now_ms);
	close(directory);
	return is_begun;
}

/* A file that was removed takes no more. */
static bool is_there(const struct journal_file *file)
{
	struct stat status;

	return fstat(file->fd, &status) == 0 && status.st_nlink != 0;
}

bool journal_file_sync(struct journal_file *file)
{
	if (file->fd < 0 || !file->is_dirty)
		return true;
	file->is_dirty = false;
	if (fdatasync(file->fd) == 0) {
		if (!is_there(file))
			abandon(file);
		return true;
	}
	fail(file, file->path, errno);
	/* what the kernel could not write it may have forgotten by now */
	abandon(file);
	return false;
}

bool journal_file_end(struct journal_file *file, uint64_t now_ms,
		      const char *reason)
{
	char *members;
	bool is_ended;

	if (file->fd < 0)
		return true;
	members = journal_members(document_make("reason:s", reason));
	is_ended = put(file,
		       &(struct journal_record){ file->head.n + 1, now_ms,
						 JOURNAL_END, members }) &&
		   journal_file_sync(file);
	free(members);
	abandon(file);
	if (is_ended && file->watch.ended != NULL)
		file->watch.ended(file->watch.context, &file->head);
	return is_ended;
}

/* Where a new file is due, the old one gets its end. */
static bool change(struct journal_file *file, uint64_t now_ms)
{
	const char *reason = now_ms / DAY_MS != file->day ? "day" : "size";

	if (file->day == now_ms / DAY_MS && file->bytes < file->max_bytes)
		return true;
	return journal_file_end(file, now_ms, reason);
}

bool journal_file_add(struct journal_file *file, uint64_t now_ms,
		      const struct journal_record *record)
{
	struct journal_record next = *record;

	if (file->fd >= 0 && !change(file, now_ms))
		return false;
	if (file->fd < 0 && !begin(file, now_ms))
		return false;
	next.n = file->head.n + 1;
	return put(file, &next);
}
