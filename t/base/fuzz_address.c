/* SPDX-License-Identifier: ISC */
/*
 * An identity is bounded, is its own identity, and has its domain within.
 * The first byte switches the rules off.
 */
#include "lib/base/address.h"
#include "t/lib/fuzz.h"

static struct address_rules rules_of(unsigned int off)
{
	struct address_rules rules = address_rules_default;

	if ((off & 1) != 0)
		rules.tag[0] = '\0';
	rules.batv = (off & 2) == 0;
	rules.srs = (off & 4) == 0;
	rules.verp = (off & 8) == 0;
	rules.lowercase = (off & 16) == 0;
	rules.alabel = (off & 32) == 0;
	rules.routes = (off & 64) == 0;
	rules.quotes = (off & 128) == 0;
	return rules;
}

static void check_domain(const char *identity, size_t length)
{
	size_t domain_length;
	const char *domain = address_domain(identity, length, &domain_length);

	HOLDS(domain + domain_length == identity + length);
	HOLDS(domain == identity + length || domain[-1] == '@');
}

static void check_identity(const struct address_rules *rules, const char *raw,
			   size_t length)
{
	size_t first_length, second_length;
	char *first = address_identity(rules, raw, length, &first_length);
	char *second = address_identity(rules, first, first_length,
					&second_length);

	HOLDS(first[first_length] == '\0');
	HOLDS(first_length <= 4 * length + 64);
	HOLDS(first_length == second_length &&
	      memcmp(first, second, first_length) == 0);
	check_domain(first, first_length);
	free(second);
	free(first);
}

static void check_host(const char *raw, size_t length, bool is_alabel)
{
	size_t first_length, second_length;
	char *first = address_domain_identity(raw, length, is_alabel,
					      &first_length);
	char *second = address_domain_identity(first, first_length, is_alabel,
					       &second_length);

	HOLDS(first[first_length] == '\0');
	HOLDS(first_length == second_length &&
	      memcmp(first, second, first_length) == 0);
	free(second);
	free(first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_input_of(data, size);
	struct address_rules rules = rules_of(fuzz_take_byte(&input));

	check_identity(&rules, input.data, input.length);
	check_host(input.data, input.length, rules.alabel);
	return 0;
}
