/* SPDX-License-Identifier: ISC */
#ifndef WEIR_ARGUMENTS_H
#define WEIR_ARGUMENTS_H

/*
 * The options of a command are a table; each has a name (--name), what it
 * takes, and where its value goes. Options and other words may be mixed, "--"
 * ends the options, "--name=value" and "--name value" are the same. What is
 * wrong is reported on standard error: the option, what was found, what is
 * allowed.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum argument_kind {
	ARGUMENT_FLAG,	  /* bool *: set to true */
	ARGUMENT_TEXT,	  /* const char **: points into argv */
	ARGUMENT_TEXTS,	  /* struct argument_texts *: may be repeated */
	ARGUMENT_NUMBER,  /* uint64_t *: min to max */
	ARGUMENT_SIZE,	  /* uint64_t *: bytes, "50 MB" */
	ARGUMENT_SPAN,	  /* uint64_t *: milliseconds, "2h" */
	ARGUMENT_LASTING, /* the same, or "ever": ARGUMENT_EVER */
	ARGUMENT_MOMENT,  /* uint64_t *: milliseconds since the epoch, see
			     moment.h; a point in time */
	ARGUMENT_CHOICE	  /* int *: the index among choices */
};

#define ARGUMENT_EVER UINT64_MAX

struct argument_texts {
	const char **texts; /* freed with free(), the texts are argv's */
	size_t count;
};

struct argument {
	const char *name;	    /* without the dashes */
	void *target;		    /* keeps its value without the option */
	uint64_t min, max;	    /* of numbers, sizes, spans; max 0: any */
	const char *const *choices; /* NULL at the end */
	enum argument_kind kind;
	bool is_required;
	char letter;  /* also as -x; 0: no letter */
	bool is_last; /* what follows it is not looked at */
};

/* A row of a table: ARGUMENT(NUMBER, "last", &options.last, .min = 1). */
#define ARGUMENT(kind_, name_, ...)                                            \
	{                                                                      \
		.kind = ARGUMENT_##kind_, .name = name_, .target = __VA_ARGS__ \
	}
#define ARGUMENT_COUNT(arguments) (sizeof(arguments) / sizeof((arguments)[0]))

/* Options that every command has, besides its own; repeated, the last one
 * counts. To be set once, before the first command; the array is the caller's
 * and stays. */
void arguments_share(const struct argument *arguments, size_t count);

/*
 * Takes the options out of argv[1..argc) and leaves the other words, in their
 * order, at argv[1..result), and NULL behind them. Between min_words and
 * max_words of them are allowed. Returns the new argc, or 0 when something was
 * wrong (reported, the exit code is EX_USAGE), or when an option was the last
 * one.
 */
int arguments_read(int argc, char **argv, const struct argument *arguments,
		   size_t count, int min_words, int max_words);

/* The same of a whole array of arguments. */
#define ARGUMENTS_READ(argc, argv, arguments, min_words, max_words)      \
	arguments_read(argc, argv, arguments, ARGUMENT_COUNT(arguments), \
		       min_words, max_words)

/* One value of an option, that came in another way; complains and returns
 * false where it is wrong. */
bool argument_read(const char *command, const struct argument *argument,
		   const char *value);

#endif
