/* SPDX-License-Identifier: ISC */

/*
 * A row for each packing: its first bytes, how it begins, and one step, which
 * moves input to output as far as it goes. A step reports the end of a packed
 * file; if there is more input, another one begins.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "lib/base/alloc.h"
#include "log_pack.h"

#define INPUT_SIZE   131072
#define MAGIC_MAX    6
#define MEMORY_BYTES (UINT64_C(256) << 20) /* xz -9 needs 65 MB */

enum step_end {
	STEP_ON,   /* there may be more */
	STEP_OVER, /* a packed file ends here */
	STEP_BAD
};

struct log_pack {
	int fd;
	uint64_t done;
	char input[INPUT_SIZE];
	size_t at, filled;
	bool is_over;		       /* nothing more to read */
	bool is_within;		       /* in a packed file, which has an end */
	bool is_known;		       /* the first bytes were looked at */
	const struct packing *packing; /* NULL: plain */
	char *error;
	z_stream zlib;
	bz_stream bzip;
	lzma_stream lzma;
	ZSTD_DStream *zstd;
};

struct packing {
	const char *name;
	const char *magic;
	size_t magic_length;
	bool (*begin)(struct log_pack *pack);
	void (*end)(struct log_pack *pack);
	/* *size is how much room data has; then what was written there */
	enum step_end (*step)(struct log_pack *pack, char *data, size_t *size);
};

static char *input_of(struct log_pack *pack)
{
	return pack->input + pack->at;
}

static size_t left_of(const struct log_pack *pack)
{
	return pack->filled - pack->at;
}

/* gzip */

static bool zlib_begin(struct log_pack *pack)
{
	memset(&pack->zlib, 0, sizeof(pack->zlib));
	return inflateInit2(&pack->zlib, 16 + MAX_WBITS) == Z_OK;
}

static void zlib_end(struct log_pack *pack)
{
	inflateEnd(&pack->zlib);
}

static enum step_end zlib_step(struct log_pack *pack, char *data, size_t *size)
{
	z_stream *zlib = &pack->zlib;
	int code;

	zlib->next_in = (Bytef *)input_of(pack);
	zlib->avail_in = (uInt)left_of(pack);
	zlib->next_out = (Bytef *)data;
	zlib->avail_out = (uInt)*size;
	code = inflate(zlib, Z_NO_FLUSH);
	pack->at = pack->filled - zlib->avail_in;
	*size -= zlib->avail_out;
	if (code == Z_STREAM_END)
		return STEP_OVER;
	return code == Z_OK || code == Z_BUF_ERROR ? STEP_ON : STEP_BAD;
}

/* bzip2 */

static bool bzip_begin(struct log_pack *pack)
{
	memset(&pack->bzip, 0, sizeof(pack->bzip));
	return BZ2_bzDecompressInit(&pack->bzip, 0, 0) == BZ_OK;
}

static void bzip_end(struct log_pack *pack)
{
	BZ2_bzDecompressEnd(&pack->bzip);
}

static enum step_end bzip_step(struct log_pack *pack, char *data, size_t *size)
{
	bz_stream *bzip = &pack->bzip;
	int code;

	bzip->next_in = input_of(pack);
	bzip->avail_in = (unsigned int)left_of(pack);
	bzip->next_out = data;
	bzip->avail_out = (unsigned int)*size;
	code = BZ2_bzDecompress(bzip);
	pack->at = pack->filled - bzip->avail_in;
	*size -= bzip->avail_out;
	if (code == BZ_STREAM_END)
		return STEP_OVER;
	return code == BZ_OK ? STEP_ON : STEP_BAD;
}

/* xz */

static bool lzma_begin(struct log_pack *pack)
{
	pack->lzma = (lzma_stream)LZMA_STREAM_INIT;
	return lzma_stream_decoder(&pack->lzma, MEMORY_BYTES, 0) == LZMA_OK;
}

static void lzma_finish(struct log_pack *pack)
{
	lzma_end(&pack->lzma);
}

static enum step_end lzma_step(struct log_pack *pack, char *data, size_t *size)
{
	lzma_stream *lzma = &pack->lzma;
	lzma_ret code;

	lzma->next_in = (const uint8_t *)input_of(pack);
	lzma->avail_in = left_of(pack);
	lzma->next_out = (uint8_t *)data;
	lzma->avail_out = *size;
	code = lzma_code(lzma, LZMA_RUN);
	pack->at = pack->filled - lzma->avail_in;
	*size -= lzma->avail_out;
	if (code == LZMA_STREAM_END)
		return STEP_OVER;
	return code == LZMA_OK || code == LZMA_BUF_ERROR ? STEP_ON : STEP_BAD;
}

/* zstd */

static bool zstd_begin(struct log_pack *pack)
{
	pack->zstd = ZSTD_createDStream();
	return pack->zstd != NULL &&
	       !ZSTD_isError(ZSTD_initDStream(pack->zstd));
}

static void zstd_end(struct log_pack *pack)
{
	ZSTD_freeDStream(pack->zstd);
	pack->zstd = NULL;
}

