/* SPDX-License-Identifier: ISC */

/* OpenSSL's, which uses what the processor has for it. */
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "alloc.h"
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
	unsigned char digest[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	/* nothing but memory can be missing */
	if (context == NULL ||
	    EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1 ||
	    EVP_DigestUpdate(context, first, first_length) != 1 ||
	    EVP_DigestUpdate(context, second, second_length) != 1 ||
	    EVP_DigestFinal_ex(context, digest, NULL) != 1)
		alloc_fail();
	EVP_MD_CTX_free(context);
	return write_hex(digest, text_r);
}

const char *sha256_hmac_text(const void *key, size_t key_length,
			     const void *data, size_t length,
			     char text_r[SHA256_TEXT_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (HMAC(EVP_sha256(), key, (int)key_length, data, length, digest,
		 NULL) == NULL)
		alloc_fail();
	return write_hex(digest, text_r);
}

const char *sha256_base64(const void *data, size_t length,
			  char text_r[SHA256_BASE64_SIZE])
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (EVP_Digest(data, length, digest, NULL, EVP_sha256(), NULL) != 1)
		alloc_fail();
	EVP_EncodeBlock((unsigned char *)text_r, digest, SHA256_SIZE);
	return text_r;
}
