/* SPDX-License-Identifier: ISC */
#ifndef WEIR_SETTINGS_PRINT_H
#define WEIR_SETTINGS_PRINT_H

/*
 * What `weir-milter -t` and `weirctl check` both print about a file.
 */
struct settings;
struct settings_errors;

/* Reads the file; each error is a line on standard error. NULL if any. */
struct settings *settings_read_or_report(const char *path);

/* As settings_read(), and where root asks, what the account of the service
 * cannot read is an error, too (see readable.h). */
struct settings *settings_read_for_service(const char *path,
					   struct settings_errors *errors_r);

/*
 * Reads the file and prints what it says as sentences, and then what is
 * unwise in it, as "FILE:LINE: advice: ...". The answer is an exit code:
 * EX_OK, with advice too, or EX_CONFIG with every error on standard error.
 */
int settings_print(const char *path);

#endif