static enum step_end zstd_step(struct log_pack *pack, char *data, size_t *size)
{
	ZSTD_inBuffer in = { input_of(pack), left_of(pack), 0 };
	ZSTD_outBuffer out = { data, *size, 0 };
	size_t code = ZSTD_decompressStream(pack->zstd, &out, &in);

	pack->at += in.pos;
	*size = out.pos;
	if (ZSTD_isError(code))
		return STEP_BAD;
	return code == 0 ? STEP_OVER : STEP_ON;
}

static const struct packing packings[] = {
	{ "gzip", "\x1f\x8b", 2, zlib_begin, zlib_end, zlib_step },
	{ "xz",
	  "\xfd"
	  "7zXZ\0",
	  6, lzma_begin, lzma_finish, lzma_step },
	{ "zstd", "\x28\xb5\x2f\xfd", 4, zstd_begin, zstd_end, zstd_step },
	{ "bzip2", "BZh", 3, bzip_begin, bzip_end, bzip_step },
};

/* the file */

struct log_pack *log_pack_new(int fd)
{
	struct log_pack *pack = alloc_zero(sizeof(*pack));

	pack->fd = fd;
	return pack;
}

static void leave_packed(struct log_pack *pack)
{
	if (pack->is_within)
		pack->packing->end(pack);
	pack->is_within = false;
}

void log_pack_free(struct log_pack **pack_r)
{
	struct log_pack *pack = *pack_r;

	if (pack == NULL)
		return;
	leave_packed(pack);
	close(pack->fd);
	free(pack->error);
	free(pack);
	*pack_r = NULL;
}

static ssize_t fail(struct log_pack *pack, const char *reason)
{
	if (pack->error == NULL)
		pack->error = alloc_text(reason);
	return -1;
}

/* Reads until there are so many bytes of input, or no more. */
static bool fill(struct log_pack *pack, size_t wanted)
{
	memmove(pack->input, input_of(pack), left_of(pack));
	pack->filled -= pack->at;
	pack->at = 0;
	while (!pack->is_over && pack->filled < wanted) {
		ssize_t got = read(pack->fd, pack->input + pack->filled,
				   INPUT_SIZE - pack->filled);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			fail(pack, strerror(errno));
			return false;
		}
		pack->is_over = got == 0;
		pack->filled += (size_t)got;
		pack->done += (uint64_t)got;
	}
	return true;
}

static const struct packing *find_packing(struct log_pack *pack)
{
	for (size_t i = 0; i < sizeof(packings) / sizeof(packings[0]); i++)
		if (left_of(pack) >= packings[i].magic_length &&
		    memcmp(input_of(pack), packings[i].magic,
			   packings[i].magic_length) == 0)
			return &packings[i];
	return NULL;
}

static ssize_t read_plain(struct log_pack *pack, char *data, size_t size)
{
	size_t length;

	if (left_of(pack) == 0 && !fill(pack, 1))
		return -1;
	length = left_of(pack) < size ? left_of(pack) : size;
	memcpy(data, input_of(pack), length);
	pack->at += length;
	return (ssize_t)length;
}

/* Zeros, as a tape or xz(1) leaves them. */
static void skip_padding(struct log_pack *pack)
{
	do {
		while (left_of(pack) != 0 && *input_of(pack) == 0)
			pack->at++;
	} while (left_of(pack) < MAGIC_MAX && !pack->is_over &&
		 fill(pack, MAGIC_MAX));
}

/* At the front of a packed file, or at the end of the last. */
static bool enter_packed(struct log_pack *pack)
{
	skip_padding(pack);
	if (pack->error != NULL || left_of(pack) == 0)
		return false;
	if (find_packing(pack) != pack->packing) {
		fail(pack, "what follows the packed data is not packed");
		return false;
	}
	if (!pack->packing->begin(pack)) {
		fail(pack, "not enough memory to unpack it");
		return false;
	}
	pack->is_within = true;
	return true;
}

static ssize_t read_packed(struct log_pack *pack, char *data, size_t size)
{
	for (;;) {
		size_t length = size;
		enum step_end end;

		if (!pack->is_within && !enter_packed(pack))
			return pack->error == NULL ? 0 : -1;
		if (left_of(pack) == 0 && !fill(pack, 1))
			return -1;
		end = pack->packing->step(pack, data, &length);
		if (end == STEP_OVER)
			leave_packed(pack);
		if (length != 0)
			return (ssize_t)length;
		if (end == STEP_BAD)
			return fail(pack, "the packed data is damaged");
		if (end == STEP_ON && left_of(pack) == 0 && pack->is_over)
			return fail(pack, "the packed data ends too early");
	}
}

ssize_t log_pack_read(struct log_pack *pack, char *data, size_t size)
{
	if (pack->error != NULL)
		return -1;
	if (!pack->is_known) {
		if (!fill(pack, MAGIC_MAX))
			return -1;
		pack->packing = find_packing(pack);
		pack->is_known = true;
	}
	return pack->packing == NULL ? read_plain(pack, data, size)
				     : read_packed(pack, data, size);
}

const char *log_pack_error(const struct log_pack *pack)
{
	return pack->error;
}

uint64_t log_pack_done(const struct log_pack *pack)
{
	return pack->done - left_of(pack);
}
