/* SPDX-License-Identifier: ISC */

/*
 * One reading finds when the incident was and which files speak of it, another
 * takes its records and what operators and milters did meanwhile. The files go
 * along whole: only so can their chain be checked by whoever gets them.
 */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/base/alloc.h"
#include "lib/base/json.h"
#include "lib/base/sha256.h"
#include "lib/redis/redis_client.h"
#include "lib/report/report.h"
#include "lib/watch/journal_audit.h"
#include "lib/watch/journal_merge.h"
#include "lib/base/clock.h"
#include "arguments.h"
#include "journal_own.h"
#include "journal_paths.h"
#include "order_command.h"
#include "terminal.h"

/* A tar archive (POSIX ustar) of files that are in memory, with a last member
 * SHA256SUMS, as sha256sum(1) writes it: a header of 512 bytes with numbers in
 * octal text, the data, zeros up to the next 512. */

#define BLOCK_SIZE 512

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12];
	char checksum[8], type, link[100], magic[6], version[2];
	char user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};

_Static_assert(sizeof(struct header) == BLOCK_SIZE, "a header is a block");

/* A member while it is written. */
struct member {
	FILE *out;
	char *data;
	size_t length;
};

struct tar {
	FILE *out;
	uint64_t when_ms;
	struct member sums; /* of the members so far */
};

static void member_begin(struct member *member)
{
	member->out = open_memstream(&member->data, &member->length);
	if (member->out == NULL)
		alloc_fail();
}

static void put_octal(char *field, size_t size, uint64_t number)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "%0*llo", (int)size - 1,
			      (unsigned long long)number);

	memcpy(field, text + length - (int)size + 1, size);
}

static void put_checksum(struct header *header)
{
	const unsigned char *bytes = (const unsigned char *)header;
	unsigned int sum = 0;

	memset(header->checksum, ' ', sizeof(header->checksum));
	for (size_t i = 0; i < sizeof(*header); i++)
		sum += bytes[i];
	put_octal(header->checksum, 7, sum);
}

static void write_member(struct tar *tar, const char *name, const void *data,
			 size_t length)
{
	static const char zeros[BLOCK_SIZE];
	struct header header = { .type = '0',
				 .magic = "ustar",
				 .version = { '0', '0' } };

	memcpy(header.name, name, strnlen(name, sizeof(header.name) - 1));
	put_octal(header.mode, sizeof(header.mode), 0640);
	put_octal(header.uid, sizeof(header.uid), 0);
	put_octal(header.gid, sizeof(header.gid), 0);
	put_octal(header.size, sizeof(header.size), length);
	put_octal(header.mtime, sizeof(header.mtime), tar->when_ms / 1000);
	put_checksum(&header);
	fwrite(&header, 1, sizeof(header), tar->out);
	fwrite(data, 1, length, tar->out);
	fwrite(zeros, 1, (BLOCK_SIZE - length % BLOCK_SIZE) % BLOCK_SIZE,
	       tar->out);
}

static void tar_add(struct tar *tar, const char *name, const void *data,
		    size_t length)
{
	char hash[SHA256_TEXT_SIZE];

	fprintf(tar->sums.out, "%s  %s\n", sha256_text(data, length, hash),
		name);
	write_member(tar, name, data, length);
}

static void tar_add_member(struct tar *tar, const char *name,
			   struct member *member)
{
	fclose(member->out);
	tar_add(tar, name, member->data, member->length);
	free(member->data);
}

static bool tar_finish(struct tar *tar)
{
	static const char end[2 * BLOCK_SIZE];

	fclose(tar->sums.out);
	write_member(tar, "SHA256SUMS", tar->sums.data, tar->sums.length);
	free(tar->sums.data);
	fwrite(end, 1, sizeof(end), tar->out);
	return fflush(tar->out) == 0 && ferror(tar->out) == 0;
}

/* the export */

#define FILE_BYTES_MAX (256 << 20)

struct job {
	uint64_t incident;
	const struct context *context;
	struct journal_paths paths;
	bool *is_wanted; /* of paths: has a record of the incident */
	char first[32], last[32];
	struct tar tar;
	size_t records, files;
};

static int complain(const char *path, const char *what)
{
	terminal_error("weirctl journal export: %s: %s", path, what);
	return EX_CANTCREAT;
}

