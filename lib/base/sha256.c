/* SPDX-License-Identifier: ISC */

/* Nettle's, which uses what the processor has for it. For these few digests
 * OpenSSL would cost each start of a program 120 page faults more, a third of
 * its time. */
#include <nettle/base64.h>
#include <nettle/hmac.h>
#include <nettle/sha2.h>

#include "sha256.h"

static const char *write_hex(const unsigned char *digest,
			     char text_r[SHA256_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < SHA256_SIZE; i++) {
		text_r[2 * i] = digits[digest[i] >> 4];
		text_r[2 * i + 1] = digits[digest[i] & 15];
	}
	text_r[SHA256_TEXT_SIZE - 1] = '\0';
	return text_r;
}

const char *sha256_text(const void *data, size_t length,
			char text_r[SHA256_TEXT_SIZE])
{
	return sha256_text_of_two(data, length, "", 0, text_r);
}

const char *sha256_text_of_two(const void *first, size_t first_length,
			       const void *second, size_t second_length,
			       char text_r[SHA256_TEXT_SIZE])
{
	struct sha256_ctx context;
	unsigned char digest[SHA256_SIZE];

	sha256_init(&context);
	sha256_update(&context, first_length, first);
	sha256_update(&context, second_length, second);
	sha256_digest(&context, sizeof(digest), digest);
	return write_hex(digest, text_r);
}

const char *sha256_hmac_text(const void *key, size_t key_length,
			     const void *data, size_t length,
			     char text_r[SHA256_TEXT_SIZE])
{
	struct hmac_sha256_ctx context;
	unsigned char digest[SHA256_SIZE];

	hmac_sha256_set_key(&context, key_length, key);
	hmac_sha256_update(&context, length, data);
	hmac_sha256_digest(&context, sizeof(digest), digest);
	return write_hex(digest, text_r);
}

const char *sha256_base64(const void *data, size_t length,
			  char text_r[SHA256_BASE64_SIZE])
{
	struct sha256_ctx context;
	unsigned char digest[SHA256_SIZE];

	sha256_init(&context);
	sha256_update(&context, length, data);
	sha256_digest(&context, sizeof(digest), digest);
	base64_encode_raw(text_r, sizeof(digest), digest);
	text_r[SHA256_BASE64_SIZE - 1] = '\0';
	return text_r;
}
