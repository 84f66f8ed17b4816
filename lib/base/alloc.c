/* SPDX-License-Identifier: ISC */

/*
 * The one place that knows what to do without memory. The end is _exit, not
 * exit: other threads are at work, and what exit would run may want memory.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "alloc.h"

void alloc_fail(void)
{
	static const char text[] = "weir: out of memory\n";
	ssize_t ignored = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)ignored;
	_exit(EX_OSERR);
}

static void *not_null(void *p)
{
	if (p == NULL)
		alloc_fail();
	return p;
}

void *alloc_zero(size_t size)
{
	return not_null(calloc(1, size > 0 ? size : 1));
}

void *alloc_array(size_t count, size_t size)
{
	if (count == 0 || size == 0)
		return alloc_zero(0);
	/* calloc would see it too, but sanitizers end the process there. */
	if (count > SIZE_MAX / size)
		alloc_fail();
	return not_null(calloc(count, size));
}

void *alloc_resize(void *p, size_t count, size_t size)
{
	if (size > 0 && count > SIZE_MAX / size)
		alloc_fail();
	/* realloc(p, 0) may free p and return NULL. */
	return not_null(realloc(p, count * size > 0 ? count * size : 1));
}

char *alloc_copy(const char *data, size_t length)
{
	char *copy;

	if (length == SIZE_MAX)
		alloc_fail();
	copy = not_null(malloc(length + 1));
	if (length > 0)
		memcpy(copy, data, length);
	copy[length] = '\0';
	return copy;
}

char *alloc_text(const char *text)
{
	return text == NULL ? NULL : alloc_copy(text, strlen(text));
}

char *alloc_format(const char *format, ...)
{
	char *text;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		alloc_fail();
	va_end(arguments);
	return text;
}

void alloc_wipe(char **secret)
{
	if (*secret != NULL)
		explicit_bzero(*secret, strlen(*secret));
	free(*secret);
	*secret = NULL;
}

void alloc_free_texts(char **texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
	free(texts);
}