static void want_file(struct job *job, const char *path)
{
	for (size_t i = 0; i < job->paths.files.count; i++)
		job->is_wanted[i] |= strcmp(job->paths.files.paths[i], path) ==
				     0;
}

static bool is_of_incident(const struct job *job,
			   const struct journal_line *line)
{
	return document_get_number(line->json, "incident") == job->incident;
}

static void find_incident(struct job *job)
{
	struct journal_merge *merge = journal_merge_new(job->paths.files.paths,
							job->paths.files.count);
	struct journal_read_line line;
	const char *path;

	while (journal_merge_next(merge, &line, &path)) {
		if (!is_of_incident(job, &line.line))
			continue;
		want_file(job, path);
		snprintf(job->last, sizeof(job->last), "%s", line.line.when);
		if (job->first[0] == '\0')
			memcpy(job->first, job->last, sizeof(job->first));
	}
	journal_merge_free(&merge);
}

/* What was done while it went on. */
static bool is_beside(const struct job *job, const struct journal_line *line)
{
	static const enum journal_kind kinds[] = {
		JOURNAL_ORDER,	 JOURNAL_QUEUE, JOURNAL_ALERT,
		JOURNAL_PROCESS, JOURNAL_GAP,	JOURNAL_PRUNED,
	};

	if (strcmp(line->when, job->first) < 0 ||
	    strcmp(line->when, job->last) > 0)
		return false;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(line->kind, journal_kind_name(kinds[i])) == 0)
			return true;
	return false;
}

static void add_records(struct job *job)
{
	struct journal_merge *merge = journal_merge_new(job->paths.files.paths,
							job->paths.files.count);
	struct journal_read_line line;
	struct member member;
	const char *path;

	member_begin(&member);
	while (journal_merge_next(merge, &line, &path)) {
		if (!is_of_incident(job, &line.line) &&
		    !is_beside(job, &line.line))
			continue;
		want_file(job, path);
		fwrite(line.text, 1, line.length, member.out);
		putc('\n', member.out);
		job->records++;
	}
	journal_merge_free(&merge);
	tar_add_member(&job->tar, "records.jsonl", &member);
}

/* The file as it is now; what is added meanwhile is not in it. NULL, and
 * errno, when it cannot be read. */
static char *read_file(const char *path, size_t *length_r)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	char *data = NULL;
	ssize_t count;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) == 0 && status.st_size <= FILE_BYTES_MAX) {
		*length_r = 0;
		data = alloc_array((size_t)status.st_size + 1, 1);
		while (*length_r < (size_t)status.st_size &&
		       (count = read(fd, data + *length_r,
				     (size_t)status.st_size - *length_r)) > 0)
			*length_r += (size_t)count;
	} else {
		errno = EFBIG;
	}
	close(fd);
	return data;
}

static int add_file(struct job *job, const char *path)
{
	size_t length;
	char *name, *data = read_file(path, &length);

	if (data == NULL)
		return complain(path, strerror(errno));
	name = alloc_format("journal/%s", basename(path));
	tar_add(&job->tar, name, data, length);
	job->files++;
	free(name);
	free(data);
	return EX_OK;
}

/* Before the files, so that a head is never ahead of its file. */
static void add_heads(struct job *job)
{
	struct journal_audit *audit = journal_audit_new();
	struct member member;

	member_begin(&member);
	for (size_t i = 0; i < job->paths.files.count; i++)
		if (job->is_wanted[i])
			journal_audit_read(audit, job->paths.files.paths[i]);
	for (size_t i = 0; i < journal_audit_count(audit); i++) {
		char *text = journal_head_text(
			&journal_audit_file(audit, i)->head);

		fprintf(member.out, "%s\n", text);
		free(text);
	}
	journal_audit_free(&audit);
	tar_add_member(&job->tar, "heads", &member);
}

static void add_printed(struct job *job, const json_t *document,
			enum report_format format, const char *suffix)
{
	char *name = alloc_format("incident-%" PRIu64 ".%s", job->incident,
				  suffix);
	struct member member;

	member_begin(&member);
	report_print(document, format, member.out);
	tar_add_member(&job->tar, name, &member);
	free(name);
}

