/* SPDX-License-Identifier: ISC */
/*
 * The first line is an address, the others are networks of two lists in turn.
 * What is said of the lists must hold for the address.
 */
#include "lib/base/network.h"
#include "t/lib/fuzz.h"

static void fill(struct network_list *lists[2], struct fuzz_input *input)
{
	const char *reason = NULL;
	char *text;

	for (int i = 0; (text = fuzz_take_until(input, '\n', NULL)) != NULL;
	     i ^= 1) {
		HOLDS(network_list_add(lists[i], text, &reason) ||
		      reason != NULL);
		free(text);
	}
}

static void check_text(const struct network_address *address)
{
	char text[NETWORK_TEXT_SIZE], again[NETWORK_TEXT_SIZE];
	struct network_address parsed;

	HOLDS(strlen(network_format(address, 128, text)) < sizeof(text));
	HOLDS(network_parse(text, &parsed));
	HOLDS(memcmp(&parsed, address, sizeof(parsed)) == 0);
	for (unsigned int prefix = 0; prefix < 128; prefix++)
		HOLDS(strlen(network_format(address, prefix, again)) <
		      sizeof(again));
}

static void check_lists(const struct network_list *a,
			const struct network_list *b,
			const struct network_address *address)
{
	bool is_in_a = network_list_contains(a, address);
	bool is_in_b = network_list_contains(b, address);

	HOLDS(network_list_is_within(a, a));
	if (network_list_is_within(a, b))
		HOLDS(!is_in_a || is_in_b);
	if (network_list_is_apart(a, b))
		HOLDS(!is_in_a || !is_in_b);
	HOLDS(network_list_is_apart(a, b) == network_list_is_apart(b, a));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = fuzz_input_of(data, size);
	struct network_list *lists[2] = { network_list_new(),
					  network_list_new() };
	struct network_address address;
	char *text = fuzz_take_until(&input, '\n', NULL);

	if (text != NULL && network_parse(text, &address)) {
		fill(lists, &input);
		network_list_seal(lists[0]);
		network_list_seal(lists[1]);
		check_text(&address);
		check_lists(lists[0], lists[1], &address);
		check_lists(lists[1], lists[0], &address);
	}
	free(text);
	network_list_free(&lists[0]);
	network_list_free(&lists[1]);
	return 0;
}
