/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LINT_H
#define WEIR_LINT_H

/*
 * What is unwise in a valid configuration: limits that can never act,
 * exemptions that add nothing, what a stranger could use against others. Each
 * finding says what is so and what to change. Only what is certain, or named
 * dangerous in weir.conf(5), is reported. Pure, but for a look at the mode of
 * Redis's unix socket and of the commands of alerts.
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

/* Puts one more in its place; takes its text. Its file may be NULL: the main
 * one.
 */
void lint_add(struct lint_list *list, const struct settings *settings,
	      const struct lint_finding *finding);

#endif
