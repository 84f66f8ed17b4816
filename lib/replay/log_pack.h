/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LOG_PACK_H
#define WEIR_LOG_PACK_H

/*
 * The bytes of a file that logrotate may have packed, unpacked: gzip, xz, zstd
 * and bzip2, each also when several packed files follow one another. The first
 * bytes decide, not the name; a file that is packed by none of them is read as
 * it is. One thread.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct log_pack;

/* Takes over fd, which need not be seekable. Never NULL. */
struct log_pack *log_pack_new(int fd);
void log_pack_free(struct log_pack **pack);

/* At least one byte; 0 at the end; -1 when it is damaged, ends too early or
 * cannot be read: then log_pack_error says why. */
ssize_t log_pack_read(struct log_pack *pack, char *data, size_t size);

/* NULL: nothing is wrong. Valid until it is freed. */
const char *log_pack_error(const struct log_pack *pack);

/* Bytes of the file that were read, packed. */
uint64_t log_pack_done(const struct log_pack *pack);

#endif
