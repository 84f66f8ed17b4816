/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TEST_FUZZ_MEMORY_FILE_H
#define WEIR_TEST_FUZZ_MEMORY_FILE_H

/*
 * Without this each harness of a parser that opens its file by name would
 * write a million files to a disk.
 */
#include <err.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sysexits.h>
#include <unistd.h>

#define MEMORY_FILE_PATH 64

/* A file in memory with these bytes; path is its name as long as the result,
 * a descriptor, is open. */
static inline int memory_file(const void *data, size_t size,
			      char path[MEMORY_FILE_PATH])
{
	int file = memfd_create("input", 0);

	if (file < 0 || write(file, data, size) != (ssize_t)size)
		err(EX_OSERR, "a file in memory");
	snprintf(path, MEMORY_FILE_PATH, "/proc/self/fd/%d", file);
	return file;
}

#endif
