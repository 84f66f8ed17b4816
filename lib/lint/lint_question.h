/* SPDX-License-Identifier: ISC */
#ifndef WEIR_LINT_QUESTION_H
#define WEIR_LINT_QUESTION_H

/*
 * What lint.c asks: each kind of finding is a question about one exemption,
 * limit or channel, or about Redis, and a row in a table. Pure, but for who can
 * reach Redis, and for whether a command of a channel is there.
 */
#include <stdbool.h>
#include <stddef.h>

struct settings;
struct text;

/* Asked about the exemption, the limit or the channel of this index. */
struct lint_question {
	/* Adds to text what is unwise; nothing when nothing is. */
	void (*ask)(const struct settings *settings, size_t index,
		    struct text *text);
	bool is_last; /* it does nothing, so nothing more is to be said */
};

/* The last row of each has no ask. */
extern const struct lint_question lint_exempt_questions[];
extern const struct lint_question lint_limit_questions[];
extern const struct lint_question lint_channel_questions[];
/* Who can reach this Redis: looks at the mode of a unix socket where there is
 * one. */
extern const struct lint_question lint_redis_questions[];

/* "line 12", or "FILE:12" when it is not the file that is spoken of (from). */
void lint_add_place(struct text *text, const struct settings *settings,
		    const char *from, const char *file, int line);

#endif
