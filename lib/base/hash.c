/* SPDX-License-Identifier: ISC */

/*
 * The paper's algorithm, word by word. The key is drawn before main() begins:
 * no thread can find half of it, and no caller has to ask whether it is there.
 */
#include <endian.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "hash.h"

struct state {
	uint64_t v0, v1, v2, v3;
};

static unsigned char process_key[HASH_KEY_SIZE];

/* A kernel without getrandom(2) has left 16 random bytes for each program. */
__attribute__((constructor)) static void draw_key(void)
{
	const void *bytes = (const void *)getauxval(AT_RANDOM);

	if (getentropy(process_key, sizeof(process_key)) != 0 && bytes != NULL)
		memcpy(process_key, bytes, sizeof(process_key));
}

static inline uint64_t rotate(uint64_t word, unsigned int bits)
{
	return word << bits | word >> (64 - bits);
}

static inline void mix(struct state *s, unsigned int rounds)
{
	while (rounds-- != 0) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 = rotate(s->v2, 32);
	}
}

/* Up to eight bytes as a number, the first one the lowest. */
static inline uint64_t word_at(const unsigned char *bytes, size_t length)
{
	uint64_t word = 0;

	memcpy(&word, bytes, length);
	return le64toh(word);
}

static inline void absorb(struct state *s, uint64_t word, unsigned int rounds)
{
	s->v3 ^= word;
	mix(s, rounds);
	s->v0 ^= word;
}

static inline uint64_t siphash(const unsigned char key[HASH_KEY_SIZE],
			       struct hash_rounds rounds, const void *data,
			       size_t length)
{
	const unsigned char *bytes = data;
	uint64_t k0 = word_at(key, 8), k1 = word_at(key + 8, 8);
	struct state s = { k0 ^ UINT64_C(0x736f6d6570736575),
			   k1 ^ UINT64_C(0x646f72616e646f6d),
			   k0 ^ UINT64_C(0x6c7967656e657261),
			   k1 ^ UINT64_C(0x7465646279746573) };
	size_t rest = length % 8;

	for (size_t i = 0; i + 8 <= length; i += 8)
		absorb(&s, word_at(bytes + i, 8), rounds.compression);
	absorb(&s,
	       (uint64_t)length << 56 |
		       (rest == 0 ? 0 : word_at(bytes + length - rest, rest)),
	       rounds.compression);
	s.v2 ^= 0xff;
	mix(&s, rounds.finalization);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t hash_of(const void *data, size_t length)
{
	return siphash(process_key, (struct hash_rounds){ 1, 3 }, data, length);
}

uint64_t hash_with_key(const unsigned char key[HASH_KEY_SIZE],
		       struct hash_rounds rounds, const void *data,
		       size_t length)
{
	return siphash(key, rounds, data, length);
}
