/* SPDX-License-Identifier: ISC */
#ifndef WEIR_HASH_TABLE_H
#define WEIR_HASH_TABLE_H

/*
 * Without this each table would have to remember that uthash's own hash
 * functions have no key, and that it exits when memory is short.
 *
 * uthash for every table of weir; no other file includes it (see t/layers).
 */
#ifdef UTHASH_H
#error "uthash.h was included without the key of hash.h"
#endif

#include "alloc.h"
#include "hash.h"

#define HASH_FUNCTION(data, length, hash_r) \
	((hash_r) = (unsigned int)hash_of((data), (length)))
#define uthash_fatal(message) alloc_fail()
#include <uthash.h>

#endif
