/* SPDX-License-Identifier: ISC */
#ifndef WEIR_JSON_H
#define WEIR_JSON_H

/*
 * Small helpers around jansson's json_t, for what is kept in Redis and for
 * --json. jansson refuses a string that is not UTF-8, and with it the whole
 * document; here any bytes are a string. References are as in jansson: what is
 * returned is the caller's.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

/* A JSON string of any bytes: what is not valid UTF-8, and NUL, is written as
 * \xNN (four characters). Never NULL. NULL data gives json_null(). */
json_t *document_text(const char *data, size_t length);
json_t *document_string(const char *text);

/* The same of a format of printf(). */
json_t *document_format(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
json_t *document_vformat(const char *format, va_list arguments)
	__attribute__((format(printf, 1, 0)));

/* A point in time as ISO 8601 UTC; 0 gives json_null(). */
json_t *document_moment(uint64_t moment_ms);

/* A count; what is above INT64_MAX is INT64_MAX. */
json_t *document_number(uint64_t number);

/*
 * An object by a format: document_make("sender:s bytes:n", sender, bytes).
 * Behind each name is the kind of its value: s is a const char * (NULL: null),
 * n a uint64_t, m a uint64_t that is a point in time, b a bool, o a json_t *,
 * whose reference it takes over. Any other kind is a panic.
 */
json_t *document_make(const char *members, ...);

/* Puts such members into an object; one that is there is replaced. */
void document_put(json_t *object, const char *members, ...);

/* One value of such a kind, the next of them. */
json_t *document_next(char kind, va_list *values);

/* A list of texts. */
json_t *document_texts(char *const *texts, size_t count);

void document_put_text(json_t *object, const char *name, const char *text);
void document_put_number(json_t *object, const char *name, uint64_t number);

/* Members of an object; a missing one, or one of another type, is "" or 0. */
const char *document_get_text(const json_t *object, const char *name);
uint64_t document_get_number(const json_t *object, const char *name);

/* A member of an object, and where its value is in a struct: a text is a char
 * *, a number a uint64_t. */
struct document_field {
	const char *name;
	size_t offset;
};

void document_put_texts(json_t *object, const void *from,
			const struct document_field *fields, size_t count);
void document_put_numbers(json_t *object, const void *from,
			  const struct document_field *fields, size_t count);

/* What is missing or of another type is "" or 0; texts are borrowed of the
 * object. */
void document_get_texts(const json_t *object, void *to_r,
			const struct document_field *fields, size_t count);
void document_get_numbers(const json_t *object, void *to_r,
			  const struct document_field *fields, size_t count);

/* Writes the value, in lines for a human reader, with a newline behind it, and
 * gives up the reference. */
void document_print(json_t *value, FILE *out);

/* The value in one line; freed with free(). Gives up the reference. */
char *document_write(json_t *value);

#endif
