/* SPDX-License-Identifier: ISC */
#ifndef WEIR_HASH_H
#define WEIR_HASH_H

/*
 * Without this an attacker could choose addresses that all have one hash, and
 * so turn a hash table into a list.
 *
 * SipHash-1-3 (Aumasson and Bernstein, "SipHash: a fast short-input PRF",
 * 2012), with a key that the process drew at random when it started: equal
 * texts have equal hashes, but not in another process. Never for what leaves
 * the process. Pure but for the key; thread-safe.
 */
#include <stddef.h>
#include <stdint.h>

#define HASH_KEY_SIZE 16 /* bytes */

/* With the key of this process. */
uint64_t hash_of(const void *data, size_t length);

/* SipHash-c-d with this key, for the paper's test vectors. */
struct hash_rounds {
	unsigned int compression, finalization;
};

uint64_t hash_with_key(const unsigned char key[HASH_KEY_SIZE],
		       struct hash_rounds rounds, const void *data,
		       size_t length);

#endif
