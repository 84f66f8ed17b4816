/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SUBJECT_MATCH_H
#define WEIR_SUBJECT_MATCH_H

/*
 * So that no subject is shown beside a limit that never looks at its mail.
 * Pure, thread-safe.
 */
#include <stdbool.h>

struct limit;
struct settings;
struct subject;

/*
 * May this limit, which has the key of the subject, count mail of it? False
 * where its match, or an exemption, leaves out all of the subject's mail for
 * certain.
 */
bool subject_is_counted(const struct settings *settings,
			const struct limit *limit,
			const struct subject *subject);

#endif
