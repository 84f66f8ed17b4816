/* SPDX-License-Identifier: ISC */
#ifndef WEIR_NETWORK_GUESS_H
#define WEIR_NETWORK_GUESS_H

/*
 * Other ways to write a network than the one that is accepted, so that the
 * error can name the right one: host bits behind the prefix ("10.1.2.3/8"), a
 * netmask, the first bytes alone ("192.168." and "10.*", as in Sendmail's
 * access table). Pure, thread-safe.
 */
#include <stdbool.h>

#include "network.h"

/* False where text means no network that is known; else it is in buffer, as
 * it should have been written. */
bool network_guess(const char *text, char buffer[NETWORK_TEXT_SIZE]);

#endif
