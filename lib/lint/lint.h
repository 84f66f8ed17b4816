/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LINT_H
#define WEIR_LINT_H

/*
 * Without this a file that is valid, and does not do what its author meant,
 * would be called good.
 *
 * What is unwise in a configuration: limits that can never act, exemptions
 * that add nothing, what a stranger could use against others. Each piece says
 * what is so and what to change. Only what is certain, or written in
 * weir.conf(5) as dangerous, is told. Pure, but for a look at the mode of
 * Redis's unix socket (see redis_advice.h).
 */
#include <stddef.h>

struct settings;

struct lint_finding {
	const char *file; /* the settings' */
	unsigned int line;
	char *text;
};

struct lint_list {
	struct lint_finding *entries;
	size_t count;
};

/*
 * In the order of the lines, the main file first. The settings must outlive
 * the list, which the caller clears.
 */
void lint_collect(const struct settings *settings, struct lint_list *list_r);
void lint_clear(struct lint_list *list);

#endif
