/* SPDX-License-Identifier: ISC */
/* Lines of any length, packed and plain, whole and damaged. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bzlib.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "lib/replay/log_file.h"

static char path[] = "/tmp/ut_log_file.XXXXXX";
static char template[sizeof(path)];

static void write_plain(const char *data, size_t length)
{
	FILE *out = fopen(path, "w");

	ck_assert_ptr_nonnull(out);
	ck_assert_uint_eq(fwrite(data, 1, length, out), length);
	fclose(out);
}

static void write_packed(const char *data, size_t length)
{
	gzFile out = gzopen(path, "wb");

	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(gzwrite(out, data, (unsigned int)length), (int)length);
	gzclose(out);
}

static void setup(void)
{
	int fd;

	memcpy(template, path, sizeof(path));
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void teardown(void)
{
	unlink(path);
	memcpy(path, template, sizeof(path));
}

static struct log_file *open_it(void)
{
	struct log_file *file = log_file_open(path);

	ck_assert_ptr_nonnull(file);
	return file;
}

static void assert_lines(const char *const *lines, size_t count)
{
	struct log_file *file = open_it();
	struct slice line;

	for (size_t i = 0; i < count; i++) {
		ck_assert(log_file_next(file, &line));
		ck_assert(slice_is(&line, lines[i]));
	}
	ck_assert(!log_file_next(file, &line));
	ck_assert_ptr_null(log_file_error(file));
	ck_assert_uint_eq(log_file_lines(file), count);
	ck_assert_uint_eq(log_file_cut(file), 0);
	log_file_close(&file);
	ck_assert_ptr_null(file);
}

START_TEST(plain_and_packed_lines)
{
	static const char text[] = "one\n\nthree\r\nlast";
	static const char *const lines[] = { "one", "", "three", "last" };

	write_plain(text, strlen(text));
	assert_lines(lines, 4);
	write_packed(text, strlen(text));
	assert_lines(lines, 4);
	write_plain("", 0);
	assert_lines(NULL, 0);
}
END_TEST

START_TEST(a_line_may_have_any_byte)
{
	struct log_file *file;
	struct slice line;

	write_plain("a\0b\xff\n", 5);
	file = open_it();
	ck_assert(log_file_next(file, &line));
	ck_assert_uint_eq(line.length, 4);
	ck_assert_mem_eq(line.data, "a\0b\xff", 4);
	log_file_close(&file);
}
END_TEST

/* Lines of this length, so that they lie on every place of the buffer. */
static void assert_long(size_t length, size_t count)
{
	size_t kept = length < LOG_LINE_MAX ? length : LOG_LINE_MAX;
	char *text = malloc((length + 1) * count);
	struct log_file *file;
	struct slice line;

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < count; i++) {
		memset(text + i * (length + 1), 'a' + (int)(i % 26), length);
		text[i * (length + 1) + length] = '\n';
	}
	write_plain(text, (length + 1) * count);
	file = open_it();
	for (size_t i = 0; i < count; i++) {
		ck_assert(log_file_next(file, &line));
		ck_assert_uint_eq(line.length, kept);
		ck_assert_int_eq(line.data[0], 'a' + (int)(i % 26));
		ck_assert_int_eq(line.data[kept - 1], 'a' + (int)(i % 26));
	}
	ck_assert(!log_file_next(file, &line));
	ck_assert_uint_eq(log_file_cut(file), length > kept ? count : 0);
	log_file_close(&file);
	free(text);
}

START_TEST(long_lines)
{
	assert_long(100, 10000);
	assert_long(LOG_LINE_MAX - 1, 100);
	assert_long(LOG_LINE_MAX, 100);
	assert_long(LOG_LINE_MAX + 1, 100);
	assert_long(65536, 20);
	assert_long(1000000, 5);
}
END_TEST

START_TEST(a_packed_file_that_was_cut_off)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	size_t length = 300000;
	char *text = malloc(length);
	struct log_file *file;
	struct slice line;
	uint64_t lines = 0;

	srand(1);
	for (size_t i = 0; i < length; i++)
		text[i] = i % 50 == 49 ? '\n' : letters[rand() % 26];
	write_packed(text, length);
	ck_assert_int_eq(truncate(path, 100000), 0);
	file = open_it();
	while (log_file_next(file, &line))
		lines++;
	ck_assert_uint_gt(lines, 1000);
	ck_assert_ptr_nonnull(log_file_error(file));
	ck_assert_uint_eq(log_file_size(file), 100000);
	ck_assert_uint_le(log_file_done(file), 100000);
	log_file_close(&file);
	free(text);
}
END_TEST