/* Without settings, for files that were named, there is none. */
static void add_report(struct job *job)
{
	char host[256] = "", *error;
	struct redis_client *redis;
	json_t *document;

	if (job->context->settings == NULL)
		return;
	gethostname(host, sizeof(host) - 1);
	redis = context_connection(job->context);
	if (report_make(
		    &(struct report_options){
			    .number = job->incident,
			    .settings = job->context->settings,
			    .redis = redis,
			    .program = "weirctl " WEIR_VERSION,
			    .host = host,
			    .now_ms = clock_wall_ms() },
		    &document, &error) == REPORT_MADE) {
		add_printed(job, document, REPORT_HTML, "html");
		add_printed(job, document, REPORT_JSON, "json");
	} else {
		complain("the report", error);
	}
	json_decref(document);
	redis_client_free(&redis);
	free(error);
}

static int fill(struct job *job)
{
	int code = EX_OK;

	add_records(job);
	add_heads(job);
	for (size_t i = 0; i < job->paths.files.count && code == EX_OK; i++)
		if (job->is_wanted[i])
			code = add_file(job, job->paths.files.paths[i]);
	add_report(job);
	return code;
}

static int write_tar(struct job *job, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	int code;

	if (out == NULL)
		return complain(path, strerror(errno));
	job->tar = (struct tar){ .out = out, .when_ms = clock_wall_ms() };
	member_begin(&job->tar.sums);
	code = fill(job);
	if (!tar_finish(&job->tar) && code == EX_OK)
		code = complain(path, strerror(errno));
	if (fclose(out) != 0 && code == EX_OK)
		code = complain(path, strerror(errno));
	if (code != EX_OK)
		unlink(path);
	return code;
}

/* Who took it is a record, where this account may write one. */
static void note(const struct job *job, const char *path)
{
	struct journal_file *own = journal_own_open(job->paths.directory);
	const struct order_options options = { 0 };
	char hash[SHA256_TEXT_SIZE] = "";
	size_t length;
	char *data = read_file(path, &length);

	if (data != NULL)
		sha256_text(data, length, hash);
	journal_own_add(own, JOURNAL_PROCESS,
			document_make("act:s incident:n by:s sha256:s",
				      "exported", job->incident,
				      order_command_who(&options), hash));
	journal_own_close(&own);
	free(data);
}

static int work(struct job *job, const char *path)
{
	int code;

	job->is_wanted = alloc_array(job->paths.files.count, sizeof(bool));
	find_incident(job);
	if (job->first[0] == '\0') {
		terminal_error(
			"weirctl journal export: nothing found of incident "
			"%" PRIu64 "",
			job->incident);
		return COMMAND_NOTHING;
	}
	code = write_tar(job, path);
	if (code == EX_OK && job->paths.directory != NULL)
		note(job, path);
	return code;
}

static void tell(const struct globals *globals, const struct job *job,
		 const char *path)
{
	if (globals->is_json) {
		document_print(document_make("file:s records:n files:n", path,
					     (uint64_t)job->records,
					     (uint64_t)job->files),
			       stdout);
		return;
	}
	terminal_print(
		"%s: %zu records, %zu files of the journal, SHA256SUMS\n", path,
		job->records, job->files);
}

int journal_export_run(const struct globals *globals, int argc, char **argv)
{
	const char *path = NULL;
	struct context context = { 0 };
	struct job job = { .context = &context };
	const struct argument arguments[] = {
		ARGUMENT(TEXT, "out", &path),
	};
	const struct argument number = ARGUMENT(NUMBER, "N", &job.incident,
						.min = 1);
	char *made;
	int code;

	argc = ARGUMENTS_READ(argc, argv, arguments, 1, 10000);
	if (argc == 0 || !argument_read(argv[0], &number, argv[1]))
		return EX_USAGE;
	made = alloc_format("incident-%" PRIu64 ".tar", job.incident);
	code = journal_paths_find(globals, &context, argc - 2, argv + 2,
				  &job.paths);
	if (code == EX_OK)
		code = work(&job, path == NULL ? made : path);
	if (code == EX_OK)
		tell(globals, &job, path == NULL ? made : path);
	journal_paths_clear(&job.paths);
	context_close(&context);
	free(job.is_wanted);
	free(made);
	return code;
}
