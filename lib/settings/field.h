/* SPDX-License-Identifier: ISC */
#ifndef WEIR_FIELD_H
#define WEIR_FIELD_H

/*
 * Without this the name, type, range and default of a setting would be in
 * four places.
 *
 * A group of the file is a table of fields, each with its name, its kind, its
 * place in the structure that it fills, its range and its default.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libconfig.h>

struct field;
struct list_kind;
struct reader;
struct text;

/* How a field is read, how to say what it may be, and what becomes of it. */
struct field_kind {
	/*
	 * Reads setting into target. False when the value is not allowed and
	 * nothing has been said about it yet; true also when the errors
	 * are made already.
	 */
	bool (*read)(struct reader *reader, const struct field *field,
		     const config_setting_t *setting, void *target);
	/* NULL: it is as the field's allowed says, or else as words do. */
	void (*allow)(const struct field *field, struct text *text);
	const char *words;
	/* Of members that are pointers: frees one, and sets it to NULL. */
	void (*clear)(void *member);
};

struct field {
	const char *name; /* NULL ends a table */
	const struct field_kind *kind;
	size_t offset, size; /* of the member in the target: FIELD_AT() */
	/* The range of numbers, or the lengths of texts, in bytes. */
	uint64_t min, max;
	/* The default, as number or as text; required fields have none. */
	uint64_t default_value;
	const char *default_text;
	/* Names of the values 0, 1, ...; NULL behind the last. */
	const char *const *choices;
	/* False refuses the text; a hint, if any, says what to write. */
	bool (*check)(const char *value, struct text *hint);
	const char *allowed;	      /* what texts are allowed, in words */
	const struct list_kind *list; /* of fields that are lists */
	const struct field *members;  /* of fields that are groups */
	bool is_required;
};

#define FIELD_AT(structure, member)                   \
	.offset = offsetof(struct structure, member), \
	.size = sizeof(((struct structure *)NULL)->member)

/* A row of a table: FIELD(text, "user", settings_redis, user, .max = 128). */
#define FIELD(kind_, name_, structure, member, ...)      \
	{                                                \
		.name = name_, .kind = &field_##kind_,   \
		FIELD_AT(structure, member), __VA_ARGS__ \
	}

extern const struct field_kind field_bool;
extern const struct field_kind field_number; /* of any unsigned type */
extern const struct field_kind field_span;   /* the same, in milliseconds */
extern const struct field_kind field_choice;
extern const struct field_kind field_text; /* a char *, freed with free() */
void field_clear_text(void *member);
/* Its members are read into the member of FIELD_AT, or into the target. */
extern const struct field_kind field_group;

/* Sets every member that a table and its groups name to its default; frees what
 * is behind them. */
void field_default(const struct field *fields, void *target);
void field_clear(const struct field *fields, void *target);

/* Adds what it may be, in words. */
void field_allow(const struct field *field, struct text *text);

/* Checks: the value has none but A-Z a-z 0-9 _ . -; it is printable ASCII
 * without spaces; it is "" or begins with '/'. */
bool field_check_name(const char *value, struct text *hint);
bool field_check_graphic(const char *value, struct text *hint);
bool field_check_path(const char *value, struct text *hint);
extern const char field_path_allowed[];

/* Stores a number in the field's member. */
void field_store(const struct field *field, void *target, uint64_t value);

#endif
