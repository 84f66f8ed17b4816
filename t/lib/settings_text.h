/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TEST_SETTINGS_TEXT_H
#define WEIR_TEST_SETTINGS_TEXT_H

/*
 * Without this each test that needs settings would write a file of its own.
 */
struct settings;

/* What a file of this text, "weir.conf" somewhere, would give; it must be
 * right. Released by the caller. */
struct settings *settings_of(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* From now on a file of this name and text (kept by the caller) stands beside
 * it. */
void settings_beside(const char *name, const char *text);

#endif
