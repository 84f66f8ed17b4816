/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LOG_FILE_H
#define WEIR_LOG_FILE_H

/*
 * Without this a line of a gigabyte would be a gigabyte of memory.
 *
 * The lines of a file, plain or packed (see log_pack.h). A line longer than
 * LOG_LINE_MAX is cut there, its rest is skipped. One thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "slice.h"

#define LOG_LINE_MAX 8192

struct log_file;

/* "-" is standard input. NULL when it cannot be opened: then errno says why.
 * A directory is refused with EISDIR. */
struct log_file *log_file_open(const char *path);
void log_file_close(struct log_file **file);

/*
 * The next line, without its newline; it is valid until the next call. A last
 * line without a newline is a line. False at the end, or when the file is
 * damaged (see log_file_error).
 */
bool log_file_next(struct log_file *file, struct slice *line_r);

/* Why it ended too early; NULL when it did not. Valid until it is closed. */
const char *log_file_error(const struct log_file *file);

/* Bytes of the file itself (packed or not): how many are read, how many there
 * are (0: not known). */
uint64_t log_file_done(const struct log_file *file);
uint64_t log_file_size(const struct log_file *file);

/* When it was last written to, in milliseconds since the epoch; 0 when it is
 * no regular file. */
uint64_t log_file_written_ms(const struct log_file *file);

uint64_t log_file_lines(const struct log_file *file);
/* Lines that were longer than LOG_LINE_MAX. */
uint64_t log_file_cut(const struct log_file *file);

#endif
