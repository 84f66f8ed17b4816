/* SPDX-License-Identifier: ISC */
/* SipHash with its test vectors, a key of the process, and the tables' use of
 * it. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "lib/base/hash_table.h"

static const struct hash_rounds paper = { 2, 4 }, ours = { 1, 3 };

/* The key of all vectors: 00 01 02 ... 0f; their texts begin the same way. */
static unsigned char counted[64];

static void setup(void)
{
	for (size_t i = 0; i < sizeof(counted); i++)
		counted[i] = (unsigned char)i;
}

/* Aumasson and Bernstein, appendix A; the others are of the reference
 * implementation's vectors.h (vectors_sip64). */
START_TEST(the_hash_is_siphash)
{
	static const struct {
		size_t length;
		uint64_t hash;
	} vectors[] = {
		{ 0, UINT64_C(0x726fdb47dd0e0e31) },
		{ 1, UINT64_C(0x74f839c593dc67fd) },
		{ 7, UINT64_C(0xab0200f58b01d137) },
		{ 8, UINT64_C(0x93f5f5799a932462) },
		{ 15, UINT64_C(0xa129ca6149be45e5) }, /* the paper's */
		{ 63, UINT64_C(0x958a324ceb064572) },
	};

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		ck_assert_uint_eq(hash_with_key(counted, paper, counted,
						vectors[i].length),
				  vectors[i].hash);
}
END_TEST

/* As the Rust library's SipHasher13 has it for the same key and texts. */
START_TEST(and_siphash_1_3)
{
	static const struct {
		size_t length;
		uint64_t hash;
	} vectors[] = {
		{ 0, UINT64_C(0xabac0158050fc4dc) },
		{ 1, UINT64_C(0xc9f49bf37d57ca93) },
		{ 7, UINT64_C(0xd3927d989bb11140) },
		{ 8, UINT64_C(0x369095118d299a8e) },
		{ 15, UINT64_C(0xd320d86d2a519956) },
		{ 63, UINT64_C(0x9d199062b7bbb3a8) },
	};

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		ck_assert_uint_eq(hash_with_key(counted, ours, counted,
						vectors[i].length),
				  vectors[i].hash);
}
END_TEST

START_TEST(the_process_has_a_key)
{
	const unsigned char none[HASH_KEY_SIZE] = { 0 };

	ck_assert_uint_eq(hash_of("a\0b", 3), hash_of("a\0b", 3));
	ck_assert_uint_ne(hash_of("a\0b", 3), hash_of("a\0c", 3));
	ck_assert_uint_ne(hash_of("a", 1), hash_with_key(none, ours, "a", 1));
}
END_TEST

/* With a hash function of uthash, crafted keys collide in every process. */
START_TEST(tables_use_it)
{
	unsigned int hash;

	for (size_t length = 0; length < sizeof(counted); length++) {
		HASH_VALUE(counted, length, hash);
		ck_assert_uint_eq(hash, (unsigned int)hash_of(counted, length));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hash");
	TCase *tcase = tcase_create("hash");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, the_hash_is_siphash);
	tcase_add_test(tcase, and_siphash_1_3);
	tcase_add_test(tcase, the_process_has_a_key);
	tcase_add_test(tcase, tables_use_it);
	suite_add_tcase(suite, tcase);
	return check_run(suite);
}
