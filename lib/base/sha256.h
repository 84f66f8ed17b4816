/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SHA256_H
#define WEIR_SHA256_H

/* SHA-256 (FIPS 180-4). Pure, thread-safe. */
#include <stddef.h>

#define SHA256_SIZE	 32 /* bytes */
#define SHA256_TEXT_SIZE (2 * SHA256_SIZE + 1)

/* In lower case hex. Returns text_r. */
const char *sha256_text(const void *data, size_t length,
			char text_r[SHA256_TEXT_SIZE]);

/* The same of two pieces, as if they were one. */
const char *sha256_text_of_two(const void *first, size_t first_length,
			       const void *second, size_t second_length,
			       char text_r[SHA256_TEXT_SIZE]);

/* HMAC-SHA-256 (RFC 2104), written likewise. */
const char *sha256_hmac_text(const void *key, size_t key_length,
			     const void *data, size_t length,
			     char text_r[SHA256_TEXT_SIZE]);

/* "SHA-256" as a Content-Security-Policy has it: in base64. */
#define SHA256_BASE64_SIZE (4 * ((SHA256_SIZE + 2) / 3) + 1)

/* Returns text_r. */
const char *sha256_base64(const void *data, size_t length,
			  char text_r[SHA256_BASE64_SIZE]);

#endif
