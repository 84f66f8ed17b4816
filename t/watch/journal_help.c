/* SPDX-License-Identifier: ISC */
#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "journal_help.h"
#include "lib/watch/journal_reader.h"

char journal_directory[64];

void journal_help_setup(void)
{
	strcpy(journal_directory, "/tmp/weir-journal-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(journal_directory));
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

size_t journal_help_files(char path_r[512])
{
	struct dirent **entries;
	int count = scandir(journal_directory, &entries, is_visible,
			    compare_names);

	ck_assert_int_ge(count, 0);
	for (int i = 0; i < count; i++) {
		snprintf(path_r, 512, "%s/%s", journal_directory,
			 entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return (size_t)count;
}

void journal_help_teardown(void)
{
	char path[512];

	while (journal_help_files(path) != 0)
		ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(journal_directory), 0);
}

bool journal_help_add(struct journal_file *file, uint64_t now_ms, int i)
{
	char members[32];

	snprintf(members, sizeof(members), "\"i\":%d", i);
	return journal_file_add(file, now_ms,
				&(struct journal_record){
					0, now_ms, JOURNAL_MESSAGE, members });
}

struct journal_bytes journal_help_read(const char *path)
{
	struct journal_bytes bytes = { NULL, 0 };
	struct stat status;
	int fd = open(path, O_RDONLY);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fstat(fd, &status), 0);
	bytes.length = (size_t)status.st_size;
	bytes.data = malloc(bytes.length + 1);
	ck_assert_int_eq(read(fd, bytes.data, bytes.length),
			 (ssize_t)bytes.length);
	bytes.data[bytes.length] = '\0';
	close(fd);
	return bytes;
}

void journal_help_write(const char *path, const char *data, size_t length)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, length), (ssize_t)length);
	close(fd);
}

struct journal_help_verdict journal_help_check(const char *path)
{
	struct journal_reader *reader = journal_reader_open(path);
	struct journal_help_verdict verdict = { 0 };
	struct journal_read_line line;
	enum journal_read read;

	ck_assert_ptr_nonnull(reader);
	while ((read = journal_reader_next(reader, &line)) <=
	       JOURNAL_READ_BROKEN) {
		if (read == JOURNAL_READ_BROKEN && verdict.broken++ == 0)
			verdict.first_broken = line.number;
		verdict.records++;
		verdict.has_end = read == JOURNAL_READ_RECORD &&
				  strcmp(line.line.kind, "end") == 0;
	}
	verdict.is_cut = read == JOURNAL_READ_CUT;
	journal_reader_close(&reader);
	return verdict;
}
