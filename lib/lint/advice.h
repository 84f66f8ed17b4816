/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ADVICE_H
#define WEIR_ADVICE_H

/*
 * Without this a file that is valid, and does not do what its author meant,
 * would be called good.
 *
 * What is unwise in a configuration: limits that can never act, exemptions
 * that add nothing, what a stranger could use against others. Each piece says
 * what is so and what to change. Only what is certain, or written in
 * weir.conf(5) as dangerous, is told. Pure, but for a look at the mode of Redis's unix
 * socket (see redis_advice.h).
 */
#include <stddef.h>

struct settings;

struct advice {
	const char *file; /* the settings' */
	unsigned int line;
	char *text;
};

struct advice_list {
	struct advice *entries;
	size_t count;
};

/*
 * In the order of the lines, the main file first. The settings must outlive
 * the list, which the caller clears.
 */
void advice_collect(const struct settings *settings,
		    struct advice_list *list_r);
void advice_clear(struct advice_list *list);

#endif
