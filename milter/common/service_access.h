/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SERVICE_ACCESS_H
#define WEIR_SERVICE_ACCESS_H

/*
 * Can weir-milter and weir-keeper reach what a configuration names? Called by
 * root, it tries all of it (service_needs.h) in a child that has become the
 * account of the service, so that groups and ACLs count; called by that account
 * itself it tries it, too. Others learn nothing. One thread, since it forks.
 */
#include "lib/lint/lint.h"
#include "lib/settings/settings.h"

/* What keeps the service from starting is an error, a line each as
 * settings_read() has them; what it has to do without is advice. Both are added
 * to, and the caller's. programs: of enum settings_program, joined with |. */
void service_access_check(const struct settings *settings,
			  unsigned int programs, struct settings_errors *errors,
			  struct lint_list *advice);

#endif
