/* SPDX-License-Identifier: ISC */
#ifndef WEIR_QUEUE_POSTFIX_H
#define WEIR_QUEUE_POSTFIX_H

/*
 * Postfix's queue, through postqueue(1), postsuper(1) and postcat(1); the
 * functions are queue_postfix of queue.h. Here is what reads their output.
 */
#include "queue.h"

/*
 * One line of "postqueue -j" (Postfix 3.1 and later), one JSON object; what
 * is not known of it is passed over. False when it is none, or when it lacks
 * what a message must have; then *message_r is {0}.
 */
bool queue_postfix_read(const char *line, size_t length,
			struct queue_message *message_r);

/* "postsuper: Released from hold: 12 messages": the number. False when the
 * line is no such count. */
bool queue_postfix_read_count(const char *line, uint64_t *count_r);

#endif