START_TEST(no_file)
{
	ck_assert_ptr_null(log_file_open("/tmp"));
	ck_assert_int_eq(errno, EISDIR);
	ck_assert_ptr_null(log_file_open("/nonexistent/log"));
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(when_it_was_written)
{
	struct log_file *file;

	write_plain("x\n", 2);
	file = open_it();
	ck_assert_uint_gt(log_file_written_ms(file), UINT64_C(1700000000000));
	ck_assert_uint_eq(log_file_written_ms(file) % 1000, 0);
	log_file_close(&file);
}
END_TEST

/* packings */

#define PACKED_MAX 1000

static size_t pack_xz(const char *data, size_t length, char *packed)
{
	size_t at = 0;

	ck_assert_int_eq(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, NULL,
						 (const uint8_t *)data, length,
						 (uint8_t *)packed, &at,
						 PACKED_MAX),
			 LZMA_OK);
	return at;
}

static size_t pack_zstd(const char *data, size_t length, char *packed)
{
	size_t size = ZSTD_compress(packed, PACKED_MAX, data, length, 3);

	ck_assert(!ZSTD_isError(size));
	return size;
}

static size_t pack_bzip2(const char *data, size_t length, char *packed)
{
	unsigned int size = PACKED_MAX;

	ck_assert_int_eq(
		BZ2_bzBuffToBuffCompress(packed, &size, (char *)(uintptr_t)data,
					 (unsigned int)length, 9, 0, 0),
		BZ_OK);
	return size;
}

static size_t pack_gzip(const char *data, size_t length, char *packed)
{
	FILE *in;
	size_t size;

	write_packed(data, length);
	in = fopen(path, "r");
	ck_assert_ptr_nonnull(in);
	size = fread(packed, 1, PACKED_MAX, in);
	fclose(in);
	return size;
}

static size_t (*const packers[])(const char *data, size_t length,
				 char *packed) = { pack_gzip, pack_xz,
						   pack_zstd, pack_bzip2 };

/* One after the other, as `cat a.xz b.xz` and log programs make them, with
 * padding between and behind. */
START_TEST(each_packing)
{
	static const char *const lines[] = { "a", "b", "c" };
	char packed[3 * PACKED_MAX] = "";
	size_t length = packers[_i]("a\nb", 3, packed);

	length += 4;
	length += packers[_i]("\nc\n", 3, packed + length);
	write_plain(packed, length + 8);
	assert_lines(lines, 3);
}
END_TEST

static void assert_error(const char *error)
{
	struct log_file *file = open_it();
	struct slice line;

	while (log_file_next(file, &line))
		continue;
	ck_assert_str_eq(log_file_error(file), error);
	log_file_close(&file);
}

START_TEST(packed_and_damaged)
{
	char packed[PACKED_MAX + 10];
	size_t length = packers[_i]("a\nb\n", 4, packed);

	memcpy(packed + length, "plain text", 10);
	write_plain(packed, length + 10);
	assert_error("what follows the packed data is not packed");
	for (size_t cut = 7; cut < length; cut++) {
		write_plain(packed, cut);
		assert_error("the packed data ends too early");
	}
	packed[length / 2] ^= 0x55;
	packed[length / 2 + 1] ^= 0x55;
	write_plain(packed, length);
	assert_error("the packed data is damaged");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log_file");
	TCase *tcase = tcase_create("log_file");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, plain_and_packed_lines);
	tcase_add_test(tcase, a_line_may_have_any_byte);
	tcase_add_test(tcase, long_lines);
	tcase_add_test(tcase, a_packed_file_that_was_cut_off);
	tcase_add_loop_test(tcase, each_packing, 0, 4);
	tcase_add_loop_test(tcase, packed_and_damaged, 0, 4);
	tcase_add_test(tcase, no_file);
	tcase_add_test(tcase, when_it_was_written);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
