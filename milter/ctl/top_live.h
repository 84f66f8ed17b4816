/* SPDX-License-Identifier: ISC */
#ifndef WEIR_TOP_LIVE_H
#define WEIR_TOP_LIVE_H

/*
 * The whole terminal, drawn each second until q; keys change the order. The
 * only user of curses.
 */
#include "context.h"
#include "top_rows.h"

/* Changes wish->order. The answer is an exit code. */
int top_live(struct context *context, struct top_wish *wish);

#endif
