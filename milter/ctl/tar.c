/* SPDX-License-Identifier: ISC */

/* A header of 512 bytes with numbers in octal text, the data, zeros up to the
 * next 512. */
#include "tar.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/alloc.h"
#include "lib/base/sha256.h"

#define BLOCK_SIZE 512

struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12];
	char checksum[8], type, link[100], magic[6], version[2];
	char user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};

_Static_assert(sizeof(struct header) == BLOCK_SIZE, "a header is a block");

struct tar {
	FILE *out;
	uint64_t when_ms;
	char *sums; /* of the members so far */
	size_t sums_length;
};

struct tar *tar_new(FILE *out, uint64_t when_ms)
{
	struct tar *tar = alloc_zero(sizeof(*tar));

	tar->out = out;
	tar->when_ms = when_ms;
	return tar;
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

void tar_add(struct tar *tar, const char *name, const void *data, size_t length)
{
	char hash[SHA256_TEXT_SIZE];
	char *line = alloc_format("%s  %s\n", sha256_text(data, length, hash),
				  name);
	size_t line_length = strlen(line);

	tar->sums = alloc_resize(tar->sums, tar->sums_length + line_length, 1);
	memcpy(tar->sums + tar->sums_length, line, line_length);
	tar->sums_length += line_length;
	free(line);
	write_member(tar, name, data, length);
}

bool tar_finish(struct tar **tar_r)
{
	static const char end[2 * BLOCK_SIZE];
	struct tar *tar = *tar_r;
	bool is_good;

	*tar_r = NULL;
	write_member(tar, "SHA256SUMS", tar->sums == NULL ? "" : tar->sums,
		     tar->sums_length);
	fwrite(end, 1, sizeof(end), tar->out);
	is_good = fflush(tar->out) == 0 && ferror(tar->out) == 0;
	free(tar->sums);
	free(tar);
	return is_good;
}
