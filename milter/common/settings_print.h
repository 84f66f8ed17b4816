/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SETTINGS_PRINT_H
#define WEIR_SETTINGS_PRINT_H

/*
 * What `weir-milter -t` and `weirctl check` both print about a file.
 */
struct lint_list;
struct settings;
struct settings_errors;

/* Reads the file; each error is a line on standard error. NULL if any. */
struct settings *settings_read_or_report(const char *path);

/* As settings_read(), with advice: what is unwise, and where root asks, what
 * the accounts of these programs cannot reach (service_access.h); some of that
 * is an error. programs: of enum settings_program, joined with |. Of NULL there
 * is no advice; else the caller clears it, before it releases the settings. */
struct settings *settings_check(const char *path, unsigned int programs,
				struct settings_errors *errors_r,
				struct lint_list *advice_r);

/*
 * Reads the file and prints what it says as sentences, and then what is
 * unwise in it, as "FILE:LINE: advice: ...". The answer is an exit code:
 * EX_OK, with advice too, or EX_CONFIG with every error on standard error.
 */
int settings_print(const char *path, unsigned int programs);

#endif
