/* SPDX-License-Identifier: ISC */

/* From /proc/self, which ProcSubset=pid of a unit leaves there. */
#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "metrics_text.h"

static void put_cpu(struct metrics_text *text)
{
	struct timespec used;

	if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) != 0)
		return;
	metrics_family(text, METRICS_COUNTER, "process_cpu_seconds_total",
		       "CPU time of the process, user and system.");
	metrics_seconds(text, NULL,
			(double)used.tv_sec + (double)used.tv_nsec / 1e9);
}

/* The numbers behind these names in /proc/self/status. */
static bool read_status(uint64_t *resident_kb_r, uint64_t *threads_r)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[200];

	*resident_kb_r = *threads_r = 0;
	if (file == NULL)
		return false;
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "VmRSS: %" SCNu64, resident_kb_r) == 0)
			(void)sscanf(line, "Threads: %" SCNu64, threads_r);
	fclose(file);
	return *threads_r != 0;
}

static void put_status(struct metrics_text *text)
{
	uint64_t resident_kb, threads;

	if (!read_status(&resident_kb, &threads))
		return;
	metrics_gauge(text, "process_resident_memory_bytes",
		      "Memory of the process that is in RAM.",
		      resident_kb * 1024);
	metrics_gauge(text, "process_threads", "Threads of the process.",
		      threads);
}

/* But the one that the count itself needs, "." and "..". */
static void put_open_files(struct metrics_text *text)
{
	DIR *directory = opendir("/proc/self/fd");
	uint64_t count = 0;

	if (directory == NULL)
		return;
	while (readdir(directory) != NULL)
		count++;
	closedir(directory);
	metrics_gauge(text, "process_open_fds",
		      "Open file descriptors: each session takes one.",
		      count < 3 ? 0 : count - 3);
}

void metrics_process(struct metrics_text *text)
{
	struct rlimit limit;

	put_cpu(text);
	put_status(text);
	put_open_files(text);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		metrics_gauge(text, "process_max_fds",
			      "File descriptors that the process may open.",
			      limit.rlim_cur);
}
