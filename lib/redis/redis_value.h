/* SPDX-License-Identifier: ISC */
#ifndef WEIR_REDIS_VALUE_H
#define WEIR_REDIS_VALUE_H

/*
 * Without this whoever asks Redis would have to know hiredis, and to check the
 * shape of every answer before it looks inside.
 *
 * What Redis answers, as a tree that can be asked for anything: a value of
 * another shape, and NULL, is 0, "" or empty.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What Redis answers: a tree. Never an error at its root (see take). */
struct redis_value;

/* 0 if it is no integer; a text of digits is one. */
int64_t redis_value_integer(const struct redis_value *value);
/* A count or a time: 0 if it is no integer, or below 0. ..._at: of an element
 * of a list. */
uint64_t redis_value_number(const struct redis_value *value);
uint64_t redis_value_number_at(const struct redis_value *value, size_t index);
/* The same, and the answer is freed; false, and the number as it was, where it
 * is NULL. */
bool redis_value_take_number(struct redis_value *value, uint64_t *number_r);
/* The answer of TIME, in milliseconds since the epoch. */
uint64_t redis_value_time_ms(const struct redis_value *value);
/* "" if it is no text; a NUL stands behind it. length_r may be NULL. */
const char *redis_value_text(const struct redis_value *value, size_t *length_r);
const char *redis_value_text_at(const struct redis_value *value, size_t index);
/* Elements of a list; 0 if it is none. at: NULL beyond the end. */
size_t redis_value_count(const struct redis_value *value);
const struct redis_value *redis_value_at(const struct redis_value *value,
					 size_t index);
/* Of an entry of a stream, its id and a list of names and values: the last
 * value of that name; "" if there is none. length_r may be NULL. */
const char *redis_value_field(const struct redis_value *entry, const char *name,
			      size_t *length_r);
void redis_value_free(struct redis_value **value);
/* Frees it, where nothing but success matters: was there one? */
bool redis_value_drop(struct redis_value *value);

#endif
