/* SPDX-License-Identifier: ISC */
#ifndef WEIR_HASH_TABLE_H
#define WEIR_HASH_TABLE_H

/*
 * uthash for every table of weir, with a keyed hash and weir's own exit when
 * memory is out, which uthash lacks; no other file includes uthash.h (see
 * t/layers).
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
